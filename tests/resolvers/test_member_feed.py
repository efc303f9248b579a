"""Reading at length: whoever follows the changes holds an exact copy (issue 7.2, ADR 0027)."""

from base64 import urlsafe_b64encode
from typing import Any

import orjson
import pytest

from models import Catalog, MemberStatus, Tenant, database
from tests.clients import Client, Person
from tests.factories import World
from tests.resolvers import app_steps, feed_steps, steps
from tests.resolvers.feed_steps import CHANGES, Copy

JOIN = """
insert into members (id, tenant_id, status, role, email, email_key, name_key, is_first_user,
  created_at, updated_at)
select 'mem_' || n, $1, 'PENDING', 'ACCOUNTANT', n, n, '', false, now(), now()
from generate_series($2::int, $3::int) n
"""
READ_THROUGH = "select pg_stat_get_xact_numscans('members'::regclass) as times"


@pytest.fixture
def copy(owner: Person, project: Tenant) -> Copy:
    """The owner's, by small pages."""
    return Copy(owner, project, size=2)


async def test_reading_from_the_beginning_copies_the_list(
    owner: Person, project: Tenant, manager: Person, accountant: Person, copy: Copy
) -> None:
    """The same query makes the first copy and keeps it: each member once, with all that is shown of
    him.
    """
    invited = await steps.invite(owner, project)
    read = await copy.follow()
    assert read == [owner.member_id, manager.member_id, accountant.member_id, invited.member_id]
    assert copy.members == await feed_steps.whole(owner, project)


async def test_a_cursor_stays_good_while_nothing_happens(owner: Person, copy: Copy) -> None:
    await copy.follow()
    cursor = copy.cursor
    assert cursor is not None
    assert await copy.follow() == []
    assert copy.cursor == cursor
    [shown] = (await owner.ask(CHANGES, t=copy.tenant.id))["memberChanges"]["edges"]
    assert (shown["node"]["memberId"], shown["cursor"]) == (owner.member_id, cursor)


async def test_whatever_is_shown_of_a_member_is_a_change_of_his(
    world: World, owner: Person, project: Tenant, manager: Person, copy: Copy
) -> None:
    """His place, his account, his rights on apps, roles in them and his invitation."""
    app_id = await app_steps.create(owner, project)
    clerk = await app_steps.define(owner, app_id)
    invited = await steps.invite(owner, project)
    mark = {"memberId": manager.member_id}
    await copy.follow()
    for change, who in (
        (owner.do("changeRole", mark | {"role": "ADMINISTRATOR"}), manager.member_id),
        (owner.do("setMemberEnabled", mark | {"enabled": False}), manager.member_id),
        (owner.do("setMemberEnabled", mark | {"enabled": True}), manager.member_id),
        (owner.do("setMemberLimits", mark | {"maxSessions": 3}), manager.member_id),
        (owner.do("setMemberPermissions", mark | {"off": ["tenant:edit"]}), manager.member_id),
        (manager.do("updateProfile", {"fullName": "Mark Renamed"}), manager.member_id),
        (manager.do("updateProfile", {"phone": "+77010000000"}), manager.member_id),
        (app_steps.give(owner, manager.member_id, app_id), manager.member_id),
        (
            app_steps.give(owner, manager.member_id, app_id, "LAUNCH_AND_ADMINISTER"),
            manager.member_id,
        ),
        (app_steps.set_roles(owner, manager.member_id, app_id, clerk), manager.member_id),
        (app_steps.set_roles(owner, manager.member_id, app_id), manager.member_id),
        (app_steps.take(owner, manager.member_id, app_id), manager.member_id),
        (
            owner.do("resendInvitation", {"invitationId": invited.invitation_id}),
            invited.member_id,
        ),
        (owner.do("removeApp", {"appId": app_id}), owner.member_id),
        (steps.register(world), invited.member_id),
    ):
        answer = await change
        assert await copy.follow() == [who], answer
        assert copy.members == await feed_steps.whole(owner, project)


async def test_what_the_provider_switches_on_changes_who_may_do_it(world: World) -> None:
    """PRODUCT 6.3: with the organization's rights, its people's permissions are others."""
    servio = await world.tenant(Catalog.SUBSCRIBER, servicing=[])
    owner, staff = await world.join(servio), await world.staff()
    copy = Copy(owner, servio)
    await copy.follow()
    before = copy.members[owner.member_id]["permissions"]
    values = {
        "tenantId": servio.id,
        "isServicing": True,
        "canInviteTenants": True,
        "canSubscribeTenants": False,
    }
    answer = await staff.do("setServicingOrganization", values)
    assert answer["__typename"] == "SetServicingOrganizationPayload"
    assert await copy.follow() == [owner.member_id]
    assert set(copy.members[owner.member_id]["permissions"]) - set(before) == {"tenants:invite"}


