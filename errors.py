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
    ├── QueryTooComplex           more than the server takes upon itself at once
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

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


class Failure(Exception):
    """The root: an outcome that its caller must be told of, not a defect.

    The code of a kind is its name, where it says no other.
    """

    code: ClassVar[str] = "INTERNAL"

    def __init_subclass__(cls) -> None:
        if "code" not in vars(cls):
            cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).upper()


class PermissionDenied(Failure):
    """`permission` is the missing one (`resource:action`), where one can be named."""

    def __init__(self, permission: str | None = None) -> None:
        super().__init__(permission)
        self.permission = permission


class Unauthenticated(PermissionDenied): ...


class NotFound(Failure): ...


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


class InvalidCredentials(Failure): ...


class PasswordChangeRequired(Failure): ...


class SecondFactorRequired(Failure): ...


class WrongCode(Failure):
    """`attempts_left` is how often it may be tried again, at least 1."""

    def __init__(self, attempts_left: int) -> None:
        super().__init__(attempts_left)
        self.attempts_left = attempts_left


class CodeUnavailable(Failure): ...


class LinkUnavailable(Failure): ...


class IdentityNotLinked(Failure): ...


class IdentityTaken(Failure): ...


class IdentityProviderFailed(Failure): ...


class RegistrationClosed(Failure): ...


class LastWayIn(Failure): ...


class RateLimited(Failure):
    """`retry_after` is in seconds, at least 1."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class QueryTooComplex(Failure):
    """`limit` is the one that was passed, as the settings call it, `most` what it allows.

    `cost`: what it would be, where that may be told; without it `most` of the cost is not, either.
    """

    def __init__(self, limit: str, most: int | None = None, cost: int | None = None) -> None:
        super().__init__(limit, most, cost)
        self.limit, self.most, self.cost = limit, most, cost


class TooCostly(Failure): ...


class AlreadyMember(Failure):
    """`member_id` where the caller may see that member."""

    def __init__(self, member_id: str | None = None) -> None:
        super().__init__(member_id)
        self.member_id = member_id


class RoleNotGrantable(Failure):
    """`grantable` are the role codes that the viewer may hand out instead."""

    def __init__(self, grantable: Sequence[str]) -> None:
        super().__init__(grantable)
        self.grantable = tuple(grantable)


class SessionLimitReached(Failure):
    """`session_ids` are the living app sessions that hold the places, oldest first."""

    def __init__(self, limit: int, session_ids: Sequence[str]) -> None:
        super().__init__(limit, session_ids)
        self.limit, self.session_ids = limit, tuple(session_ids)


class AppSessionOver(Failure): ...


class NotPermittedByProvider(Failure):
    """`permission` is what the provider has not switched on for the organization."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class SubscriptionEnded(Failure):
    """`ended_at` is when; the app, or the tariff, has to be subscribed anew."""

    def __init__(self, ended_at: datetime) -> None:
        super().__init__(ended_at)
        self.ended_at = ended_at


class AlreadySubscribed(Failure):
    """`subscription_id` is the one that runs."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(subscription_id)
        self.subscription_id = subscription_id


class LastOwner(Failure): ...


class EmailRequired(Failure): ...


class ProviderOnly(Failure): ...


class LoginTaken(Failure): ...


class InvitationUnavailable(Failure): ...


class InvitationClosed(Failure):
    """`state` is what the invitation has become, a code of `InvitationState`."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class WrongAccount(Failure):
    """`invited_email` is masked already: `an***@example.com`."""

    def __init__(self, invited_email: str) -> None:
        super().__init__(invited_email)
        self.invited_email = invited_email


class SignInRequired(Failure): ...


class RegistrationRequired(Failure): ...


class DocumentNotFound(Failure): ...


class DocumentRequired(Failure): ...


class IdempotencyKeyReused(Failure): ...


class Conflict(Failure):
    """`is_passing`: done again from the beginning, it may turn out well (ADR 0042)."""

    def __init__(self, *, is_passing: bool = False) -> None:
        super().__init__()
        self.is_passing = is_passing


class Timeout(Failure): ...


class Interrupted(Failure): ...


class ServiceUnavailable(Failure): ...
