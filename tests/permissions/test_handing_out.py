from typing import Any

import pytest

from models import Catalog
from tests.clients import Client
from tests.factories import World
from tests.permissions.matrix import CELLS, ROLES, TABLES, granted, hands_out
from tests.permissions.scenes import stage

COLUMNS = [(catalog, role) for catalog in TABLES for role in ROLES[catalog]]
GIFTS = [(catalog, role, given) for catalog, role in COLUMNS for given in ROLES[catalog]]
GRANTABLE = "query($id: ID!) { tenant(id: $id) { grantableRoles { code } roles { code } } }"
MATRIX = """query($catalog: Catalog!) { roleMatrix(catalog: $catalog) {
    catalog permissions roles { code permissions handsOut } } }"""
SERVICING = "OPERATOR"  # exists in servicing organizations only


def to_give(catalog: Catalog, role: str) -> list[str]:
    """What a role hands out in a tenant that serves nobody."""
    return [code for code in hands_out(catalog, role) if code != SERVICING]


@pytest.mark.parametrize(("catalog", "role"), COLUMNS)
async def test_the_viewer_is_told_which_roles_he_may_hand_out(
    world: World, catalog: Catalog, role: str
) -> None:
    """PRODUCT 2, last rows."""
    scene = await stage(world, catalog, role)
    tenant = (await scene.actor.ask(GRANTABLE, id=scene.tenant.id))["tenant"]
    assert [found["code"] for found in tenant["grantableRoles"]] == to_give(catalog, role)
    every = [code for code in ROLES[catalog] if code != SERVICING]
    assert [found["code"] for found in tenant["roles"]] == every


@pytest.mark.parametrize(("catalog", "role", "given"), GIFTS)
async def test_nobody_invites_to_a_role_that_he_may_not_hand_out(
    world: World, catalog: Catalog, role: str, given: str
) -> None:
    """PRODUCT 2, rules 1 and 2."""
    scene = await stage(world, catalog, role)
    answer = await scene.actor.do("inviteMember", scene.invitation(given))
    assert expected(catalog, role, given, "members:invite").items() <= answer.items()


@pytest.mark.parametrize(("catalog", "role", "given"), GIFTS)
async def test_nobody_changes_a_role_to_one_that_he_may_not_hand_out(
    world: World, catalog: Catalog, role: str, given: str
) -> None:
    """PRODUCT 2, rules 1 and 2."""
    scene = await stage(world, catalog, role)
    target = await scene.target(scene.lowest)
    answer = await scene.actor.do("changeRole", {"memberId": target.member_id, "role": given})
    assert expected(catalog, role, given, "members:change_role").items() <= answer.items()


@pytest.mark.parametrize("role", ROLES[Catalog.SUBSCRIBER])
async def test_operators_are_made_in_a_servicing_organization_and_only_there(
    world: World, role: str
) -> None:
    """PRODUCT 2 (F): whatever is switched on; and nobody but an owner hands that role out."""
    scene = await stage(world, Catalog.SUBSCRIBER, role, servicing=())
    tenant = (await scene.actor.ask(GRANTABLE, id=scene.tenant.id))["tenant"]
    mine = hands_out(Catalog.SUBSCRIBER, role)
    assert tuple(found["code"] for found in tenant["grantableRoles"]) == mine
    assert [found["code"] for found in tenant["roles"]] == list(ROLES[Catalog.SUBSCRIBER])
    for needed, given, mutation in (
        ("members:invite", scene.invitation(SERVICING), "inviteMember"),
        (
            "members:change_role",
            {"memberId": (await scene.target("USER")).member_id, "role": SERVICING},
            "changeRole",
        ),
    ):
        answer = await scene.actor.do(mutation, given, "member { role { code } }")
        if SERVICING in mine:
            assert answer["member"]["role"] == {"code": SERVICING}
        elif needed in granted(Catalog.SUBSCRIBER, role):
            assert (answer["code"], tuple(answer["grantable"])) == ("ROLE_NOT_GRANTABLE", mine)
        else:
            assert (answer["code"], answer["permission"]) == ("PERMISSION_DENIED", needed)


def expected(catalog: Catalog, role: str, given: str, needed: str) -> dict[str, Any]:
    if needed not in granted(catalog, role):
        return {"code": "PERMISSION_DENIED", "permission": needed}
    if given not in to_give(catalog, role):
        return {"code": "ROLE_NOT_GRANTABLE", "grantable": to_give(catalog, role)}
    return {}


@pytest.mark.parametrize("catalog", [Catalog.SUBSCRIBER, Catalog.ACCOUNT])
async def test_a_role_of_another_catalogue_is_unknown(world: World, catalog: Catalog) -> None:
    """PRODUCT 2: a catalogue says which roles exist."""
    scene = await stage(world, catalog, "OWNER")
    target = await scene.target(scene.lowest)
    for mutation, values in (
        ("inviteMember", scene.invitation("MANAGER")),
        ("changeRole", {"memberId": target.member_id, "role": "MANAGER"}),
    ):
        [field] = (await scene.actor.do(mutation, values))["fields"]
        assert (field["path"], field["code"]) == (["role"], "UNKNOWN")


@pytest.mark.parametrize("catalog", TABLES)
async def test_everybody_reads_the_whole_matrix(anonymous: Client, catalog: Catalog) -> None:
    """PRODUCT 2 and 7: what frontends and documentation show is what is decided by."""
    matrix = (await anonymous.ask(MATRIX, catalog=catalog))["roleMatrix"]
    known = [cell.permission for cell in CELLS if cell.catalog is catalog and cell.role == "OWNER"]
    assert matrix["catalog"] == catalog
    assert sorted(matrix["permissions"]) == sorted(known)
    assert {role["code"]: set(role["permissions"]) for role in matrix["roles"]} == {
        role: granted(catalog, role) for role in ROLES[catalog]
    }
    assert [(role["code"], tuple(role["handsOut"])) for role in matrix["roles"]] == [
        (role, hands_out(catalog, role)) for role in ROLES[catalog]
    ]


async def test_a_role_is_found_by_its_fixed_id(anonymous: Client) -> None:
    """Contract: a built-in role's id is fixed, and the matrix is everybody's."""
    query = "query($id: ID!) { node(id: $id) { ... on Role { id code name } } }"
    found = await anonymous.ask(query, id="rol_project_manager")
    assert found["node"] == {"id": "rol_project_manager", "code": "MANAGER", "name": "Manager"}
    assert (await anonymous.ask(query, id="rol_project_painter"))["node"] is None
