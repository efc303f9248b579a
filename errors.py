"""What can go wrong on purpose, as plain exceptions that carry facts.

    Failure
    ├── PermissionDenied          the viewer is known, the thing is known, the right is missing
    │   └── Unauthenticated       nobody is signed in
    ├── NotFound                  absent, or not the viewer's to know of: one answer for both
    ├── InvalidInput              every wrong field at once
    ├── InvalidCredentials
    ├── PasswordChangeRequired    the pair is right, the password has to be a new one
    ├── SecondFactorRequired      the pair is right, a code is asked for as well
    ├── WrongCode                 not the code that was sent
    ├── CodeUnavailable           every kind of dead code
    ├── LinkUnavailable           every kind of dead link of an account
    ├── IdentityNotLinked         nobody here has linked that identity
    ├── IdentityTaken             somebody else has
    ├── IdentityProviderFailed    it refused, or did not answer as it should
    ├── RegistrationClosed        nobody registers a tenant by himself here
    ├── LastWayIn                 without it nobody could sign in to the account
    ├── RateLimited
    ├── TooCostly                 more than an API key may ever ask at once
    ├── AlreadyMember
    ├── RoleNotGrantable
    ├── SessionLimitReached       other sessions hold all the places
    ├── AppSessionOver            the app is to say so and forget it
    ├── NotPermittedByProvider    his role could, had the provider switched it on
    ├── SubscriptionEnded         what it paid for has ended
    ├── AlreadySubscribed         a subscription to that tariff runs
    ├── LastOwner
    ├── EmailRequired             the role needs a verified address
    ├── ProviderOnly              only provider support may do this
    ├── LoginTaken
    ├── InvitationUnavailable     every kind of dead link
    ├── InvitationClosed
    ├── WrongAccount
    ├── SignInRequired
    ├── RegistrationRequired
    ├── DocumentNotFound          no such document is registered
    ├── DocumentRequired          only registered documents are run here
    ├── IdempotencyKeyReused      the key stands for something else that was sent
    ├── Conflict                  two changes met; nothing was done
    ├── Timeout
    ├── Interrupted               who listens may have missed something: he reads and listens anew
    └── ServiceUnavailable        the database is away

`code` is what clients see; the sentence for people is made in `schema/sentences.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


class Failure(Exception):
    """The root: an outcome that its caller must be told of, not a defect."""

    code: ClassVar[str] = "INTERNAL"


class PermissionDenied(Failure):
    """`permission` is the missing one (`resource:action`), where one can be named."""

    code = "PERMISSION_DENIED"

    def __init__(self, permission: str | None = None) -> None:
        super().__init__(permission)
        self.permission = permission


class Unauthenticated(PermissionDenied):
    code = "UNAUTHENTICATED"


class NotFound(Failure):
    code = "NOT_FOUND"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One wrong field: its path in the input (GraphQL names) and a fault code of `faults`."""

    path: tuple[str, ...]
    code: str
    limit: int | None = None


class InvalidInput(Failure):
    code = "BAD_USER_INPUT"

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        super().__init__(faults)
        self.faults = tuple(faults)

    @classmethod
    def at(cls, *path: str, code: str, limit: int | None = None) -> "InvalidInput":
        return cls([FieldFault(path, code, limit)])


class InvalidCredentials(Failure):
    code = "INVALID_CREDENTIALS"


class PasswordChangeRequired(Failure):
    code = "PASSWORD_CHANGE_REQUIRED"


class SecondFactorRequired(Failure):
    code = "SECOND_FACTOR_REQUIRED"


class WrongCode(Failure):
    """`attempts_left` is how often it may be tried again, at least 1."""

    code = "WRONG_CODE"

    def __init__(self, attempts_left: int) -> None:
        super().__init__(attempts_left)
        self.attempts_left = attempts_left


class CodeUnavailable(Failure):
    code = "CODE_UNAVAILABLE"


