"""Errors as data: each exception of `errors.py` and the type clients get.

On a mutation the client sees a member of its union; on a query the field is null with a GraphQL
error whose `extensions.code` is the same code.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from graphql import GraphQLError

import errors
from locales import Locale
from schema.context import Info
from schema.enums import InvitationState
from schema.interfaces import Rows
from schema.scalars import PermissionCode, RoleCode
from schema.sentences import fault_message, message

if TYPE_CHECKING:
    from schema.app_sessions import AppSession
    from schema.members import Member


@strawberry.interface(description="What went wrong on purpose.")
class Error:
    code: str = strawberry.field(description="For programs; stays the same in every language.")
    message: str = strawberry.field(description="For people: what is wrong and what to do.")


@strawberry.type(description="The viewer may not do this; UNAUTHENTICATED if nobody is signed in.")
class PermissionDenied(Error):
    permission: PermissionCode | None = strawberry.field(description="What he lacks.")


@strawberry.type(description="Absent, or not the viewer's to know of.")
class NotFound(Error):
    pass


@strawberry.type(description="One wrong field of an input.")
class FieldError:
    path: list[str] = strawberry.field(description="Where it stands in the input.")
    code: str = strawberry.field(description="For programs: REQUIRED, TOO_SHORT, INVALID, ...")
    message: str = strawberry.field(description="For people.")


@strawberry.type(description="The input cannot be used; every wrong field is named.")
class InvalidInput(Error):
    fields: list[FieldError] = strawberry.field(description="Every wrong field.")


@strawberry.type(description="Not the code that was sent; it can be tried again.")
class WrongCode(Error):
    attempts_left: int = strawberry.field(description="How often still; then ask for a new code.")


@strawberry.type(description="Unknown, used, tried too often or expired: ask for a new code.")
class CodeUnavailable(Error):
    pass


@strawberry.type(description="Unknown, used, overtaken or expired: ask for a new link.")
class LinkUnavailable(Error):
    pass


@strawberry.type(description="No account here has linked that identity.")
class IdentityNotLinked(Error):
    pass


@strawberry.type(description="Another account has linked that identity.")
class IdentityTaken(Error):
    pass


@strawberry.type(description="The identity provider refused, or did not answer as it should.")
class IdentityProviderFailed(Error):
    pass


@strawberry.type(description="Nobody registers a tenant by himself here.")
class RegistrationClosed(Error):
    pass


@strawberry.type(description="Without it nobody could sign in to the account any more.")
class LastWayIn(Error):
    pass


@strawberry.type(description="Login, password or both are wrong; which one is not told.")
class InvalidCredentials(Error):
    pass


@strawberry.type(
    description="The pair is right; sign in again with `newPassword`, since somebody else knows it."
)
class PasswordChangeRequired(Error):
    pass


@strawberry.type(description="The pair is right; a second factor is asked for.")
class SecondFactorRequired(Error):
    pass


@strawberry.type(description="Too many attempts.")
class RateLimited(Error):
    retry_after: int = strawberry.field(description="Seconds to wait.")


@strawberry.type(description="The invited person is pending, joined or disabled here already.")
class AlreadyMember(Error):
    member_id: strawberry.Private[str | None]

    @strawberry.field(
        graphql_type=Annotated["Member", strawberry.lazy("schema.members")] | None,
        description="The member, where the viewer may see him.",
    )
    def member(self, info: Info) -> Rows:
        return info.context.loaders.members.load(self.member_id) if self.member_id else None


@strawberry.type(description="The viewer may not hand out that role.")
class RoleNotGrantable(Error):
    grantable: list[RoleCode] = strawberry.field(description="What he may hand out here.")


@strawberry.type(description="The viewer's sessions in apps hold all the places he has here.")
class SessionLimitReached(Error):
    session_ids: strawberry.Private[list[str]]
    limit: int = strawberry.field(description="How many places he has, across the tenant's apps.")

    @strawberry.field(
        graphql_type=list[Annotated["AppSession", strawberry.lazy("schema.app_sessions")]],
        description="What holds them, oldest first; ending one makes room.",
    )
    async def sessions(self, info: Info) -> Rows:
        found = await info.context.loaders.app_sessions.all(self.session_ids)
        return [session for session in found if session is not None]


@strawberry.type(
    description="The role could, had the provider switched it on for the organization."
)
class NotPermittedByProvider(Error):
    permission: PermissionCode = strawberry.field(description="What is not switched on.")


@strawberry.type(description="It has ended, and what it included cannot be used.")
class SubscriptionEnded(Error):
    ended_at: datetime = strawberry.field(description="When it did.")


@strawberry.type(description="A subscription of that tenant to that tariff runs.")
class AlreadySubscribed(Error):
    subscription_id: strawberry.ID = strawberry.field(description="The one that runs.")


@strawberry.type(description="Nobody who can act would own the tenant any more.")
class LastOwner(Error):
    pass


@strawberry.type(description="The role is only for people with a verified e-mail address.")
class EmailRequired(Error):
    pass


@strawberry.type(description="Only provider support may do this.")
class ProviderOnly(Error):
    pass


@strawberry.type(description="Somebody else has that login.")
class LoginTaken(Error):
    pass


@strawberry.type(description="Unknown, used, revoked, superseded or expired: one answer for all.")
class InvitationUnavailable(Error):
    pass


@strawberry.type(description="The invitation was accepted, declined or revoked.")
class InvitationClosed(Error):
    state: InvitationState = strawberry.field(description="What has become of it.")


@strawberry.type(description="Somebody other than the invitee is signed in.")
class WrongAccount(Error):
    invited_email: str = strawberry.field(description="Masked, e.g. an***@example.com.")


@strawberry.type(description="The invitee is registered: sign in, then accept.")
class SignInRequired(Error):
    pass


@strawberry.type(description="The invitee is not registered: accept with `registration`.")
class RegistrationRequired(Error):
    pass


def _fields(failure: errors.InvalidInput, locale: Locale) -> list[FieldError]:
    return [
        FieldError(path=list(f.path), code=f.code, message=fault_message(locale, f))
        for f in failure.faults
    ]


Facts = Callable[[Any, Locale], dict[str, Any]]

TABLE: dict[type[errors.Failure], tuple[type[Error], Facts]] = {
    errors.PermissionDenied: (PermissionDenied, lambda e, _: {"permission": e.permission}),
    errors.NotFound: (NotFound, lambda _e, _: {}),
    errors.InvalidInput: (InvalidInput, lambda e, locale: {"fields": _fields(e, locale)}),
    errors.InvalidCredentials: (InvalidCredentials, lambda _e, _: {}),
    errors.PasswordChangeRequired: (PasswordChangeRequired, lambda _e, _: {}),
    errors.SecondFactorRequired: (SecondFactorRequired, lambda _e, _: {}),
    errors.WrongCode: (WrongCode, lambda e, _: {"attempts_left": e.attempts_left}),
    errors.CodeUnavailable: (CodeUnavailable, lambda _e, _: {}),
    errors.LinkUnavailable: (LinkUnavailable, lambda _e, _: {}),
    errors.IdentityNotLinked: (IdentityNotLinked, lambda _e, _: {}),
    errors.IdentityTaken: (IdentityTaken, lambda _e, _: {}),
    errors.IdentityProviderFailed: (IdentityProviderFailed, lambda _e, _: {}),
    errors.RegistrationClosed: (RegistrationClosed, lambda _e, _: {}),
    errors.LastWayIn: (LastWayIn, lambda _e, _: {}),
    errors.EmailRequired: (EmailRequired, lambda _e, _: {}),
    errors.ProviderOnly: (ProviderOnly, lambda _e, _: {}),
    errors.RateLimited: (RateLimited, lambda e, _: {"retry_after": e.retry_after}),
    errors.AlreadyMember: (AlreadyMember, lambda e, _: {"member_id": e.member_id}),
    errors.RoleNotGrantable: (RoleNotGrantable, lambda e, _: {"grantable": list(e.grantable)}),
    errors.SessionLimitReached: (
        SessionLimitReached,
        lambda e, _: {"limit": e.limit, "session_ids": list(e.session_ids)},
    ),
    errors.NotPermittedByProvider: (
        NotPermittedByProvider,
        lambda e, _: {"permission": e.permission},
    ),
    errors.SubscriptionEnded: (SubscriptionEnded, lambda e, _: {"ended_at": e.ended_at}),
    errors.AlreadySubscribed: (
        AlreadySubscribed,
        lambda e, _: {"subscription_id": e.subscription_id},
    ),
    errors.LastOwner: (LastOwner, lambda _e, _: {}),
    errors.LoginTaken: (LoginTaken, lambda _e, _: {}),
    errors.InvitationUnavailable: (InvitationUnavailable, lambda _e, _: {}),
    errors.InvitationClosed: (
        InvitationClosed,
        lambda e, _: {"state": InvitationState(e.state)},
    ),
    errors.WrongAccount: (WrongAccount, lambda e, _: {"invited_email": e.invited_email}),
    errors.SignInRequired: (SignInRequired, lambda _e, _: {}),
    errors.RegistrationRequired: (RegistrationRequired, lambda _e, _: {}),
}


def wrapped(failure: errors.Failure) -> GraphQLError:
    """As graphql-core wants it; `root` tells the client what is in it."""
    return GraphQLError(failure.code, original_error=failure)


class Handler:
    """Makes one exception a member of the unions that contain its type."""

    def __init__(self, exception: type[errors.Failure]) -> None:
        self.exception_type = exception
        self.error_type, self.facts = TABLE[exception]

    def handle(self, exception: errors.Failure, *, field: object, info: Info) -> Error:  # noqa: ARG002 the library's signature
        info.context.failures.append(exception)
        locale = info.context.locale
        return self.error_type(
            code=exception.code,
            message=message(locale, exception),
            **self.facts(exception, locale),
        )


HANDLERS = [Handler(exception) for exception in TABLE]
