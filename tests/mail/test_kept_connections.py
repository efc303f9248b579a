"""A connection is kept from one mail to the next, as long as the server likes and there are any."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise

import pytest

from mail import delivery
from mail import transport as transports
from mail.transport import SmtpTransport
from models import OutboxState
from server import worker
from tests.faults import mailserver
from tests.faults.mailserver import Act, Dialogue, Mailserver, drop, silent
from tests.mail import offers

pytestmark = pytest.mark.usefixtures("database")

QUICK, HUNG = timedelta(seconds=0.02), 30


def from_the_second_on(act: Act) -> Act:
    """On each connection."""

    async def later(dialogue: Dialogue) -> str | None:
        return await act(dialogue) if dialogue.steps.count("MAIL") > 1 else None

    return later


async def enough(_: Dialogue) -> str:
    return "421 4.7.0 too many mails over this connection"


@asynccontextmanager
async def working(
    carrier: SmtpTransport, *, times: int, **pauses: timedelta
) -> AsyncIterator[None]:
    """A worker beside the block, with so many mails at once."""
    stop, given = asyncio.Event(), {"idle": QUICK, "trouble": QUICK} | pauses
    run = asyncio.create_task(worker.run(*[carrier] * times, stop=stop, **given))
    try:
        yield
    finally:
        stop.set()
        await run


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(HUNG):
        while not condition():  # noqa: ASYNC110 the server tells nobody
            await asyncio.sleep(0.01)


async def test_mails_in_a_row_leave_over_one_connection_which_ends_with_them() -> None:
    await offers.tell(3)
    async with mailserver.listening(Mailserver()) as server:
        await delivery.deliver_due(SmtpTransport.at(server.url))
    assert (server.count("banner"), len(server.received), server.count("QUIT")) == (1, 3, 1)


@pytest.mark.parametrize("act", [drop, enough, silent], ids=["closes", "has enough", "is silent"])
async def test_a_server_that_ends_a_connection_between_two_mails_delays_neither(
    act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CASES 121, 122: nothing was known of the mail yet, so it goes over another at once."""
    monkeypatch.setattr(transports, "_PROMPTLY", 0.2)
    await offers.tell(3)
    server = Mailserver({"MAIL": from_the_second_on(act)})
    async with mailserver.listening(server):
        await delivery.deliver_due(SmtpTransport.at(server.url))
    assert server.count("banner") == 3
    found = {(entry.state, entry.attempts) for entry in await offers.entries()}
    assert found == {(OutboxState.SENT, 1)}


@pytest.mark.parametrize("step", ["RCPT", "text"])
async def test_a_mail_that_is_refused_leaves_nothing_half_said_to_the_next(step: str) -> None:
    """CASES 120: a connection on which anything went wrong is not kept."""

    async def first(_: Dialogue) -> str | None:
        return "550 5.1.1 no" if server.count(step) == 1 else None

    await offers.tell(3)
    server = Mailserver({step: first})
    async with mailserver.listening(server):
        await delivery.deliver_due(SmtpTransport.at(server.url))
    assert [dialogue.steps.count("MAIL") for dialogue in server.dialogues] == [1, 2]
    assert server.recipients == ["member1@example.org", "member2@example.org"]


async def test_several_mails_leave_at_once_over_as_many_connections() -> None:
    """A mail server that is far away answers each step late, and not one mail after the other."""
    reached, released = asyncio.Semaphore(0), asyncio.Event()

    async def hold(_: Dialogue) -> None:
        reached.release()
        await released.wait()

    await offers.tell(8)
    server = Mailserver({"text": hold})
    async with mailserver.listening(server):
        async with working(SmtpTransport.at(server.url), times=4), asyncio.timeout(HUNG):
            for _ in range(4):
                await reached.acquire()
            assert server.count("banner") == 4
            released.set()
            await until(lambda: len(server.received) == 8)
        assert server.count("banner") == server.count("QUIT") == 4
    assert len(set(server.recipients)) == 8


async def test_a_worker_with_nothing_to_send_keeps_no_connection() -> None:
    await offers.tell(2)
    async with (
        mailserver.listening(Mailserver()) as server,
        working(SmtpTransport.at(server.url), times=4),
    ):
        await until(lambda: len(server.received) == 2)
        await until(lambda: server.count("QUIT") == server.count("banner"))


async def test_mails_at_once_keep_the_pace_together() -> None:
    """CASES 124: so many in a second, over however many connections."""
    moments: list[float] = []

    async def note(_: Dialogue) -> None:
        moments.append(asyncio.get_running_loop().time())

    pace = timedelta(seconds=0.2)
    await offers.tell(4)
    async with (
        mailserver.listening(Mailserver({"text": note})) as server,
        working(SmtpTransport.at(server.url), times=4, pace=pace),
    ):
        await until(lambda: len(server.received) == 4)
    assert min(after - before for before, after in pairwise(moments)) > pace.total_seconds() / 2


async def test_while_a_server_takes_nobodys_mails_none_is_tried() -> None:
    """CASES 121: those under way hear the same, and then all rest."""
    await offers.tell(20)
    async with (
        mailserver.listening(Mailserver({"MAIL": "451 4.7.1 not now"})) as server,
        working(SmtpTransport.at(server.url), times=4, trouble=timedelta(hours=1)),
    ):
        await until(lambda: server.count("MAIL") > 0)
        await asyncio.sleep(0.3)
        assert server.count("MAIL") <= 4
    assert {entry.attempts for entry in await offers.entries()} == {0}
