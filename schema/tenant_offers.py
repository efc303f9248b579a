"""Invitations of new tenants: as those see them who serve, and what their links offer."""

from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from permissions.fields import Anyone, guard
from resolvers import pages, rows, tenant_offers
from schema import connections, errors
from schema.arguments import After, Before, First, Last, Token
from schema.connections import Connection
from schema.context import Info
from schema.enums import Catalog, InvitationState, Locale
from schema.interfaces import Actor, Rows, shown_from


@strawberry.type(
    description="The offer to own a new tenant, which exists once it is accepted. Seen by those "
    "who serve for the organization; never with its token."
)
@shown_from(tenant_offers.Invitation)
class TenantInvitation:
    id: strawberry.ID = strawberry.field(description="For resending and withdrawing it.")
    name: str = strawberry.field(description="The new tenant's name.")
    owner_email: str | None = strawberry.field(
        description="The invited address; null once its owner's account has ended."
    )
    catalog: Catalog = strawberry.field(description="Which roles the tenant is to know.")
    locale: Locale = strawberry.field(description="The tenant's language.")
    state: InvitationState = strawberry.field(description="What has become of it.")
    created_at: datetime = strawberry.field(description="When it was first made.")
    expires_at: datetime = strawberry.field(description="Until when its link works.")
    invited_by: Actor | None = strawberry.field(description="Who stands for it.")


@strawberry.type(description="What the link of a new tenant offers to whoever holds it.")
@shown_from(tenant_offers.Preview)
class TenantInvitationPreview:
    organization_name: str = strawberry.field(description="Who is going to serve the tenant.")
    tenant_name: str = strawberry.field(description="The new tenant's name.")
    email: str = strawberry.field(description="The invited address, masked.")
    invited_by: Actor | None = strawberry.field(description="Who stands for it.")
    expires_at: datetime = strawberry.field(description="Until when the link works.")
    registration_required: bool = strawberry.field(
        description="False: somebody with this address is registered; he signs in and accepts."
    )
    viewer_is_invited: bool = strawberry.field(
        description="Whether it is the invited person who is signed in; nobody else can accept."
    )
    locale: Locale | None = strawberry.field(
        description="The language to speak to the invited person: his own, else the invitation's."
    )


TenantInvitationPreviewResult = Annotated[
    TenantInvitationPreview | errors.InvitationUnavailable | errors.RateLimited,
    strawberry.union(
        "TenantInvitationPreviewResult", description="What the link of a new tenant can come to."
    ),
]


@strawberry.type
class TenantOffers:
    """Of a tenant that is a servicing organization."""

    @strawberry.field(
        graphql_type=Connection[TenantInvitation] | None,
        description="The new tenants it has invited, the latest first; refused to whoever does "
        "not serve for it.",
    )
    async def tenant_invitations(
        parent: strawberry.Parent[rows.Tenant],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        page = await tenant_offers.page(info.context.viewer, parent.id, window)
        return connections.of(page, partial(tenant_offers.count, parent.id))


@strawberry.type
class TenantOfferQueries:
    @strawberry.field(
        graphql_type=TenantInvitationPreviewResult | None,
        extensions=guard(Anyone()),
        description="What the link of a new tenant offers. Refused over GET.",
    )
    async def tenant_invitation(self, info: Info, token: Token) -> Rows:
        info.context.require_links()
        return await tenant_offers.look(info.context.viewer, token)
