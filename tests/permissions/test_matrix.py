from collections.abc import Awaitable, Callable, Sequence

import pytest

from models import Catalog
from tests.factories import World
from tests.permissions.matrix import CELLS, ROLES, TABLES, Cell, granted, switched
from tests.permissions.scenes import Scene, stage

REFUSALS = {"PERMISSION_DENIED", "ROLE_NOT_GRANTABLE", "NOT_PERMITTED_BY_PROVIDER"}
SWITCHES = ("tenants:invite", "subscriptions:manage")
CAN = "query($id: ID!, $p: PermissionCode!) { tenant(id: $id) { viewer { can(permission: $p) } } }"
PERMISSIONS = "query($id: ID!) { tenant(id: $id) { viewer { role { code } permissions } } }"


async def see_members(scene: Scene) -> str | None:
    return await scene.refused_query("members(tenantId: $tenant) { edges { node { id } } }")


async def invite(scene: Scene) -> str | None:
    return await scene.refused("inviteMember", **scene.invitation(scene.lowest))


async def invite_an_owner(scene: Scene) -> str | None:
    return await scene.refused("inviteMember", **scene.invitation("OWNER"))


async def change_a_role(scene: Scene) -> str | None:
    target = await scene.target(scene.lowest)
    return await scene.refused("changeRole", memberId=target.member_id, role=scene.lowest)


async def make_an_owner(scene: Scene) -> str | None:
    target = await scene.target(scene.lowest)
    return await scene.refused("changeRole", memberId=target.member_id, role="OWNER")


async def demote_another_owner(scene: Scene) -> str | None:
    target = await scene.target("OWNER")
    return await scene.refused("changeRole", memberId=target.member_id, role=scene.lowest)


async def remove(scene: Scene) -> str | None:
    target = await scene.target(scene.lowest)
    return await scene.refused("removeMember", memberId=target.member_id)


async def remove_another_owner(scene: Scene) -> str | None:
    target = await scene.target("OWNER")
    return await scene.refused("removeMember", memberId=target.member_id)


async def disable(scene: Scene) -> str | None:
    target = await scene.target(scene.lowest)
    return await scene.refused("setMemberEnabled", memberId=target.member_id, enabled=False)


async def enable(scene: Scene) -> str | None:
    target = await scene.target(scene.lowest, "DISABLED")
    return await scene.refused("setMemberEnabled", memberId=target.member_id, enabled=True)


async def leave(scene: Scene) -> str | None:
    return await scene.refused("leaveTenant", tenantId=scene.tenant.id)


async def pass_the_tenant_on(scene: Scene) -> str | None:
    target = await scene.target(scene.lowest)
    values = {"tenantId": scene.tenant.id, "toMemberId": target.member_id}
    return await scene.refused("transferOwnership", **values)


async def see_the_tenant(scene: Scene) -> str | None:
    return await scene.refused_query("tenant(id: $tenant) { name }")


async def rename_the_tenant(scene: Scene) -> str | None:
    return await scene.refused("updateTenant", tenantId=scene.tenant.id, name="Other")


async def delete_the_tenant(scene: Scene) -> str | None:
    return await scene.refused("deleteTenant", tenantId=scene.tenant.id)


async def make_an_app(scene: Scene) -> str | None:
    return await scene.refused("createApp", tenantId=scene.tenant.id, name="Books")


async def give_oneself_an_app(scene: Scene) -> str | None:
    rights = [{"appId": await scene.app(), "right": "LAUNCH"}]
    return await scene.refused("setAppAccess", memberId=scene.actor.member_id, set=rights)


async def give_an_owner_an_app(scene: Scene) -> str | None:
    rights = [{"appId": await scene.app(), "right": "LAUNCH"}]
    return await scene.refused("setAppAccess", memberId=scene.keeper.member_id, set=rights)


async def add_somebody_without_an_address(scene: Scene) -> str | None:
    login = f"added{next(scene.world.numbers)}"
    values = {"fullName": "Ann", "login": login, "password": "twelve letters"}
    tenant = {"tenantId": scene.tenant.id, "role": scene.lowest}
    return await scene.refused("addMember", **tenant, **values)


async def grant_a_single_permission(scene: Scene) -> str | None:
    target = await scene.target(scene.lowest)
    return await scene.refused(
        "setMemberPermissions", memberId=target.member_id, on=["members:grant"]
    )


async def see_removed_members(scene: Scene) -> str | None:
    return await scene.refused_query(
        "members(tenantId: $tenant, filter: { statuses: [REMOVED] }) { edges { node { id } } }"
    )


async def invite_a_tenant(scene: Scene) -> str | None:
    email = f"invited{next(scene.world.numbers)}@example.com"
    given = {"organizationId": scene.tenant.id, "name": "New", "ownerEmail": email}
    return await scene.refused("inviteTenant", **given)


