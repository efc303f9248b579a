"""What an invitee answers: he accepts, or he declines."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.fields import People, guard
from resolvers import acceptances, accounts, declining, references
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.enums import Locale, SessionTransport
from schema.interfaces import Rows
from schema.sessions import SignedIn, signed_in

if TYPE_CHECKING:
    from schema.members import Member

LazyMember = Annotated["Member", strawberry.lazy("schema.members")]


@strawberry.input(one_of=True, description="Which invitation.")
class InvitationRefInput:
    token: str | None = strawberry.field(
        default=strawberry.UNSET, description="What follows # in the link."
    )
    id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="From one's own list of invitations."
    )


@strawberry.input(description="A newcomer's account.")
class RegistrationInput:
    full_name: str = strawberry.field(description="His name.")
    login: str = strawberry.field(description="2 to 64 of a-z 0-9 . _ -")
    password: str = strawberry.field(description="12 characters at least.")
    phone: str | None = strawberry.field(default=None, description="In E.164.")
    locale: Locale | None = strawberry.field(default=None, description="His language.")


@strawberry.input(description="Accepting an invitation.")
class AcceptInvitationInput:
    invitation: InvitationRefInput = strawberry.field(description="Which one.")
    registration: RegistrationInput | None = strawberry.field(
        default=None, description="For a newcomer."
    )
    transport: SessionTransport = strawberry.field(
        default=SessionTransport.COOKIE, description="How a newcomer's session travels back."
    )


@strawberry.type(description="The invitee has joined: the same member, the same id.")
class AcceptInvitationPayload:
    member_id: strawberry.Private[str]
    session: SignedIn | None = strawberry.field(
        description="There when accepting registered a new account."
    )

    @strawberry.field(graphql_type=LazyMember, description="The member.")
    def member(self, info: Info) -> Rows:
        return info.context.loaders.members.load(self.member_id)


@strawberry.input(description="Declining an invitation.")
class DeclineInvitationInput:
    invitation: InvitationRefInput = strawberry.field(description="Which one.")
    reason: str | None = strawberry.field(
        default=None, description="Told to the inviter; 500 characters at most."
    )
    block_tenant: bool = strawberry.field(
        default=False, description="Also suppress whatever the tenant sends later."
    )


@strawberry.type(description="The invitation is declined and its inviter told.")
class DeclineInvitationPayload:
    tenant_name: str = strawberry.field(description="Whose invitation it was.")


AcceptInvitationResult = Annotated[
    AcceptInvitationPayload
    | errors.InvitationUnavailable
    | errors.AlreadyMember
    | errors.WrongAccount
    | errors.SignInRequired
    | errors.RegistrationRequired
    | errors.LoginTaken
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("AcceptInvitationResult", description="What accepting can come to."),
]
DeclineInvitationResult = Annotated[
    DeclineInvitationPayload
    | errors.InvitationUnavailable
    | errors.WrongAccount
    | errors.SignInRequired
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("DeclineInvitationResult", description="What declining can come to."),
]


@strawberry.type
class AnswerMutations:
    @strawberry.mutation(
        graphql_type=AcceptInvitationResult | None,
        extensions=guard(People()),
        metadata=TESTS_SECRET,
        description="Accept: signed in as the invitee, or as a newcomer with the link.",
    )
    async def accept_invitation(self, info: Info, input: Input[AcceptInvitationInput]) -> Rows:
        accepted = await acceptances.accept(
            info.context.viewer,
            _reference(input.invitation),
            registration(input.registration) if input.registration else None,
        )
        session = signed_in(info, accepted.session, input.transport) if accepted.session else None
        return AcceptInvitationPayload(member_id=accepted.member_id, session=session)

    @strawberry.mutation(
        graphql_type=DeclineInvitationResult | None,
        extensions=guard(People()),
        metadata=TESTS_SECRET,
        description="Decline: signed in as the invitee, or unregistered with the link.",
    )
    async def decline_invitation(self, info: Info, input: Input[DeclineInvitationInput]) -> Rows:
        name = await declining.decline(
            info.context.viewer,
            _reference(input.invitation),
            reason=input.reason,
            block=input.block_tenant,
        )
        return DeclineInvitationPayload(tenant_name=name)


def _reference(given: InvitationRefInput) -> references.Reference:
    if given.token is strawberry.UNSET:
        return references.Reference(invitation_id=str(given.id))
    return references.Reference(token=given.token)


def registration(given: RegistrationInput) -> accounts.Registration:
    """The input as use cases take it."""
    return accounts.Registration(
        given.full_name, given.login, given.password, given.phone, given.locale
    )
