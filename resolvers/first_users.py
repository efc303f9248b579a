"""The first user of an ACCOUNT, whom only provider support removes or disables (PRODUCT 2, rule 5).

Where he was the only owner who could act, support names another one with it: nothing else in a
tenant is support's to change. Enabling him again is the customers' own.
"""

from dataclasses import dataclass

import errors
from auth.viewer import Viewer
from mail import messages
from models import Member, MemberStatus, Tenant, clock, database
from permissions import checks, roles
from permissions.catalog import OWNER
from resolvers import locks, members, notices, staff_directory
from resolvers.staff_directory import Placement


@dataclass(frozen=True, slots=True)
class Outcome:
    """The first user's place as it is now, and that of the owner who was named with it."""

    first_user: Placement
    new_owner: Placement | None


async def remove(viewer: Viewer, member_id: str, new_owner_id: str | None = None) -> Outcome:
    """The first user is `REMOVED`; an invitation makes him a member again, and no first user.

    Raises:
        errors.Unauthenticated, errors.PermissionDenied
        errors.NotFound: also a member who is no first user.
        errors.InvalidInput: the new owner has not joined, or none is needed.
        errors.LastOwner: one has to be named.
    """
    return await _end(viewer, member_id, new_owner_id, MemberStatus.REMOVED)


async def disable(viewer: Viewer, member_id: str, new_owner_id: str | None = None) -> Outcome:
    """The first user may not act from his next request on.

    Raises:
        errors.Unauthenticated, errors.PermissionDenied
        errors.NotFound: also a member who is no first user.
        errors.InvalidInput: the new owner has not joined, or none is needed.
        errors.LastOwner: one has to be named.
    """
    return await _end(viewer, member_id, new_owner_id, MemberStatus.DISABLED)


async def _end(
    viewer: Viewer, member_id: str, new_owner_id: str | None, status: MemberStatus
) -> Outcome:
    staff = checks.require_staff(viewer)
    async with database.transaction(database.SYSTEM):
        tenant, member, heir = await _lock(member_id, new_owner_id)
        if heir is not None:
            await _name_owner(staff, tenant, member, heir)
        if member.status is not status:
            await _write(staff, tenant, member, status)
        placements = await staff_directory.placements([member.id, *([heir.id] if heir else [])])
    return Outcome(placements[member.id], placements[heir.id] if heir else None)


async def _lock(member_id: str, new_owner_id: str | None) -> tuple[Tenant, Member, Member | None]:
    """The tenant, then the two members by id."""
    found = await Member.get_or_none(id=member_id, is_first_user=True)
    if found is None:
        raise errors.NotFound
    tenant = await locks.tenant(found.tenant_id)
    wanted = Member.filter(id__in=[member_id, new_owner_id or member_id], tenant_id=tenant.id)
    locked = {m.id: m for m in await wanted.order_by("id").select_for_update(no_key=True)}
    member = locked.pop(member_id)
    if member.status is MemberStatus.REMOVED:
        raise errors.NotFound
    heir = locked.get(new_owner_id or "")
    if new_owner_id is not None and (heir is None or heir.status is not MemberStatus.JOINED):
        raise errors.InvalidInput.at("newOwnerMemberId", code="NOT_JOINED")
    return tenant, member, heir


async def _name_owner(staff: Viewer, tenant: Tenant, member: Member, heir: Member) -> None:
    if heir.role == OWNER:
        return
    if not await _is_indispensable(member):
        raise errors.InvalidInput.at("newOwnerMemberId", code="NOT_ALLOWED")
    now = clock.now()
    await members.write_role(staff, heir, OWNER)
    message = messages.role_changed(
        tenant_name=tenant.name,
        role=roles.role(tenant.catalog, OWNER).name,
        changed_by=notices.name_of(staff),
    )
    await notices.tell_member(staff, heir, message, tenant=tenant, now=now)


async def _is_indispensable(member: Member) -> bool:
    """Whether nobody else who can act owns the tenant."""
    if member.role != OWNER:
        return False
    try:
        await members.require_another_owner(member)
    except errors.LastOwner:
        return True
    return False


async def _write(staff: Viewer, tenant: Tenant, member: Member, status: MemberStatus) -> None:
    if member.role == OWNER:
        await members.require_another_owner(member)
    if status is MemberStatus.DISABLED:
        await members.write_status(staff, member, status, "disable")
        return
    message = messages.removed(tenant_name=tenant.name, removed_by=notices.name_of(staff))
    await notices.tell_member(staff, member, message, tenant=tenant, now=clock.now())
    await members.write_status(staff, member, status, "remove")
