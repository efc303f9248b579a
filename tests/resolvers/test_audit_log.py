"""The audit as those who hold `audit:view` read it (issue 4.8, PRODUCT 7)."""

import time
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest

from models import AuditEvent, Catalog, MemberStatus, Tenant, clock, ids
from models import database as db
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import steps

LOG = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String,
    $filter: AuditFilter) {
  tenant(id: $id) { auditLog(first: $first, after: $after, last: $last, before: $before,
      filter: $filter) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id createdAt action subjectId requestId changes { field before after }
      actor { __typename displayName ... on User { id } ... on ProviderStaff { id } } } } } } }"""


async def log(by: Person, tenant: Tenant, **arguments: Any) -> list[dict[str, Any]]:
    answer = await by.ask(LOG, id=tenant.id, **arguments)
    return [edge["node"] for edge in answer["tenant"]["auditLog"]["edges"]]


async def record(tenant: Tenant, **values: Any) -> AuditEvent:
    """An event of the tenant, done by the system unless `actor_id` says who."""
    given = {"action": "test.act", "subject_id": tenant.id, "changes": {}, "request_id": "r"}
    async with db.transaction(db.SYSTEM):
        return await AuditEvent.create(
            **given | values, id=ids.new("evt"), tenant_id=tenant.id, created_at=clock.now()
        )


async def test_an_event_says_who_did_what_to_whom_and_in_which_request(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    owner.client.http.headers["x-request-id"] = "a-request.of-ours_1"
    await owner.do("changeRole", {"memberId": accountant.member_id, "role": "MANAGER"})
    [row] = await steps.audit("member.change_role")
    assert await log(owner, project) == [
        {
            "id": row.id,
            "createdAt": row.created_at.isoformat(),
            "action": "member.change_role",
            "subjectId": accountant.member_id,
            "requestId": "a-request.of-ours_1",
            "changes": [{"field": "role", "before": "ACCOUNTANT", "after": "MANAGER"}],
            "actor": {"__typename": "User", "displayName": "Olga", "id": owner.id},
        }
    ]


async def test_of_what_is_personal_the_field_alone_is_named(project: Tenant, owner: Person) -> None:
    """PRODUCT 4."""
    await record(project, changes={"full_name": []})
    [event] = await log(owner, project)
    assert event["changes"] == [{"field": "fullName", "before": None, "after": None}]


async def test_a_right_on_an_app_is_named_by_the_apps_id(project: Tenant, owner: Person) -> None:
    made = await owner.do("createApp", {"tenantId": project.id, "name": "Books"}, "app { id }")
    changed = (await log(owner, project))[0]["changes"]
    assert changed == [
        {"field": made["app"]["id"], "before": None, "after": "LAUNCH_AND_ADMINISTER"}
    ]


async def test_what_nobody_did_was_done_by_the_system(project: Tenant, owner: Person) -> None:
    await record(project)
    [event] = await log(owner, project)
    assert event["actor"] == {"__typename": "System", "displayName": "Tenantry"}


async def test_who_has_left_is_named_still(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    await accountant.do("leaveTenant", {"tenantId": project.id})
    [event] = await log(owner, project)
    actor = {"__typename": "User", "displayName": "Carl", "id": accountant.id}
    assert (event["action"], event["actor"]) == ("member.leave", actor)


async def test_who_has_ended_his_account_is_named_neutrally(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 5: personal data goes, ids stay in the audit."""
    ended = await world.person(full_name="", ended_at=clock.now())
    await record(project, actor_id=ended.id)
    [event] = await log(owner, project)
    assert event["actor"] == {
        "__typename": "User",
        "displayName": "A former user",
        "id": ended.id,
    }


async def test_staff_who_act_by_a_place_of_their_own_are_shown_as_anybody(
    world: World, project: Tenant, owner: Person
) -> None:
    """Only what they do for the provider is the provider's."""
    staff = await world.join(project, "MANAGER", await world.staff())
    await steps.invite(staff, project)
    [event] = await log(owner, project)
    assert event["actor"]["__typename"] == "User"


async def test_the_latest_comes_first_and_pages_lead_both_ways(
    project: Tenant, owner: Person, clock: Clock
) -> None:
    """Issue 4.8: keyset; those of one moment keep an order."""
    made = []
    for _ in range(2):
        made += [(await record(project)).id, (await record(project)).id]
        clock.move(timedelta(seconds=1))
    newest = made[::-1]
    first = (await owner.ask(LOG, id=project.id, first=3))["tenant"]["auditLog"]
    after = first["pageInfo"]["endCursor"]
    second = (await owner.ask(LOG, id=project.id, first=3, after=after))["tenant"]["auditLog"]
    before = second["pageInfo"]["startCursor"]
    back = (await owner.ask(LOG, id=project.id, last=3, before=before))["tenant"]["auditLog"]
    shown = [[edge["node"]["id"] for edge in page["edges"]] for page in (first, second, back)]
    assert shown == [newest[:3], newest[3:], newest[:3]]
    assert first["totalCount"] is None
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


async def test_a_cursor_of_another_tenants_log_is_refused(
    world: World, project: Tenant, owner: Person
) -> None:
    other = await world.tenant()
    await world.join(other, "OWNER", owner)
    await record(other)
    page = (await owner.ask(LOG, id=other.id))["tenant"]["auditLog"]
    after = page["pageInfo"]["endCursor"]
    assert await owner.refusal(LOG, id=project.id, after=after) == "BAD_USER_INPUT"


