"""The roles an app knows inside, and which of them a member has (PRODUCT 6.2, ADR 0017)."""

import pytest

from models import AppRole, AppRoleAssignment, Catalog, MemberStatus, Tenant
from resolvers import app_roles
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers.app_steps import (
    HELD,
    create,
    define,
    faults,
    give,
    held,
    set_roles,
    shown,
    take,
)

ROLES = "query($id: ID!) { node(id: $id) { ... on App { roles { id code name } } } }"
NODE = "query($id: ID!) { node(id: $id) { id } }"
ADMINISTER = "LAUNCH_AND_ADMINISTER"


@pytest.fixture
async def books(project: Tenant, owner: Person) -> str:
    """An app that the owner administers."""
    return await create(owner, project)


async def test_who_administers_an_app_defines_its_roles(
    owner: Person, accountant: Person, books: str
) -> None:
    """Issue 5.2; whatever he may do in the tenant."""
    await give(owner, accountant.member_id, books, ADMINISTER)
    role = await define(accountant, books, "Clerk.1")
    [first] = (await owner.ask(ROLES, id=books))["node"]["roles"]
    assert first == {"id": role, "code": "Clerk.1", "name": "Clerk.1".title()}


async def test_an_apps_roles_are_listed_by_their_codes(owner: Person, books: str) -> None:
    for code in ("writer", "clerk"):
        await define(owner, books, code)
    found = (await owner.ask(ROLES, id=books))["node"]["roles"]
    assert [role["code"] for role in found] == ["clerk", "writer"]


async def test_managing_apps_is_not_administering_one(
    owner: Person, administrator: Person, books: str
) -> None:
    """ADR 0017: `apps:manage` alone defines no roles."""
    role = await define(owner, books)
    for mutation, values in (
        ("createAppRole", {"appId": books, "code": "x", "name": "X"}),
        ("updateAppRole", {"appRoleId": role, "name": "X"}),
        ("removeAppRole", {"appRoleId": role}),
        ("setAppRoles", {"memberId": administrator.member_id, "appId": books, "roles": [role]}),
    ):
        answer = await administrator.do(mutation, values)
        assert answer["__typename"] == "PermissionDenied", mutation


@pytest.mark.parametrize("right", [None, "LAUNCH"])
async def test_a_hidden_app_is_not_betrayed_by_its_roles(
    owner: Person, accountant: Person, books: str, right: str | None
) -> None:
    """PRODUCT 6.1: by id, at every new door; who launches it knows of it."""
    role = await define(owner, books)
    if right:
        await give(owner, accountant.member_id, books, right)
    expected = "PermissionDenied" if right else "NotFound"
    for mutation, values in (
        ("createAppRole", {"appId": books, "code": "x", "name": "X"}),
        ("updateAppRole", {"appRoleId": role, "name": "X"}),
        ("removeAppRole", {"appRoleId": role}),
        ("setAppRoles", {"memberId": accountant.member_id, "appId": books, "roles": [role]}),
        ("updateApp", {"appId": books, "name": "X"}),
        ("removeApp", {"appId": books}),
    ):
        assert (await accountant.do(mutation, values))["__typename"] == expected, mutation
    assert (await accountant.ask(NODE, id=role))["node"] == ({"id": role} if right else None)


async def test_roles_in_a_hidden_app_are_not_seen_at_others(
    owner: Person, accountant: Person, books: str
) -> None:
    """PRODUCT 6.1: in `AppAccess.roles` of others."""
    await set_roles(owner, owner.member_id, books, await define(owner, books))
    assert await shown(owner, owner.member_id) == {books: ["clerk"]}
    assert await shown(accountant, owner.member_id) == {}
    await give(owner, accountant.member_id, books)
    assert await shown(accountant, owner.member_id) == {books: ["clerk"]}


async def test_a_strangers_ids_find_no_role(
    world: World, owner: Person, stranger: Person, books: str
) -> None:
    role = await define(owner, books)
    assert (await stranger.ask(NODE, id=role))["node"] is None
    assert (await owner.ask(NODE, id="aro_unknown"))["node"] is None
    other = await world.tenant(name="Other")
    foreign = await world.join(other)
    theirs = await create(foreign, other)
    answer = await set_roles(foreign, foreign.member_id, theirs, role)
    assert faults(answer) == [("roles.0", "UNKNOWN_APP_ROLE")]
    for member_id, app_id in ((owner.member_id, theirs), (foreign.member_id, books)):
        assert (await set_roles(foreign, member_id, app_id))["__typename"] == "NotFound"


