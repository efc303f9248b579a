"""Behind a pooler in transaction mode, where nothing is kept in a session (ADR 0035)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

import errors
from models import database
from settings import Settings
from tests.journeys.machines import Machines

Open = Callable[..., Awaitable[None]]
LIMITS = """select current_setting('statement_timeout') as statement,
  current_setting('idle_in_transaction_session_timeout') as idle,
  current_setting('app.scope', true) as scope"""


@pytest.fixture
async def opened(machines: Machines, configure: Callable[..., Settings]) -> AsyncIterator[Open]:
    """Open the pool through the pooler, with other settings."""

    async def again(**changes: Any) -> None:
        url = f"{machines.pooler}/tenantry"
        chosen = configure(
            database_pooled=True, listening_database_url=machines.primary.url, **changes
        )
        await database.start(url, chosen)

    yield again
    await database.stop()


async def sleep(seconds: float) -> None:
    async with database.transaction(database.SYSTEM):
        await database.rows("select pg_sleep($1)", seconds)


async def think(seconds: float) -> None:
    async with database.transaction(database.SYSTEM):
        await asyncio.sleep(seconds)
        await database.rows("select 1")


async def test_each_transaction_begins_with_its_time_outs_and_nothing_of_another(
    opened: Open,
) -> None:
    """CASES 22, 109."""
    await opened(
        database_statement_timeout=timedelta(seconds=7), database_idle_timeout=timedelta(seconds=9)
    )
    expected = {"statement": "7s", "idle": "9s"}
    async with database.transaction(database.SYSTEM):
        assert await database.rows(LIMITS) == [expected | {"scope": "system"}]
    async with database.transaction(database.NOBODY, read_only=True):
        assert await database.rows(LIMITS) == [expected | {"scope": ""}]


async def test_a_statement_that_takes_too_long_times_out(opened: Open) -> None:
    """CASES 22."""
    await opened(database_statement_timeout=timedelta(seconds=0.5))
    with pytest.raises(errors.Timeout):
        await sleep(5)
    await sleep(0)


async def test_a_transaction_that_does_nothing_for_too_long_is_ended(opened: Open) -> None:
    """Its locks would hold up everybody else."""
    await opened(database_idle_timeout=timedelta(seconds=0.1))
    with pytest.raises(errors.ServiceUnavailable):
        await think(seconds=0.5)
    await sleep(0)


async def test_statements_find_their_session_however_many_transactions_share_it(
    opened: Open,
) -> None:
    """Nothing is prepared: more transactions at once than the pooler has sessions."""
    await opened(database_pool_size=60, database_acquire_timeout=timedelta(seconds=30))

    async def ask(number: int) -> int:
        async with database.transaction(database.SYSTEM, read_only=True):
            await database.rows("select count(*) from users where login = $1", str(number))
            [row] = await database.rows("select $1::int as number", number)
            return int(row["number"])

    assert await asyncio.gather(*map(ask, range(60))) == list(range(60))
