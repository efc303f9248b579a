"""Transactions that become true together (ADR 0033)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

import errors
from models import RateLimit, bundle, clock, database
from settings import Settings
from tests.models.test_database import SETTINGS, cancelled_at, settled

pytestmark = pytest.mark.usefixtures("world")

Configure = Callable[..., Settings]


async def nothing() -> None:
    """Comes first."""


async def write(key: str, *, apart: bool = False) -> None:
    async with database.transaction(database.SYSTEM, apart=apart):
        await RateLimit.create(key=key, count=1, expires_at=clock.now())


async def fail_after_writing(key: str) -> None:
    async with database.transaction(database.SYSTEM):
        await RateLimit.create(key=key, count=1, expires_at=clock.now())
        raise errors.NotFound


async def fail_in_a_bundle() -> None:
    async with bundle.begun(nothing):
        await write("b")
        raise errors.NotFound


async def written() -> list[str]:
    async with database.transaction(database.SYSTEM, read_only=True):
        return sorted(await RateLimit.all().values_list("key", flat=True))  # type: ignore[arg-type]


async def seen_by_others() -> list[str]:
    async with database.transaction(database.SYSTEM, apart=True):
        return sorted(await RateLimit.all().values_list("key", flat=True))  # type: ignore[arg-type]


async def test_they_become_true_with_the_commit_and_see_each_other_before() -> None:
    async with bundle.begun(nothing) as changes:
        await write("a")
        await write("b")
        assert await written() == ["a", "b"]
        assert await seen_by_others() == []
        await changes.commit()
    assert (await written(), await settled()) == (["a", "b"], 0)


async def test_what_is_not_committed_is_undone() -> None:
    async with bundle.begun(nothing):
        await write("a")
    with pytest.raises(errors.NotFound):
        await fail_in_a_bundle()
    assert (await written(), await settled()) == ([], 0)


async def test_what_fails_is_undone_alone() -> None:
    """Also where a statement failed: the others go on."""
    async with bundle.begun(nothing) as changes:
        await write("a")
        with pytest.raises(errors.NotFound):
            await fail_after_writing("b")
        with pytest.raises(database.IntegrityError):
            await write("a")
        await write("c")
        await changes.commit()
    assert await written() == ["a", "c"]


async def test_a_failure_that_was_borne_with_inside_undoes_it_as_a_commit_would() -> None:
    async with bundle.begun(nothing) as changes:
        await write("a")
        async with database.transaction(database.SYSTEM, read_only=True):
            with pytest.raises(Exception, match="no_such"):
                await database.rows("select no_such()")
        await write("b")
        await changes.commit()
    assert await written() == ["a", "b"]


async def test_what_is_apart_is_true_at_once_and_stays_so() -> None:
    """CASES 5: attempts are counted so."""
    async with bundle.begun(nothing):
        await write("a")
        await write("b", apart=True)
        assert await seen_by_others() == ["b"]
    assert await written() == ["b"]


async def test_each_has_its_own_scope_and_never_that_of_the_one_before() -> None:
    """CASES 109: also that of nobody."""
    somebody = database.Scope("viewer", "usr_x", ("ten_x",))
    async with bundle.begun(nothing):
        await write("a")
        for scope, tenants in [(somebody, "ten_x"), (database.NOBODY, ""), (somebody, "ten_x")]:
            async with database.transaction(scope, read_only=True):
                [found] = await database.rows(SETTINGS)
                assert (found["scope"], found["tenants"]) == ("viewer", tenants)
        assert await written() == ["a"]


async def test_only_reading_opens_nothing() -> None:
    """Nothing slow happens inside: what comes before the first change is not of it."""
    called: list[str] = []

    async def first() -> None:
        called.append("first")

    async with bundle.begun(first) as changes:
        assert await written() == []
        assert (called, changes.changed, await settled()) == ([], False, 0)
        await write("a")
        assert (called, changes.changed) == (["first"], True)
        await write("b")
    assert called == ["first"]


async def test_what_comes_first_may_refuse_and_nothing_is_open_then() -> None:
    async def first() -> None:
        assert (await database.rows(SETTINGS))[0]["scope"] == "system"
        raise errors.Conflict

    async with bundle.begun(first) as changes:
        for _ in range(2):
            with pytest.raises(errors.Conflict):
                await write("a")
        assert (changes.changed, await settled(), await written()) == (False, 0, [])


async def test_a_refused_change_has_changed_nothing() -> None:
    async with bundle.begun(nothing) as changes:
        with pytest.raises(errors.NotFound):
            await fail_after_writing("b")
        await written()
        assert not changes.changed


async def test_they_never_nest_and_between_them_nothing_is_asked() -> None:
    """DESIGN 1.3 and 3 hold inside as well."""
    async with bundle.begun(nothing):
        async with database.transaction(database.SYSTEM):
            with pytest.raises(RuntimeError, match="nested"):
                await write("a")
        with pytest.raises(RuntimeError, match="outside"):
            await database.rows("select 1")


async def test_a_task_that_outlives_one_of_them_has_no_connection() -> None:
    """TRAPS 8: it would read in the scope of the next."""
    over = asyncio.Event()

    async def late() -> None:
        await over.wait()
        await RateLimit.exists()

    async with bundle.begun(nothing):
        async with database.transaction(database.SYSTEM):
            task = asyncio.create_task(late())
        async with database.transaction(database.SYSTEM):
            over.set()
            with pytest.raises(errors.ServiceUnavailable):
                await task
            assert not await RateLimit.exists()


async def test_no_connection_is_lost_wherever_one_is_cancelled() -> None:
    """TRAPS 1, CASES 133."""

    async def work() -> None:
        async with bundle.begun(nothing) as changes:
            await write("a")
            await written()
            await changes.commit()
        async with database.transaction(database.SYSTEM):
            await RateLimit.all().delete()

    for point in range(40):
        task = asyncio.create_task(cancelled_at(point, work()))
        await asyncio.wait([task])
        if not task.cancelled():
            break
        assert await settled() == 0
        async with database.transaction(database.SYSTEM):
            await RateLimit.all().delete()
    else:
        pytest.fail("it never came to its end")


async def test_half_the_pool_is_left_to_what_is_apart(
    database_urls: tuple[str, str], configure: Configure
) -> None:
    """Else as many bundles as there are connections would wait for one another's."""
    settings = configure(database_pool_size=4, database_acquire_timeout=timedelta(seconds=0.5))
    await database.stop()
    await database.start(database_urls[0], settings)
    begun, go_on = asyncio.Barrier(3), asyncio.Event()

    async def change(key: str) -> None:
        async with bundle.begun(nothing) as changes:
            await write(key)
            await begun.wait()
            await write(f"{key} apart", apart=True)
            await go_on.wait()
            await changes.commit()

    tasks = [asyncio.create_task(change(key)) for key in "ab"]
    await begun.wait()
    with pytest.raises(errors.ServiceUnavailable):
        await write_in_bundle("c")
    go_on.set()
    await asyncio.gather(*tasks)
    await write_in_bundle("c")
    assert await written() == ["a", "a apart", "b", "b apart", "c"]


async def write_in_bundle(key: str) -> None:
    async with bundle.begun(nothing) as changes:
        await write(key)
        await changes.commit()


async def test_no_connection_in_time_is_a_typed_failure(
    database_urls: tuple[str, str], configure: Configure
) -> None:
    settings = configure(database_pool_size=1, database_acquire_timeout=timedelta(seconds=0.2))
    await database.stop()
    await database.start(database_urls[0], settings)
    async with database.transaction(database.SYSTEM):
        elsewhere = asyncio.create_task(database_free(write_in_bundle("a")))
        with pytest.raises(errors.ServiceUnavailable):
            await elsewhere
    await write_in_bundle("b")
    assert await written() == ["b"]


async def database_free(work: Awaitable[None]) -> None:
    """In a task that is in no transaction."""
    await database.apart(work)  # type: ignore[arg-type]
