"""What the network between us and PostgreSQL may do, and what our side of it says then.

A failure is typed and comes within two seconds; nobody hangs; and a second after the trouble is
over everything works again, without a restart of ours.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

import errors
from models import User, announcements, database, inbox
from settings import CHECKOUT, Settings
from tests.clients import Person
from tests.factories import World
from tests.faults import mailserver
from tests.faults.mailserver import Mailserver
from tests.faults.proxy import Proxy, Stop
from tests.mail import offers

SECOND = timedelta(seconds=1)
HURRIED: dict[str, Any] = {"database_pool_size": 4, "database_acquire_timeout": SECOND}
LATEST, HUNG, BACK = 4, 20, 3
"""Seconds: a failure at the latest, and what is no answer; twice of what is promised and more, for
the machine is busy.
"""


@pytest.fixture
async def through(proxy: Proxy, configure: Callable[..., Settings]) -> AsyncIterator[Proxy]:
    """The pool goes through it; some connections are open already."""
    await database.start(proxy.url, configure(**HURRIED))
    await asyncio.gather(*[ask() for _ in range(4)])
    yield proxy
    await database.stop()


async def ask() -> None:
    async with database.transaction(database.SYSTEM):
        await User.exists()


async def failing(count: int = 8) -> None:
    """Everybody who asks is told soon, and by a failure of ours."""
    begun = time.monotonic()
    async with asyncio.timeout(HUNG):
        outcomes = await asyncio.gather(*[ask() for _ in range(count)], return_exceptions=True)
    assert {type(each) for each in outcomes} <= {errors.ServiceUnavailable, errors.Timeout}
    assert time.monotonic() - begun < LATEST


async def working() -> None:
    """Within a second everybody who asks is answered; until then failures are typed."""
    async with asyncio.timeout(BACK):
        while True:
            try:
                await asyncio.gather(*[ask() for _ in range(4)])
            except errors.Failure:
                await asyncio.sleep(0.05)
            else:
                return


async def test_a_database_that_takes_everything_and_says_nothing_is_away(through: Proxy) -> None:
    """CASES 132. The line that holds it: `self.client.start(...)` in
    `models.transactions.Transaction`, by its time; else they wait as long as a statement may take.
    """
    for _ in range(2):
        through.swallows = True
        await failing()
        through.swallows = False
        await working()


async def test_so_is_one_that_falls_silent_in_the_middle(
    through: Proxy, configure: Callable[..., Settings]
) -> None:
    """CASES 132: `command_timeout` in `models.connecting`, and no wait for what it cancels."""
    await database.start(through.url, configure(**HURRIED, database_statement_timeout=SECOND / 2))

    async def interrupted() -> None:
        async with database.transaction(database.SYSTEM):
            await User.exists()
            through.swallows = True
            await User.exists()

    begun = time.monotonic()
    async with asyncio.timeout(HUNG):
        with pytest.raises((errors.ServiceUnavailable, errors.Timeout)):
            await interrupted()
    assert time.monotonic() - begun < LATEST
    through.swallows = False
    await working()


async def test_who_gives_up_waiting_is_not_kept_by_a_silent_database(through: Proxy) -> None:
    """CASES 22, 23: neither by the end of what is under way, `rollback` in `models.database`."""

    async def interrupted() -> None:
        async with database.transaction(database.SYSTEM):
            through.swallows = True
            await User.exists()

    waiting = asyncio.create_task(interrupted())
    await asyncio.sleep(0.2)
    waiting.cancel()
    async with asyncio.timeout(LATEST):
        await asyncio.wait({waiting})
    through.swallows = False
    await working()


@pytest.mark.parametrize("reset", [False, True])
async def test_connections_that_are_cut_or_reset_are_made_again(
    through: Proxy, *, reset: bool
) -> None:
    """CASES 132."""
    through.refuses = True
    through.cut(reset=reset)
    await failing()
    through.refuses = False
    await working()


@pytest.fixture
def alone() -> list[str]:
    """The command that runs another in a network of its own."""
    command = ["unshare", "--net"]
    tried = shutil.which("unshare") and subprocess.run([*command, "true"], check=False)  # noqa: S603 ours
    if not tried or tried.returncode:
        pytest.skip("nobody may make networks here")
    return command


async def test_a_network_that_is_gone_is_told_from_a_statement_that_takes_its_time(
    alone: list[str], database_urls: tuple[str, str]
) -> None:
    """CASES 132: it might take a minute, and ends in seconds. The line that holds it: `_watch` in
    `models.connecting`.
    """
    process = await asyncio.create_subprocess_exec(
        *(*alone, sys.executable, "-m", "tests.faults.unplugged", database_urls[0]),
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
    )
    async with asyncio.timeout(HUNG + 30):
        printed, _ = await process.communicate()
    found = json.loads(printed)
    assert found["told"] == "SERVICE_UNAVAILABLE"
    assert found["took"] < 2 * LATEST
    assert found["back"] < BACK


async def test_a_slow_line_is_slow_and_nothing_else(through: Proxy) -> None:
    """Delayed, or byte by byte: no statement is cut off for it."""
    through.pause = 0.05
    await asyncio.wait_for(ask(), HUNG)
    through.pause, through.size = 0.0, 1
    await asyncio.wait_for(asyncio.gather(*[ask() for _ in range(4)]), HUNG)


async def test_the_first_to_connect_is_told_as_soon(
    proxy: Proxy, configure: Callable[..., Settings]
) -> None:
    """CASES 132: those who come at the same moment do not wait for each other's failure."""
    proxy.swallows = True
    await database.start(proxy.url, configure(**HURRIED))
    await failing()
    proxy.swallows = False
    await working()
    await database.stop()


