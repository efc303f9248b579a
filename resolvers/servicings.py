"""Which servicing organization serves which tenant (PRODUCT 6.3, 6.4; ADR 0020).

The relation is a row: whoever serves has rights on a tenant by it alone, and from the moment it has
ended none. A tenant is locked before its relations. Both sides' audit tells of an end, naming the
other side.
"""

from collections.abc import Sequence

from tortoise.expressions import Q

import errors
from auth.viewer import Viewer
from models import Member, MemberStatus, Servicing, Tenant, clock, database, ids
from permissions import checks, serving
from permissions.catalog import Permission
from resolvers import audit, locks, rows, tenant_invitations


async def start(tenant_id: str, organization_id: str) -> Servicing:
    """From now on the organization serves the tenant; in the caller's transaction, which has found
    out that it may.
    """
    return await Servicing.create(
        id=ids.new("srv"),
        tenant_id=tenant_id,
        organization_id=organization_id,
        created_at=clock.now(),
    )


async def require_served(viewer: Viewer, tenant_id: str, permission: Permission) -> Servicing:
    """The relation by which the viewer serves that tenant now, held until the transaction's end.

    The caller is in the system's scope and has locked the tenant.

    Raises:
        errors.Unauthenticated
        errors.NotFound: he does not serve it.
        errors.NotPermittedByProvider: he does, and the permission is not switched on.
    """
    checks.require_caller(viewer)
    relation = await _living(tenant_id)
    actor = await _place(viewer, relation.organization_id) if relation else None
    if relation is None or not serving.serves(actor):
        raise errors.NotFound
    serving.require_permission(actor, permission)
    return relation


async def _living(tenant_id: str) -> Servicing | None:
    found = Servicing.filter(tenant_id=tenant_id, ended_at=None)
    return await found.select_for_update(no_key=True).first()


async def _place(viewer: Viewer, tenant_id: str) -> locks.Actor | None:
    """The viewer's place there as it is now, without a lock; an API key's is in its own tenant."""
    tenant = await Tenant.get_or_none(id=tenant_id, deleted_at=None)
    if viewer.key is not None:
        return await locks.by_key(viewer, tenant) if tenant and tenant_id in viewer.places else None
    place = await Member.get_or_none(
        tenant_id=tenant_id, user_id=viewer.user_id, status=MemberStatus.JOINED
    )
    return locks.Actor(tenant, place, None) if tenant and place else None


async def end(viewer: Viewer, tenant_id: str) -> None:
    """Nobody serves the tenant any more.

    Raises:
        errors.Unauthenticated
        errors.PermissionDenied: he belongs to one of the two sides, and is no owner there.
        errors.NotFound: he has nothing to do with the tenant, or nobody serves it.
    """
    checks.require_signed_in(viewer)
    async with database.transaction(database.SYSTEM):
        await locks.tenant(tenant_id)
        relation = await _living(tenant_id)
        ending = await _require_may_end(viewer, tenant_id, relation)
        if relation is None:
            raise errors.NotFound
        await _close(ending, Q(id=relation.id))


async def _require_may_end(viewer: Viewer, tenant_id: str, relation: Servicing | None) -> Viewer:
    """The viewer as he ends it: by a place of his own, or else for the provider."""
    places = [await _place(viewer, tenant_id)]
    if relation is not None:
        served_by = await _place(viewer, relation.organization_id)
        places.append(served_by if serving.serves(served_by) else None)
    if any(checks.holds(place, Permission.KEYS_MANAGE) for place in places):
        return viewer
    if viewer.is_staff:
        return checks.require_staff(viewer)
    if any(places):
        raise errors.PermissionDenied(Permission.KEYS_MANAGE)
    raise errors.NotFound


async def end_all(viewer: Viewer, tenant_id: str) -> None:
    """The tenant neither serves nor is served; it is locked, in the system's scope."""
    await _close(viewer, Q(tenant_id=tenant_id))
    await stop(viewer, tenant_id)


async def stop(viewer: Viewer, organization_id: str) -> None:
    """The organization serves nobody, and whom it has invited waits for nothing; it is locked, in
    the system's scope.
    """
    await _close(viewer, Q(organization_id=organization_id))
    await tenant_invitations.close_all(viewer, organization_id)


async def _close(viewer: Viewer, those: Q) -> None:
    living = Servicing.filter(those, ended_at=None)
    ending = await living.order_by("id").select_for_update(no_key=True)
    await living.update(ended_at=clock.now())
    sides = [(one.tenant_id, one.organization_id) for one in ending]
    sides += [(organization, tenant) for tenant, organization in sides]
    await audit.record_all(viewer, "servicing.end", sides)


async def of_tenants(tenant_ids: Sequence[str]) -> dict[str, rows.Servicing]:
    """By whom these tenants of the viewer's are served, by tenant id."""
    found = await database.rows("select * from servers_of($1)", list(tenant_ids))
    return {
        record["tenant_id"]: rows.Servicing(
            record["organization_id"], record["organization_name"], record["since"]
        )
        for record in found
    }