async def test_the_log_is_filtered_by_actor_and_by_action(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """Issue 4.8."""
    invited = await record(project, actor_id=owner.id, action="member.invite")
    removed = await record(project, actor_id=manager.id, action="member.remove")
    for wanted, expected in (
        ({"actorIds": [owner.id]}, [invited]),
        ({"actorIds": [owner.id, manager.id]}, [removed, invited]),
        ({"actorIds": []}, []),
        ({"actions": ["member.remove", "member.none"]}, [removed]),
        ({"actorIds": [owner.id], "actions": ["member.remove"]}, []),
    ):
        found = await log(owner, project, filter=wanted)
        assert [event["id"] for event in found] == [event.id for event in expected], wanted


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server whose own time is not UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC-5")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
@pytest.mark.parametrize("zone", ["+00:00", ""])
async def test_the_log_is_filtered_by_time_which_is_utc_unless_a_zone_is_named(
    project: Tenant, owner: Person, clock: Clock, zone: str
) -> None:
    """Issue 4.8: `from` counts, `until` does not."""
    first = await record(project)
    clock.move(timedelta(hours=1))
    second = await record(project)
    moments = [event.created_at.astimezone(UTC) for event in (first, second)]
    early, late = (moment.replace(tzinfo=None).isoformat() + zone for moment in moments)
    for wanted, expected in (
        ({"from": late}, [second]),
        ({"until": late}, [first]),
        ({"from": early, "until": late}, [first]),
    ):
        found = await log(owner, project, filter=wanted)
        assert [event["id"] for event in found] == [event.id for event in expected], wanted


async def test_a_log_holds_nothing_of_other_tenants_and_nothing_of_accounts(
    world: World, project: Tenant, owner: Person
) -> None:
    other = await world.tenant()
    await world.join(other, "OWNER", owner)
    await record(other)
    await owner.do("updateProfile", {"fullName": "Zoe"})
    assert await log(owner, project) == []


@pytest.mark.parametrize("role", ["ADMINISTRATOR", "ACCOUNTANT"])
async def test_without_the_permission_neither_log_nor_event_is_seen(
    world: World, project: Tenant, owner: Person, role: str
) -> None:
    """PRODUCT 2: `audit:view`."""
    member = await world.join(project, role)
    event = await record(project)
    assert await member.refusal(LOG, id=project.id) == "PERMISSION_DENIED"
    assert await by_id(member, event) is None
    assert await by_id(owner, event) == {"id": event.id, "action": "test.act"}


async def by_id(person: Person, event: AuditEvent) -> dict[str, Any] | None:
    query = "query($id: ID!) { node(id: $id) { id ... on AuditEvent { action } } }"
    shown: dict[str, Any] | None = (await person.ask(query, id=event.id))["node"]
    return shown


async def test_who_was_granted_the_permission_reads_the_log(world: World) -> None:
    """PRODUCT 2, ACCOUNT: single ones switched on per user."""
    account = await world.tenant(Catalog.ACCOUNT)
    user = await world.join(account, "USER", grants=["audit:view"])
    await record(account)
    assert len(await log(user, account)) == 1


async def test_a_disabled_or_removed_member_finds_no_event(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: the tenant is as absent as to a stranger."""
    event = await record(project, actor_id=owner.id)
    for status in (MemberStatus.DISABLED, MemberStatus.REMOVED):
        former = await world.join(project, "OWNER", status=status)
        assert await by_id(former, event) is None
        assert (await former.ask(LOG, id=project.id))["tenant"] is None


async def test_ones_own_event_that_concerns_no_tenant_is_not_shown(stranger: Person) -> None:
    await stranger.do("updateProfile", {"fullName": "Zoe"})
    [row] = await steps.audit("user.update")
    assert await by_id(stranger, row) is None


async def test_the_actors_of_a_page_cost_one_statement(
    world: World, project: Tenant, owner: Person, statements: list[str]
) -> None:
    """DESIGN 1.1: at most one more, whatever the size of the page."""
    for _ in range(3):
        await record(project, actor_id=(await world.person()).id)
    await record(project)
    statements.clear()
    assert len(await log(owner, project)) == 4
    assert sum("actors_of" in sent for sent in statements) == 1
    assert len(statements) == 3


async def test_where_only_the_system_acted_nobody_is_looked_up(
    project: Tenant, owner: Person, statements: list[str]
) -> None:
    await record(project)
    statements.clear()
    await log(owner, project)
    assert len(statements) == 2


async def test_the_door_to_actors_opens_for_those_of_ones_own_tenants_only(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """ADR 0002."""
    own = await record(project, actor_id=stranger.id)
    foreign = await record(await world.tenant(), actor_id=stranger.id)
    scope = db.Scope.viewer(owner.id, (project.id,))
    async with db.transaction(scope, read_only=True):
        found = await db.rows("select * from actors_of($1)", [own.id, foreign.id])
        seen = await db.rows("select id from users where id = $1", stranger.id)
    assert found == [{"event_id": own.id, "actor_id": stranger.id, "full_name": "Stella"}]
    assert seen == []
