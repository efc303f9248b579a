"""Connections: keyset pages in Relay's shape."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import strawberry

from resolvers import pages

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Something follows this page.")
    end_cursor: str | None = strawberry.field(description="The last edge's cursor.")
    has_previous_page: bool = strawberry.field(description="Something precedes this page.")
    start_cursor: str | None = strawberry.field(description="The first edge's cursor.")


@strawberry.type(description="One item of a page and its position.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Its position, for `after` and `before`.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="One page of a list: 50 items unless asked otherwise, 100 at most.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items of this page.")
    page_info: PageInfo = strawberry.field(description="How to go on from here.")
    count: strawberry.Private[Callable[[], Awaitable[int]] | None] = None

    @strawberry.field(description="Items of the whole list; null where it is not counted.")
    async def total_count(self) -> int | None:
        return await self.count() if self.count else None


def of(
    page: pages.Page[Any],
    count: Callable[[], Awaitable[int]] | None = None,
    *,
    resting: str | None = None,
) -> Any:
    """A page as a connection; `count` runs only where `totalCount` is asked for.

    `resting`: the cursor that stays the last one where nothing (yet) follows it.
    """
    return Connection(
        edges=[
            Edge(cursor=cursor, node=item)
            for cursor, item in zip(page.cursors, page.items, strict=True)
        ],
        page_info=PageInfo(
            has_next_page=page.has_next_page,
            end_cursor=page.cursors[-1] if page.cursors else resting,
            has_previous_page=page.has_previous_page,
            start_cursor=page.cursors[0] if page.cursors else None,
        ),
        count=count,
    )
