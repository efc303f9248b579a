"""What provider support does to people's accounts, which customers cannot (PRODUCT 2 and 5).

Whoever is changed so hears of it by mail, at the old address and at the new one; the audit of every
tenant he belongs to names who did it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import errors
from auth import passwords
from auth.viewer import Viewer
from mail import messages
from models import Member, MemberStatus, ProviderRole, SecondFactor, User, clock, database
from permissions import checks
from resolvers import (
    accounts,
    audit,
    credentials,
    edits,
    emails,
    identifiers,
    notices,
    phones,
    profiles,
    rows,
    second_factors,
)

_ONE_PER_ADDRESS = "users_one_per_verified_email"


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change of an account; what is left out stays."""

    full_name: str | None = None
    login: str | None = None
    email: str | None = None
    new_password: str | None = field(default=None, repr=False)
    remove_phone: bool = False
    remove_second_factor: bool = False


async def create(
    viewer: Viewer,
    given: accounts.Registration,
    *,
    email: str,
    provider_role: ProviderRole | None = None,
) -> rows.User:
    """An account whose address counts as verified, and whose password is handed over.

    Staff are made by an `ADMIN` only.

    Raises:
        errors.Unauthenticated, errors.PermissionDenied
        errors.InvalidInput: also an address that is taken; staff may know.
        errors.LoginTaken
    """
    staff = checks.require_staff(viewer)
    if provider_role is not None:
        checks.require_admin(staff)
    user_id = await accounts.create(
        staff, given, email=email, provider_role=provider_role, handed_over=True
    )
    return rows.User(user_id, identifiers.name(given.full_name))


async def update(viewer: Viewer, user_id: str, edit: Edit) -> rows.User:
    """The account is as `edit` says, also that of an ACCOUNT's first user.

    An address counts as verified at once. A password is handed over: all sessions end, and it has
    to be replaced at the first sign-in.

    Raises:
        errors.Unauthenticated
        errors.PermissionDenied: he is no staff; or the account is of staff, and he no `ADMIN`.
        errors.NotFound: there is no such account, or it has ended.
        errors.InvalidInput: also an address that is taken; staff may know.
        errors.LoginTaken
    """
    staff = checks.require_staff(viewer)
    async with database.transaction(database.SYSTEM, read_only=True):
        rule = await credentials.password_rule(user_id)
    checked = _check(edit, rule)
    new_hash = await passwords.make_hash(checked.new_password) if checked.new_password else None
    try:
        async with database.transaction(database.SYSTEM):
            user = await _lock(staff, user_id)
            await _change(staff, user, checked, new_hash)
    except database.IntegrityError as taken:
        if _ONE_PER_ADDRESS in str(taken):
            raise errors.InvalidInput.at("email", code="TAKEN") from None
        raise errors.LoginTaken from None
    return rows.User(user.id, user.full_name)


def _check(edit: Edit, password: Callable[[str], str]) -> Edit:
    faults, optional = identifiers.Faults(), identifiers.optional
    checked = Edit(
        faults.check(("fullName",), optional(identifiers.name), edit.full_name),
        faults.check(("login",), optional(identifiers.login), edit.login),
        faults.check(("email",), optional(identifiers.email), edit.email),
        faults.check(("newPassword",), optional(password), edit.new_password),
        edit.remove_phone,
        edit.remove_second_factor,
    )
    faults.settle()
    return checked


async def _lock(staff: Viewer, user_id: str) -> User:
    """The account, locked for a change by staff; only an `ADMIN` changes one of staff's."""
    if not await User.exists(id=user_id, ended_at=None):
        raise errors.NotFound
    found = await profiles.lock_with_places(user_id)
    if found.ended_at is not None:
        raise errors.NotFound
    if found.provider_role is not None:
        checks.require_admin(staff)
    return found


async def _change(staff: Viewer, user: User, edit: Edit, new_hash: str | None) -> None:
    old = notices.address_of(user)
    changed = [
        *await _rename(user, edit),
        *await _readdress(staff, user, edit.email),
        *await _take_away(user, edit),
        *await _hand_over(staff, user, new_hash),
    ]
    if changed:
        await _tell(user, changed, old)
        await _record(staff, user, changed)


async def _rename(user: User, edit: Edit) -> list[str]:
    changed = []
    if edit.full_name not in (None, user.full_name):
        user.full_name = str(edit.full_name)
        changed.append("full_name")
    if edit.login not in (None, user.login):
        user.login = str(edit.login)
        changed.append("login")
    if changed:
        await profiles.save(user, *changed)
    return changed


async def _readdress(staff: Viewer, user: User, email: str | None) -> list[str]:
    if email is None or email == notices.address_of(user):
        return []
    await emails.give(staff, user, email)
    return ["email"]


async def _take_away(user: User, edit: Edit) -> list[str]:
    """What its holder has lost, and can take out himself no more."""
    changed = []
    if edit.remove_phone and user.phone is not None:
        await phones.take_out(user)
        changed.append("phone")
    counts = SecondFactor.filter(user_id=user.id, confirmed_at__isnull=False)
    if edit.remove_second_factor and await counts.exists():
        await second_factors.forget(user.id)
        changed.append("second_factor")
    return changed


async def _hand_over(staff: Viewer, user: User, new_hash: str | None) -> list[str]:
    if new_hash is None:
        return []
    await edits.hand_over(staff, user.id, new_hash)
    return ["password"]


async def _tell(user: User, changed: list[str], old: str | None) -> None:
    """At his address, and at the `old` one where that was another."""
    message, now = messages.changed_by_support(changed), clock.now()
    await notices.tell_user(user.id, message, now=now)
    if old not in (None, notices.address_of(user)):
        await notices.write(user, message, to=str(old), now=now)


async def _record(staff: Viewer, user: User, changed: list[str]) -> None:
    """Once for the account, and once in each tenant he belongs to."""
    changes: audit.Changes = dict.fromkeys(changed, ())
    await audit.record(staff, "user.update", subject_id=user.id, changes=changes)
    living = [MemberStatus.JOINED, MemberStatus.DISABLED]
    places = Member.filter(user_id=user.id, status__in=living, tenant__deleted_at=None)
    for place in await places.order_by("id"):
        await audit.record(
            staff,
            "user.update",
            subject_id=place.id,
            tenant_id=place.tenant_id,
            changes=changes,
        )
