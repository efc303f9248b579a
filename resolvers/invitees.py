"""Who is invited: an address, registered or not, or somebody registered by his login.

Addresses never tell whether somebody has an account; logins do, which is why they are counted
against the inviter's limit (PRODUCT 3.1 and 3.2).
"""

from dataclasses import dataclass

import errors
from models import Member, MemberStatus, User, database
from resolvers import identifiers


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What the inviter fills in for somebody not registered; it only prefills (PRODUCT 3.1)."""

    full_name: str | None = None
    login: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Invitee:
    """One of `email` and `login`, as they were typed; `newcomer` goes with an e-mail only."""

    email: str | None = None
    login: str | None = None
    newcomer: Newcomer | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The invitee once understood. `address` is what was typed, or the account's verified one."""

    address: str | None
    user_id: str | None
    typed: Newcomer

    @property
    def email_key(self) -> str | None:
        return identifiers.fold(self.address) if self.address else None


def check(invitee: Invitee, faults: identifiers.Faults) -> Invitee:
    """Every value normalised."""
    optional, given = identifiers.optional, invitee.newcomer or Newcomer()
    if invitee.login is not None and invitee.newcomer is not None:
        faults.add(("newcomer",), "NOT_ALLOWED")
    return Invitee(
        faults.check(("invitee", "email"), optional(identifiers.email), invitee.email),
        faults.check(("invitee", "login"), optional(identifiers.login), invitee.login),
        Newcomer(
            faults.check(("newcomer", "fullName"), optional(identifiers.name), given.full_name),
            faults.check(("newcomer", "login"), optional(identifiers.login), given.login),
            faults.check(("newcomer", "phone"), optional(identifiers.phone), given.phone),
        ),
    )


async def find(tenant_id: str, checked: Invitee) -> Known:
    """The invitee behind checked input; an address is not looked up.

    Raises:
        errors.NotFound: no such login, or the account is managed by another tenant.
    """
    typed = checked.newcomer or Newcomer()
    if checked.login is None:
        return Known(checked.email, None, typed)
    async with database.transaction(database.SYSTEM, read_only=True):
        user = await User.get_or_none(login=checked.login, ended_at=None)
    if user is None or _kept_by_another(user, tenant_id):
        raise errors.NotFound
    return Known(_verified(user), user.id, Newcomer(login=user.login))


def _kept_by_another(user: User, tenant_id: str) -> bool:
    """A managed account is its tenant's alone until it has a verified address (PRODUCT 3.3)."""
    return user.manager_id not in (None, tenant_id) and user.email_verified_at is None


def _verified(user: User) -> str | None:
    return user.email if user.email_verified_at is not None else None


async def of_member(member: Member) -> Known:
    """Whom a pending member's mails go to now; in a transaction that sees accounts."""
    if member.user_id is None:
        return Known(member.email, None, Newcomer())
    user = await User.get(id=member.user_id)
    return Known(_verified(user), user.id, Newcomer())


async def refuse_member(tenant_id: str, known: Known) -> None:
    """Under the tenant's lock, so two invitations of one person cannot both pass.

    A login finds places by account, an address those by address: whether the two are one person
    is not told.

    Raises:
        errors.AlreadyMember
    """
    places = Member.filter(tenant_id=tenant_id).exclude(status=MemberStatus.REMOVED)
    if known.user_id is not None:
        place = await places.filter(user_id=known.user_id).first()
    else:
        place = await places.filter(email_key=known.email_key).first()
    if place is not None:
        raise errors.AlreadyMember(place.id)


async def blocks(tenant_id: str, known: Known) -> bool:
    """Whether the invitee wants no invitation of that tenant (PRODUCT 3.8)."""
    found = await database.rows(
        "select is_blocked($1, $2, $3) as blocked", tenant_id, known.user_id, known.email_key
    )
    return bool(found[0]["blocked"])
