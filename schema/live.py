"""What can be listened to: members, how invitations fare, and one's own access.

The type is called `Live`: a `Subscription` is what a tenant has to a tariff. A message names what
has changed and reads it for its listener; it does not say what has happened, so that a listener who
missed some, or reads slowly, is right again with the next one.
"""

from collections.abc import AsyncGenerator, Iterable

import strawberry

from auth.viewer import Viewer
from models import announcements
from permissions.catalog import Permission
from permissions.fields import Can, SignedIn
from resolvers import offers
from schema import listening
from schema.arguments import TenantId
from schema.context import Info
from schema.import_progress import MemberImportLive
from schema.interfaces import Rows
from schema.invitations import Invitation
from schema.listening import listens
from schema.member_changes import MemberChange
from schema.members import Member


@strawberry.type(description="The mail of an invitation was queued, has left, or did not arrive.")
class InvitationDelivery:
    invitation_id: strawberry.ID | None = strawberry.field(
        description="Of which invitation; null where it may be any: read them (again)."
    )

    @strawberry.field(
        graphql_type=Invitation | None,
        description="As it is now, with `delivery`.",
    )
    async def invitation(self, info: Info) -> Rows:
        if self.invitation_id is None:
            return None
        return await offers.get(info.context.viewer, self.invitation_id)


@strawberry.type(
    description="A tenant of the viewer's is new to him or gone, or he may do other things there."
)
class AccessChange:
    tenant_id: strawberry.ID | None = strawberry.field(
        description="Which tenant; null where it may be any: read `me.memberships` (again)."
    )

    @strawberry.field(
        graphql_type=Member | None,
        description="The viewer's place there now; null where he has none any more.",
    )
    def member(self, info: Info) -> Rows:
        place = info.context.viewer.places.get(self.tenant_id or "")
        return info.context.loaders.members.load(place.member_id) if place else None


@strawberry.type(
    description="What can be listened to, over graphql-transport-ws or server-sent events. The "
    "first message of each comes at once and names nothing: from then on nothing is missed, so "
    "read now what you show. The same message later says that it may be anything. A stream ends "
    "with an error when its session or its right does."
)
class Live(MemberImportLive):
    @strawberry.subscription(
        extensions=listens(Can(Permission.MEMBERS_VIEW)),
        description="The members of a tenant, with their data and their rights on apps.",
    )
    def member_changed(self, info: Info, tenant_id: TenantId) -> AsyncGenerator[MemberChange, None]:
        topics = [announcements.members(tenant_id)]
        return listening.to(
            info.context, lambda _: topics, lambda found: MemberChange(member_id=found)
        )

    @strawberry.subscription(
        extensions=listens(Can(Permission.MEMBERS_INVITE)),
        description="How the mails of a tenant's invitations fare.",
    )
    def invitation_delivery(
        self, info: Info, tenant_id: TenantId
    ) -> AsyncGenerator[InvitationDelivery, None]:
        topics = [announcements.invitations(tenant_id)]
        return listening.to(
            info.context, lambda _: topics, lambda found: InvitationDelivery(invitation_id=found)
        )

    @strawberry.subscription(
        extensions=listens(SignedIn()),
        description="Where the viewer belongs and what he may do there, apps included.",
    )
    def my_access_changed(self, info: Info) -> AsyncGenerator[AccessChange, None]:
        return listening.to(info.context, _of_access, lambda found: AccessChange(tenant_id=found))


def _of_access(viewer: Viewer) -> Iterable[str]:
    """With those of his places, which stand for rights on apps and for what befalls the tenant."""
    yield announcements.access(viewer.user_id or "")
    for tenant_id, place in viewer.places.items():
        yield announcements.tenant(tenant_id)
        yield announcements.place(place.member_id)
