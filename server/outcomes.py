"""What resolvers came to, so that graphql-core does not run them again (ADR 0046).

That is for those that are coroutines and may ask the database: in a transaction that has failed
since they would not come to the same.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from server.fields import Field

Ended = tuple[Field, object, object, Exception | None, int]
"""An `Outcome`, as long as nobody asks for it."""


class Outcome(NamedTuple):
    """Of one resolver for one object: a value, or a failure; `turns`: how long that took, by what
    happened meanwhile.
    """

    field: Field
    source: object
    value: object
    failure: Exception | None
    turns: int

    @property
    def key(self) -> tuple[int, int]:
        return id(self.field.details[0].node), id(self.source)

    async def again(self) -> Any:
        """In the same order: of two that fail, graphql-core may tell of the first."""
        for _ in range(self.turns):
            await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return self.value


class Outcomes:
    """Stands around all resolvers, as a middleware of graphql-core."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Outcome] = {}

    def add(self, ended: Iterable[Ended]) -> None:
        outcomes = [Outcome(*each) for each in ended]
        self._known.update((each.key, each) for each in outcomes)

    def get_field_resolver(self, resolve: Callable[..., Any]) -> Callable[..., Any]:
        return partial(self._resolve, resolve)

    def _resolve(
        self, resolve: Callable[..., Any], source: object, info: Any, /, **given: Any
    ) -> Any:
        known = self._known.get((id(info.field_nodes[0]), id(source)))
        return known.again() if known else resolve(source, info, **given)
