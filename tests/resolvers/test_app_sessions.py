"""Who is at work in an app, who sees it, and what ends it (PRODUCT 6.2, issue 5.4)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from models import Catalog, Tenant, database
from resolvers import app_sessions
from tests import app_servers
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.resolvers import app_steps, steps
from tests.resolvers.app_steps import create, give

SESSIONS = """query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on App {
  name sessions(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
  edges { node { id memberId memberName startedAt lastSeenAt app { id } member { id } } } } } } }"""
SESSION = "query($id: ID!) { node(id: $id) { ... on AppSession { app { name } lastSeenAt } } }"


@pytest.fixture
async def app(project: Tenant, owner: Person, accountant: Person) -> str:
    """The owner administers it, the accountant launches it."""
    app_id = await create(owner, project)
    await give(owner, accountant.member_id, app_id)
    return app_id


async def seen(person: Person, app_id: str, **window: Any) -> dict[str, Any]:
    """The sessions in the app, as the person is shown them."""
    app = (await person.ask(SESSIONS, id=app_id, **window))["node"]
    return dict(app["sessions"])


async def listed(person: Person, app_id: str) -> list[str]:
    return [edge["node"]["id"] for edge in (await seen(person, app_id))["edges"]]


async def test_who_administers_an_app_sees_who_is_at_work_newest_first(
    world: World, owner: Person, accountant: Person, app: str
) -> None:
    """F: LAUNCH_AND_ADMINISTER adds ending people's sessions. The name is shown with each."""
    first = await app_servers.at_work(world, accountant, app)
    waiting = (await app_servers.launch(owner, app))["session"]["id"]
    found = await seen(owner, app)
    nodes = [edge["node"] for edge in found["edges"]]
    assert [node["id"] for node in nodes] == [waiting, first.id]
    assert nodes[0]["lastSeenAt"] is None
    assert nodes[1]["lastSeenAt"] >= nodes[1].pop("startedAt")
    assert nodes[1] | {"lastSeenAt": None} == {
        "id": first.id,
        "memberId": accountant.member_id,
        "memberName": "Carl",
        "lastSeenAt": None,
        "app": {"id": app},
        "member": {"id": accountant.member_id},
    }
    assert found["totalCount"] == 2


async def test_the_list_has_pages(owner: Person, app: str) -> None:
    made = [(await app_servers.launch(owner, app))["session"]["id"] for _ in range(3)]
    page = await seen(owner, app, first=2)
    rest = await seen(owner, app, after=page["pageInfo"]["endCursor"])
    both = [edge["node"]["id"] for edge in page["edges"] + rest["edges"]]
    assert both == made[::-1]
    assert not rest["pageInfo"]["hasNextPage"]


