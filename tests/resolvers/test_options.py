"""What a wizard is told to offer is what inviting and adding accept, and nothing else."""

from typing import Any

import pytest

from models import Catalog, Tenant
from permissions import roles
from tests.clients import Person
from tests.factories import World
from tests.permissions.scenes import Scene, stage
from tests.resolvers import steps
from tests.resolvers.app_steps import create, define

OPTIONS = """query($id: ID!) { tenant(id: $id) { addMemberOptions {
  mayChooseRole defaultRole { code } roles { role { code } emailRequired } mayAssignApps
  mayLimitSessions ways apps { totalCount edges { node {
    app { id name } rights roles { id code } } } } } } }"""
PLACES = [(catalog, code) for catalog in Catalog for code in roles.MATRIX[catalog]]
WAYS = ["NEWCOMER_WITH_EMAIL", "NEWCOMER_WITHOUT_EMAIL", "REGISTERED"]


async def options(by: Person, tenant: Tenant) -> dict[str, Any]:
    found: dict[str, Any] = (await by.ask(OPTIONS, id=tenant.id))["tenant"]["addMemberOptions"]
    return found


def codes(offered: dict[str, Any]) -> list[str]:
    return [option["role"]["code"] for option in offered["roles"]]


async def add(scene: Scene, way: str, **terms: Any) -> str:
    """What adding somebody new in that way comes to."""
    number = next(scene.world.numbers)
    values: dict[str, Any] = {"tenantId": scene.tenant.id, **terms}
    if way == "NEWCOMER_WITHOUT_EMAIL":
        person = {"fullName": "New", "login": f"new{number}", "password": "twelve letters"}
        return str((await scene.actor.do("addMember", values | person))["__typename"])
    if way == "REGISTERED":
        invitee = {"login": (await scene.world.person()).login}
    else:
        invitee = {"email": f"new{number}@example.com"}
    return str((await scene.actor.do("inviteMember", values | {"invitee": invitee}))["__typename"])


@pytest.mark.parametrize(("catalog", "code"), PLACES)
async def test_every_combination_that_is_offered_is_accepted_and_no_other(
    world: World, catalog: Catalog, code: str
) -> None:
    """Issue 5.1: over all catalogues, roles, ways and roles to be given."""
    scene = await stage(world, catalog, code)
    if "members:invite" not in roles.role(catalog, code).permissions:
        assert await scene.refused_query("tenant(id: $tenant) { addMemberOptions { ways } }")
        offered: dict[str, Any] = {"ways": [], "roles": [], "defaultRole": None}
    else:
        offered = await options(scene.actor, scene.tenant)
    needy = {o["role"]["code"] for o in offered["roles"] if o["emailRequired"]}
    for way in WAYS:
        for role in roles.MATRIX[catalog]:
            promised = way in offered["ways"] and role in codes(offered)
            promised = promised and not (way == "NEWCOMER_WITHOUT_EMAIL" and role in needy)
            answer = await add(scene, way, role=role)
            assert answer.endswith("Payload") is promised, (way, role, answer)
        answer = await add(scene, way)
        promised = way in offered["ways"] and offered["defaultRole"] is not None
        assert answer.endswith("Payload") is promised, (way, answer)


async def test_operators_are_among_the_roles_of_a_servicing_organization(world: World) -> None:
    """PRODUCT 2 (F), issue 5.6: offered there to who may make them, and accepted in every way."""
    scene = await stage(world, Catalog.SUBSCRIBER, "OWNER", servicing=())
    offered = await options(scene.actor, scene.tenant)
    assert {"role": {"code": "OPERATOR"}, "emailRequired": False} in offered["roles"]
    for way in WAYS:
        assert (await add(scene, way, role="OPERATOR")).endswith("Payload"), way


@pytest.mark.parametrize("denied", ["apps:assign", "members:limit", None])
async def test_what_may_come_along_is_what_is_offered(world: World, denied: str | None) -> None:
    """Issue 5.1: rights on apps with their roles, and a limit."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    keeper = await world.join(tenant)
    by = await world.join(tenant, "ADMINISTRATOR", denials=[denied] if denied else [])
    scene, app = Scene(world, tenant, keeper, by), await create(keeper, tenant)
    role, offered = await define(keeper, app), await options(by, tenant)
    right = {"app": {"id": app, "name": "Books"}, "rights": ["LAUNCH", "LAUNCH_AND_ADMINISTER"]}
    shown = [right | {"roles": [{"id": role, "code": "clerk"}]}]
    assert offered["mayAssignApps"] is (denied != "apps:assign")
    assert offered["mayLimitSessions"] is (denied != "members:limit")
    assert [edge["node"] for edge in offered["apps"]["edges"]] == (
        shown if offered["mayAssignApps"] else []
    )
    assert offered["apps"]["totalCount"] == len(offered["apps"]["edges"])
    for way in WAYS:
        for chosen in right["rights"]:
            apps = [{"appId": app, "right": chosen, "roles": [role]}]
            answer = await add(scene, way, apps=apps)
            assert answer.endswith("Payload") is offered["mayAssignApps"], (way, answer)
        answer = await add(scene, way, maxSessions=1)
        assert answer.endswith("Payload") is offered["mayLimitSessions"], (way, answer)


async def test_who_may_invite_and_has_no_role_to_give_is_offered_nothing(world: World) -> None:
    """PRODUCT 2, rule 1: a permission alone hands out no role."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    await world.join(tenant)
    user = await world.join(tenant, "USER", grants=["members:invite"])
    offered = await options(user, tenant)
    assert (offered["ways"], offered["roles"], offered["defaultRole"]) == ([], [], None)
    answer = await user.do("inviteMember", steps.invitation(tenant, role=None))
    assert answer["__typename"] == "RoleNotGrantable"


async def test_apps_to_choose_from_come_in_pages(world: World) -> None:
    """Issue 5.1: a tenant may have many."""
    tenant = await world.tenant(Catalog.ACCOUNT)
    owner = await world.join(tenant)
    made = [await create(owner, tenant, name) for name in ("A", "B", "C")]
    query = """query($id: ID!, $after: String) { tenant(id: $id) { addMemberOptions {
      apps(first: 2, after: $after) { edges { node { app { id } } }
        pageInfo { hasNextPage endCursor } } } } }"""
    first = (await owner.ask(query, id=tenant.id))["tenant"]["addMemberOptions"]["apps"]
    rest = await owner.ask(query, id=tenant.id, after=first["pageInfo"]["endCursor"])
    found = first["edges"] + rest["tenant"]["addMemberOptions"]["apps"]["edges"]
    assert [edge["node"]["app"]["id"] for edge in found] == made


async def test_a_stranger_is_offered_nothing(project: Tenant, stranger: Person) -> None:
    """Not even by a payload: the tenant does not exist for him."""
    assert (await stranger.ask(OPTIONS, id=project.id))["tenant"] is None
