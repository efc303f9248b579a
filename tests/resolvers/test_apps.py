"""PRODUCT 6.1 to the letter: what somebody has no right on does not exist for him."""

from datetime import timedelta

import pytest

from models import (
    App,
    AppAccess,
    AppRole,
    AppRoleAssignment,
    AppSession,
    Catalog,
    MemberStatus,
    Tenant,
    clock,
    database,
)
from models import ids as typeids
from resolvers import app_sessions
from tests.clients import Person
from tests.factories import World
from tests.resolvers import app_steps, steps

LIST = "query($id: ID!) { tenant(id: $id) { apps { totalCount edges { node { id } } } } }"
MINE = "query($id: ID) { apps(tenantId: $id) { totalCount edges { node { name viewerRight } } } }"
ACCESS = """query($id: ID!, $filter: MemberFilter) { members(tenantId: $id, filter: $filter) {
  totalCount edges { node { id appAccess { edges { node { right app { id name } } } } } } } }"""


async def create(person: Person, tenant: Tenant, name: str = "Books") -> str:
    made = await person.do("createApp", {"tenantId": tenant.id, "name": name}, "app { id }")
    return str(made["app"]["id"])


async def give(person: Person, member_id: str, app_id: str, right: str = "LAUNCH") -> None:
    rights = [{"appId": app_id, "right": right}]
    answer = await person.do(
        "setAppAccess", {"memberId": member_id, "set": rights}, "member { id }"
    )
    assert answer["__typename"] == "SetAppAccessPayload"