async def test_a_client_is_told_that_the_database_is_away_and_nothing_of_it(
    through: Proxy, configure: Callable[..., Settings]
) -> None:
    """CASES 132: queries and mutations alike."""
    configure(**HURRIED)
    world = World()
    person = await world.person()
    create = 'mutation { createTenant(input: {name: "New", catalog: PROJECT}) { __typename } }'
    for operation in ("{ me { login } }", create):
        through.swallows = True
        begun = time.monotonic()
        answer = await asyncio.wait_for(person.client.post(operation), HUNG)
        assert time.monotonic() - begun < LATEST
        [error] = answer.json()["errors"]
        assert error["extensions"]["code"] in {"SERVICE_UNAVAILABLE", "TIMEOUT"}
        through.swallows = False
        await working()
        assert await person.ask("{ me { login } }")


async def test_the_line_that_listens_is_made_again(
    through: Proxy, configure: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """ADR 0026: whoever listens is told that he may have missed something, also where the server
    falls silent while it is asked to listen: `command_timeout` in `models.announcements`.
    """
    for name, seconds in (("_PULSE", 0.2), ("_PATIENCE", 0.3), ("_PAUSE", 0.05)):
        monkeypatch.setattr(announcements, name, seconds)
    chosen = configure(**HURRIED)
    async with announcements.listening(through.url, chosen):
        with inbox.inbox("somebody", at_most=1) as box:
            box.follow(["members:ten_x"])
            for falls_silent in (False, True):
                through.swallows = falls_silent
                if not falls_silent:
                    through.cut()
                await asyncio.sleep(0.8)
                through.swallows = False
                assert await asyncio.wait_for(box.get(), HUNG) == ("members:ten_x", None)
    stop = Stop(b"LISTEN")
    through.stop = stop
    async with asyncio.timeout(HUNG), announcements.listening(through.url, chosen):
        assert stop.reached.is_set()


async def test_a_worker_goes_on_when_the_database_is_back(through: Proxy) -> None:
    """CASES 124, 132."""
    await offers.tell(3)
    through.swallows = True
    async with mailserver.listening(Mailserver()) as server, mailserver.delivering(server):
        await asyncio.sleep(0.5)
        through.cut()
        through.swallows = False
        async with asyncio.timeout(HUNG):
            while len(server.received) < 3:  # noqa: ASYNC110 it tells nobody
                await asyncio.sleep(0.02)
    assert sorted(server.recipients) == [f"member{n}@example.org" for n in range(3)]


async def test_a_mail_that_was_taken_while_the_database_was_away_is_not_sent_again(
    through: Proxy,
) -> None:
    """CASES 116, 132: whoever holds it marks it as soon as he can, while it is still his. The line
    that holds it: `_settle` is tried again in `mail.delivery._keep`.
    """

    async def away(_: mailserver.Dialogue) -> None:
        if not through.refuses:
            through.refuses = True
            through.cut()

    await offers.tell()
    async with (
        mailserver.listening(Mailserver({"text": away})) as server,
        mailserver.delivering(server),
    ):
        async with asyncio.timeout(HUNG):
            while not server.received:  # noqa: ASYNC110 it tells nobody
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        through.refuses = False
        async with asyncio.timeout(HUNG):
            while (await offers.only_entry()).state != "SENT":  # noqa: ASYNC110 no event
                await asyncio.sleep(0.05)
    assert len(server.received) == 1


async def test_members_see_the_tenant_again(
    through: Proxy, configure: Callable[..., Settings]
) -> None:
    """CASES 132: a read in the middle of which the line is cut is said to have failed."""
    configure(**HURRIED)
    world = World()
    tenant = await world.tenant()
    owner: Person = await world.join(tenant)
    query = "query($id: ID!) { tenant(id: $id) { name } }"
    through.stop = stop = Stop(b"tenants")
    asking = asyncio.create_task(owner.client.execute(query, id=tenant.id))
    await asyncio.wait_for(stop.reached.wait(), HUNG)
    through.cut(reset=True)
    answer = await asyncio.wait_for(asking, HUNG)
    codes = {error["extensions"]["code"] for error in answer["errors"]}
    assert codes == {"SERVICE_UNAVAILABLE"}
    assert await owner.ask(query, id=tenant.id) == {"tenant": {"name": "Acme"}}
