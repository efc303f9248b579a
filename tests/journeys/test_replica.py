"""Queries that bear to be a little old, on a streaming replica (ADR 0035), by a server in here."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from models import Catalog, ProviderRole, Tenant, replica
from models import database as databases
from settings import Settings
from tests import keys
from tests.clients import Client, Person
from tests.factories import World
from tests.journeys import surroundings
from tests.journeys.machines import Machines
from tests.resolvers.feed_steps import Copy, whole

TOLD = "tenantry-read-from"
NAMES = """query($id: ID!) {
  members(tenantId: $id) { edges { node { id role { code } } } }
}"""
APPS = "query($id: ID!) { apps(tenantId: $id) { edges { node { name } } } }"
SERVED = "query($id: ID!) { tenant(id: $id) { servicedTenants { totalCount } } }"
TENANT = "query($id: ID!) { tenant(id: $id) { name } }"
NOWHERE = "postgresql://tenantry@127.0.0.1:1/tenantry"
Reopen = Callable[..., Any]


@pytest.fixture
async def reopen(
    machines: Machines, configure: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Reopen]:
    """Open the pool with other settings; nothing is known yet of the replica's health."""
    monkeypatch.setattr(replica, "_health", replica._Health())  # noqa: SLF001 nothing else forgets

    async def again(**changes: Any) -> None:
        url, there = machines.primary.url, machines.address_of_replica()
        chosen = configure(**{"database_url": url, "replica_database_url": there} | changes)
        await databases.start(url, chosen)

    yield again
    await databases.stop()


@pytest.fixture
async def database(reopen: Reopen) -> None:
    """Nothing here is about how long a busy machine takes."""
    await reopen(replica_max_lag=timedelta(hours=1))


def patient(person: Person | Client) -> Client:
    """The same caller, who bears old answers."""
    client = person if isinstance(person, Client) else person.client
    client.http.headers["tenantry-stale-ok"] = "true"
    return client


async def read_from(asker: Client, query: str, **variables: Any) -> str | None:
    """Where the answer says that it was read."""
    answer = await asker.post(query, **variables)
    assert "errors" not in answer.json(), answer.json()
    told: str | None = answer.headers.get(TOLD)
    return told


async def test_only_who_bears_old_answers_is_answered_by_the_replica(
    machines: Machines, project: Tenant, owner: Person
) -> None:
    """ADR 0035."""
    await machines.follow()
    assert await read_from(owner.client, NAMES, id=project.id) is None
    owner.client.http.headers["tenantry-stale-ok"] = "perhaps"
    assert await read_from(owner.client, NAMES, id=project.id) is None
    assert await read_from(patient(owner), NAMES, id=project.id) == "replica"


async def test_an_old_answer_is_as_old_as_the_replica(
    machines: Machines, project: Tenant, owner: Person, manager: Person, accountant: Person
) -> None:
    await machines.follow()
    await machines.pause_replica()
    await owner.do("changeRole", {"memberId": manager.member_id, "role": "ACCOUNTANT"})
    answer = await patient(accountant).post(NAMES, id=project.id)
    assert answer.headers[TOLD] == "replica"
    shown = {"id": manager.member_id, "role": {"code": "MANAGER"}}
    assert {"node": shown} in answer.json()["data"]["members"]["edges"]


async def test_a_right_that_was_lost_is_lost_before_the_replica_hears_of_it(
    machines: Machines, project: Tenant, owner: Person, manager: Person
) -> None:
    """Issue 7.9; PRODUCT 4: his place, of which the primary tells."""
    await machines.follow()
    await machines.pause_replica()
    await owner.do("removeMember", {"memberId": manager.member_id})
    answer = await patient(manager).post(NAMES, id=project.id)
    assert answer.json() == {"data": {"members": None}}
    assert answer.headers[TOLD] == "primary"