async def test_whoever_changes_again_moves_to_the_end_and_stands_there_once(
    owner: Person, manager: Person, accountant: Person, copy: Copy
) -> None:
    await copy.follow()
    for role in ("ADMINISTRATOR", "ACCOUNTANT"):
        await owner.do("changeRole", {"memberId": manager.member_id, "role": role})
    await owner.do("removeMember", {"memberId": accountant.member_id})
    assert await copy.follow() == [manager.member_id, accountant.member_id]


async def test_what_is_written_again_as_it_was_is_no_change(
    owner: Person, manager: Person, copy: Copy
) -> None:
    await copy.follow()
    await steps.edit(manager.member_id, role="MANAGER")
    await owner.do("updateSettings", {"wantsNews": True})
    assert await copy.follow() == []


@pytest.mark.parametrize("status", ["joined", "pending"])
async def test_removals_are_named_to_everybody_who_reads_the_list(
    owner: Person,
    project: Tenant,
    accountant: Person,
    manager: Person,
    status: str,
) -> None:
    """PRODUCT 4: what has become of whom is for holders of audit:view, that he is gone for all."""
    gone = accountant.member_id
    if status == "pending":
        gone = (await steps.invite(owner, project)).member_id
    copies = {who.login: Copy(who, project) for who in (owner, manager)}
    for copy in copies.values():
        await copy.follow()
    await owner.do("removeMember", {"memberId": gone})
    await owner.do("setMemberPermissions", {"memberId": manager.member_id, "off": ["audit:view"]})
    for login, member in (("olga", {"id": gone, "status": "REMOVED"}), ("mark", None)):
        asked = {"t": project.id, "after": copies[login].cursor}
        found = await copies[login].reader.ask(CHANGES, **asked)
        shown = found["memberChanges"]["edges"][0]["node"]
        assert (shown["memberId"], shown["removed"]) == (gone, True)
        named = shown["member"] and {key: shown["member"][key] for key in ("id", "status")}
        assert named == member


