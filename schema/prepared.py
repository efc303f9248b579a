"""A document that is sent again and again is read once: parsed, weighed and validated (ADR 0047).

What depends on who asks is looked at each time, and its points are weighed again where they depend
on variables that are others than before. Only what the limits allow is kept, and the last of it.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema

import settings
from schema import cost, guard
from settings.guard import QueryLimits

_KEPT = 128


class Prepared:
    """One of those, within the limits `most`; `times`: how often it was sent, since it is kept.

    `subtrees` are what `server/subtrees` makes of it.
    """

    def __init__(self, schema: GraphQLSchema, text: str, most: QueryLimits) -> None:
        """Raises:
        errors.QueryTooComplex
        GraphQLError: it is no document.
        """
        self._schema, self.most = schema, most
        self.document: DocumentNode = guard.parsed(text, most)
        self.times = 0
        self.subtrees: dict[object, Any] = {}
        self._is_valid = False
        self._read: frozenset[str] = frozenset()
        self._weighed: tuple[object, int] | None = None

    def points(self, variables: Mapping[str, Any], name: str | None) -> int:
        """Of the operation that is meant.

        Raises:
            errors.QueryTooComplex
        """
        if variables:
            guard.require_few(self._schema, variables, self.most)
        asked = self._asked(variables, name)
        if self._weighed is None or self._weighed[0] != asked:
            scales = cost.Scales(self._schema, self.document, variables, name)
            points = guard.weigh(scales, self.most)
            self._read = frozenset(scales.read)
            self._weighed = self._asked(variables, name), points
        return self._weighed[1]

    def _asked(self, variables: Mapping[str, Any], name: str | None) -> object:
        """What the points depend on; `1`, `1.0` and `true` are three values here."""
        values = map(variables.get, self._read)
        return name, [(type(value), value) for value in values]

    def faults(self, *, hints: bool = False) -> list[GraphQLError]:
        """What the rules find, made anew each time: whoever tells of them writes into them."""
        if self._is_valid:
            return []
        found = guard.faults(self._schema, self.document, hints=hints)
        self._is_valid = not found
        return found


def prepared(schema: GraphQLSchema, text: str, most: QueryLimits) -> Prepared:
    """Of this text, as it is kept; raises as `Prepared` does."""
    make = _kept if settings.load().accelerations else Prepared
    found = make(schema, text, most)
    found.times += 1
    return found


_kept = lru_cache(maxsize=_KEPT)(Prepared)