async def test_a_right_on_an_app_that_was_lost_is_lost_before_the_replica_hears_of_it(
    machines: Machines, project: Tenant, owner: Person, accountant: Person
) -> None:
    """PRODUCT 6.1: without it the app does not exist, and rows alone would say so."""
    made = await owner.do("createApp", {"tenantId": project.id, "name": "Books"}, "app { id }")
    app, mine = made["app"]["id"], accountant.member_id
    await owner.do("setAppAccess", {"memberId": mine, "set": [{"appId": app, "right": "LAUNCH"}]})
    await machines.follow()
    asker = patient(accountant)
    assert await read_from(asker, APPS, id=project.id) == "replica"
    await machines.pause_replica()
    await owner.do("setAppAccess", {"memberId": mine, "unset": [app]})
    answer = await asker.post(APPS, id=project.id)
    assert answer.json() == {"data": {"apps": {"edges": []}}}
    assert answer.headers[TOLD] == "primary"


async def test_a_tenant_that_is_served_no_more_is_out_of_sight_before_the_replica_hears_of_it(
    machines: Machines, world: World
) -> None:
    """PRODUCT 6.4."""
    powers = ["subscriptions:manage"]
    organization = await world.tenant(Catalog.SUBSCRIBER, servicing=powers)
    served = await world.tenant(Catalog.SUBSCRIBER, "Served")
    operator = await world.join(organization, "OPERATOR")
    await world.serve(served, by=organization)
    await machines.follow()
    asker = patient(operator)
    assert await read_from(asker, SERVED, id=organization.id) == "replica"
    await machines.pause_replica()
    staff = await world.staff(ProviderRole.ADMIN)
    await staff.do("endServicing", {"tenantId": served.id})
    answer = await asker.post(SERVED, id=organization.id)
    assert answer.json()["data"]["tenant"]["servicedTenants"] == {"totalCount": 0}
    assert answer.headers[TOLD] == "primary"


async def test_a_replica_that_is_too_far_behind_is_not_asked(
    machines: Machines, reopen: Reopen, project: Tenant, owner: Person, manager: Person
) -> None:
    """Once it has everything it is fresh, however long ago anybody wrote."""
    await reopen(replica_max_lag=timedelta(microseconds=1))
    await machines.follow()
    await machines.pause_replica()
    await owner.do("changeRole", {"memberId": manager.member_id, "role": "ACCOUNTANT"})
    assert await read_from(patient(owner), NAMES, id=project.id) == "primary"
    await machines.resume_replica()

    async def is_fresh() -> bool:
        return await read_from(owner.client, NAMES, id=project.id) == "replica"

    await surroundings.until(is_fresh)


async def test_a_replica_that_is_away_is_left_alone_for_a_while(
    reopen: Reopen, project: Tenant, owner: Person
) -> None:
    """Nobody waits for it in vain, but for one from time to time."""
    await reopen(replica_database_url=NOWHERE)
    assert await read_from(patient(owner), NAMES, id=project.id) == "primary"
    with pytest.raises(replica.Unfit, match="rests"):
        replica.require_healthy()
    assert await read_from(owner.client, NAMES, id=project.id) == "primary"


async def test_a_replica_that_is_back_is_used_again(
    machines: Machines,
    reopen: Reopen,
    project: Tenant,
    owner: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replica, "_PAUSE", 0)
    await reopen(replica_database_url=NOWHERE)
    for _ in range(2):
        assert await read_from(patient(owner), NAMES, id=project.id) == "primary"
    await reopen()
    await machines.follow()
    assert await read_from(owner.client, NAMES, id=project.id) == "replica"