async def test_the_feed_is_for_those_who_may_read_the_list(
    world: World, project: Tenant, stranger: Person, anonymous: Client, owner: Person
) -> None:
    """CASES 103: to everybody else the tenant is as absent as ever."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    user = await world.join(subscriber, "USER")
    assert await user.refusal(CHANGES, t=subscriber.id) == "PERMISSION_DENIED"
    assert await anonymous.refusal(CHANGES, t=project.id) == "UNAUTHENTICATED"
    assert await stranger.ask(CHANGES, t=project.id) == {"memberChanges": None}
    assert await owner.ask(CHANGES, t=subscriber.id) == {"memberChanges": None}


def forged(tenant: Tenant, value: Any, identity: Any = "mem_x", name: str = "memberChanges") -> str:
    packed = orjson.dumps([f"{name}:{tenant.id}", value, identity])
    return urlsafe_b64encode(packed).decode().rstrip("=")


async def test_a_cursor_of_another_list_or_made_up_is_refused(
    world: World, owner: Person, project: Tenant, copy: Copy
) -> None:
    """CASES 106."""
    other = await world.tenant()
    here = owner.member_id
    await world.join(other, "OWNER", owner)
    elsewhere = Copy(owner, other)
    await elsewhere.follow()
    listed = await owner.ask(
        "query($t: ID!) { members(tenantId: $t) { pageInfo { endCursor } } }", t=project.id
    )
    for cursor in (
        elsewhere.cursor,
        listed["members"]["pageInfo"]["endCursor"],
        "",
        "nonsense",
        forged(project, "1"),
        forged(project, value=True),
        forged(project, 1.5),
        forged(project, -1),
        forged(project, 2**63),
        forged(project, None),
        forged(project, 1, 7),
    ):
        assert await owner.refusal(CHANGES, t=project.id, after=cursor) == "BAD_USER_INPUT"
    assert await copy.follow() == [here]


@pytest.mark.parametrize(("first", "works"), [(0, False), (1, True), (100, True), (101, False)])
async def test_pages_are_of_one_to_a_hundred(
    owner: Person, project: Tenant, first: int, *, works: bool
) -> None:
    answer = await owner.client.execute(CHANGES, t=project.id, first=first)
    assert ("errors" not in answer) is works


async def test_a_page_costs_the_same_few_statements_whatever_its_size(
    world: World, owner: Person, project: Tenant, statements: list[str]
) -> None:
    costs = {}
    for size in (3, 40):
        while len(await feed_steps.whole(owner, project)) < size:
            await world.join(project, "ACCOUNTANT")
        statements.clear()
        await owner.ask(CHANGES, t=project.id, first=100)
        costs[size] = len(statements)
    assert len(set(costs.values())) == 1, costs


async def test_members_are_read_by_the_moment_of_their_last_change(
    owner: Person, project: Tenant, manager: Person, accountant: Person
) -> None:
    """Whoever gives the latest `updatedAt` he has misses nothing, and gets that one again."""
    known = await feed_steps.since(owner, project, None)
    latest = max(member["updatedAt"] for member in known)
    assert [m["id"] for m in await feed_steps.since(owner, project, latest)] == [
        accountant.member_id
    ]
    for member_id in (owner.member_id, manager.member_id):
        await steps.edit(member_id, max_sessions=5)
    read = await feed_steps.since(owner, project, latest, size=1)
    wanted = [accountant.member_id, owner.member_id, manager.member_id]
    assert [member["id"] for member in read] == wanted
    nested = """query($t: ID!, $since: DateTime) { tenant(id: $t) {
      members(updatedSince: $since) { totalCount edges { node { id } } } } }"""
    shown = (await owner.ask(nested, t=project.id, since=latest))["tenant"]["members"]
    assert [edge["node"]["id"] for edge in shown["edges"]] == wanted
    assert shown["totalCount"] == len(wanted)


async def test_another_order_may_be_asked_for_and_this_one_without_a_moment(
    owner: Person, project: Tenant, manager: Person
) -> None:
    await steps.edit(owner.member_id, max_sessions=5)
    query = """query($t: ID!, $since: DateTime, $by: MemberOrderField!) {
      members(tenantId: $t, updatedSince: $since, orderBy: {field: $by, direction: DESC}) {
        edges { node { id } } } }"""
    both = [owner.member_id, manager.member_id]
    for by, since, wanted in (
        ("UPDATED_AT", None, both),
        ("CREATED_AT", "2020-01-01T00:00:00", both[::-1]),
        ("NAME", "2020-01-01T00:00:00Z", both),
    ):
        shown = (await owner.ask(query, t=project.id, since=since, by=by))["members"]["edges"]
        assert [edge["node"]["id"] for edge in shown] == wanted, by


async def test_removals_are_among_what_has_changed_for_holders_of_audit_view(
    owner: Person, project: Tenant, manager: Person, accountant: Person, administrator: Person
) -> None:
    """PRODUCT 4: for others `memberChanges` names them, and a filter still has its rules."""
    [last] = (await feed_steps.since(owner, project, None))[-1:]
    await owner.do("removeMember", {"memberId": accountant.member_id})
    read = await feed_steps.since(manager, project, last["updatedAt"])
    assert [(m["id"], m["status"]) for m in read][-1] == (
        accountant.member_id,
        MemberStatus.REMOVED.value,
    )
    read = await feed_steps.since(administrator, project, last["updatedAt"])
    assert accountant.member_id not in [member["id"] for member in read]
    filtered = """query($t: ID!, $s: DateTime) { members(tenantId: $t, updatedSince: $s,
      filter: {statuses: [REMOVED]}) { edges { node { id } } } }"""
    asked = {"t": project.id, "s": last["updatedAt"]}
    assert await administrator.refusal(filtered, **asked) == "PERMISSION_DENIED"
    assert len((await owner.ask(filtered, **asked))["members"]["edges"]) == 1


async def test_of_however_many_come_at_once_none_is_looked_for_among_all(project: Tenant) -> None:
    """Not even by a session that has numbered members while there were few of them."""
    async with database.transaction(database.SYSTEM):
        before = await database.rows(READ_THROUGH)
        for first, last in (*((n, n) for n in range(10)), (100, 199)):
            await database.rows("set constraints all deferred")
            await database.rows(JOIN, project.id, first, last)
            await database.rows("set constraints all immediate")
        assert await database.rows(READ_THROUGH) == before
        assert await database.rows("select id from members where revision = 0") == []
