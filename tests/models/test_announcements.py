"""What PostgreSQL announces and when, as the inboxes of a process hear it (issue 7.4)."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import orjson
import pytest

import errors
from models import Member, Tenant, announcements, database, inbox
from models.inbox import Inbox
from tests import databases
from tests.clients import Person
from tests.conftest import DEFAULTS

WITHIN = 30
LONGEST_ID = 32
NAMED = 100
IMPORT = """
insert into members (id, tenant_id, status, role, email, email_key, name_key, is_first_user,
  created_at, updated_at)
select 'mem_' || n, $1, 'PENDING', 'ACCOUNTANT', n, n, '', false, now(), now()
from generate_series(1, 10000) n
"""


@pytest.fixture
async def received(project: Tenant) -> AsyncIterator[Inbox]:
    """Follows the members of `project`."""
    async with announcements.listening(databases.address(), DEFAULTS):
        with inbox.inbox("somebody", at_most=1) as made:
            made.follow([announcements.members(project.id)])
            yield made


async def told(received: Inbox) -> str | None:
    async with asyncio.timeout(WITHIN):
        return (await received.get())[1]


async def limit(member_id: str, *, fails: bool = False) -> None:
    """Any change of that member."""
    async with database.transaction(database.SYSTEM):
        await Member.filter(id=member_id).update(max_sessions=1)
        if fails:
            raise ZeroDivisionError


async def test_what_is_rolled_back_is_never_announced(
    owner: Person, manager: Person, received: Inbox
) -> None:
    with pytest.raises(ZeroDivisionError):
        await limit(owner.member_id, fails=True)
    await limit(manager.member_id)
    assert await told(received) == manager.member_id


async def test_a_statement_is_announced_once_however_many_rows_it_changes(
    project: Tenant, received: Inbox
) -> None:
    """An import of ten thousand rows is one notification, and one message."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(**database.parse(databases.address()))
    await listener.add_listener(
        announcements.CHANNEL, lambda *said: heard.put_nowait(str(said[-1]))
    )
    async with database.transaction(database.SYSTEM):
        await database.rows(IMPORT, project.id)
    assert await told(received) is None
    await listener.execute("select pg_notify($1, 'last')", announcements.CHANNEL)
    async with asyncio.timeout(WITHIN):
        assert orjson.loads(await heard.get())["tenant"] == project.id
        assert await heard.get() == "last"
    await listener.close()


async def test_as_many_ids_as_are_named_fit_into_a_notification(
    project: Tenant, received: Inbox
) -> None:
    """TRAPS 30."""
    longest = [f"{number:0>{LONGEST_ID}}" for number in range(NAMED)]
    async with database.transaction(database.SYSTEM):
        await database.rows("select announce('members', $1, $2, $2)", project.id, longest)
    assert {await told(received) for _ in longest} == set(longest)


async def test_a_connection_that_is_lost_is_made_again(manager: Person, received: Inbox) -> None:
    """Whoever listens is told that he may have missed something."""
    async with database.transaction(database.SYSTEM):
        [lost] = await database.rows(
            "select pg_terminate_backend(pid) as done from pg_stat_activity"
            " where application_name = 'tenantry listening' and datname = current_database()"
        )
    assert lost["done"]
    assert await told(received) is None
    await limit(manager.member_id)
    assert await told(received) == manager.member_id


async def test_an_inbox_stays_small_however_slowly_it_is_read() -> None:
    """Once an id, and instead of too many the word that it may be any."""
    inbox.open_all()
    with inbox.inbox("somebody", at_most=1) as slow:
        slow.follow(["few", "many"])
        for number in range(1000):
            inbox.tell("few", [f"id_{number % 2}"])
            inbox.tell("many", [f"id_{number}"])
            inbox.tell("of others", [f"id_{number}"])
        heard = [await slow.get() for _ in range(3)]
        assert sorted(heard[:2]) == [("few", "id_0"), ("few", "id_1")]
        assert heard[2] == ("many", None)
        inbox.close_all()
        with pytest.raises(errors.Interrupted):
            await slow.get()