def ids(connection: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


async def test_who_makes_an_app_may_launch_and_administer_it(
    project: Tenant, administrator: Person
) -> None:
    """PRODUCT 6.1 (X)."""
    await create(administrator, project)
    mine = (await administrator.ask(MINE, id=project.id))["apps"]
    [edge] = mine["edges"]
    assert edge["node"] == {"name": "Books", "viewerRight": "LAUNCH_AND_ADMINISTER"}
    assert mine["totalCount"] == 1


async def test_a_role_brings_no_right_on_an_app_not_even_an_owners(
    project: Tenant, owner: Person, administrator: Person
) -> None:
    """PRODUCT 6.1 (F)."""
    app = await create(administrator, project)
    assert ids((await owner.ask(LIST, id=project.id))["tenant"]["apps"]) == [app]
    assert (await owner.ask(MINE))["apps"] == {"totalCount": 0, "edges": []}


async def test_without_a_right_an_app_does_not_exist(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    """PRODUCT 6.1 (F): not in lists, by id, in counts, in filters, in others' access lists."""
    app = await create(owner, project)
    seen = (await accountant.ask(LIST, id=project.id))["tenant"]["apps"]
    assert seen == {"totalCount": 0, "edges": []}
    assert (await accountant.ask("query($id: ID!) { node(id: $id) { id } }", id=app))[
        "node"
    ] is None
    found = await accountant.ask(ACCESS, id=project.id, filter={"appId": app})
    unknown = await accountant.ask(ACCESS, id=project.id, filter={"appId": "app_unknown"})
    assert found == unknown
    assert found["members"]["totalCount"] == 0
    everybody = (await accountant.ask(ACCESS, id=project.id))["members"]["edges"]
    assert [edge["node"]["appAccess"]["edges"] for edge in everybody] == [[], []]


async def test_with_a_right_the_app_is_there(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    """PRODUCT 6.1 (F)."""
    app = await create(owner, project)
    await give(owner, accountant.member_id, app)
    assert ids((await accountant.ask(LIST, id=project.id))["tenant"]["apps"]) == [app]
    node = await accountant.ask(
        "query($id: ID!) { node(id: $id) { ... on App { viewerRight tenant { id } } } }", id=app
    )
    assert node["node"] == {"viewerRight": "LAUNCH", "tenant": {"id": project.id}}
    found = await accountant.ask(ACCESS, id=project.id, filter={"appId": app})
    assert sorted(ids(found["members"])) == sorted([owner.member_id, accountant.member_id])


async def test_whoever_assigns_apps_gives_both_rights_to_any_member_himself_included(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 2, rule 3 (F): neither ceiling nor reach applies."""
    app = await create(owner, project)
    for member_id in (owner.member_id, manager.member_id):
        await give(manager, member_id, app, "LAUNCH_AND_ADMINISTER")
    assert (await manager.ask(MINE))["apps"]["totalCount"] == 1


@pytest.mark.parametrize("role", ["ADMINISTRATOR", "ACCOUNTANT"])
async def test_who_may_not_assign_apps_is_refused(
    world: World, project: Tenant, owner: Person, role: str
) -> None:
    """PROJECT matrix, `apps:assign` (X)."""
    person = await world.join(project, role)
    answer = await person.do("setAppAccess", {"memberId": owner.member_id, "unset": []})
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "apps:assign")


async def test_setting_access_changes_what_is_named_and_leaves_the_rest(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    """contract: SetAppAccessInput."""
    first, second, third = [await create(owner, project, name) for name in ("A", "B", "C")]
    await give(owner, accountant.member_id, first)
    await give(owner, accountant.member_id, second)
    answer = await owner.do(
        "setAppAccess",
        {
            "memberId": accountant.member_id,
            "set": [
                {"appId": first, "right": "LAUNCH_AND_ADMINISTER"},
                {"appId": third, "right": "LAUNCH"},
            ],
            "unset": [second],
        },
        "member { appAccess { edges { node { right app { name } } } } }",
    )
    held = [edge["node"] for edge in answer["member"]["appAccess"]["edges"]]
    assert [(node["app"]["name"], node["right"]) for node in held] == [
        ("A", "LAUNCH_AND_ADMINISTER"),
        ("C", "LAUNCH"),
    ]


async def test_unknown_foreign_and_doubled_apps_are_all_named_and_nothing_is_changed(
    world: World, project: Tenant, owner: Person, accountant: Person
) -> None:
    """contract: InvalidInput; foreign apps are as unknown ones."""
    own = await create(owner, project)
    other = await world.tenant(name="Other")
    foreign = await create(await world.join(other), other)
    right = "LAUNCH"
    answer = await owner.do(
        "setAppAccess",
        {
            "memberId": accountant.member_id,
            "set": [
                {"appId": own, "right": right},
                {"appId": own, "right": right},
                {"appId": foreign, "right": right},
            ],
            "unset": [own, "app_unknown"],
        },
    )
    assert [(fault["path"], fault["code"]) for fault in answer["fields"]] == [
        (["set", "1", "appId"], "TWICE"),
        (["set", "2", "appId"], "UNKNOWN_APP"),
        (["unset", "0"], "TWICE"),
        (["unset", "1"], "UNKNOWN_APP"),
    ]
    async with database.transaction(database.SYSTEM):
        assert not await AppAccess.filter(member_id=accountant.member_id).exists()


async def test_the_same_right_again_is_no_change(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    app = await create(owner, project)
    for _ in range(2):
        await give(owner, accountant.member_id, app)
    async with database.transaction(database.SYSTEM):
        changes = await database.rows(
            "select * from audit_events where action = 'member.set_app_access' and subject_id = $1",
            accountant.member_id,
        )
    assert len(changes) == 1


async def test_my_apps_lie_across_tenants_and_in_joined_places_only(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 5: my apps (C, F); a disabled member has none."""
    other = await world.tenant(Catalog.SUBSCRIBER, "Other")
    await world.join(other, "OWNER", owner)
    await create(owner, project, "A")
    await create(owner, other, "B")
    names = [e["node"]["name"] for e in (await owner.ask(MINE))["apps"]["edges"]]
    assert names == ["A", "B"]
    async with database.transaction(database.SYSTEM):
        await database.rows(
            "update members set status = $1 where tenant_id = $2", MemberStatus.DISABLED, other.id
        )
    assert (await owner.ask(MINE))["apps"]["totalCount"] == 1
    assert (await owner.ask(MINE, id=other.id))["apps"] is None


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://x.example", "https://", "https://[a", "https://a b", "x" * 2100],
)
async def test_an_app_opens_at_a_web_address_or_nowhere(
    project: Tenant, owner: Person, url: str
) -> None:
    answer = await owner.do("createApp", {"tenantId": project.id, "name": " ", "url": url})
    assert [fault["path"] for fault in answer["fields"]] == [["name"], ["url"]]


async def test_an_apps_address_is_kept_without_blanks_around_it(
    project: Tenant, owner: Person
) -> None:
    given = {"tenantId": project.id, "name": "Books", "url": " https://books.example/?a=1 "}
    made = await owner.do("createApp", given, "app { url }")
    assert made["app"] == {"url": "https://books.example/?a=1"}


async def test_strangers_find_no_tenant_to_make_an_app_in(
    project: Tenant, stranger: Person
) -> None:
    answer = await stranger.do("createApp", {"tenantId": project.id, "name": "Books"})
    assert answer["__typename"] == "NotFound"


async def test_an_app_is_renamed_and_moved(
    project: Tenant, owner: Person, administrator: Person
) -> None:
    """Issue 5.2: by who manages apps; what is left out stays, null takes the address away."""
    app = await create(owner, project)

    async def update(**values: str | None) -> dict[str, str | None]:
        answer = await administrator.do(
            "updateApp", {"appId": app, **values}, "app { name url viewerRight }"
        )
        shown: dict[str, str | None] = answer["app"]
        return shown

    books = {"name": "Books", "url": None, "viewerRight": None}
    assert await update(name=None) == books
    moved = books | {"url": "https://books.example/"}
    assert await update(url=" https://books.example/ ") == moved
    assert await update(name="Ledger") == moved | {"name": "Ledger"}
    assert await update(name="Ledger", url=None) == books | {"name": "Ledger"}
    changes = [row.changes for row in await steps.audit("app.update")]
    assert changes == [{"url": []}, {"name": []}, {"url": []}]


async def test_an_app_keeps_a_name_and_an_address_that_opens(
    project: Tenant, owner: Person
) -> None:
    app = await create(owner, project)
    answer = await owner.do("updateApp", {"appId": app, "name": " ", "url": "ftp://x.example"})
    assert app_steps.faults(answer) == [("name", "REQUIRED"), ("url", "INVALID")]


@pytest.mark.parametrize("mutation", ["updateApp", "removeApp"])
async def test_who_knows_an_app_without_managing_it_is_told_so(
    project: Tenant, owner: Person, accountant: Person, mutation: str
) -> None:
    """Issue 5.2: administering an app is not managing the tenant's list of them."""
    app = await create(owner, project)
    assert (await accountant.do(mutation, {"appId": app}))["__typename"] == "NotFound"
    await give(owner, accountant.member_id, app, "LAUNCH_AND_ADMINISTER")
    answer = await accountant.do(mutation, {"appId": app})
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "apps:manage")


async def test_with_an_app_go_rights_roles_and_sessions_in_it(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    """Issue 5.2: the audit keeps the id, and what is another app's stays."""
    app, other = await create(owner, project), await create(owner, project, "Store")
    role = await app_steps.define(owner, app)
    await app_steps.give(owner, accountant.member_id, app, roles=[role])
    now = clock.now()
    async with database.transaction(database.SYSTEM):
        await AppSession.create(
            id=typeids.new("aps"),
            tenant_id=project.id,
            app_id=app,
            member_id=accountant.member_id,
            launched_at=now,
            expires_at=now + timedelta(minutes=1),
        )
        assert await app_sessions.held(accountant.member_id)
    answer = await owner.do("removeApp", {"appId": app}, "appId")
    assert answer["appId"] == app
    assert await steps.stored(AppRole.filter()) == []
    assert await steps.stored(AppRoleAssignment.filter()) == []
    async with database.transaction(database.SYSTEM, read_only=True):
        assert await app_sessions.held(accountant.member_id) == []
    assert [row.app_id for row in await steps.stored(AppAccess.filter())] == [other]
    assert [row.id for row in await steps.stored(App.filter())] == [other]
    assert [row.subject_id for row in await steps.audit("app.remove")] == [app]
    assert (await owner.do("removeApp", {"appId": app}))["__typename"] == "NotFound"


async def test_an_invitation_does_not_offer_an_app_that_is_gone(
    world: World, project: Tenant, owner: Person
) -> None:
    """Issue 5.2: in its mail, where that is still to leave, in the link's page and in the list."""
    gone, kept = await create(owner, project, "Gone"), await create(owner, project, "Kept")
    rights = [{"appId": app, "right": "LAUNCH"} for app in (gone, kept)]
    invited = await steps.invite(owner, project, apps=rights)
    await owner.do("removeApp", {"appId": gone})
    [mail] = await world.mails()
    assert ("Kept" in mail.text, "Gone" in mail.text) == (True, False)
    offered = await steps.look(world.anonymous, mail.links[0].partition("#")[2])
    assert offered["apps"] == [{"name": "Kept"}]
    query = "query($id: ID!) { node(id: $id) { ... on Invitation { apps { name } } } }"
    shown = await owner.ask(query, id=invited.invitation_id)
    assert shown["node"] == {"apps": [{"name": "Kept"}]}


async def test_an_app_that_goes_meanwhile_is_not_found(project: Tenant, owner: Person) -> None:
    """Under the tenant's lock."""
    app = await create(owner, project)

    async def vanish() -> None:
        await AppAccess.filter(app_id=app).delete()
        await App.filter(id=app).delete()

    answer = await steps.meanwhile(project, owner.do("removeApp", {"appId": app}), vanish)
    assert answer["__typename"] == "NotFound"
