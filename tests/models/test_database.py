import asyncio
import itertools
import types
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

import pytest
from tortoise.connection import get_connection

import errors
from models import AuditEvent, User, database
from settings import Settings
from tests.factories import World

pytestmark = pytest.mark.usefixtures("world")

SETTINGS = (
    "select current_setting('app.scope', true) as scope, current_setting('app.user', true) as user,"
    " current_setting('app.tenants', true) as tenants"
)


def in_use() -> int:
    pool = get_connection(database.ALIAS)._pool  # noqa: SLF001
    return int(pool.get_size() - pool.get_idle_size()) if pool else 0


async def settled() -> int:
    """Connections in use once those on their way back have arrived."""
    for _ in range(100):
        if not in_use():
            break
        await asyncio.sleep(0.01)
    return in_use()


@types.coroutine
def cancelled_at(point: int, work: Coroutine[Any, Any, None]) -> Generator[Any, Any, None]:
    """Run `work` in a task that is cancelled when it waits for the `point`-th time."""
    resume: Callable[[], Any] = partial(work.send, None)
    for reached in itertools.count():
        try:
            awaited = resume()
        except StopIteration:
            return
        if reached == point:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            yield awaited
        except BaseException as error:  # noqa: BLE001 whatever it is, it is for `work`
            resume = partial(work.throw, error)
        else:
            resume = partial(work.send, None)


async def transactions() -> None:
    for _ in range(13):
        async with database.transaction(database.SYSTEM):
            await User.exists()


async def test_a_query_outside_a_transaction_is_refused() -> None:
    """DESIGN 1.3."""
    with pytest.raises(RuntimeError, match="outside"):
        await User.exists()
    with pytest.raises(RuntimeError, match="outside"):
        await database.rows("select 1")


async def test_transactions_never_nest() -> None:
    """DESIGN 3: one transaction per use case."""
    async with database.transaction(database.SYSTEM):
        with pytest.raises(RuntimeError, match="nested"):
            async with database.transaction(database.SYSTEM):
                pass
        assert await database.rows("select 1 as one") == [{"one": 1}]


async def test_a_task_that_outlives_its_transaction_has_no_connection() -> None:
    """TRAPS 8: it must not run on a connection that somebody else has by now."""
    over = asyncio.Event()

    async def late() -> None:
        await over.wait()
        await User.exists()

    async with database.transaction(database.SYSTEM):
        task = asyncio.create_task(late())
    over.set()
    with pytest.raises(errors.ServiceUnavailable):
        await task


async def test_the_scope_ends_with_its_transaction(
    database_urls: tuple[str, str], configure: Callable[..., Settings]
) -> None:
    """CASES 109: the only connection of the pool, used again, carries nothing over."""
    await database.stop()
    await database.start(database_urls[0], configure(database_pool_size=1))
    async with database.transaction(database.Scope("viewer", "usr_x", ("ten_x", "ten_y"))):
        assert await database.rows(SETTINGS) == [
            {"scope": "viewer", "user": "usr_x", "tenants": "ten_x,ten_y"}
        ]
    async with database.transaction(database.NOBODY):
        assert await database.rows(SETTINGS) == [{"scope": "", "user": "", "tenants": ""}]


async def test_a_scope_that_is_rolled_back_is_gone_as_well() -> None:
    """CASES 109."""
    with pytest.raises(errors.NotFound):
        async with database.transaction(database.SYSTEM):
            raise errors.NotFound
    async with database.transaction(database.NOBODY):
        assert await database.rows(SETTINGS) != [{"scope": "system", "user": "", "tenants": ""}]


async def test_a_read_only_transaction_writes_nothing(world: World) -> None:
    """DESIGN 1.3: a query operation cannot change anything."""
    person = await world.person()
    with pytest.raises(Exception, match="read-only"):
        async with database.transaction(database.SYSTEM, read_only=True):
            await User.filter(id=person.id).update(full_name="Other")


async def test_whatever_a_transaction_raises_undoes_it(world: World) -> None:
    person = await world.person()

    async def rename() -> None:
        async with database.transaction(database.SYSTEM):
            await User.filter(id=person.id).update(full_name="Other")
            raise errors.LastOwner

    with pytest.raises(errors.LastOwner):
        await rename()
    async with database.transaction(database.SYSTEM):
        assert (await User.get(id=person.id)).full_name == person.full_name


async def test_a_cancelled_transaction_gives_its_connection_back() -> None:
    """TRAPS 1: cancelled at every point of entering, inside and leaving.

    Without `asyncio.shield(pool.release(connection))` in `Transaction.__aenter__` each
    cancellation of `client.start()` keeps a connection for good.
    """
    for point in itertools.count():
        task = asyncio.create_task(cancelled_at(point, transactions()))
        await asyncio.wait([task])
        assert await settled() == 0
        if not task.cancelled():
            break
    assert point >= 35


async def test_a_cancelled_transaction_does_nothing(world: World) -> None:
    """CASES 23."""
    person = await world.person()

    async def rename() -> None:
        async with database.transaction(database.SYSTEM):
            await User.filter(id=person.id).update(full_name="Other")
            await asyncio.sleep(60)

    task = asyncio.create_task(rename())
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.wait([task])
    async with database.transaction(database.SYSTEM):
        assert (await User.get(id=person.id)).full_name == person.full_name


async def test_text_that_no_column_can_hold_is_invalid_input() -> None:
    """TRAPS 11: a NUL."""
    with pytest.raises(errors.InvalidInput):
        async with database.transaction(database.SYSTEM):
            await User.filter(full_name="a\0b").exists()


async def test_a_wrong_statement_is_a_defect_and_no_failure() -> None:
    """Masked as INTERNAL: it must not look like the client's mistake."""
    with pytest.raises(Exception, match="syntax error") as raised:
        async with database.transaction(database.SYSTEM):
            await database.rows("selekt 1")
    assert not isinstance(raised.value, errors.Failure)


async def test_a_statement_has_one_plan_though_it_takes_an_array() -> None:
    """ADR 0045. The line that holds it: `plan_cache_mode` in `models.connecting`; else PostgreSQL
    makes a plan for each array.
    """
    sql = "select id from tenants where id = any($1)"
    async with database.transaction(database.SYSTEM):
        for _ in range(8):
            await database.rows(sql, ["ten_x"])
        plans = await database.rows(
            "select generic_plans, custom_plans from pg_prepared_statements where statement = $1",
            sql,
        )
    assert plans == [{"generic_plans": 8, "custom_plans": 0}]


async def test_rows_returns_what_a_change_returns() -> None:
    """TRAPS 12a."""
    async with database.transaction(database.SYSTEM):
        found = await database.rows(
            "insert into audit_events (id, action, subject_id, changes, request_id, created_at)"
            " values ('evt_1', 'test', 'x', '{}', 'r', now()) returning id"
        )
        assert found == [{"id": "evt_1"}]
        assert await AuditEvent.filter(id="evt_1").exists()
