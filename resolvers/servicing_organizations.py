"""Servicing organizations: SUBSCRIBERs that the provider lets serve other tenants (PRODUCT 6.3)."""

from datetime import datetime

import errors
from auth.viewer import Viewer
from mail import messages
from models import Catalog, Member, MemberStatus, Tenant, clock, database
from permissions import checks, roles
from permissions.catalog import Permission
from resolvers import audit, invitation_mails, locks, members, notices, rows, servicings

_FIELDS = {
    Permission.TENANTS_INVITE: "canInviteTenants",
    Permission.SUBSCRIPTIONS_MANAGE: "canSubscribeTenants",
}


async def declare(
    viewer: Viewer,
    tenant_id: str,
    *,
    is_servicing: bool,
    can_invite_tenants: bool | None = None,
    can_subscribe_tenants: bool | None = None,
) -> rows.ServicingOrganization:
    """The tenant is a servicing organization or is none; a switch that is left out stays, and is
    off where it becomes one.

    Where it is none any more nobody is served by it, its invitations of tenants are revoked, and
    its operators are users.

    Raises:
        errors.Unauthenticated, errors.PermissionDenied: he is no staff.
        errors.NotFound
        errors.InvalidInput: it is no SUBSCRIBER; or something is switched on where nothing serves.
    """
    staff = checks.require_staff(viewer)
    wanted = {
        Permission.TENANTS_INVITE: can_invite_tenants,
        Permission.SUBSCRIPTIONS_MANAGE: can_subscribe_tenants,
    }
    async with database.transaction(database.SYSTEM):
        tenant = await locks.tenant(tenant_id)
        if tenant.catalog is not Catalog.SUBSCRIBER:
            raise errors.InvalidInput.at("tenantId", code="SUBSCRIBERS_ONLY")
        after = _switched(tenant, wanted, is_servicing=is_servicing)
        if after != tenant.servicing:
            await _write(staff, tenant, after)
    return _of(tenant.id, tenant.name, after or ())


Switches = dict[Permission, bool | None]


def _switched(tenant: Tenant, wanted: Switches, *, is_servicing: bool) -> list[str] | None:
    before = tenant.servicing or []
    if is_servicing:
        return [p for p, on in wanted.items() if (p in before if on is None else on)]
    faults = [errors.FieldFault((_FIELDS[p],), "NOT_ALLOWED") for p, on in wanted.items() if on]
    if faults:
        raise errors.InvalidInput(faults)
    return None


async def _write(staff: Viewer, tenant: Tenant, after: list[str] | None) -> None:
    before, now = _states(tenant.servicing), clock.now()
    tenant.servicing, tenant.updated_at = after, now
    await tenant.save(update_fields=["servicing", "updated_at"])
    changes = {name: (before[name], state) for name, state in _states(after).items()}
    await audit.record(
        staff,
        "tenant.set_servicing",
        subject_id=tenant.id,
        tenant_id=tenant.id,
        changes={name: states for name, states in changes.items() if states[0] != states[1]},
    )
    if after is None:
        await _demote_operators(staff, tenant, now=now)
        await servicings.stop(staff, tenant.id)


def _states(servicing: list[str] | None) -> dict[str, str]:
    """As the audit tells it."""
    on = {"servicing": servicing is not None}
    on |= {str(permission): permission in (servicing or ()) for permission in _FIELDS}
    return {name: "ON" if is_on else "OFF" for name, is_on in on.items()}


async def _demote_operators(staff: Viewer, tenant: Tenant, *, now: datetime) -> None:
    """What else they may do stays; who has not accepted yet is invited as what he will be."""
    operators = Member.filter(tenant_id=tenant.id, role=roles.SERVICING_ONLY).exclude(
        status=MemberStatus.REMOVED
    )
    role = roles.role(tenant.catalog, roles.AFTER_SERVICING)
    message = messages.role_changed(
        tenant_name=tenant.name, role=role.name, changed_by=notices.name_of(staff)
    )
    found = await operators.order_by("id").select_for_update(no_key=True)
    for member in found:
        await members.write_role(staff, member, role.code)
        await notices.tell_member(staff, member, message, tenant=tenant, now=now)
    await invitation_mails.offer_anew([member.id for member in found])


def of(tenant: rows.Tenant) -> rows.ServicingOrganization | None:
    """What the tenant is to those it serves; None where it is no servicing organization."""
    return None if tenant.servicing is None else _of(tenant.id, tenant.name, tenant.servicing)


def _of(
    tenant_id: str, name: str, servicing: tuple[str, ...] | list[str]
) -> rows.ServicingOrganization:
    return rows.ServicingOrganization(
        tenant_id,
        name,
        can_invite_tenants=Permission.TENANTS_INVITE in servicing,
        can_subscribe_tenants=Permission.SUBSCRIPTIONS_MANAGE in servicing,
    )
