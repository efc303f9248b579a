"""A database that lets a worker wait: what he holds in his hand stays his, and leaves once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import asyncpg
import pytest

import errors
from mail import delivery
from mail.transport import SmtpTransport
from models import OutboxState, database
from settings import Settings
from tests.conftest import Clock
from tests.mail import offers
from tests.mail.sink import Sink


@pytest.fixture(autouse=True)
async def _impatient(
    database_urls: tuple[str, str], configure: Callable[..., Settings]
) -> AsyncIterator[None]:
    """We wait for a rival's locks a fifth of a second at most."""
    hurried = configure(database_statement_timeout=timedelta(seconds=0.2))
    await database.start(database_urls[0], hurried)
    yield
    await database.stop()


async def test_what_cannot_be_read_for_now_is_nobodys_yet(
    rival: asyncpg.Connection, sink: Sink, transport: SmtpTransport
) -> None:
    """CASES 125, 132: it is no poison, and its claim is undone."""
    await offers.invite()
    async with rival.transaction():
        await rival.execute("lock table invitations in access exclusive mode")
        with pytest.raises(errors.Timeout):
            await delivery.claim_next(transport)
    assert await delivery.deliver_due(transport) == 1
    assert len(sink.received) == 1


async def test_what_was_sent_is_marked_once_that_is_possible(
    rival: asyncpg.Connection, sink: Sink, transport: SmtpTransport
) -> None:
    """CASES 116. The line that holds it: `_settle` is tried again in `mail.delivery._keep`."""
    await offers.invite()
    claimed = await delivery.claim_next(transport)
    assert claimed is not None
    async with asyncio.TaskGroup() as carrying, rival.transaction():
        await rival.execute("select from outbox_entries for update")
        carrying.create_task(delivery.carry(transport, claimed))
        async with asyncio.timeout(10):
            while not sink.received:  # noqa: ASYNC110 nobody tells
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.4)
    assert (await offers.only_entry()).state == OutboxState.SENT
    assert len(sink.received) == 1


async def test_nobody_marks_what_may_be_anothers_by_then(
    rival: asyncpg.Connection, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    """CASES 118: a lease ends, and with it the right to say what became of the mail."""
    await offers.invite()
    claimed = await delivery.claim_next(transport)
    assert claimed is not None
    clock.move(timedelta(minutes=2))
    async with rival.transaction():
        await rival.execute("select from outbox_entries for update")
        with pytest.raises(errors.Timeout):
            await delivery.carry(transport, claimed)
