"""What has changed, as PostgreSQL announces it to every process that listens (ADR 0026).

Triggers (migrations/0008_live.sql) announce ids in the transaction of the change. One connection of
a process hears them, outside the pool; it knows itself lost by a sign of life that does not come,
and is made again, whereupon everybody is told that he may have missed something.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import orjson
import structlog

from models import database
from models import inbox as inboxes
from settings import Settings

CHANNEL = "tenantry"
_PAUSE, _PULSE, _PATIENCE = 0.5, 10, 5
"""Seconds: before trying again, between two signs of life, and until one is given up."""

_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

_log = structlog.get_logger()


def members(tenant_id: str) -> str:
    """Topic: ids of members."""
    return f"members:{tenant_id}"


def invitations(tenant_id: str) -> str:
    """Topic: ids of invitations whose mails fare differently."""
    return f"invitations:{tenant_id}"


def access(user_id: str) -> str:
    """Topic: ids of tenants where his role, status or single permissions are others."""
    return f"access:{user_id}"


def place(member_id: str) -> str:
    """Topic: the id of his tenant; his rights on apps are others."""
    return f"place:{member_id}"


def tenant(tenant_id: str) -> str:
    """Topic: its own id; it was deleted, or may do other things for others."""
    return f"tenant:{tenant_id}"


def session(session_id: str) -> str:
    """Topic: its own id; it has ended."""
    return f"session:{session_id}"


def key(key_id: str) -> str:
    """Topic: its own id; the API key was revoked, or its secret is another."""
    return f"key:{key_id}"


def imports(tenant_id: str) -> str:
    """Topic: ids of imports of members that went on."""
    return f"imports:{tenant_id}"


_OF_TENANT = {"members": members, "access": members, "invitations": invitations, "imports": imports}
"""The topics of a tenant among what is announced."""

_PERSONAL = {
    "members": access,
    "access": place,
    "sessions": session,
    "tenants": tenant,
    "keys": key,
}
"""The topics of single ones."""


@asynccontextmanager
async def listening(url: str, settings: Settings) -> AsyncIterator[None]:
    """Inboxes are filled from what is announced in the database at `url`.

    Begins when it hears, or could not connect for the first time.
    """
    tried = asyncio.Event()
    timeout = settings.database_acquire_timeout.total_seconds()
    times = {"timeout": timeout, "command_timeout": _PATIENCE}
    line = asyncio.create_task(_listen(database.parse(url) | times, tried))
    await tried.wait()
    inboxes.open_all()
    try:
        yield
    finally:
        inboxes.close_all()
        line.cancel()
        with suppress(asyncio.CancelledError):
            await line


async def _listen(credentials: dict[str, Any], tried: asyncio.Event) -> None:
    names = {"application_name": "tenantry listening"}
    while True:
        try:
            connection = await asyncpg.connect(**credentials, server_settings=names)
            try:
                await _hear(connection, tried)
            finally:
                connection.terminate()
        except _LOST as error:
            _log.warning("listening.interrupted", error=type(error).__name__)
        tried.set()
        await asyncio.sleep(_PAUSE)


async def _hear(connection: asyncpg.Connection, tried: asyncio.Event) -> None:
    """Raises one of `_LOST`."""
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    await connection.add_listener(CHANNEL, _deliver)
    tried.set()
    inboxes.tell_all()
    while not lost.is_set():
        try:
            await asyncio.wait_for(lost.wait(), _PULSE)
        except TimeoutError:
            await connection.execute("select 1")
    raise ConnectionError


def _deliver(_connection: object, _pid: int, _channel: str, payload: object) -> None:
    told = orjson.loads(str(payload))
    about, tenant_id, ids = told["about"], told["tenant"], told["ids"]
    if tenant_id is not None:
        inboxes.tell(_OF_TENANT[about](tenant_id), ids)
    if about in _PERSONAL:
        concerned = told["users"] if about == "members" else ids
        _tell_each(_PERSONAL[about], concerned, tenant_id)


def _tell_each(
    topic: Callable[[str], str], concerned: list[str] | None, tenant_id: str | None
) -> None:
    """Everybody, where they were too many to be named."""
    if concerned is None:
        inboxes.tell_all(topic(""))
        return
    for one in concerned:
        inboxes.tell(topic(one), [tenant_id or one])
