"""Clients that leave before they are answered."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import asyncpg
import pytest

from models import AuditEvent, Tenant, database
from server import app
from settings import Settings
from tests.clients import Person
from tests.journeys.hosting import listening

RENAME = """mutation($id: ID!) {
  updateTenant(input: {tenantId: $id, name: "New"}) { __typename } }"""


@pytest.fixture
async def port(database: None) -> AsyncIterator[int]:
    """Of a server on a real socket, in this process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with listening(app.build(Settings()), listener):
            yield listener.getsockname()[1]


async def send(port: int, head: str, body: bytes) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    length = "Content-Type: application/json\r\nContent-Length: "
    writer.write(f"POST /graphql HTTP/1.1\r\nHost: x\r\n{head}{length}".encode() + body)
    await writer.drain()
    return writer


async def until(rival: asyncpg.Connection, waiting: int) -> None:
    """So many statements of ours wait for a lock."""
    query = (
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10):
        while await rival.fetchval(query) != waiting:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.02)


async def test_a_change_whose_client_leaves_is_made_as_a_whole(
    owner: Person, project: Tenant, port: int, rival: asyncpg.Connection
) -> None:
    """CASES 23: he leaves while it waits for the tenant; name and audit are one."""
    asked = json.dumps({"query": RENAME, "variables": {"id": project.id}}).encode()
    async with rival.transaction():
        await rival.execute("select from tenants where id = $1 for update", project.id)
        bearer = f"Authorization: Bearer {owner.token}\r\n"
        writer = await send(port, bearer, b"%d\r\n\r\n%b" % (len(asked), asked))
        await until(rival, waiting=1)
        writer.transport.abort()
        await asyncio.sleep(0.1)
    async with asyncio.timeout(10):
        while not (found := await seen(project))[1]:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.02)
    assert found == ("New", 1)


async def seen(tenant: Tenant) -> tuple[str, int]:
    """Its name, and how many records there are of its change."""
    async with database.transaction(database.SYSTEM, read_only=True):
        records = await AuditEvent.filter(tenant_id=tenant.id).count()
        await tenant.refresh_from_db(fields=["name"])  # after them: it may become true in between
        return tenant.name, records


async def test_who_leaves_in_the_middle_of_a_body_is_no_failure_of_ours(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """CASES 34: such lines would hide others. Without `Patience` it would be logged as one."""
    writer = await send(port, "", b'100\r\n\r\n{"query":')
    await asyncio.sleep(0.1)
    writer.transport.abort()
    printed = ""
    async with asyncio.timeout(10):
        while "route=/graphql" not in printed:
            await asyncio.sleep(0.02)
            printed += capsys.readouterr().out
    assert "status=499" in printed
    assert "failed" not in printed
