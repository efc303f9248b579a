"""May he for others: the questions about the tenants that a servicing organization serves
(PRODUCT 6.3). What is his by a role in the organization, an API key holds as well or not.
"""

import errors
from auth.viewer import Viewer
from permissions import checks, roles
from permissions.catalog import Permission
from permissions.checks import Actor


def require_permission(actor: Actor | None, permission: Permission) -> None:
    """Of a permission that holds for other tenants.

    Raises:
        errors.NotFound: he has no place in the organization.
        errors.PermissionDenied: it is not his role's, or not the key's.
        errors.NotPermittedByProvider: it is, and the provider has not switched it on there.
    """
    if actor is None or permission not in _held_if_permitted(actor):
        checks.require(actor, permission)
    elif not checks.holds(actor, permission):
        raise errors.NotPermittedByProvider(permission)


def serves(actor: Actor | None) -> bool:
    """Whether he is one of those who serve other tenants, whatever the provider switched on."""
    return actor is not None and actor.servicing is not None and bool(_held_if_permitted(actor))


def _held_if_permitted(actor: Actor) -> tuple[Permission, ...]:
    """What he may do for other tenants as soon as the provider lets him."""
    found = roles.role(actor.catalog, actor.role).servicing
    return found if actor.ceiling is None else tuple(p for p in found if p in actor.ceiling)


def require_serves(viewer: Viewer, organization_id: str) -> None:
    """Of reading what an organization serves; as `checks.sees`, with the rights before a change as
    well.

    Raises:
        errors.Unauthenticated: nobody is known to ask.
        errors.NotFound: he has no place there.
        errors.PermissionDenied: he has, and is none of those who serve.
    """
    checks.require_caller(viewer)
    places = [v.place(organization_id) for v in (viewer, viewer.before) if v is not None]
    if not any(places):
        raise errors.NotFound
    if not any(map(serves, places)):
        raise errors.PermissionDenied
