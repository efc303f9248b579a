import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

import errors
from models import Tenant, User, database, embedded
from settings import Settings
from tests.clients import Person
from tests.factories import World

Reopen = Callable[..., Awaitable[None]]


@pytest.fixture
def reopen(
    database_urls: tuple[str, str],
    world: World,
    configure: Callable[..., Settings],
) -> Reopen:
    """Open the pool of `world` again with other settings."""

    async def again(**changes: Any) -> None:
        await database.stop()
        await database.start(database_urls[0], configure(**changes))

    return again


@asynccontextmanager
async def held_elsewhere() -> AsyncIterator[None]:
    """Another task has a connection while the block runs."""
    began, over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.transaction(database.SYSTEM):
            began.set()
            await over.wait()

    task = asyncio.create_task(hold())
    await began.wait()
    try:
        yield
    finally:
        over.set()
        await task


async def sleep(seconds: float) -> None:
    async with database.transaction(database.SYSTEM):
        await database.rows("select pg_sleep($1)", seconds)


async def ask() -> None:
    async with database.transaction(database.SYSTEM):
        await User.exists()


async def ask_after(step: Awaitable[None]) -> None:
    async with database.transaction(database.SYSTEM):
        await step
        await User.exists()


async def test_a_full_pool_is_answered_after_a_while(reopen: Reopen, owner: Person) -> None:
    """CASES 133; Tortoise's own pool waits for ever."""
    await reopen(database_pool_size=1, database_acquire_timeout=timedelta(seconds=0.5))
    async with held_elsewhere():
        code = await owner.refusal("{ me { login } }")
    assert code == "SERVICE_UNAVAILABLE"
    assert await owner.ask("{ me { login } }") == {"me": {"login": owner.login}}


def test_a_request_waits_two_seconds_for_a_connection() -> None:
    """CASES 133."""
    assert Settings().database_acquire_timeout == timedelta(seconds=2)


async def test_a_change_that_finds_the_pool_full_is_not_done(
    reopen: Reopen, owner: Person, project: Tenant
) -> None:
    await reopen(database_pool_size=1, database_acquire_timeout=timedelta(seconds=0.5))
    mutation = "mutation($id: ID!) { deleteTenant(input: {tenantId: $id}) { __typename } }"
    async with held_elsewhere():
        assert await owner.refusal(mutation, id=project.id) == "SERVICE_UNAVAILABLE"
    assert (await owner.ask("{ tenants { totalCount } }"))["tenants"] == {"totalCount": 1}


async def test_a_statement_that_takes_too_long_times_out(reopen: Reopen) -> None:
    """CASES 22."""
    await reopen(database_pool_size=1, database_statement_timeout=timedelta(seconds=0.5))
    with pytest.raises(errors.Timeout):
        await sleep(5)
    await ask()


async def test_a_transaction_that_does_nothing_for_too_long_is_ended(reopen: Reopen) -> None:
    """Its locks would hold up everybody else."""
    await reopen(database_pool_size=1, database_idle_timeout=timedelta(seconds=0.1))
    with pytest.raises(errors.ServiceUnavailable):
        await ask_after(asyncio.sleep(0.3))
    await ask()


async def test_of_two_transactions_that_wait_for_each_other_one_is_a_conflict(
    world: World,
) -> None:
    """CASES 113."""
    people = [(await world.person()).id, (await world.person()).id]
    both = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> None:
        async with database.transaction(database.SYSTEM):
            await User.filter(id=first).select_for_update().get()
            await both.wait()
            await User.filter(id=second).select_for_update().get()

    outcomes = await asyncio.gather(lock(*people), lock(*people[::-1]), return_exceptions=True)
    assert sorted(map(type, outcomes), key=str) == [type(None), errors.Conflict]


STATES: dict[str, type[errors.Failure]] = {
    "40001": errors.Conflict,  # serialization failure
    "40P01": errors.Conflict,  # deadlock
    "57014": errors.Timeout,  # cancelled by the statement time-out
    "53100": errors.ServiceUnavailable,  # its disk is full
    "53300": errors.ServiceUnavailable,  # too many connections
    "57P03": errors.ServiceUnavailable,  # starting up
    "22021": errors.InvalidInput,  # a character no text can hold
}


@pytest.mark.usefixtures("world")
async def test_what_the_server_refuses_with_is_typed() -> None:
    """CASES 113."""
    for state, failure in STATES.items():
        with pytest.raises(failure):
            await fail(state)
        await ask()


async def fail(state: str) -> None:
    async with database.transaction(database.SYSTEM):
        await database.rows(f"do $$ begin raise exception using errcode = '{state}'; end $$")


async def test_a_connection_that_is_cut_is_replaced(
    server: embedded.Embedded, reopen: Reopen
) -> None:
    """CASES 132."""
    await reopen(database_pool_size=1)
    async with database.transaction(database.SYSTEM):
        pid = await _backend()
    await _terminate(server, pid)
    await ask()


async def test_whoever_is_cut_off_in_the_middle_is_told(
    server: embedded.Embedded, reopen: Reopen
) -> None:
    """CASES 132."""
    await reopen(database_pool_size=1)
    with pytest.raises(errors.ServiceUnavailable):
        await ask_after(_terminate_own(server))
    await ask()


async def _backend() -> int:
    [backend] = await database.rows("select pg_backend_pid() as pid")
    return int(backend["pid"])


async def _terminate_own(server: embedded.Embedded) -> None:
    await _terminate(server, await _backend())


async def _terminate(server: embedded.Embedded, pid: int) -> None:
    arguments = database.parse(server.url) | {"user": "postgres"}
    connection = await asyncpg.connect(**arguments)
    await connection.execute(f"select pg_terminate_backend({pid}, 1000)")
    await connection.close()


async def test_a_server_that_was_away_is_used_again_without_a_restart_of_ours(
    own_server: embedded.Embedded, configure: Callable[..., Settings]
) -> None:
    """CASES 132: stopped at once, answers at once, and working when it is back."""
    await database.start(own_server.url, configure())
    await asyncio.gather(*[ask() for _ in range(5)])
    under_way = asyncio.create_task(sleep(60))
    await asyncio.sleep(0.1)
    _control(own_server, "stop", "-m", "immediate")
    for asking in (under_way, ask(), ask()):
        with pytest.raises(errors.ServiceUnavailable):
            await asyncio.wait_for(asking, 30)
    _control(own_server, "start", "-o", f'-h "" -k {database.parse(own_server.url)["host"]}')
    await asyncio.wait_for(asyncio.gather(*[ask() for _ in range(5)]), 30)
    await database.stop()


async def test_a_server_that_is_away_from_the_beginning_is_a_typed_failure(
    configure: Callable[..., Settings],
) -> None:
    await database.start("postgresql://tenantry@127.0.0.1:1/tenantry", configure())
    with pytest.raises(errors.ServiceUnavailable):
        await ask()
    await database.stop()


def _control(server: embedded.Embedded, *command: str) -> None:
    wheel = server.server
    subprocess.run(  # noqa: S603 the wheel's own tool
        [wheel.bin_path / "pg_ctl", "-w", "-D", wheel.pgdata, "-l", wheel.log, *command],
        check=True,
        capture_output=True,
        user=wheel.system_user,
    )
