"""Operations that take too long: they end in time, and nobody is told what is not so."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from models import Tenant, database, pool
from settings import Settings
from tests.clients import Person
from tests.factories import World

Configure = Callable[..., Settings]

LISTING = "query($id: ID!) { members(tenantId: $id) { edges { node { invitation { state } } } } }"
RENAMING = """mutation($id: ID!, $other: ID!) {
  first: updateTenant(input: {tenantId: $id, name: "First"}) { ...Named }
  second: updateTenant(input: {tenantId: $other, name: "Second"}) { ...Named }
}
fragment Named on UpdateTenantResult { ... on UpdateTenantPayload { tenant { name } } }"""
TELLING = """mutation($id: ID!) { updateTenant(input: {tenantId: $id, name: "New"}) {
  ... on UpdateTenantPayload { tenant { apps { totalCount } } } } }"""


@asynccontextmanager
async def holding(rival: asyncpg.Connection, table: str) -> AsyncIterator[None]:
    """Whoever reads the table waits; nobody waits any more for another reason."""
    async with rival.transaction():
        await rival.execute(f"lock table {table} in access exclusive mode")
        yield
        assert await waiting(rival) == 0
        state = pool.state(database.ALIAS)
        assert state.size == state.idle


async def waiting(rival: asyncpg.Connection) -> int:
    """Statements of ours that the server has not heard to be over; it needs a moment to hear."""
    for _ in range(40):
        found: int = await rival.fetchval(
            "select count(*) from pg_stat_activity where state <> 'idle'"
            " and datname = current_database() and usename = 'tenantry'"
        )
        if not found:
            break
        await asyncio.sleep(0.05)
    return found


async def name(tenant: Tenant) -> str:
    async with database.transaction(database.SYSTEM, read_only=True):
        await tenant.refresh_from_db(fields=["name"])
    return tenant.name


def codes(answer: dict[str, Any]) -> dict[str, str]:
    """Of its errors, by the root field; those of the whole operation by nothing."""
    return {
        (error.get("path") or [""])[0]: error["extensions"]["code"] for error in answer["errors"]
    }


@pytest.mark.parametrize("table", ["members", "outbox_entries"])
async def test_a_query_that_hangs_is_ended_and_leaves_nothing_behind(
    owner: Person, project: Tenant, rival: asyncpg.Connection, configure: Configure, table: str
) -> None:
    """CASES 22: the statement is cancelled, its connection is back; loaders' statements as well.

    Without `TransactionClient.abandon` a loader's statement goes on.
    """
    configure(request_timeout=timedelta(seconds=0.5))
    async with holding(rival, table):
        answer = await owner.client.post(LISTING, id=project.id)
        assert answer.status_code == 503
        assert codes(answer.json()) == {"": "TIMEOUT"}
        assert "data" not in answer.json()
    configure(request_timeout=timedelta(seconds=10))
    assert await owner.ask(LISTING, id=project.id)


async def test_a_change_that_hangs_is_undone(
    world: World,
    owner: Person,
    project: Tenant,
    rival: asyncpg.Connection,
    configure: Configure,
) -> None:
    """CASES 22, and of several changes those before stand, and say so."""
    other = await world.tenant(name="Other")
    await world.join(other, "OWNER", owner)
    configure(request_timeout=timedelta(seconds=2))
    async with rival.transaction():
        await rival.execute("select from tenants where id = $1 for update", other.id)
        answer = await owner.client.execute(RENAMING, id=project.id, other=other.id)
        assert await waiting(rival) == 0
    assert answer["data"] == {"first": {"tenant": {"name": "First"}}, "second": None}
    assert codes(answer) == {"second": "TIMEOUT"}
    assert (await name(project), await name(other)) == ("First", "Other")


async def test_a_change_that_is_made_is_not_called_undone(
    owner: Person, project: Tenant, rival: asyncpg.Connection, configure: Configure
) -> None:
    """CASES 22: its payload took too long; `TIMEOUT` would say that nothing was done."""
    configure(request_timeout=timedelta(seconds=2))
    async with holding(rival, "apps"):
        answer = await owner.client.execute(TELLING, id=project.id)
    assert codes(answer) == {"updateTenant": "SERVICE_UNAVAILABLE"}
    assert await name(project) == "New"
