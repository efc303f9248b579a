"""Editing people who do not edit themselves: pending ones, as they were typed, and managed ones.

Everybody else edits himself, because accounts are shared between tenants (PRODUCT 4).
"""

import errors
from auth import passwords
from auth.viewer import Viewer
from models import Member, MemberStatus, User, database
from permissions import checks
from permissions.catalog import Permission
from resolvers import audit, credentials, directory, identifiers, locks, profiles, rows, sessions
from resolvers.identifiers import LEFT_OUT, LeftOut


async def edit(
    viewer: Viewer,
    member_id: str,
    *,
    full_name: str | LeftOut | None = LEFT_OUT,
    phone: str | LeftOut | None = LEFT_OUT,
) -> rows.Member:
    """The person has that name and that number, unconfirmed; what is left out stays.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: also for somebody who edits himself, or a confirmed number.
        errors.ProviderOnly: the name of an ACCOUNT's first user.
    """
    checks.require_caller(viewer)
    faults = identifiers.Faults()
    optional, given = identifiers.optional, identifiers.given
    full_name = faults.check(("fullName",), given(optional(identifiers.name)), full_name)
    phone = faults.check(("phone",), given(optional(identifiers.phone)), phone)
    async with database.transaction(database.SYSTEM):
        member = await _lock(viewer, member_id)
        faults.settle()
        if member.status is MemberStatus.PENDING:
            changes = await _retype(member, full_name, phone)
        else:
            changes = await _edit_account(member, full_name, phone)
        if changes:
            await _record(viewer, member, "member.edit", changes)
        return await directory.changed(viewer, member_id)


async def _lock(viewer: Viewer, member_id: str) -> Member:
    """The member, once it is the viewer's to edit."""
    actor, member = await locks.member(viewer, member_id)
    checks.require(actor, Permission.MEMBERS_EDIT)
    checks.require_reach(actor, member.role)
    if not await _is_edited_by_others(member):
        raise errors.InvalidInput.at("memberId", code="EDITS_HIMSELF")
    return member


async def _is_edited_by_others(member: Member) -> bool:
    """Whoever has no account yet, or one that this tenant manages."""
    if member.user_id is None:
        return True
    user = await User.get(id=member.user_id)
    joined = member.status is not MemberStatus.PENDING
    return joined and user.manager_id == member.tenant_id and user.email_verified_at is None


async def _retype(
    member: Member, full_name: str | LeftOut | None, phone: str | LeftOut | None
) -> list[str]:
    wanted = {"full_name": full_name, "phone": phone}
    changes = [
        name
        for name, value in wanted.items()
        if not isinstance(value, LeftOut) and value != getattr(member, name)
    ]
    for name in changes:
        setattr(member, name, wanted[name])
    member.name_key = identifiers.fold(member.full_name or member.email_key or "")
    await member.save(update_fields=["full_name", "phone", "name_key"])
    return changes


async def _edit_account(
    member: Member, full_name: str | LeftOut | None, phone: str | LeftOut | None
) -> list[str]:
    """An account always has a name; taking it away is a fault of the input."""
    if full_name is None:
        raise errors.InvalidInput.at("fullName", code="REQUIRED")
    user = await profiles.lock(str(member.user_id))
    changes = [*await profiles.rename(user, full_name), *profiles.renumber(user, phone)]
    if changes:
        await profiles.save(user, *changes)
    return changes


async def set_password(viewer: Viewer, member_id: str, *, password: str) -> rows.Member:
    """A managed person signs in with that password, once: then he chooses his own.

    His sessions have ended.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: also for somebody whose password is his own affair.
    """
    checks.require_caller(viewer)
    faults = identifiers.Faults()
    async with database.transaction(database.SYSTEM):
        member = await _lock_managed(viewer, member_id)
        rule = await credentials.password_rule(str(member.user_id))
        faults.check(("password",), rule, password)
        faults.settle()
    password_hash = await passwords.make_hash(password)
    async with database.transaction(database.SYSTEM):
        member = await _lock_managed(viewer, member_id)
        await hand_over(viewer, str(member.user_id), password_hash)
        await _record(viewer, member, "member.set_password", ["password"])
        return await directory.changed(viewer, member_id)


async def _lock_managed(viewer: Viewer, member_id: str) -> Member:
    member = await _lock(viewer, member_id)
    if member.status is MemberStatus.PENDING:
        raise errors.InvalidInput.at("memberId", code="NOT_JOINED")
    return member


async def hand_over(viewer: Viewer, user_id: str, password_hash: str) -> None:
    """The account has a password that somebody else knows, and neither links nor sessions."""
    await credentials.hand_over(user_id, password_hash)
    await sessions.end_all(viewer, user_id)


async def _record(viewer: Viewer, member: Member, action: str, changes: list[str]) -> None:
    await audit.record(
        viewer,
        action,
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes=dict.fromkeys(changes, ()),
    )
