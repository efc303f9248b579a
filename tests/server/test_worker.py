import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from auth import limits
from mail import delivery
from mail.delivery import Carrier, Claimed
from mail.transport import SmtpTransport
from models import (
    AppAction,
    AppSession,
    Channel,
    OutboxState,
    RateLimit,
    Session,
    SigningKey,
    Tenant,
    WebhookDelivery,
)
from models import database as db
from resolvers import operator_reports, signing_keys
from server import running, worker
from settings import Settings
from tests import app_servers
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.mail import gateway as gateways
from tests.mail import offers
from tests.mail import sink as sinks
from tests.mail.gateway import Gateway, replying, sending
from tests.mail.sink import Sink
from tests.mail.test_app_calls import Hanging
from tests.resolvers import app_steps, report_steps, webhook_steps

QUICK = timedelta(seconds=0.01)


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with sinks.listening(Sink()) as listening:
        yield listening


@asynccontextmanager
async def working(*carriers: Carrier) -> AsyncIterator[asyncio.Event]:
    """A worker beside the block; it has stopped when the block is left."""
    stop = asyncio.Event()
    run = asyncio.create_task(worker.run(*carriers, stop=stop, idle=QUICK, trouble=QUICK))
    try:
        yield stop
    finally:
        stop.set()
        await run


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 the sink tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("database")
async def test_what_is_due_leaves_until_nothing_is_left(sink: Sink) -> None:
    async with working(SmtpTransport.at(sink.url)):
        await offers.tell(3)
        await until(lambda: len(sink.received) == 3)


@pytest.mark.usefixtures("database")
async def test_a_worker_that_is_stopped_finishes_the_mail_in_hand(sink: Sink) -> None:
    """CASES 137."""
    reached, released = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await released.wait()

    sink.before_reply = hold
    await offers.tell(2)
    async with working(SmtpTransport.at(sink.url)) as stop:
        await reached.wait()
        stop.set()
        released.set()
    states = [entry.state for entry in await offers.entries()]
    assert states == [OutboxState.SENT, OutboxState.QUEUED]


@pytest.mark.usefixtures("database")
async def test_an_idle_worker_stops_at_once() -> None:
    stop = asyncio.Event()
    idle = timedelta(hours=1)
    run = asyncio.create_task(worker.run(SmtpTransport("unused"), stop=stop, idle=idle))
    await asyncio.sleep(0.1)
    stop.set()
    async with asyncio.timeout(30):
        await run


@pytest.mark.usefixtures("database")
async def test_sms_leave_while_the_mail_server_is_away() -> None:
    """Issue 4.2: each channel has its own queue; and the mails leave once it is back."""
    async with sinks.listening(Sink()) as sink:
        pass
    await offers.tell(2)
    await offers.text()
    async with (
        gateways.listening(Gateway()) as gateway,
        working(SmtpTransport.at(sink.url), gateway.transport),
    ):
        await until(lambda: len(gateway.received) == 1)
        async with sinks.listening(sink):
            await until(lambda: len(sink.received) == 2)


@pytest.mark.usefixtures("database")
async def test_mails_leave_while_the_gateway_is_away_or_hangs(sink: Sink) -> None:
    """Issue 4.2."""
    gateway = Gateway()
    gateway.answers = [replying(401)] * 5 + [sending(then_hang=True)]
    await offers.text()
    async with gateways.listening(gateway):
        # An answer later than that would be another trouble, after which an SMS waits a minute.
        quick = dataclasses.replace(gateway.transport, deadline=timedelta(seconds=3))
        async with working(SmtpTransport.at(sink.url), quick):
            await until(lambda: len(gateway.received) == 6)
            await offers.tell(3)
            await until(lambda: len(sink.received) == 3)
            assert gateway.answers == []


@pytest.mark.usefixtures("database")
async def test_mails_wait_for_a_mail_server_that_is_away() -> None:
    """CASES 124."""
    async with sinks.listening(Sink()) as sink:
        pass
    await offers.tell(2)
    async with working(SmtpTransport.at(sink.url)):
        await asyncio.sleep(0.1)
        async with sinks.listening(sink):
            await until(lambda: len(sink.received) == 2)