OPERATIONS: dict[str, Sequence[Callable[[Scene], Awaitable[str | None]]]] = {
    "members:view": [see_members],
    "members:invite": [invite, add_somebody_without_an_address],
    "members:change_role": [change_a_role],
    "members:remove": [remove],
    "members:leave": [leave],
    "members:disable": [disable, enable],
    "members:grant": [grant_a_single_permission],
    "owners:create": [invite_an_owner, make_an_owner],
    "owners:transfer": [pass_the_tenant_on],
    "owners:remove": [demote_another_owner, remove_another_owner],
    "tenant:view": [see_the_tenant],
    "tenant:edit": [rename_the_tenant],
    "tenant:delete": [delete_the_tenant],
    "audit:view": [see_removed_members],
    "apps:manage": [make_an_app],
    "apps:assign": [give_oneself_an_app, give_an_owner_an_app],
    "tenants:invite": [invite_a_tenant],
}


@pytest.mark.parametrize("cell", [c for c in CELLS if c.permission in OPERATIONS], ids=str)
async def test_what_a_role_may_do_it_can_do_and_nothing_else(world: World, cell: Cell) -> None:
    """PRODUCT 2: every cell that has an operation, by calling it."""
    scene = await stage(world, cell.catalog, cell.role)
    for operation in OPERATIONS[cell.permission]:
        assert await operation(scene) in ({None} if cell.holds else REFUSALS)


@pytest.mark.parametrize("cell", [c for c in CELLS if c.permission not in OPERATIONS], ids=str)
async def test_what_others_obey_is_decided_here(world: World, cell: Cell) -> None:
    """PRODUCT 2: every other cell, by asking; servicing is off, and nothing granted singly."""
    scene = await stage(world, cell.catalog, cell.role)
    found = await scene.actor.ask(CAN, id=scene.tenant.id, p=cell.permission)
    assert found["tenant"]["viewer"]["can"] is cell.holds


@pytest.mark.parametrize(("catalog", "role"), [(c, r) for c in TABLES for r in ROLES[c]])
async def test_the_viewer_is_told_all_his_permissions(
    world: World, catalog: Catalog, role: str
) -> None:
    """PRODUCT 2 and 7."""
    scene = await stage(world, catalog, role)
    viewer = (await scene.actor.ask(PERMISSIONS, id=scene.tenant.id))["tenant"]["viewer"]
    assert viewer["role"] == {"code": role}
    assert set(viewer["permissions"]) == granted(catalog, role)


@pytest.mark.parametrize("role", ROLES[Catalog.SUBSCRIBER])
async def test_what_a_role_may_do_it_can_do_in_a_servicing_organization_as_well(
    world: World, role: str
) -> None:
    """PRODUCT 2: the column of SUBSCRIBER again, with everything switched on."""
    for cell in CELLS:
        if (cell.catalog, cell.role) == (Catalog.SUBSCRIBER, role):
            for operation in OPERATIONS.get(cell.permission, ()):
                scene = await stage(world, Catalog.SUBSCRIBER, role, servicing=SWITCHES)
                allowed = cell.holds or cell.sign == "s"
                assert await operation(scene) in ({None} if allowed else REFUSALS), cell


@pytest.mark.parametrize("role", ROLES[Catalog.SUBSCRIBER])
async def test_serving_others_is_the_providers_to_switch_on(world: World, role: str) -> None:
    """PRODUCT 2, SUBSCRIBER's last rows: each on and off, and the refusal says whose it is."""
    own = switched(role, SWITCHES)
    for on in ((), *((switch,) for switch in SWITCHES), SWITCHES):
        scene = await stage(world, Catalog.SUBSCRIBER, role, servicing=on)
        viewer = (await scene.actor.ask(PERMISSIONS, id=scene.tenant.id))["tenant"]["viewer"]
        expected = granted(Catalog.SUBSCRIBER, role) | switched(role, on)
        assert sorted(viewer["permissions"]) == sorted(expected)
        off = "NOT_PERMITTED_BY_PROVIDER" if own else "PERMISSION_DENIED"
        refused = None if own and "tenants:invite" in on else off
        assert await invite_a_tenant(scene) == refused


async def test_nobody_holds_what_the_matrix_does_not_know(world: World) -> None:
    """PRODUCT 7: one decision for one permission; PROJECT has no documents."""
    scene = await stage(world, Catalog.PROJECT, "OWNER")
    for unknown in ("documents:manage", "tenants:invite", "members:paint", ""):
        found = await scene.actor.ask(CAN, id=scene.tenant.id, p=unknown)
        assert found["tenant"]["viewer"]["can"] is False
