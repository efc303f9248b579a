"""What coroutines of resolvers came to, so that graphql-core does not run them again (ADR 0046).

They may ask the database: in a transaction that has failed since they would not come to the same.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from server.fields import Field


class Outcome(NamedTuple):
    """Of one resolver for one object: a value, or a failure."""

    field: Field
    source: object
    value: object
    failure: Exception | None = None

    async def again(self) -> Any:
        if self.failure is not None:
            raise self.failure
        return self.value


class Outcomes:
    """Stands around all resolvers, as a middleware of graphql-core."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Outcome] = {}

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for each in outcomes:
            self._known[id(each.field.details[0].node), id(each.source)] = each

    def get_field_resolver(self, resolve: Callable[..., Any]) -> Callable[..., Any]:
        return partial(self._resolve, resolve)

    def _resolve(
        self, resolve: Callable[..., Any], source: object, info: Any, /, **given: Any
    ) -> Any:
        known = self._known.get((id(info.field_nodes[0]), id(source)))
        return known.again() if known else resolve(source, info, **given)
