"""What has to be up while a command runs: the database, embedded or named, and the worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlsplit

from mail import sms, transport
from mail.app_calls import AppCaller
from mail.delivery import Carrier
from models import announcements, database, embedded, migrating
from server import worker
from settings import ConfigurationError, Settings

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
    """How mails leave, SMS where they do, and calls of apps: several at once, since some hang."""
    texts, calls = sms.choose(settings), AppCaller.at(settings)
    return [transport.choose(settings), *([texts] if texts else []), *[calls] * _CALLS_AT_ONCE]


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[None]:
    """A worker runs beside; leaving waits for the mail in hand."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(*carriers(settings), stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task
