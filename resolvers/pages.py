"""Keyset pages, both ways: a cursor is a position in an order, never an offset.

A cursor names the list it belongs to, so that one list's cursor is refused by another.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import orjson

import errors
from models import database

T = TypeVar("T")

DEFAULT_SIZE, LARGEST_SIZE = 50, 100
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Window:
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
        wrong = [
            name
            for name, value in (("first", self.first), ("last", self.last))
            if value is not None and not 1 <= value <= LARGEST_SIZE
        ]
        if self.first is not None and self.last is not None:
            wrong = ["first", "last"]
        if wrong:
            raise errors.InvalidInput(
                [errors.FieldFault((name,), "OUT_OF_RANGE", LARGEST_SIZE) for name in wrong]
            )
        return self.first or self.last or DEFAULT_SIZE


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


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: Sequence[T]
    cursors: Sequence[str]
    has_next_page: bool
    has_previous_page: bool


async def read(
    select: str,
    arguments: Sequence[object],
    *,
    order: Order,
    window: Window,
    make: Callable[[dict[str, Any]], T],
) -> Page[T]:
    """One page of `select`, which ends in its `where`; `make` turns a record into a row.

    Raises:
        errors.InvalidInput: a size out of range, or a cursor that is not of this list.
    """
    size, values = window.size, list(arguments)
    sql = select
    for cursor, argument, later in (
        (window.after, "after", True),
        (window.before, "before", False),
    ):
        if cursor is not None:
            values += _position(cursor, order, argument)
            sign = ">" if later is not order.descending else "<"
            key = f"(${len(values) - 1}, ${len(values)})"
            sql += f" and ({order.column}, {order.identity}) {sign} {key}"
    direction = "desc" if order.descending is not window.backward else "asc"
    found = await database.rows(
        f"{sql} order by {order.column} {direction}, {order.identity} {direction} limit {size + 1}",
        *values,
    )
    return _page(found, order, window, make)


def _page(
    found: list[dict[str, Any]], order: Order, window: Window, make: Callable[[dict[str, Any]], T]
) -> Page[T]:
    more, records = len(found) > window.size, found[: window.size]
    if window.backward:
        records.reverse()
    return Page(
        [make(record) for record in records],
        [_cursor(order, record["order_key"], record["id"]) for record in records],
        has_next_page=window.before is not None if window.backward else more,
        has_previous_page=more if window.backward else window.after is not None,
    )


def _cursor(order: Order, value: object, identity: str) -> str:
    return urlsafe_b64encode(orjson.dumps([order.name, value, identity])).decode().rstrip("=")


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
    order, found, size = Order(name, "", ""), list(items), window.size
    if window.after is not None:
        start = _position(window.after, order, "after")[1]
        found = [item for item in found if item.id > start]
    if window.before is not None:
        end = _position(window.before, order, "before")[1]
        found = [item for item in found if item.id < end]
    shown = found[-size:] if window.backward else found[:size]
    more = len(found) > size
    return Page(
        shown,
        [_cursor(order, item.id, item.id) for item in shown],
        has_next_page=window.before is not None if window.backward else more,
        has_previous_page=more if window.backward else window.after is not None,
    )
