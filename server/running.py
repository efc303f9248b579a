"""What has to be up while a command runs: the database, embedded or named, and the worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from urllib.parse import urlsplit

from auth import quotas
from mail import sms, transport
from mail.app_calls import AppCaller
from mail.delivery import Carrier
from mail.webhook_calls import WebhookCaller
from models import announcements, database, embedded, migrating
from resolvers import webhook_outcomes
from server import worker
from settings import ConfigurationError, Settings

WORK_ENDS_WITHIN = 10  # seconds
_MAILS_AT_ONCE = 4
_CALLS_AT_ONCE = 4


@asynccontextmanager
async def addresses(settings: Settings) -> AsyncIterator[tuple[str, str | None]]:
    """The database's address for serving and, where it is known, for its owner."""
    if settings.database_url is not None:
        owner = settings.migration_database_url
        yield (
            settings.database_url.get_secret_value(),
            owner.get_secret_value() if owner else None,
        )
        return
    server = await embedded.start(settings.data_dir)
    try:
        yield server.url, server.migration_url
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def pool(settings: Settings) -> AsyncIterator[str]:
    """Queries may be made; the database is there, migrated, and its role cannot bypass policies.

    Its address.

    Raises:
        migrating.NotReady
    """
    async with addresses(settings) as (url, _):
        await database.start(url, settings)
        try:
            await migrating.require_ready()
            yield url
        finally:
            await quotas.close()
            await database.stop()


def listening(settings: Settings, url: str) -> AbstractAsyncContextManager[None]:
    """Subscriptions may be made, of what is announced in the pool's database at `url`."""
    named = settings.listening_database_url
    return announcements.listening(named.get_secret_value() if named else url, settings)


async def migrate(settings: Settings) -> None:
    """Raises:
    ConfigurationError: nobody said who owns the tables.
    """
    async with addresses(settings) as (url, owner):
        if owner is None:
            message = "TENANTRY_MIGRATION_DATABASE_URL: names the owner of the tables; set it"
            raise ConfigurationError(message)
        await migrating.migrate(owner, serving_role=urlsplit(url).username or "")


def carriers(settings: Settings) -> list[Carrier]:
    """How mails leave, SMS where they do, and calls to apps and webhooks: several at once, since
    some hang, and each waits for its answers.
    """
    mails, texts = transport.choose(settings), sms.choose(settings)
    calls = AppCaller.at(settings), WebhookCaller.at(settings, ledger=webhook_outcomes)
    return [
        *[mails] * _MAILS_AT_ONCE,
        *([texts] if texts else []),
        *(caller for caller in calls for _ in range(_CALLS_AT_ONCE)),
    ]


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[asyncio.Event]:
    """A worker runs beside, until the event is set or the block is left.

    What it has in hand then gets ten seconds to be finished, and is given back to the others after
    that; leaving the block waits for it.
    """
    stop = asyncio.Event()
    running = worker.run(*carriers(settings), stop=stop, pace=_pace(settings))
    work = asyncio.create_task(running)
    end = asyncio.create_task(_ended(work, stop))
    try:
        yield stop
    finally:
        stop.set()
        await end


def _pace(settings: Settings) -> timedelta:
    rate = settings.mails_per_second
    return timedelta(seconds=1 / rate) if rate else timedelta()


async def _ended(work: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Raises:
    Exception: what the work has failed of.
    """
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    await asyncio.wait({work}, timeout=WORK_ENDS_WITHIN)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