async def test_a_worker_outlives_a_database_that_is_busy(
    sink: Sink, database_urls: tuple[str, str], configure: Callable[..., Settings]
) -> None:
    """CASES 133: the only connection is taken for a while."""
    acquire = timedelta(seconds=0.3)
    await db.start(
        database_urls[0], configure(database_pool_size=1, database_acquire_timeout=acquire)
    )
    await offers.tell()
    async with working(SmtpTransport.at(sink.url)):
        async with db.transaction(db.SYSTEM):
            await asyncio.sleep(0.7)
        await until(lambda: len(sink.received) == 1)
    await db.stop()


@pytest.mark.usefixtures("database")
async def test_a_worker_outlives_what_nobody_foresaw(
    sink: Sink, database_urls: tuple[str, str]
) -> None:
    await offers.tell()
    owner = await asyncpg.connect(**db.parse(database_urls[1]))
    await owner.execute("revoke update on outbox_entries from tenantry")
    async with working(SmtpTransport.at(sink.url)):
        await asyncio.sleep(0.1)
        await owner.execute("grant update on outbox_entries to tenantry")
        await until(lambda: len(sink.received) == 1)
    await owner.close()


async def test_reports_and_reminders_leave_and_neither_holds_up_the_other(
    sink: Sink, world: World, clock: Clock
) -> None:
    """Issue 5.8: a reminder that cannot be written is tried again."""
    organization = await report_steps.organization(world)
    await report_steps.operator(world, organization)
    served = await report_steps.serve(world, organization)
    tenant, nameless = await world.tenant(), await report_steps.tariff(RU="Начало")
    await world.join(tenant)
    await operator_reports.send_due()
    await report_steps.subscribe(served)
    await report_steps.subscribe(tenant, nameless, days=14)
    clock.move(timedelta(days=7))
    async with working(SmtpTransport.at(sink.url)):
        await until(lambda: len(sink.received) == 1)
        await report_steps.change(nameless, names={"EN": "Start"})
        await until(lambda: len(sink.received) == 2)


async def test_counters_sessions_and_keys_whose_time_is_over_are_forgotten(
    sink: Sink, world: World, clock: Clock
) -> None:
    await limits.count(limits.counter("test", "1/minute", "somebody"))
    tenant = await world.tenant()
    owner = await world.join(tenant)
    app = await app_steps.create(owner, tenant)
    await app_servers.launch(owner, app)
    await app_steps.set_control(owner, app)
    await app_steps.ask(owner, app)
    webhook = await webhook_steps.made(owner, tenant)
    await webhook_steps.test(owner, webhook)
    await webhook_steps.switch(owner, webhook, enabled=False)
    newest = await signing_keys.rotate()
    clock.move(timedelta(days=91))
    async with working(SmtpTransport.at(sink.url)):
        await asyncio.sleep(0.1)
    async with db.transaction(db.SYSTEM):
        assert await RateLimit.all().count() == 0
        assert await Session.all().count() == 0
        assert await AppSession.all().count() == 0
        assert await AppAction.all().count() == 0
        assert await WebhookDelivery.all().count() == 0
        assert [key.id for key in await SigningKey.all()] == [newest.id]


def test_a_process_sends_four_mails_at_once_and_calls_four_apps_and_four_webhooks() -> None:
    """ADR 0023, ADR 0031: some hang, and a mail server far away takes its time."""
    channels = [carrier.channel for carrier in running.carriers(Settings())]
    calls = [*[Channel.APP] * 4, *[Channel.WEBHOOK] * 4]
    assert channels == [*[Channel.MAIL] * 4, Channel.SMS, *calls]


async def test_of_the_carriers_of_a_channel_one_looks_while_the_others_carry(
    project: Tenant, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ADR 0031: idle ones cost nothing, and one endpoint that hangs holds up no other."""
    looking, most, claim = 0, 0, delivery.claim_next

    async def watched(carrier: Carrier) -> Claimed | None:
        nonlocal looking, most
        looking += 1
        most = max(most, looking)
        try:
            return await claim(carrier)
        finally:
            looking -= 1

    monkeypatch.setattr(delivery, "claim_next", watched)
    async with gateways.listening(Gateway()) as first, gateways.listening(Gateway()) as second:
        held = Hanging(first), Hanging(second)
        for gateway in (first, second):
            await webhook_steps.made(owner, project, gateway.url, ["app.create"])
        await app_steps.create(owner, project)
        async with working(*[webhook_steps.CALLER] * 3):
            for hanging in held:
                await hanging.reached.wait()  # while the other one waits for its answer
            for hanging in held:
                hanging.released.set()
    assert most == 1
