"""Members' rights on apps, and the roles inside them that are given along.

Rights are no permissions: neither ceiling nor reach applies to them; whoever holds `apps:assign`
gives both to any member, himself included (PRODUCT 2, rule 3).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import errors
from auth.viewer import Viewer
from models import AppAccess, AppRight, AppRole, Member, database, ids
from permissions import checks
from permissions.catalog import Permission
from resolvers import app_role_assignments, audit, directory, identifiers, locks, rows

Rights = Mapping[str, AppRight]
NO_ROLES: Mapping[str, Sequence[AppRole]] = MappingProxyType({})

ADMINISTERS = """exists (
  select from app_access o where o.tenant_id = {row}.tenant_id and o.app_id = {row}.app_id
    and o.member_id = any({members}) and o."right" = 'LAUNCH_AND_ADMINISTER'
)"""
"""Holds of rows of an app that one of the members administers; format it with both names."""


@dataclass(frozen=True, slots=True)
class Given:
    """A right on an app as it comes in; `roles` inside it by id, None leaves those there are."""

    app_id: str
    right: AppRight
    roles: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """By app id; an app that is not in `roles` keeps those there are."""

    rights: Rights
    roles: Mapping[str, Sequence[AppRole]]


async def change(
    viewer: Viewer,
    member_id: str,
    *,
    give_rights: Sequence[Given] = (),
    take: Sequence[str] = (),
) -> rows.Member:
    """The member has the given rights and none on the apps in `take`; the rest stays.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        actor, member = await locks.member(viewer, member_id)
        checks.require(actor, Permission.APPS_ASSIGN)
        faults = identifiers.Faults()
        given = await read(actor.tenant.id, give_rights, ("set",), faults)
        await _check_taken(actor.tenant.id, take, given.rights, faults)
        faults.settle()
        await give(viewer, member, given.rights, given.roles)
        await _take(viewer, member, take)
        return await directory.changed(viewer, member_id)


async def read(
    tenant_id: str,
    given: Sequence[Given],
    path: tuple[str, ...],
    faults: identifiers.Faults,
) -> Checked:
    """Rights and roles by app id; what is unknown or doubled becomes a fault below `path`."""
    known = await known_of(tenant_id, [item.app_id for item in given])
    rights = check(given, known, path, faults)
    roles: dict[str, Sequence[AppRole]] = {}
    for index, item in enumerate(given):
        if item.roles is not None and item.app_id in known and item.app_id not in roles:
            roles[item.app_id] = await app_role_assignments.read(
                item.app_id, item.roles, (*path, str(index), "roles"), faults
            )
    return Checked(rights, roles)


def check(
    given: Sequence[Given],
    known: Collection[str],
    path: tuple[str, ...],
    faults: identifiers.Faults,
) -> dict[str, AppRight]:
    """The rights by app id, where `known` are the tenant's apps; faults as in `read`."""
    rights: dict[str, AppRight] = {}
    for index, item in enumerate(given):
        if item.app_id not in known:
            faults.add((*path, str(index), "appId"), "UNKNOWN_APP")
        elif item.app_id in rights:
            faults.add((*path, str(index), "appId"), "TWICE")
        rights[item.app_id] = item.right
    return rights


async def _check_taken(
    tenant_id: str, take: Sequence[str], rights: Rights, faults: identifiers.Faults
) -> None:
    known = await known_of(tenant_id, take)
    for index, app_id in enumerate(take):
        if app_id not in known:
            faults.add(("unset", str(index)), "UNKNOWN_APP")
        elif app_id in rights:
            faults.add(("unset", str(index)), "TWICE")


async def known_of(tenant_id: str, app_ids: Sequence[str]) -> set[str]:
    """Those of the ids that are apps of the tenant."""
    if not app_ids:
        return set()
    found = await database.rows("select id, tenant_id from apps where id = any($1)", list(app_ids))
    return {row["id"] for row in found if row["tenant_id"] == tenant_id}


async def give(
    viewer: Viewer,
    member: Member,
    rights: Rights,
    roles: Mapping[str, Sequence[AppRole]] = NO_ROLES,
) -> None:
    """Write rights and roles in the running transaction; the caller has checked them."""
    await _give_rights(viewer, member, rights)
    for app_id, wanted in roles.items():
        await app_role_assignments.give(viewer, member, app_id, wanted)


async def _give_rights(viewer: Viewer, member: Member, rights: Rights) -> None:
    his = AppAccess.filter(tenant_id=member.tenant_id, member_id=member.id)
    held = {row.app_id: row for row in await his} if rights else {}
    for app_id, right in rights.items():
        before = held.get(app_id)
        if before is None:
            await AppAccess.create(
                id=ids.new("acc"),
                tenant_id=member.tenant_id,
                member_id=member.id,
                app_id=app_id,
                right=right,
            )
        elif before.right is not right:
            await AppAccess.filter(id=before.id).update(right=right)
        else:
            continue
        await _record(viewer, member, app_id, (before.right if before else None, right))


async def _take(viewer: Viewer, member: Member, app_ids: Sequence[str]) -> None:
    his = AppAccess.filter(tenant_id=member.tenant_id, member_id=member.id)
    for row in await his.filter(app_id__in=list(app_ids)):
        await row.delete()
        await _record(viewer, member, row.app_id, (row.right, None))


async def _record(
    viewer: Viewer, member: Member, app_id: str, change: tuple[str | None, str | None]
) -> None:
    await audit.record(
        viewer,
        "member.set_app_access",
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes={app_id: change},
    )


def require_may_assign(actor: checks.Actor, rights: Sequence[object]) -> None:
    """Raises:
    errors.PermissionDenied: rights are to be given along, and that is not his to do.
    """
    if rights and not checks.holds(actor, Permission.APPS_ASSIGN):
        raise errors.PermissionDenied(Permission.APPS_ASSIGN)