class LinkUnavailable(Failure):
    code = "LINK_UNAVAILABLE"


class IdentityNotLinked(Failure):
    code = "IDENTITY_NOT_LINKED"


class IdentityTaken(Failure):
    code = "IDENTITY_TAKEN"


class IdentityProviderFailed(Failure):
    code = "IDENTITY_PROVIDER_FAILED"


class RegistrationClosed(Failure):
    code = "REGISTRATION_CLOSED"


class LastWayIn(Failure):
    code = "LAST_WAY_IN"


class RateLimited(Failure):
    """`retry_after` is in seconds, at least 1."""

    code = "RATE_LIMITED"

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class TooCostly(Failure):
    code = "TOO_COSTLY"


class AlreadyMember(Failure):
    """`member_id` where the caller may see that member."""

    code = "ALREADY_MEMBER"

    def __init__(self, member_id: str | None = None) -> None:
        super().__init__(member_id)
        self.member_id = member_id


class RoleNotGrantable(Failure):
    """`grantable` are the role codes that the viewer may hand out instead."""

    code = "ROLE_NOT_GRANTABLE"

    def __init__(self, grantable: Sequence[str]) -> None:
        super().__init__(grantable)
        self.grantable = tuple(grantable)


class SessionLimitReached(Failure):
    """`session_ids` are the living app sessions that hold the places, oldest first."""

    code = "SESSION_LIMIT_REACHED"

    def __init__(self, limit: int, session_ids: Sequence[str]) -> None:
        super().__init__(limit, session_ids)
        self.limit, self.session_ids = limit, tuple(session_ids)


class AppSessionOver(Failure):
    code = "APP_SESSION_OVER"


class NotPermittedByProvider(Failure):
    """`permission` is what the provider has not switched on for the organization."""

    code = "NOT_PERMITTED_BY_PROVIDER"

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class SubscriptionEnded(Failure):
    """`ended_at` is when; the app, or the tariff, has to be subscribed anew."""

    code = "SUBSCRIPTION_ENDED"

    def __init__(self, ended_at: datetime) -> None:
        super().__init__(ended_at)
        self.ended_at = ended_at


class AlreadySubscribed(Failure):
    """`subscription_id` is the one that runs."""

    code = "ALREADY_SUBSCRIBED"

    def __init__(self, subscription_id: str) -> None:
        super().__init__(subscription_id)
        self.subscription_id = subscription_id


class LastOwner(Failure):
    code = "LAST_OWNER"


class EmailRequired(Failure):
    code = "EMAIL_REQUIRED"


class ProviderOnly(Failure):
    code = "PROVIDER_ONLY"


class LoginTaken(Failure):
    code = "LOGIN_TAKEN"


class InvitationUnavailable(Failure):
    code = "INVITATION_UNAVAILABLE"


class InvitationClosed(Failure):
    """`state` is what the invitation has become, a code of `InvitationState`."""

    code = "INVITATION_CLOSED"

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class WrongAccount(Failure):
    """`invited_email` is masked already: `an***@example.com`."""

    code = "WRONG_ACCOUNT"

    def __init__(self, invited_email: str) -> None:
        super().__init__(invited_email)
        self.invited_email = invited_email


class SignInRequired(Failure):
    code = "SIGN_IN_REQUIRED"


class RegistrationRequired(Failure):
    code = "REGISTRATION_REQUIRED"


class DocumentNotFound(Failure):
    code = "DOCUMENT_NOT_FOUND"


class DocumentRequired(Failure):
    code = "DOCUMENT_REQUIRED"


class IdempotencyKeyReused(Failure):
    code = "IDEMPOTENCY_KEY_REUSED"


class Conflict(Failure):
    code = "CONFLICT"


class Timeout(Failure):
    code = "TIMEOUT"


class Interrupted(Failure):
    code = "INTERRUPTED"


class ServiceUnavailable(Failure):
    code = "SERVICE_UNAVAILABLE"
