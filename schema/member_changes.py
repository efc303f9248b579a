"""Changes of members: one by one as they happen (`live`), and read at length, for exact copies."""

from typing import Any

import strawberry
from strawberry import ID

from models import MemberStatus
from permissions.catalog import Permission
from permissions.fields import Can, guard
from resolvers import member_feed, pages
from schema import connections
from schema.arguments import After, First, TenantId
from schema.connections import Connection
from schema.context import Info
from schema.interfaces import Rows
from schema.members import Member


@strawberry.type(description="Somebody in the list is new, other than before, or gone.")
class MemberChange:
    read: strawberry.Private[member_feed.Change | None] = None
    member_id: ID | None = strawberry.field(
        description="Who; null where it may be anybody: read the list (again)."
    )

    @strawberry.field(
        graphql_type=Member | None,
        description="As he is now; null where he is not in the viewer's list any more.",
    )
    async def member(self, info: Info) -> Rows:
        return (await self._now(info)).member

    @strawberry.field(
        description="He is REMOVED. Whoever holds audit:view sees in `member` as what."
    )
    async def removed(self, info: Info) -> bool:
        return (await self._now(info)).is_removed

    async def _now(self, info: Info) -> member_feed.Change:
        """Who listens sees everybody in the list: whom he does not see is not in it."""
        if self.read is not None:
            return self.read
        if self.member_id is None:
            return member_feed.NOBODY
        found = await info.context.loaders.members.load(self.member_id)
        is_removed = found is None or found.status is MemberStatus.REMOVED
        return member_feed.Change(self.member_id, is_removed, found)


@strawberry.type
class MemberChangeQueries:
    @strawberry.field(
        graphql_type=Connection[MemberChange] | None,
        extensions=guard(Can(Permission.MEMBERS_VIEW)),
        description="The members of a tenant in the order of their latest changes, each once, "
        "removed ones included: without `after` all of them, and from the last `endCursor` on "
        "whoever has changed since. That cursor is always there and never expires; nobody is "
        "missed, whatever others do meanwhile. Whoever changes again moves to the end.",
    )
    async def member_changes(
        self, info: Info, tenant_id: TenantId, first: First = None, after: After = None
    ) -> Rows:
        window = pages.Window(first, after)
        page: pages.Page[Any] = await member_feed.page(info.context.viewer, tenant_id, window)
        changes = [
            edge._replace(node=MemberChange(read=edge.node, member_id=ID(edge.node.member_id)))
            for edge in page.edges
        ]
        return connections.of(page._replace(edges=changes, resting=after))
