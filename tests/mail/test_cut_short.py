"""CASES 137: what a worker that has to go has in hand."""

import asyncio
from contextlib import suppress

import pytest
import structlog

from mail import delivery
from mail.transport import SmtpTransport
from models import OutboxState
from tests.mail import offers
from tests.mail.sink import Sink

pytestmark = pytest.mark.usefixtures("database")


async def test_a_mail_whose_worker_is_cut_short_is_anothers_at_once(
    sink: Sink, transport: SmtpTransport
) -> None:
    """Its lease is given back, not waited for; the try counts, since it may have arrived."""
    await offers.tell()
    reached = asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    sink.before_reply = hang
    cut = asyncio.create_task(delivery.deliver_next(transport))
    await reached.wait()
    cut.cancel()
    with suppress(asyncio.CancelledError):
        await cut
    entry = await offers.only_entry()
    assert (entry.state, entry.lease, entry.attempts) == (OutboxState.QUEUED, None, 1)
    sink.before_reply = None
    assert await delivery.deliver_next(transport)
    assert len(sink.received) == 1


async def test_every_line_of_a_delivery_names_its_entry(
    transport: SmtpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those of the modules that know nothing of the outbox."""
    await offers.tell()
    log = structlog.get_logger()

    async def send(_: SmtpTransport, *_rest: object, **_named: object) -> None:
        log.info("about to leave")

    monkeypatch.setattr(SmtpTransport, "send", send)
    with structlog.testing.capture_logs(
        processors=[structlog.contextvars.merge_contextvars]
    ) as logged:
        await delivery.deliver_next(transport)
        log.info("something else")
    entry = await offers.only_entry()
    assert {line["event"]: line.get("entry") for line in logged} == {
        "about to leave": entry.id,
        "mail.settled": entry.id,
        "something else": None,
    }
