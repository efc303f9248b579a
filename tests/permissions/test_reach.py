from typing import Any

import pytest

from models import Catalog
from tests.factories import World
from tests.permissions.matrix import ROLES, granted, hands_out
from tests.permissions.scenes import Scene, Target, stage

STATUSES = ("PENDING", "JOINED", "DISABLED")
PLACES = [
    (catalog, role)
    for catalog in (Catalog.PROJECT, Catalog.SUBSCRIBER)
    for role in ROLES[catalog]
    if "members:view" in granted(catalog, role)
]
FLAGS = {
    "canChangeRole": "changeRole",
    "canRemove": "removeMember",
    "canEnable": "setMemberEnabled",
    "canDisable": "setMemberEnabled",
    "canResend": "resendInvitation",
    "canRevoke": "revokeInvitation",
}
MEANINGFUL = {
    "canChangeRole": STATUSES,
    "canRemove": STATUSES,
    "canEnable": ("DISABLED",),
    "canDisable": ("JOINED",),
    "canResend": ("PENDING",),
    "canRevoke": ("PENDING",),
}
VIEWER = """query($tenant: ID!) { members(tenantId: $tenant, first: 100) { edges { node {
    id viewer { canChangeRole canRemove canEnable canDisable canEdit canResend canRevoke
    canAssignApps grantableRoles { code } } } } } }"""


def values(scene: Scene, flag: str, target: Target) -> dict[str, Any]:
    """The input of the mutation behind a flag."""
    if flag in ("canResend", "canRevoke"):
        return {"invitationId": target.invitation_id}
    more: dict[str, dict[str, Any]] = {
        "canChangeRole": {"role": scene.lowest},
        "canEnable": {"enabled": True},
        "canDisable": {"enabled": False},
    }
    return {"memberId": target.member_id, **more.get(flag, {})}


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("role", ["USER", "ADMINISTRATOR", "OWNER"])
async def test_an_administrator_of_a_subscriber_acts_on_users_only(
    world: World, role: str, flag: str
) -> None:
    """PRODUCT 2, rule 2 (F). Changing roles is not his at all; what is resent is given anew."""
    scene = await stage(world, Catalog.SUBSCRIBER, "ADMINISTRATOR")
    target = await scene.target(role, MEANINGFUL[flag][0])
    beyond = "ROLE_NOT_GRANTABLE" if flag == "canResend" else "PERMISSION_DENIED"
    allowed = role == "USER" and flag != "canChangeRole"
    refused = await scene.refused(FLAGS[flag], **values(scene, flag, target))
    assert refused == (None if allowed else beyond)


@pytest.mark.parametrize("flag", FLAGS)
async def test_a_manager_of_a_project_never_touches_an_owner(world: World, flag: str) -> None:
    """PRODUCT 2, rule 2 (C)."""
    scene = await stage(world, Catalog.PROJECT, "MANAGER")
    target = await scene.target("OWNER", MEANINGFUL[flag][0])
    answer = await scene.actor.do(FLAGS[flag], values(scene, flag, target))
    if flag == "canResend":
        assert answer["code"] == "ROLE_NOT_GRANTABLE"
    else:
        assert (answer["code"], answer["permission"]) == ("PERMISSION_DENIED", "owners:remove")


@pytest.mark.parametrize("flag", FLAGS)
async def test_a_manager_of_a_project_acts_on_other_managers(world: World, flag: str) -> None:
    """PRODUCT 2, rule 2: he hands out MANAGER himself."""
    scene = await stage(world, Catalog.PROJECT, "MANAGER")
    target = await scene.target("MANAGER", MEANINGFUL[flag][0])
    assert await scene.refused(FLAGS[flag], **values(scene, flag, target)) is None


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize(("catalog", "role"), PLACES)
async def test_what_the_viewer_is_told_of_a_member_is_what_he_can_do(
    world: World, catalog: Catalog, role: str, flag: str
) -> None:
    """PRODUCT 7 and contract: a frontend draws its buttons from `Member.viewer`."""
    scene = await stage(world, catalog, role)
    targets = {
        (of, status): await scene.target(of, status)
        for of in ROLES[catalog]
        if of != "OPERATOR"
        for status in MEANINGFUL[flag]
    }
    told = await flags(scene)
    assert {
        who: await scene.refused(FLAGS[flag], **values(scene, flag, target)) is None
        for who, target in targets.items()
    } == {who: told[target.member_id][flag] for who, target in targets.items()}


