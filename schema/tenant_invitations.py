"""Inviting new tenants into the service, and accepting such an invitation."""

from typing import Annotated

import strawberry

from permissions.fields import Caller, People, guard
from resolvers import tenant_acceptances, tenant_invitations
from schema import errors
from schema.answers import RegistrationInput, registration
from schema.arguments import Input
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.enums import Catalog, Locale, SessionTransport
from schema.interfaces import Rows
from schema.sessions import SignedIn as Session
from schema.sessions import signed_in
from schema.tenant_offers import TenantInvitation
from schema.tenants import Tenant


@strawberry.input(description="A new tenant, to be served by the organization that invites it.")
class InviteTenantInput:
    organization_id: strawberry.ID = strawberry.field(description="Which organization invites.")
    name: str = strawberry.field(description="The tenant's name for people, 1 to 200 characters.")
    owner_email: str = strawberry.field(description="Who is to own it, registered or not.")
    catalog: Catalog = strawberry.field(
        default=Catalog.SUBSCRIBER, description="Which roles it knows, for good."
    )
    locale: Locale | None = strawberry.field(
        default=None, description="Its language, and the mail's; left out: the organization's."
    )


@strawberry.type(description="Nothing exists until the invitation is accepted.")
class InviteTenantPayload:
    invitation: Rows = strawberry.field(
        graphql_type=TenantInvitation, description="The offer to own the tenant."
    )
    email_queued: bool = strawberry.field(description="Whether a mail is on its way.")


@strawberry.input(description="An invitation of a new tenant to send again.")
class ResendTenantInvitationInput:
    invitation_id: strawberry.ID = strawberry.field(description="Which invitation.")


@strawberry.type(description="A new link is on its way; the old one is dead.")
class ResendTenantInvitationPayload:
    invitation: Rows = strawberry.field(
        graphql_type=TenantInvitation, description="The same invitation."
    )
    email_queued: bool = strawberry.field(description="Whether a mail is on its way.")


@strawberry.input(description="An invitation of a new tenant to withdraw.")
class RevokeTenantInvitationInput:
    invitation_id: strawberry.ID = strawberry.field(description="Which invitation.")


@strawberry.type(description="The invitation is withdrawn.")
class RevokeTenantInvitationPayload:
    invitation: Rows = strawberry.field(graphql_type=TenantInvitation, description="As it is now.")


@strawberry.input(description="Accepting to own a new tenant.")
class AcceptTenantInvitationInput:
    token: str = strawberry.field(description="What follows # in the link.")
    registration: RegistrationInput | None = strawberry.field(
        default=None, description="For a newcomer."
    )
    transport: SessionTransport = strawberry.field(
        default=SessionTransport.COOKIE, description="How a newcomer's session travels back."
    )


@strawberry.type(description="The tenant exists, the invitee owns it, the organization serves it.")
class AcceptTenantInvitationPayload:
    tenant: Rows = strawberry.field(graphql_type=Tenant, description="The new tenant.")
    session: Session | None = strawberry.field(
        description="There when accepting registered a new account."
    )


InviteTenantResult = Annotated[
    InviteTenantPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.NotPermittedByProvider
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("InviteTenantResult", description="What inviting a tenant can come to."),
]
ResendTenantInvitationResult = Annotated[
    ResendTenantInvitationPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.NotPermittedByProvider
    | errors.InvitationClosed
    | errors.RateLimited,
    strawberry.union("ResendTenantInvitationResult", description="What resending can come to."),
]
RevokeTenantInvitationResult = Annotated[
    RevokeTenantInvitationPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.NotPermittedByProvider
    | errors.InvitationClosed,
    strawberry.union("RevokeTenantInvitationResult", description="What withdrawing can come to."),
]
AcceptTenantInvitationResult = Annotated[
    AcceptTenantInvitationPayload
    | errors.InvitationUnavailable
    | errors.WrongAccount
    | errors.SignInRequired
    | errors.RegistrationRequired
    | errors.LoginTaken
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("AcceptTenantInvitationResult", description="What accepting can come to."),
]


@strawberry.type
class TenantInvitationMutations:
    @strawberry.mutation(
        graphql_type=InviteTenantResult | None,
        extensions=guard(Caller()),
        description="Invite somebody to own a new tenant; one answer whether or not the address "
        "is registered.",
    )
    async def invite_tenant(self, info: Info, input: Input[InviteTenantInput]) -> Rows:
        wanted = tenant_invitations.Wanted(
            input.name, input.owner_email, input.catalog, input.locale
        )
        invitation, queued = await tenant_invitations.invite(
            info.context.viewer, input.organization_id, wanted
        )
        return InviteTenantPayload(invitation=invitation, email_queued=queued)

    @strawberry.mutation(
        graphql_type=ResendTenantInvitationResult | None,
        extensions=guard(Caller()),
        description="Send a new link, also for an expired invitation; the old link is dead.",
    )
    async def resend_tenant_invitation(
        self, info: Info, input: Input[ResendTenantInvitationInput]
    ) -> Rows:
        invitation, queued = await tenant_invitations.resend(
            info.context.viewer, input.invitation_id
        )
        return ResendTenantInvitationPayload(invitation=invitation, email_queued=queued)

    @strawberry.mutation(
        graphql_type=RevokeTenantInvitationResult | None,
        extensions=guard(Caller()),
        description="Withdraw what has not been accepted.",
    )
    async def revoke_tenant_invitation(
        self, info: Info, input: Input[RevokeTenantInvitationInput]
    ) -> Rows:
        return RevokeTenantInvitationPayload(
            invitation=await tenant_invitations.revoke(info.context.viewer, input.invitation_id)
        )

    @strawberry.mutation(
        graphql_type=AcceptTenantInvitationResult | None,
        extensions=guard(People()),
        metadata=TESTS_SECRET,
        description="Accept to own a new tenant: signed in as the invitee, or as a newcomer.",
    )
    async def accept_tenant_invitation(
        self, info: Info, input: Input[AcceptTenantInvitationInput]
    ) -> Rows:
        accepted = await tenant_acceptances.accept(
            info.context.viewer,
            input.token,
            registration(input.registration) if input.registration else None,
        )
        session = signed_in(info, accepted.session, input.transport) if accepted.session else None
        return AcceptTenantInvitationPayload(tenant=accepted.tenant, session=session)