@pytest.mark.parametrize("code", ["", "x" * 65, "a b", "é", "a/b", "clerk\n"])
async def test_a_code_is_for_programs(owner: Person, books: str, code: str) -> None:
    """Issue 5.2: 1 to 64 letters, digits, dots, underscores and hyphens."""
    answer = await owner.do("createAppRole", {"appId": books, "code": code, "name": " "})
    assert faults(answer) == [("code", "INVALID"), ("name", "REQUIRED")]


async def test_an_app_has_a_code_once(project: Tenant, owner: Person, books: str) -> None:
    await define(owner, books)
    answer = await owner.do("createAppRole", {"appId": books, "code": "clerk", "name": "X"})
    assert faults(answer) == [("code", "TAKEN")]
    assert await define(owner, books, "Clerk")
    assert await define(owner, await create(owner, project, "Store"))


async def test_an_app_has_so_many_roles_and_no_more(
    owner: Person, books: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ADR 0017: they are listed whole."""
    monkeypatch.setattr(app_roles, "MOST", 1)
    await define(owner, books)
    answer = await owner.do("createAppRole", {"appId": books, "code": "x", "name": "X"})
    assert faults(answer) == [("appId", "TOO_MANY_ROLES")]


async def test_a_role_is_renamed_and_keeps_its_code(owner: Person, books: str) -> None:
    role = await define(owner, books)
    for _ in range(2):
        answer = await owner.do(
            "updateAppRole", {"appRoleId": role, "name": "Keeper"}, "appRole { code name }"
        )
    assert answer["appRole"] == {"code": "clerk", "name": "Keeper"}
    assert [row.changes for row in await steps.audit("app_role.update")] == [{"name": []}]
    answer = await owner.do("updateAppRole", {"appRoleId": role, "name": " "})
    assert faults(answer) == [("name", "REQUIRED")]


async def test_a_role_that_is_removed_is_nobodys_any_more(owner: Person, books: str) -> None:
    role = await define(owner, books)
    await set_roles(owner, owner.member_id, books, role)
    answer = await owner.do("removeAppRole", {"appRoleId": role}, "appRoleId")
    assert answer["appRoleId"] == role
    assert await shown(owner, owner.member_id) == {books: []}
    [row] = await steps.audit("app_role.remove")
    assert (row.subject_id, row.changes) == (role, {"code": ["clerk", None]})
    assert (await owner.do("removeAppRole", {"appRoleId": role}))["__typename"] == "NotFound"


async def test_of_two_who_remove_a_role_at_once_one_does(
    project: Tenant, owner: Person, books: str
) -> None:
    """Under the tenant's lock."""
    role = await define(owner, books)
    removal = owner.do("removeAppRole", {"appRoleId": role})
    gone = AppRole.filter(id=role)
    answer = await steps.meanwhile(project, removal, gone.delete)
    assert answer["__typename"] == "NotFound"


async def test_roles_replace_those_before(owner: Person, accountant: Person, books: str) -> None:
    """Issue 5.2; the audit has the codes."""
    await give(owner, accountant.member_id, books)
    clerk, writer = await define(owner, books, "clerk"), await define(owner, books, "writer")
    answer = await set_roles(owner, accountant.member_id, books, writer, clerk)
    assert held(answer) == {books: ["clerk", "writer"]}
    for _ in range(2):
        assert held(await set_roles(owner, accountant.member_id, books, clerk)) == {
            books: ["clerk"]
        }
    assert held(await set_roles(owner, accountant.member_id, books)) == {books: []}
    assert [row.changes for row in await steps.audit("member.set_app_roles")] == [
        {books: [None, "clerk writer"]},
        {books: ["clerk writer", "clerk"]},
        {books: ["clerk", None]},
    ]


async def test_unknown_and_doubled_roles_are_all_named_and_nothing_is_changed(
    project: Tenant, owner: Person, books: str
) -> None:
    role, foreign = await define(owner, books), await define(owner, await create(owner, project))
    answer = await set_roles(owner, owner.member_id, books, role, foreign, role)
    assert faults(answer) == [("roles.1", "UNKNOWN_APP_ROLE"), ("roles.2", "TWICE")]
    assert (await shown(owner, owner.member_id))[books] == []
    answer = await give(owner, owner.member_id, books, roles=["aro_unknown"])
    assert faults(answer) == [("set.0.roles.0", "UNKNOWN_APP_ROLE")]


async def test_who_assigns_apps_gives_roles_beyond_reach_and_without_a_right_of_his_own(
    owner: Person, manager: Person, books: str
) -> None:
    """ADR 0017: as with rights, neither ceiling nor reach applies (PRODUCT 2, rule 3)."""
    role = await define(owner, books)
    answer = await set_roles(manager, owner.member_id, books, role)
    assert held(answer) == {books: ["clerk"]}


async def test_who_administers_an_app_gives_its_roles_to_whom_he_knows_of(
    owner: Person, accountant: Person, books: str
) -> None:
    """ADR 0017; F: roles in the apps are configured after adding somebody."""
    await give(owner, accountant.member_id, books, ADMINISTER)
    role = await define(accountant, books)
    assert held(await set_roles(accountant, owner.member_id, books, role)) == {books: ["clerk"]}


async def test_who_administers_an_app_without_seeing_people_sets_his_own_roles_only(
    world: World,
) -> None:
    """ADR 0017: a SUBSCRIBER's user knows of nobody but himself."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    keeper, user = await world.join(tenant), await world.join(tenant, "USER")
    app = await create(keeper, tenant)
    await give(keeper, user.member_id, app, ADMINISTER)
    role = await define(user, app)
    assert held(await set_roles(user, user.member_id, app, role)) == {app: ["clerk"]}
    assert (await set_roles(user, keeper.member_id, app, role))["__typename"] == "NotFound"


async def test_roles_without_a_right_wait_unseen(
    owner: Person, accountant: Person, books: str
) -> None:
    """ADR 0017."""
    role = await define(owner, books)
    assert held(await set_roles(owner, accountant.member_id, books, role)) == {}
    assert held(await give(owner, accountant.member_id, books)) == {books: ["clerk"]}
    await take(owner, accountant.member_id, books)
    assert await shown(owner, accountant.member_id) == {}


async def test_a_role_that_waits_is_not_seen_in_a_list_either(
    project: Tenant, owner: Person, accountant: Person, books: str
) -> None:
    """ADR 0017: where somebody else has a right on that app."""
    await set_roles(owner, accountant.member_id, books, await define(owner, books))
    store = await create(owner, project, "Store")
    await give(owner, accountant.member_id, store)
    query = f"query($id: ID!) {{ members(tenantId: $id) {{ edges {{ node {{ {HELD} }} }} }} }}"
    edges = (await owner.ask(query, id=project.id))["members"]["edges"]
    assert [held({"member": edge["node"]}) for edge in edges] == [
        {books: [], store: []},
        {store: []},
    ]


async def test_roles_are_given_along_with_a_right_and_stay_where_they_are_left_out(
    owner: Person, accountant: Person, books: str
) -> None:
    """Contract: AppAccessInput."""
    role = await define(owner, books)
    given = await give(owner, accountant.member_id, books, roles=[role])
    assert held(given) == {books: ["clerk"]}
    kept = await give(owner, accountant.member_id, books, ADMINISTER)
    assert held(kept) == {books: ["clerk"]}
    assert held(await give(owner, accountant.member_id, books, roles=[])) == {books: []}


@pytest.mark.parametrize("status", ["PENDING", "JOINED", "DISABLED", "REMOVED"])
async def test_whoever_is_in_the_list_can_have_roles(
    world: World, project: Tenant, owner: Person, books: str, status: str
) -> None:
    """Issue 5.2: pending, joined or disabled."""
    role = await define(owner, books)
    if status == "PENDING":
        member_id = (await steps.invite(owner, project)).member_id
    else:
        member_id = (await world.join(project, status=MemberStatus(status))).member_id
    answer = await set_roles(owner, member_id, books, role)
    refused = status == "REMOVED"
    assert answer["__typename"] == ("NotFound" if refused else "SetAppRolesPayload")
    assert bool(await steps.stored(AppRoleAssignment.filter(member_id=member_id))) != refused


async def test_roles_given_at_invitation_hold_from_acceptance(
    world: World, project: Tenant, owner: Person, books: str
) -> None:
    """PRODUCT 3.1 (F)."""
    role = await define(owner, books)
    apps = [{"appId": books, "right": "LAUNCH", "roles": [role]}]
    await steps.invite(owner, project, apps=apps)
    nina = await steps.register(world)
    assert await shown(nina, nina.member_id) == {books: ["clerk"]}


async def test_a_new_invitation_brings_no_role_back(
    world: World, project: Tenant, owner: Person, books: str
) -> None:
    """PRODUCT 4: a new member, and nothing of the old one revives."""
    apps = [{"appId": books, "right": "LAUNCH", "roles": [await define(owner, books)]}]
    nina = await world.person("nina")
    await steps.invite(owner, project, apps=apps)
    first = await steps.accept(nina, token=await world.link_token(nina.email))
    await owner.do("removeMember", {"memberId": first["member"]["id"]})
    await steps.invite(owner, project, apps=[{"appId": books, "right": "LAUNCH"}])
    again = await steps.accept(nina, token=await world.link_token(nina.email))
    assert await shown(nina, again["member"]["id"]) == {books: []}
