"""Who is invited: an address, registered or not, or somebody registered by his login.

Addresses never tell whether somebody has an account; logins do, which is why they are counted
against the inviter's limit (PRODUCT 3.1 and 3.2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import errors
from models import Member, User, database
from resolvers import identifiers

_ADMIT = """
select is_blocked($1, $2, $3) as blocked, (
  select id from members where tenant_id = $1 and status <> 'REMOVED' and {} limit 1
) as member_id
"""


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
    [found] = await find_all(tenant_id, [checked])
    if found is None:
        raise errors.NotFound
    return found


async def find_all(tenant_id: str, checked: Sequence[Invitee]) -> list[Known | None]:
    """As `find`, of many at once; None where it would raise."""
    users = await _by_login([one.login for one in checked if one.login is not None])
    return [_known(tenant_id, one, users) for one in checked]


async def _by_login(logins: list[str]) -> dict[str, User]:
    if not logins:
        return {}
    async with database.transaction(database.SYSTEM, read_only=True):
        return {user.login: user for user in await User.filter(login__in=logins, ended_at=None)}


def _known(tenant_id: str, checked: Invitee, users: Mapping[str, User]) -> Known | None:
    if checked.login is None:
        return Known(checked.email, None, checked.newcomer or Newcomer())
    user = users.get(checked.login)
    if user is None or _kept_by_another(user, tenant_id):
        return None
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


async def admit(tenant_id: str, known: Known) -> bool:
    """Whether the invitee wants no invitation of that tenant (PRODUCT 3.8).

    Under the tenant's lock, so two invitations of one person cannot both pass.

    Raises:
        errors.AlreadyMember
    """
    same = "email_key = $3" if known.user_id is None else "user_id = $2"
    [found] = await database.rows(_ADMIT.format(same), tenant_id, known.user_id, known.email_key)
    if found["member_id"] is not None:
        raise errors.AlreadyMember(found["member_id"])
    return bool(found["blocked"])


async def places(tenant_id: str, people: Sequence[Known]) -> list[str | None]:
    """The ids of the members that they are already; None of who is none.

    A login finds places by account, an address those by address: whether the two are one person
    is not told.
    """
    accounts = [one.user_id for one in people if one.user_id is not None]
    addresses = [one.email_key for one in people if one.user_id is None and one.email_key]
    by_account = await _living(tenant_id, "user_id", accounts)
    by_address = await _living(tenant_id, "email_key", addresses)
    return [
        by_address.get(one.email_key or "") if one.user_id is None else by_account.get(one.user_id)
        for one in people
    ]


async def _living(tenant_id: str, column: str, keys: Sequence[str]) -> dict[str, str]:
    """Members by what `column` holds. One key is compared by itself: PostgreSQL keeps one plan for
    lists of any length, and that one may read the whole tenant.
    """
    if not keys:
        return {}
    compared, given = ("= $2", keys[0]) if len(keys) == 1 else ("= any($2)", list(keys))
    found = await database.rows(
        f"select id, {column} as key from members"  # noqa: S608 a column of ours
        f" where tenant_id = $1 and status <> 'REMOVED' and {column} {compared}",
        tenant_id,
        given,
    )
    return {row["key"]: row["id"] for row in found}


async def blocks(tenant_id: str, known: Known) -> bool:
    """Whether the invitee wants no invitation of that tenant (PRODUCT 3.8)."""
    found = await database.rows(
        "select is_blocked($1, $2, $3) as blocked", tenant_id, known.user_id, known.email_key
    )
    return bool(found[0]["blocked"])
