"""Invitations: made, looked at, sent again, withdrawn; the invitee's part is in `answers`."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.catalog import Permission
from permissions.fields import Anyone, Caller, Can, guard
from resolvers import invitations, invitees, newcomers, previews, rows
from schema import errors
from schema.apps import AppAccessInput, given
from schema.arguments import Input, Token
from schema.context import Info
from schema.enums import AppRight, DeliveryState, InvitationState, Locale
from schema.interfaces import Actor, Node, Rows, shown_from
from schema.roles import Role
from schema.scalars import RoleCode

if TYPE_CHECKING:
    from schema.members import Member

LazyMember = Annotated["Member", strawberry.lazy("schema.members")]


@strawberry.type(description="An app that comes with an invitation.")
class InvitedApp:
    name: str = strawberry.field(description="The app's name.")
    right: AppRight = strawberry.field(description="What the invitee will be able to do with it.")


@strawberry.type(
    description="The offer behind a pending member. Seen by who manages members (email, delivery, "
    "member) and by the invitee (the rest); never with its token."
)
@shown_from(rows.Invitation)
class Invitation(Node):
    state: InvitationState = strawberry.field(description="What has become of it.")
    created_at: datetime = strawberry.field(description="When it was first made.")
    expires_at: datetime = strawberry.field(description="Until when its link works.")
    tenant_name: str = strawberry.field(description="The tenant's name.")
    role: Role = strawberry.field(description="The role it offers.")
    apps: list[InvitedApp] = strawberry.field(description="The apps that come with it.")
    invited_by: Actor | None = strawberry.field(description="Who stands for it.")
    email: str | None = strawberry.field(description="The invited address.")
    sent_at: datetime | None = strawberry.field(description="When its latest mail left.")
    delivery: DeliveryState | None = strawberry.field(
        description="What has become of its latest mail."
    )

    @strawberry.field(graphql_type=LazyMember | None, description="The member it is for.")
    def member(parent: strawberry.Parent[rows.Invitation], info: Info) -> Rows:
        return info.context.loaders.members.load(parent.member_id) if parent.member_id else None


@strawberry.type(description="What an invitation link offers to whoever holds it.")
@shown_from(rows.Preview)
class InvitationPreview:
    tenant_name: str = strawberry.field(description="The tenant's name.")
    email: str = strawberry.field(description="The invited address.")
    role: Role = strawberry.field(description="The role it offers.")
    apps: list[InvitedApp] = strawberry.field(description="The apps that come with it.")
    invited_by: Actor | None = strawberry.field(description="Who stands for it.")
    expires_at: datetime = strawberry.field(description="Until when the link works.")
    registration_required: bool = strawberry.field(
        description="False: somebody with this address is registered; he signs in and accepts. "
        "`fullName`, `login` and `phone` are then null."
    )
    viewer_is_invited: bool = strawberry.field(
        description="Whether it is the invited person who is signed in; nobody else accepts or "
        "declines for him."
    )
    locale: Locale | None = strawberry.field(
        description="The language to speak to the invited person: his own, else the invitation's; "
        "null where neither is known."
    )
    full_name: str | None = strawberry.field(description="As the inviter filled it in.")
    login: str | None = strawberry.field(description="As the inviter filled it in.")
    phone: str | None = strawberry.field(description="As the inviter filled it in.")


InvitationPreviewResult = Annotated[
    InvitationPreview | errors.InvitationUnavailable | errors.AlreadyMember | errors.RateLimited,
    strawberry.union("InvitationPreviewResult", description="What a link can come to."),
]


@strawberry.type
class InvitationQueries:
    @strawberry.field(
        graphql_type=InvitationPreviewResult | None,
        extensions=guard(Anyone()),
        description="What an invitation link offers. Refused over GET.",
    )
    async def invitation(self, info: Info, token: Token) -> Rows:
        info.context.require_links()
        return await previews.look(info.context.viewer, token)


@strawberry.input(one_of=True, description="Whom to invite.")
class InviteeInput:
    email: str | None = strawberry.field(
        default=strawberry.UNSET, description="An address, registered or not."
    )
    login: str | None = strawberry.field(
        default=strawberry.UNSET, description="The login of somebody registered."
    )


@strawberry.input(description="Prefills what a newcomer will check; refused with `login`.")
class NewcomerInput:
    full_name: str | None = strawberry.field(default=None, description="His name.")
    login: str | None = strawberry.field(default=None, description="A login; it is not reserved.")
    phone: str | None = strawberry.field(default=None, description="In E.164.")


@strawberry.input(description="An invitation to a tenant.")
class InviteMemberInput:
    tenant_id: strawberry.ID = strawberry.field(description="To which tenant.")
    invitee: InviteeInput = strawberry.field(description="Whom.")
    role: RoleCode | None = strawberry.field(
        default=None,
        description="As what. Left out: USER in SUBSCRIBER and ACCOUNT; PROJECT has no default.",
    )
    apps: list[AppAccessInput] | None = strawberry.field(
        default=None, description="Rights on apps, from acceptance on."
    )
    max_sessions: int | None = strawberry.field(
        default=None, description="Simultaneous app sessions at most."
    )
    newcomer: NewcomerInput | None = strawberry.field(
        default=None, description="What is known of somebody not registered."
    )
    locale: Locale | None = strawberry.field(
        default=None, description="The language of the mail, where the invitee has none yet."
    )


@strawberry.type(description="The member is in the list, PENDING.")
class InviteMemberPayload:
    member: Rows = strawberry.field(graphql_type=LazyMember, description="The pending member.")
    email_queued: bool = strawberry.field(description="Whether a mail is on its way.")


@strawberry.input(description="An invitation to send again.")
class ResendInvitationInput:
    invitation_id: strawberry.ID = strawberry.field(description="Which invitation.")


@strawberry.type(description="A new link is on its way; the old one is dead.")
class ResendInvitationPayload:
    invitation: Rows = strawberry.field(graphql_type=Invitation, description="The same invitation.")
    email_queued: bool = strawberry.field(description="Whether a mail is on its way.")


@strawberry.input(description="An invitation to withdraw.")
class RevokeInvitationInput:
    invitation_id: strawberry.ID = strawberry.field(description="Which invitation.")


@strawberry.type(description="The invitation is withdrawn.")
class RevokeInvitationPayload:
    invitation: Rows = strawberry.field(graphql_type=Invitation, description="As it is now.")


InviteMemberResult = Annotated[
    InviteMemberPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.AlreadyMember
    | errors.RoleNotGrantable
    | errors.EmailRequired
    | errors.RateLimited,
    strawberry.union("InviteMemberResult", description="What inviting can come to."),
]
ResendInvitationResult = Annotated[
    ResendInvitationPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.RoleNotGrantable
    | errors.InvitationClosed
    | errors.RateLimited,
    strawberry.union("ResendInvitationResult", description="What resending can come to."),
]
RevokeInvitationResult = Annotated[
    RevokeInvitationPayload | errors.PermissionDenied | errors.NotFound | errors.InvitationClosed,
    strawberry.union("RevokeInvitationResult", description="What withdrawing can come to."),
]


@strawberry.type
class InvitationMutations:
    @strawberry.mutation(
        graphql_type=InviteMemberResult | None,
        extensions=guard(Can(Permission.MEMBERS_INVITE)),
        description="Invite somebody: by e-mail, which does not tell whether he is registered, or "
        "by login.",
    )
    async def invite_member(self, info: Info, input: Input[InviteMemberInput]) -> Rows:
        member, queued = await invitations.invite(
            info.context.viewer,
            input.tenant_id,
            _invitee(input),
            newcomers.Terms(input.role, given(input.apps), input.max_sessions, input.locale),
        )
        return InviteMemberPayload(member=member, email_queued=queued)

    @strawberry.mutation(
        graphql_type=ResendInvitationResult | None,
        extensions=guard(Caller()),
        description="Send a new link, also for an expired invitation; the old link is dead.",
    )
    async def resend_invitation(self, info: Info, input: Input[ResendInvitationInput]) -> Rows:
        invitation, queued = await invitations.resend(info.context.viewer, input.invitation_id)
        return ResendInvitationPayload(invitation=invitation, email_queued=queued)

    @strawberry.mutation(
        graphql_type=RevokeInvitationResult | None,
        extensions=guard(Caller()),
        description="Withdraw what has not been accepted.",
    )
    async def revoke_invitation(self, info: Info, input: Input[RevokeInvitationInput]) -> Rows:
        return RevokeInvitationPayload(
            invitation=await invitations.revoke(info.context.viewer, input.invitation_id)
        )


def _invitee(input: InviteMemberInput) -> invitees.Invitee:
    typed, email, login = input.newcomer, input.invitee.email, input.invitee.login
    return invitees.Invitee(
        None if email is strawberry.UNSET else email,
        None if login is strawberry.UNSET else login,
        invitees.Newcomer(typed.full_name, typed.login, typed.phone) if typed else None,
    )
