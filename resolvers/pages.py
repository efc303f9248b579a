"""Keyset pages, both ways: a cursor is a position in an order, never an offset.

A cursor names the list it belongs to, so that one list's cursor is refused by another.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import orjson

import errors
from models import batches, database

T = TypeVar("T")

DEFAULT_SIZE, LARGEST_SIZE = 50, 100
_LARGEST = 2**63 - 1


class Window(NamedTuple):
    """The arguments of a connection, as they came."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def backward(self) -> bool:
        return self.last is not None

    @property
    def size(self) -> int:
        """Raises:
        errors.InvalidInput: outside 1 to 100, or both ways at once.
        """
        if self.first is None and self.last is None:
            return DEFAULT_SIZE
        sizes = {"first": self.first, "last": self.last}
        given = {name: value for name, value in sizes.items() if value is not None}
        both = len(given) > 1
        wrong = [name for name, size in given.items() if both or not 1 <= size <= LARGEST_SIZE]
        if wrong:
            raise errors.InvalidInput(
                [errors.FieldFault((name,), "OUT_OF_RANGE", LARGEST_SIZE) for name in wrong]
            )
        return next(iter(given.values()))


@dataclass(frozen=True, slots=True)
class Order:
    """A list ordered by `column`, ties broken by `identity`; both SQL written by us.

    `name` says which list it is, for its cursors. `moment`: the column holds a time; `number`: a
    positive whole number.
    """

    name: str
    column: str
    identity: str
    descending: bool = False
    moment: bool = False
    number: bool = False


class Edge(NamedTuple, Generic[T]):
    """An item and its place in the list that is called `order`; `value` is what that goes by."""

    node: T
    order: str
    value: object
    identity: str

    @property
    def cursor(self) -> str:
        place = orjson.dumps([self.order, self.value, self.identity])
        return urlsafe_b64encode(place).decode().rstrip("=")


class Page(NamedTuple, Generic[T]):
    """`resting`: the cursor that stays the last one where nothing (yet) follows it."""

    edges: Sequence[Edge[T]]
    has_next_page: bool
    has_previous_page: bool
    resting: str | None = None

    @property
    def items(self) -> list[T]:
        return [edge.node for edge in self.edges]

    @property
    def start_cursor(self) -> str | None:
        return self.edges[0].cursor if self.edges else None

    @property
    def end_cursor(self) -> str | None:
        return self.edges[-1].cursor if self.edges else self.resting


async def read(
    select: str,
    arguments: Sequence[object],
    *,
    order: Order,
    window: Window,
    make: Callable[[Mapping[str, Any]], T],
    around: str = "",
    by_values: bool = False,
) -> Page[T]:
    """One page of `select`, which ends in its `where`; `make` turns a record into a row.

    `around`, where `{}` stands for the page, selects from it and joins what a row shows besides: of
    the rows on the page only, where PostgreSQL would join before it sorts all that was found.
    `by_values`: what a plan is good for depends on the arguments, see `_plan_by_values`.

    Raises:
        errors.InvalidInput: a size out of range, or a cursor that is not of this list.
    """
    size, values, sql = window.size, list(arguments), select
    columns = list(dict.fromkeys((order.column, order.identity)))
    for cursor, argument, later in (
        (window.after, "after", True),
        (window.before, "before", False),
    ):
        if cursor is not None:
            values += _position(cursor, order, argument)[-len(columns) :]
            sign = ">" if later is not order.descending else "<"
            key = ", ".join(f"${len(values) - i}" for i in reversed(range(len(columns))))
            sql += f" and ({', '.join(columns)}) {sign} ({key})"
    direction = "desc" if order.descending is not window.backward else "asc"
    ordered = ", ".join(f"{column} {direction}" for column in columns)
    sql += f" order by {ordered} limit {size + 1}"
    if around:
        sql = f"{around.format(sql)} order by order_key {direction}, id {direction}"
    return _page(await _asked(sql, values, by_values=by_values), order, window, make)


async def count(sql: str, arguments: Sequence[object], *, by_values: bool = False) -> int:
    """How many rows one counts, in a column of that name; `by_values` as in `read`."""
    return int((await _asked(sql, arguments, by_values=by_values))[0]["count"])


async def _asked(sql: str, arguments: Sequence[object], *, by_values: bool) -> Sequence[Any]:
    """For many parents no one plan is good by values, so those are asked one by one (ADR 0052)."""
    if not by_values:
        return await batches.records(sql, *arguments)
    await _plan_by_values()
    return await database.records(sql, *arguments)


async def _plan_by_values() -> None:
    """From here to its end the transaction's statements are planned for their arguments.

    A prepared statement has, from its sixth use on, one plan for whatever is asked: good for a
    tenant of the usual size, and in a large one minutes where milliseconds would do (ADR 0045).
    Only lists that can be filtered are worth the planning.
    """
    await batches.records("select set_config('plan_cache_mode', 'force_custom_plan', true)")


def _page(
    found: Sequence[Any], order: Order, window: Window, make: Callable[[Mapping[str, Any]], T]
) -> Page[T]:
    more, records = len(found) > window.size, found[: window.size]
    if window.backward:
        records = records[::-1]
    return Page(
        [Edge(make(each), order.name, each["order_key"], each["id"]) for each in records],
        has_next_page=window.before is not None if window.backward else more,
        has_previous_page=more if window.backward else window.after is not None,
    )


def _position(cursor: str, order: Order, argument: str) -> tuple[object, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, value, identity = orjson.loads(urlsafe_b64decode(padded.encode("ascii")))
        if name != order.name or not isinstance(identity, str):
            raise ValueError  # noqa: TRY301 one answer for every bad cursor
        return _value(value, order), identity
    except (ValueError, TypeError):
        raise errors.InvalidInput.at(argument, code="INVALID") from None


def _value(value: object, order: Order) -> object:
    """Raises:
    ValueError: no column of that order holds such.
    """
    if order.number and type(value) is int and 0 <= value <= _LARGEST:
        return value
    if order.number or not isinstance(value, str):
        raise ValueError
    return datetime.fromisoformat(value) if order.moment else value


def cut(items: Sequence[Any], window: Window, *, name: str) -> Page[Any]:
    """A page of a short list that is read whole; items are in the order of their `id`.

    Raises:
        errors.InvalidInput: as `read`.
    """
    size, backward, found = window.size, window.backward, items
    if window.after is not None:
        start = _position(window.after, Order(name, "", ""), "after")[1]
        found = [item for item in found if item.id > start]
    if window.before is not None:
        end = _position(window.before, Order(name, "", ""), "before")[1]
        found = [item for item in found if item.id < end]
    shown = found[-size:] if backward else found[:size]
    more = len(found) > size
    return Page(
        [Edge(item, name, place := item.id, place) for item in shown],
        has_next_page=window.before is not None if backward else more,
        has_previous_page=more if backward else window.after is not None,
    )
