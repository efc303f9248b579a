"""Passing a tenant on: the other becomes owner, the former keeps the role he names (PRODUCT 4)."""

from datetime import datetime

import errors
from auth.viewer import Viewer
from mail import messages
from models import Member, MemberStatus, clock, database
from permissions import checks, roles
from permissions.catalog import OWNER, Permission
from resolvers import directory, invitees, locks, members, notices, rows


async def transfer(
    viewer: Viewer, tenant_id: str, *, to_member_id: str, then_role: str | None = None
) -> tuple[rows.Member, rows.Member]:
    """The new owner and the former one, in this order.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.RoleNotGrantable,
        errors.EmailRequired
        errors.InvalidInput: to oneself, to somebody who has not joined or is disabled, or an
            unknown role.
    """
    checks.require_signed_in(viewer)
    async with database.transaction(viewer.scope):
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.OWNERS_TRANSFER)
        checks.require_can_hand_out(actor, OWNER)
        kept = then_role or roles.after_ownership(actor.catalog)
        checks.require_known(actor, kept, "thenRole")
        checks.require_can_hand_out(actor, kept)
        heir = await _heir(actor, to_member_id)
        known = await invitees.of_member(heir)
        checks.require_email(actor, OWNER, has_email=known.address is not None)
        await _pass_on(viewer, actor, heir, kept, now=clock.now())
        return (
            await directory.changed(viewer, heir.id),
            await directory.changed(viewer, actor.member.id),
        )


async def _heir(actor: locks.Actor, member_id: str) -> Member:
    locked = await locks.members(actor.tenant.id, {member_id, actor.member.id})
    if (heir := locked.get(member_id)) is None:
        raise errors.NotFound
    if heir.status is not MemberStatus.JOINED:
        raise errors.InvalidInput.at("toMemberId", code="NOT_JOINED")
    if heir.id == actor.member.id:
        raise errors.InvalidInput.at("toMemberId", code="OWN_MEMBER")
    return heir


async def _pass_on(
    viewer: Viewer, actor: locks.Actor, heir: Member, kept: str, *, now: datetime
) -> None:
    if heir.role != OWNER:
        await members.write_role(viewer, heir, OWNER)
    if kept != OWNER:
        await members.write_role(viewer, actor.member, kept)
    message = messages.ownership_passed(
        tenant_name=actor.tenant.name, former_owner=notices.name_of(viewer)
    )
    await notices.tell_member(viewer, heir, message, tenant=actor.tenant, now=now)
