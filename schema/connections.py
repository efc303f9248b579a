"""Connections: keyset pages in Relay's shape."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import strawberry

from resolvers import pages
from schema.interfaces import Rows

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
    edges: Rows = strawberry.field(
        graphql_type=list[Edge[T]], description="The items of this page."
    )
    page_info: Rows = strawberry.field(graphql_type=PageInfo, description="How to go on from here.")
    count: strawberry.Private[Callable[[], Awaitable[int]] | None] = None

    @strawberry.field(description="Items of the whole list; null where it is not counted.")
    async def total_count(self) -> int | None:
        return await self.count() if self.count else None


def of(page: pages.Page[Any], count: Callable[[], Awaitable[int]] | None = None) -> Any:
    """A page as a connection; `count` runs only where `totalCount` is asked for."""
    return Connection(edges=page.edges, page_info=page, count=count)
