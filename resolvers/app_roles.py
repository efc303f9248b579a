"""The roles an app knows inside, defined by those who administer it (PRODUCT 6.2; ADR 0017).

`apps:manage` alone does not: what the users of an app are called is the app's own affair.
"""

import re
from collections.abc import Sequence

import errors
from auth.viewer import Viewer
from models import App, AppRole, clock, database, ids
from permissions import checks
from resolvers import apps, audit, identifiers, locks, rows

_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
MOST = 100


async def create(viewer: Viewer, app_id: str, *, code: str, name: str) -> rows.AppRole:
    """The app has that role, and nobody has it yet.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: also for a code that the app has already, or one role too many.
    """
    checks.require_signed_in(viewer)
    faults = identifiers.Faults()
    code = faults.check(("code",), _code, code)
    name = faults.check(("name",), identifiers.name, name)
    async with database.transaction(viewer.scope):
        _, known = await locks.app(viewer, app_id)
        app = known.require_administered()
        faults.settle()
        await _require_room(app, code)
        role = await AppRole.create(
            id=ids.new("aro"),
            tenant_id=app.tenant_id,
            app_id=app_id,
            code=code,
            name=name,
            created_at=clock.now(),
        )
        await _record(viewer, role, "create", {"code": (None, code)})
    return of_model(role)


def _code(value: str) -> str:
    """What the app is told: 1 to 64 of `A-Z a-z 0-9 . _ -`, compared as it is written."""
    if not _CODE.fullmatch(value):
        raise identifiers.Fault("INVALID")
    return value


async def _require_room(app: App, code: str) -> None:
    roles = await AppRole.filter(app_id=app.id)
    if any(role.code == code for role in roles):
        raise errors.InvalidInput.at("code", code="TAKEN")
    if len(roles) >= MOST:
        raise errors.InvalidInput.at("appId", code="TOO_MANY_ROLES", limit=MOST)


async def rename(viewer: Viewer, app_role_id: str, *, name: str) -> rows.AppRole:
    """The role has that name; its code stays, since the app knows it by that.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput
    """
    checks.require_signed_in(viewer)
    faults = identifiers.Faults()
    name = faults.check(("name",), identifiers.name, name)
    async with database.transaction(viewer.scope):
        role = await _lock(viewer, app_role_id)
        faults.settle()
        if role.name != name:
            role.name = name
            await role.save(update_fields=["name"])
            await _record(viewer, role, "update", {"name": ()})
    return of_model(role)


async def remove(viewer: Viewer, app_role_id: str) -> None:
    """Nobody has the role any more.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
    """
    checks.require_signed_in(viewer)
    async with database.transaction(viewer.scope):
        role = await _lock(viewer, app_role_id)
        await role.delete()
        await _record(viewer, role, "remove", {"code": (role.code, None)})


async def _lock(viewer: Viewer, app_role_id: str) -> AppRole:
    """A role of an app that the viewer administers.

    Raises:
        errors.NotFound, errors.PermissionDenied
    """
    found = await AppRole.get_or_none(id=app_role_id)
    if found is None:
        raise errors.NotFound
    _, known = await locks.app(viewer, found.app_id)
    known.require_administered()
    role = await AppRole.get_or_none(id=app_role_id)
    if role is None:
        raise errors.NotFound
    return role


async def _record(viewer: Viewer, role: AppRole, verb: str, changes: audit.Changes) -> None:
    await audit.record(
        viewer,
        f"app_role.{verb}",
        subject_id=role.id,
        tenant_id=role.tenant_id,
        changes=changes,
    )


async def get(viewer: Viewer, app_role_id: str) -> rows.AppRole:
    """Raises:
    errors.NotFound: absent, or of an app that is not the viewer's to know of.
    """
    role = await AppRole.get_or_none(id=app_role_id)
    if role is None:
        raise errors.NotFound
    await apps.get(viewer, role.app_id)
    return of_model(role)


async def of_apps(app_ids: Sequence[str]) -> dict[str, list[rows.AppRole]]:
    """The roles of apps that the viewer sees, by app id, in the order of their codes."""
    found: dict[str, list[rows.AppRole]] = {app_id: [] for app_id in app_ids}
    for role in await AppRole.filter(app_id__in=list(app_ids)).order_by("code"):
        found[role.app_id].append(of_model(role))
    return found


def of_model(role: AppRole) -> rows.AppRole:
    return rows.AppRole(role.id, role.code, role.name)