async def flags(scene: Scene) -> dict[str, dict[str, Any]]:
    """`Member.viewer` of every member, by id."""
    found = await scene.actor.ask(VIEWER, tenant=scene.tenant.id)
    return {edge["node"]["id"]: edge["node"]["viewer"] for edge in found["members"]["edges"]}


@pytest.mark.parametrize("flag", ["canEnable", "canDisable", "canResend", "canRevoke"])
async def test_what_would_do_nothing_is_not_offered(world: World, flag: str) -> None:
    """A joined member cannot be enabled, nobody but a pending one has a link to send."""
    scene = await stage(world, Catalog.PROJECT, "OWNER")
    others = [status for status in STATUSES if status not in MEANINGFUL[flag]]
    targets = [await scene.target("MANAGER", status) for status in others]
    told = await flags(scene)
    assert [told[target.member_id][flag] for target in targets] == [False] * len(others)


@pytest.mark.parametrize(("catalog", "role"), PLACES)
async def test_the_roles_offered_for_a_member_are_those_the_viewer_may_give_him(
    world: World, catalog: Catalog, role: str
) -> None:
    """PRODUCT 2, rules 1 and 2."""
    scene = await stage(world, catalog, role)
    targets = {of: await scene.target(of) for of in ROLES[catalog] if of != "OPERATOR"}
    told = await flags(scene)
    mine = [code for code in hands_out(catalog, role) if code != "OPERATOR"]
    changes = "members:change_role" in granted(catalog, role)
    assert {
        of: [given["code"] for given in told[target.member_id]["grantableRoles"]]
        for of, target in targets.items()
    } == {of: mine if changes and of in mine else [] for of in targets}


@pytest.mark.parametrize("role", ["OWNER", "ADMINISTRATOR"])
async def test_operators_are_within_reach_of_owners_alone(world: World, role: str) -> None:
    """PRODUCT 2, rule 2 (F): an administrator acts on users only, and is told so."""
    for flag, mutation in FLAGS.items():
        scene = await stage(world, Catalog.SUBSCRIBER, role, servicing=())
        targets = [await scene.target("OPERATOR", status) for status in MEANINGFUL[flag]]
        told = await flags(scene)
        for target in targets:
            viewer = told[target.member_id]
            assert viewer[flag] is (role == "OWNER"), flag
            given = [offered["code"] for offered in viewer["grantableRoles"]]
            assert given == (list(ROLES[Catalog.SUBSCRIBER]) if role == "OWNER" else [])
            refused = await scene.refused(mutation, **values(scene, flag, target))
            assert (refused is None) is viewer[flag], flag


@pytest.mark.parametrize("role", ["OWNER", "ADMINISTRATOR"])
async def test_only_pending_people_are_edited_and_everybody_gets_apps(
    world: World, role: str
) -> None:
    """PRODUCT 4: everybody else edits himself; rule 3: reach does not bind rights on apps."""
    scene = await stage(world, Catalog.SUBSCRIBER, role)
    owner, user = await scene.target("OWNER"), await scene.target("USER", "PENDING")
    told = await flags(scene)
    assert [told[who.member_id]["canEdit"] for who in (owner, user)] == [False, True]
    assert [told[who.member_id]["canAssignApps"] for who in (owner, user)] == [True, True]


async def test_who_sees_members_only_can_do_nothing_with_them(world: World) -> None:
    """PRODUCT 2 (C): an accountant sees people and their roles."""
    scene = await stage(world, Catalog.PROJECT, "ACCOUNTANT")
    target = await scene.target("ACCOUNTANT", "PENDING")
    assert not any((await flags(scene))[target.member_id].values())


async def test_nothing_can_be_done_with_a_removed_member(world: World) -> None:
    """PRODUCT 4: `REMOVED` becomes nothing."""
    scene = await stage(world, Catalog.PROJECT, "OWNER")
    target = await scene.target("MANAGER", "REMOVED")
    query = VIEWER.replace("first: 100", "filter: { statuses: [REMOVED] }")
    found = await scene.actor.ask(query, tenant=scene.tenant.id)
    viewer = found["members"]["edges"][0]["node"]["viewer"]
    assert found["members"]["edges"][0]["node"]["id"] == target.member_id
    assert not any(viewer.values())