async def test_without_members_view_a_session_shows_a_name_and_no_member(
    world: World, owner: Person
) -> None:
    """So that he knows whom he ends; a USER of a SUBSCRIBER does not see people."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    await world.join(subscriber, "OWNER", owner)
    async with database.transaction(database.SYSTEM):
        await database.rows(
            "update tenants set catalog = 'SUBSCRIBER' where id = $1", subscriber.id
        )
    user = await world.join(subscriber, "USER")
    app = await create(owner, subscriber)
    await give(owner, user.member_id, app, "LAUNCH_AND_ADMINISTER")
    session = await app_servers.launch(owner, app)
    [edge] = (await seen(user, app))["edges"]
    assert (edge["node"]["memberName"], edge["node"]["member"]) == ("Olga", None)
    answer = await user.do("endAppSession", {"sessionId": session["session"]["id"]}, "sessionId")
    assert answer["__typename"] == "EndAppSessionPayload"


async def test_a_right_to_launch_shows_no_sessions_nor_does_a_role(
    owner: Person, manager: Person, accountant: Person, app: str
) -> None:
    """F: an owner without the right neither; the app beside is shown to who may know of it."""
    await app_servers.launch(accountant, app)
    await give(owner, owner.member_id, app)
    for person in (accountant, manager, owner):
        answer = await person.client.execute(SESSIONS, id=app)
        assert answer["data"]["node"] == {"name": "Books", "sessions": None}
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["PERMISSION_DENIED"]
        refused = await person.do("endAppSessions", {"appId": app})
        assert refused["__typename"] == "PermissionDenied"


async def test_a_session_is_found_by_its_id_by_its_member_and_by_who_administers_the_app(
    owner: Person, manager: Person, accountant: Person, stranger: Person, app: str
) -> None:
    session = (await app_servers.launch(accountant, app))["session"]["id"]
    for person in (accountant, owner):
        node = (await person.ask(SESSION, id=session))["node"]
        assert node == {"app": {"name": "Books"}, "lastSeenAt": None}
    for person in (manager, stranger):
        assert (await person.ask(SESSION, id=session))["node"] is None


async def test_who_administers_an_app_ends_a_session_in_it(
    world: World, project: Tenant, owner: Person, accountant: Person, app: str
) -> None:
    """Issue 5.4: its heartbeat is invalid at once; the audit says who did it."""
    session = await app_servers.at_work(world, accountant, app)
    answer = await owner.do("endAppSession", {"sessionId": session.id}, "sessionId")
    assert answer == {"__typename": "EndAppSessionPayload", "sessionId": session.id}
    assert await session.beat() == 410
    assert await listed(owner, app) == []
    [event] = await steps.audit("app_session.end")
    assert (event.actor_id, event.subject_id, event.tenant_id) == (owner.id, session.id, project.id)
    assert event.changes == {"app": [app, None], "member": [accountant.member_id, None]}


async def test_ending_a_session_makes_its_ticket_invalid_at_once(
    world: World, owner: Person, accountant: Person, app: str
) -> None:
    """Issue 5.4."""
    made = await app_servers.launch(accountant, app)
    await owner.do("endAppSession", {"sessionId": made["session"]["id"]})
    assert (await app_servers.redeem(world.anonymous, made["ticket"])).status_code == 410


async def test_a_member_ends_his_own_sessions(world: World, accountant: Person, app: str) -> None:
    """So that who has reached his limit can help himself."""
    session = await app_servers.at_work(world, accountant, app)
    answer = await accountant.do("endAppSession", {"sessionId": session.id})
    assert answer["__typename"] == "EndAppSessionPayload"
    again = await accountant.do("endAppSession", {"sessionId": session.id})
    assert again["__typename"] == "NotFound"


async def test_nobody_else_ends_a_session_or_hears_that_there_is_one(
    world: World, owner: Person, manager: Person, accountant: Person, stranger: Person, app: str
) -> None:
    """DESIGN 3: unknown and not his are one answer."""
    session = await app_servers.at_work(world, owner, app)
    for other in (accountant, manager, stranger):
        answer = await other.do("endAppSession", {"sessionId": session.id})
        assert answer == await other.do("endAppSession", {"sessionId": "aps_unknown"})
        assert answer["__typename"] == "NotFound"
    assert await session.beat() == 204


async def test_all_sessions_in_an_app_end_together(
    world: World, project: Tenant, owner: Person, accountant: Person, app: str
) -> None:
    """One row of the audit for all; other apps' sessions live on."""
    sessions = [await app_servers.at_work(world, who, app) for who in (owner, accountant, owner)]
    elsewhere = await app_servers.at_work(world, owner, await create(owner, project, "Tills"))
    answer = await owner.do("endAppSessions", {"appId": app}, "ended")
    assert answer == {"__typename": "EndAppSessionsPayload", "ended": 3}
    assert [await session.beat() for session in sessions] == [410] * 3
    assert await elsewhere.beat() == 204
    assert (await owner.do("endAppSessions", {"appId": app}, "ended"))["ended"] == 0
    [event] = await steps.audit("app_session.end_all")
    assert (event.subject_id, event.changes["ended"]) == (app, [None, "3"])


async def test_one_members_sessions_in_an_app_end_together(
    world: World, owner: Person, accountant: Person, app: str
) -> None:
    """An unknown member has none: nothing tells who is one."""
    others = await app_servers.at_work(world, owner, app)
    ended = await app_servers.at_work(world, accountant, app)
    for member_id, count in ((accountant.member_id, 1), ("mem_unknown", 0)):
        answer = await owner.do("endAppSessions", {"appId": app, "memberId": member_id}, "ended")
        assert answer["ended"] == count
    assert [await ended.beat(), await others.beat()] == [410, 204]


async def test_strangers_find_no_app_to_end_sessions_in(stranger: Person, app: str) -> None:
    assert (await stranger.do("endAppSessions", {"appId": app}))["__typename"] == "NotFound"


async def living(person: Person) -> list[str]:
    """What counts against the limit."""
    async with database.transaction(database.SYSTEM, read_only=True):
        return await app_sessions.held(person.member_id)


