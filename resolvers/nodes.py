"""Whatever has an id: found by its prefix, and only where its own list would show it."""

from collections.abc import Awaitable, Callable

import errors
from auth.viewer import Viewer
from models import ids
from permissions import roles
from resolvers import (
    app_actions,
    app_roles,
    app_sessions,
    apps,
    audit_log,
    directory,
    key_directory,
    member_imports,
    offers,
    people,
    rows,
    subscriptions,
    tariffs,
    tenants,
    webhook_deliveries,
    webhook_directory,
)

_READERS: dict[str, Callable[[Viewer, str], Awaitable[object]]] = {
    "usr": people.get,
    "ten": tenants.get,
    "mem": directory.get,
    "inv": offers.get,
    "app": apps.get,
    "aro": app_roles.get,
    "aps": app_sessions.get,
    "sub": subscriptions.get,
    "trf": tariffs.get,
    "act": app_actions.get,
    "evt": audit_log.get,
    "key": key_directory.get,
    "imp": member_imports.get,
    "whe": webhook_directory.get,
    "whd": webhook_deliveries.get,
}


async def get(viewer: Viewer, node_id: str) -> object | None:
    """The row behind an id; None where it is absent or not the viewer's to see.

    Roles are everybody's, like the matrix they come from.
    """
    if (role := roles.by_id(node_id)) is not None:
        return role
    reader = _READERS.get(ids.prefix(node_id))
    if reader is None or viewer.acting_id is None:
        return None
    try:
        return await reader(viewer, node_id)
    except (errors.NotFound, errors.PermissionDenied):
        return None


def shows(viewer: Viewer, row: object | None) -> bool:
    """Whether `get` would find a row that was read in a batch: where the viewer is disabled he
    finds nothing by id (PRODUCT 4).
    """
    match row:
        case rows.Tenant(id=tenant_id) | rows.Member(tenant_id=tenant_id):
            return viewer.place(tenant_id) is not None
    return row is not None
