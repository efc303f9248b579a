"""Which of an app's roles a member has in it (F: roles of a user in the apps; ADR 0017).

They hang on the member and not on his right: without a right on the app they wait, unseen.
"""

from collections.abc import Iterable, Sequence

import errors
from auth.viewer import Viewer
from models import AppRole, AppRoleAssignment, Member, database, ids
from permissions import checks
from permissions.catalog import Permission
from resolvers import audit, directory, identifiers, locks, rows


async def replace(
    viewer: Viewer, member_id: str, app_id: str, *, role_ids: Sequence[str]
) -> rows.Member:
    """The member has these roles in the app and no others.

    Raises:
        errors.Unauthenticated, errors.PermissionDenied
        errors.NotFound: also for a hidden app, and for who administers it without knowing the
            member.
        errors.InvalidInput: a role is not the app's, or named twice.
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        actor, member = await locks.member(viewer, member_id)
        known = await locks.known_app(actor, app_id)
        _require_may_set(actor, member, known)
        faults = identifiers.Faults()
        wanted = await read(app_id, role_ids, ("roles",), faults)
        faults.settle()
        await give(viewer, member, app_id, wanted)
        return await directory.changed(viewer, member_id)


def _require_may_set(actor: locks.Actor, member: Member, known: locks.KnownApp) -> None:
    """Whoever assigns apps, for anybody; whoever administers this one, for whom he knows of.

    Raises:
        errors.NotFound, errors.PermissionDenied
    """
    if checks.holds(actor, Permission.APPS_ASSIGN):
        return
    if member.id != actor.member.id and not checks.holds(actor, Permission.MEMBERS_VIEW):
        raise errors.NotFound
    known.require_administered()


async def read(
    app_id: str, role_ids: Sequence[str], path: tuple[str, ...], faults: identifiers.Faults
) -> list[AppRole]:
    """The app's roles by these ids; unknown and doubled ones become faults below `path`."""
    found = await AppRole.filter(app_id=app_id, id__in=list(role_ids)) if role_ids else []
    known, chosen = {role.id: role for role in found}, dict[str, AppRole]()
    for index, role_id in enumerate(role_ids):
        if role_id not in known:
            faults.add((*path, str(index)), "UNKNOWN_APP_ROLE")
        elif role_id in chosen:
            faults.add((*path, str(index)), "TWICE")
        else:
            chosen[role_id] = known[role_id]
    return list(chosen.values())


async def give(viewer: Viewer, member: Member, app_id: str, wanted: Sequence[AppRole]) -> bool:
    """Write the member's roles in the running transaction; whether that changed anything."""
    his = AppRoleAssignment.filter(tenant_id=member.tenant_id, member_id=member.id)
    of_app = his.filter(app_role__app_id=app_id)
    held = {row.app_role_id: row for row in await of_app.select_related("app_role")}
    codes = {role.id: role.code for role in wanted}
    if codes.keys() == held.keys():
        return False
    gone = [row.id for role_id, row in held.items() if role_id not in codes]
    await AppRoleAssignment.filter(id__in=gone).delete()
    await AppRoleAssignment.bulk_create(
        AppRoleAssignment(
            id=ids.new("aas"), tenant_id=member.tenant_id, member_id=member.id, app_role_id=role_id
        )
        for role_id in codes
        if role_id not in held
    )
    before = _listed(row.app_role.code for row in held.values())
    await audit.record(
        viewer,
        "member.set_app_roles",
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes={app_id: (before, _listed(codes.values()))},
    )
    return True


def _listed(codes: Iterable[str]) -> str | None:
    return " ".join(sorted(codes)) or None


async def held(accesses: Sequence[rows.AppAccess]) -> dict[rows.AppAccess, list[rows.AppRole]]:
    """The roles behind rights that the viewer sees, in the order of their codes."""
    found = await AppRoleAssignment.filter(
        tenant_id__in={access.app.tenant_id for access in accesses},
        member_id__in=[access.member_id for access in accesses],
        app_role__app_id__in=[access.app.id for access in accesses],
    ).select_related("app_role")
    roles: dict[rows.AppAccess, list[rows.AppRole]] = {access: [] for access in accesses}
    places = {(access.member_id, access.app.id): access for access in accesses}
    for row in sorted(found, key=lambda row: row.app_role.code):
        if access := places.get((row.member_id, row.app_role.app_id)):
            role = row.app_role
            roles[access].append(rows.AppRole(role.id, role.code, role.name))
    return roles
