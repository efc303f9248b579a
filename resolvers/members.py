"""What is done to members who are in the list: roles, disabling, removal, leaving (PRODUCT 4).

Each verb locks the tenant first, so that whatever happens at the same moment a tenant keeps an
owner who can act.
"""

import errors
from auth.viewer import Viewer
from mail import messages
from models import Invitation, InvitationState, Member, MemberStatus, clock, database
from permissions import checks, roles
from permissions.catalog import OWNER, Permission
from resolvers import (
    audit,
    directory,
    invitations,
    invitees,
    locks,
    notices,
    rows,
    single_permissions,
)


async def change_role(viewer: Viewer, member_id: str, role: str) -> rows.Member:
    """The member has that role; a pending one's invitation offers it, in the viewer's name.

    Raises:
        errors.NotFound, errors.PermissionDenied, errors.InvalidInput, errors.RoleNotGrantable,
        errors.EmailRequired, errors.LastOwner
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        actor, member = await locks.member(viewer, member_id)
        checks.require(actor, Permission.MEMBERS_CHANGE_ROLE)
        checks.require_known(actor, role, "role")
        checks.require_may_take(actor, member.role)
        checks.require_can_hand_out(actor, role)
        known = await invitees.of_member(member)
        checks.require_email(actor, role, has_email=known.address is not None)
        if member.role != role:
            await _set_role(viewer, actor, member, role)
        return await directory.changed(viewer, member_id)


async def _set_role(viewer: Viewer, actor: locks.Actor, member: Member, role: str) -> None:
    if member.role == OWNER:
        await require_another_owner(member)
    now = clock.now()
    await write_role(viewer, member, role)
    if member.status is MemberStatus.PENDING:
        await invitations.stand_for(viewer, actor.tenant, member, now=now)
    message = messages.role_changed(
        tenant_name=actor.tenant.name,
        role=roles.role(actor.catalog, role).name,
        changed_by=notices.name_of(viewer),
    )
    await notices.tell_member(viewer, member, message, tenant=actor.tenant, now=now)


async def write_role(viewer: Viewer, member: Member, role: str) -> None:
    """The member's row and the audit say `role`; the caller has checked and locked.

    An owner has neither grants nor denials (PRODUCT 2, rule 3); in another role he keeps them.
    """
    shed = single_permissions.shed(member) if role == OWNER else {}
    await audit.record(
        viewer,
        "member.change_role",
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes={"role": (member.role, role), **shed},
    )
    member.role = role
    await member.save(update_fields=["role", "grants", "denials"])


async def require_another_owner(member: Member) -> None:
    """Somebody else owns the tenant and can act (PRODUCT 2, rule 4); the tenant is locked.

    Raises:
        errors.LastOwner
    """
    if member.status is not MemberStatus.JOINED:
        return
    others = Member.filter(tenant_id=member.tenant_id, role=OWNER, status=MemberStatus.JOINED)
    if not await others.exclude(id=member.id).exists():
        raise errors.LastOwner


async def set_enabled(viewer: Viewer, member_id: str, *, enabled: bool) -> rows.Member:
    """The member may act again, or may not from his next request on.

    Raises:
        errors.NotFound, errors.PermissionDenied, errors.LastOwner, errors.ProviderOnly
        errors.InvalidInput: he has not joined.
    """
    checks.require_caller(viewer)
    status = MemberStatus.JOINED if enabled else MemberStatus.DISABLED
    async with database.transaction(viewer.scope):
        actor, member = await locks.member(viewer, member_id)
        checks.require(actor, Permission.MEMBERS_DISABLE)
        checks.require_reach(actor, member.role)
        if member.status is MemberStatus.PENDING:
            raise errors.InvalidInput.at("memberId", code="NOT_JOINED")
        if member.status is not status:
            if not enabled:
                await _require_dispensable(member)
            await write_status(viewer, member, status, "enable" if enabled else "disable")
        return await directory.changed(viewer, member_id)


async def _require_dispensable(member: Member) -> None:
    """The tenant can do without him.

    Raises:
        errors.LastOwner, errors.ProviderOnly
    """
    refuse_first_user(member)
    if member.role == OWNER:
        await require_another_owner(member)


async def remove(viewer: Viewer, member_id: str) -> rows.Member:
    """The member is `REMOVED`, a pending one's invitation revoked; nothing of it revives.

    Raises:
        errors.NotFound, errors.PermissionDenied, errors.LastOwner, errors.ProviderOnly
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        actor, member = await locks.member(viewer, member_id)
        checks.require(actor, Permission.MEMBERS_REMOVE)
        checks.require_may_take(actor, member.role)
        refuse_first_user(member)
        message = messages.removed(
            tenant_name=actor.tenant.name, removed_by=notices.name_of(viewer)
        )
        await notices.tell_member(viewer, member, message, tenant=actor.tenant, now=clock.now())
        await _end(viewer, member, "remove")
        return await directory.changed(viewer, member_id)


async def leave(viewer: Viewer, tenant_id: str) -> None:
    """The viewer is no member any more; a disabled one may leave as well.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.LastOwner,
        errors.ProviderOnly
    """
    checks.require_signed_in(viewer)
    if tenant_id not in viewer.places:
        raise errors.NotFound
    async with database.transaction(viewer.scope):
        await _widen_where_disabled(viewer, tenant_id)
        actor = await locks.acting(viewer, tenant_id, disabled_too=True)
        checks.require(actor, Permission.MEMBERS_LEAVE)
        refuse_first_user(actor.member)
        await _end(viewer, actor.member, "leave")


async def _widen_where_disabled(viewer: Viewer, tenant_id: str) -> None:
    """By the place that the policies show him, and not by what he says (ADR 0040)."""
    own = Member.filter(tenant_id=tenant_id, user_id=viewer.user_id)
    living = own.exclude(status=MemberStatus.REMOVED).values_list("tenant_id", flat=True)
    await database.set_scope(viewer.scope_with(*map(str, await living)))


def refuse_first_user(member: Member) -> None:
    """The first user of an ACCOUNT stays until provider support decides (PRODUCT 2, rule 5).

    Raises:
        errors.ProviderOnly
    """
    if member.is_first_user:
        raise errors.ProviderOnly


async def _end(viewer: Viewer, member: Member, verb: str) -> None:
    if member.role == OWNER:
        await require_another_owner(member)
    if member.status is MemberStatus.PENDING:
        invitation = await Invitation.get(tenant_id=member.tenant_id, member_id=member.id)
        await invitations.close(invitation, InvitationState.REVOKED, now=clock.now())
    await write_status(viewer, member, MemberStatus.REMOVED, verb)


async def write_status(viewer: Viewer, member: Member, status: MemberStatus, verb: str) -> None:
    await audit.record(
        viewer,
        f"member.{verb}",
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes={"status": (member.status, status)},
    )
    member.status = status
    await member.save(update_fields=["status"])