End = Callable[[Person, Person, Tenant, str], Awaitable[dict[str, Any]]]
ENDS: dict[str, End] = {
    "removed": lambda owner, it, _t, _a: owner.do("removeMember", {"memberId": it.member_id}),
    "left": lambda _o, it, tenant, _a: it.do("leaveTenant", {"tenantId": tenant.id}),
    "account ended": lambda _o, it, _t, _a: it.do("deleteMyAccount", {"password": PASSWORD}),
    "disabled": lambda owner, it, _t, _a: owner.do(
        "setMemberEnabled", {"memberId": it.member_id, "enabled": False}
    ),
    "right taken away": lambda owner, it, _t, app: owner.do(
        "setAppAccess", {"memberId": it.member_id, "unset": [app]}
    ),
    "app removed": lambda owner, _i, _t, app: owner.do("removeApp", {"appId": app}),
    "tenant deleted": lambda owner, _i, tenant, _a: owner.do(
        "deleteTenant", {"tenantId": tenant.id}
    ),
}


@pytest.mark.parametrize("end", ENDS)
async def test_what_ends_the_right_to_be_in_an_app_ends_the_sessions(
    world: World, project: Tenant, owner: Person, accountant: Person, app: str, end: str
) -> None:
    """PRODUCT 4 and issue 5.4: effective at the next heartbeat, and for tickets under way."""
    session = await app_servers.at_work(world, accountant, app)
    ticket = (await app_servers.launch(accountant, app))["ticket"]
    answer = await ENDS[end](owner, accountant, project, app)
    assert answer["__typename"].endswith("Payload"), answer
    assert await living(accountant) == []
    assert (await app_servers.redeem(world.anonymous, ticket)).status_code == 410
    assert await session.beat() == 410


async def test_a_right_that_is_given_back_revives_nothing(
    world: World, owner: Person, accountant: Person, app: str
) -> None:
    """What the app was once told stays so."""
    session = await app_servers.at_work(world, accountant, app)
    await owner.do("setAppAccess", {"memberId": accountant.member_id, "unset": [app]})
    assert await session.beat() == 410
    await give(owner, accountant.member_id, app)
    assert await session.beat() == 410
    assert await living(accountant) == []


async def test_a_changed_right_ends_no_session(
    world: World, owner: Person, accountant: Person, app: str
) -> None:
    session = await app_servers.at_work(world, accountant, app)
    await give(owner, accountant.member_id, app, "LAUNCH_AND_ADMINISTER")
    assert await session.beat() == 204


async def test_a_session_counts_until_its_ticket_or_its_heartbeat_lapses(
    world: World, owner: Person, accountant: Person, app: str, clock: Clock
) -> None:
    """Issue 5.3."""
    await app_servers.launch(accountant, app)
    redeemed = await app_servers.at_work(world, accountant, app)
    clock.move(timedelta(minutes=1))
    assert await living(accountant) == await listed(owner, app) == [redeemed.id]
    clock.move(timedelta(minutes=2))
    assert await living(accountant) == await listed(owner, app) == []
    ended = await owner.do("endAppSession", {"sessionId": redeemed.id})
    assert ended["__typename"] == "NotFound"


async def test_the_app_is_told_the_right_and_the_roles_of_the_moment(
    world: World, project: Tenant, owner: Person, accountant: Person, app: str
) -> None:
    """Not those of the ticket, which is older; nor another app's, nor another person's."""
    other = await create(owner, project, "Tills")
    await give(owner, accountant.member_id, other)
    elsewhere = await app_steps.define(owner, other, "seller")
    await app_steps.set_roles(owner, accountant.member_id, other, elsewhere)
    ticket = (await app_servers.launch(accountant, app))["ticket"]
    await give(owner, accountant.member_id, app, "LAUNCH_AND_ADMINISTER")
    roles = [await app_steps.define(owner, app, code) for code in ("cashier", "auditor", "boss")]
    await app_steps.set_roles(owner, accountant.member_id, app, *roles[:2])
    await app_steps.set_roles(owner, owner.member_id, app, roles[2])
    told = (await app_servers.redeem(world.anonymous, ticket)).json()
    assert (told["right"], told["roles"]) == ("LAUNCH_AND_ADMINISTER", ["auditor", "cashier"])
    ticket = (await app_servers.launch(accountant, other))["ticket"]
    told = (await app_servers.redeem(world.anonymous, ticket)).json()
    assert (told["right"], told["roles"]) == ("LAUNCH", ["seller"])


async def test_what_has_been_over_for_thirty_days_is_forgotten(
    world: World, owner: Person, accountant: Person, app: str, clock: Clock
) -> None:
    """Hourly, by the worker."""
    ended = await app_servers.at_work(world, accountant, app)
    await ended.report_end()
    await app_servers.at_work(world, accountant, app)
    await app_servers.launch(accountant, app)
    clock.move(timedelta(days=30))
    assert await app_sessions.forget_ended() == 0
    owner.client = world.client(await world.session(owner.id))
    alive = await app_servers.at_work(world, owner, app)
    clock.move(timedelta(minutes=4))
    await alive.beat()
    assert await app_sessions.forget_ended() == 3