async def test_a_replica_that_goes_in_the_middle_of_a_query_spoils_no_answer(
    machines: Machines, project: Tenant, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query is read again, all of it, on the primary."""
    await machines.follow()
    compare = replica._compare  # noqa: SLF001 the moment after which rows are read

    async def then_it_goes(mark: replica.Mark) -> None:
        await compare(mark)
        ended = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = "
        await surroundings.ask(str(machines.replica), f"{ended}'tenantry'")

    monkeypatch.setattr(replica, "_compare", then_it_goes)
    answer = await patient(owner).post(NAMES, id=project.id)
    assert len(answer.json()["data"]["members"]["edges"]) == 1
    assert "errors" not in answer.json()
    assert answer.headers[TOLD] == "primary"


@pytest.mark.parametrize(
    "query",
    [
        "query($id: ID!) { members(tenantId: $id, updatedSince: $at) { totalCount } }",
        "query($id: ID!) { tenant(id: $id) { members(updatedSince: $at) { totalCount } } }",
    ],
)
async def test_what_waits_for_those_who_change_members_is_read_on_the_primary(
    machines: Machines, project: Tenant, owner: Person, query: str
) -> None:
    """ADR 0027: only there they are known."""
    await machines.follow()
    query = query.replace("$at", '"2020-01-01T00:00:00Z"')
    assert await read_from(patient(owner), query, id=project.id) == "primary"


@pytest.mark.parametrize(
    "query",
    [
        "{ me { login } }",
        "query($id: ID!) { me { login } tenant(id: $id) { name } }",
        "{ registrationIsOpen }",
        "{ __schema { queryType { name } } }",
    ],
)
async def test_what_is_not_about_a_tenant_is_read_on_the_primary(
    machines: Machines, project: Tenant, owner: Person, query: str
) -> None:
    """What one reads of oneself one has often just changed."""
    await machines.follow()
    assert await read_from(patient(owner), query, id=project.id) == "primary"


async def test_changes_and_what_they_answer_never_come_near_the_replica(
    machines: Machines, project: Tenant, owner: Person, manager: Person
) -> None:
    await machines.follow()
    await machines.pause_replica()
    changed = await patient(owner).do(
        "changeRole",
        {"memberId": manager.member_id, "role": "ACCOUNTANT"},
        "member { role { code } }",
    )
    assert changed["member"] == {"role": {"code": "ACCOUNTANT"}}


async def test_neither_staff_nor_strangers_are_answered_by_the_replica(
    machines: Machines, world: World, project: Tenant, anonymous: Client
) -> None:
    """Staff see by rules of their own (ADR 0016)."""
    staff = await world.staff()
    await machines.follow()
    matrix = "{ roleMatrix(catalog: PROJECT) { roles { code } } }"
    assert await read_from(patient(anonymous), matrix) == "primary"
    assert await read_from(patient(staff), TENANT, id=project.id) == "primary"


async def test_a_key_is_answered_by_the_replica_until_its_makers_rights_are_others(
    machines: Machines, world: World, project: Tenant, owner: Person
) -> None:
    """ADR 0028: it does what its maker may now."""
    key = await keys.make(world, owner, project, "members:view")
    await machines.follow()
    asker = patient(key.client)
    assert await read_from(asker, NAMES, id=project.id) == "replica"
    second = await world.join(project)
    await machines.follow()
    await machines.pause_replica()
    await second.do("setMemberEnabled", {"memberId": owner.member_id, "enabled": False})
    answer = await asker.post(NAMES, id=project.id)
    assert answer.headers[TOLD] == "primary"
    assert not answer.json()["data"]["members"]


async def write(writer: Client, tenant: Tenant, number: int) -> None:
    """Invites people, and takes every third back."""
    for turn in range(9):
        invitee = {"email": f"new{number}-{turn}@example.com"}
        given = {"tenantId": tenant.id, "invitee": invitee, "role": "MANAGER"}
        made = await writer.do("inviteMember", given, "member { id }")
        if turn % 3 == 0:
            await writer.do("removeMember", {"memberId": made["member"]["id"]})


async def test_a_feed_read_from_the_replica_has_no_gap(
    machines: Machines, world: World, project: Tenant, owner: Person
) -> None:
    """ADR 0027: its places are given in the order of commits, in which the replica repeats them."""
    reader = patient(world.client(owner.token))
    copy, over = Copy(reader, project, size=5), asyncio.Event()

    async def read() -> None:
        while not over.is_set():
            await copy.follow()

    reading = asyncio.create_task(read())
    await asyncio.gather(*[write(owner.client, project, number) for number in range(3)])
    over.set()
    await reading
    await machines.follow()
    assert await read_from(reader, NAMES, id=project.id) == "replica"
    await copy.follow()
    assert copy.members == await whole(owner.client, project)
