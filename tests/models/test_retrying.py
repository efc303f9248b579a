"""What lost against another change is made again, from its beginning (ADR 0042, CASES 113)."""

from collections.abc import Awaitable, Callable

import pytest

import errors
from auth import limits
from models import RateLimit, clock, database, retrying

LOST = errors.Conflict(is_passing=True)


def losing(times: int, *steps: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[int]]:
    """Work that takes the steps and loses, so many times; then it says how often it was begun."""
    begun = 0

    async def work() -> int:
        nonlocal begun
        begun += 1
        for step in steps:
            await step()
        if begun <= times:
            raise LOST
        return begun

    return work


async def write() -> None:
    async with database.transaction(database.SYSTEM):
        await RateLimit.create(key="written", count=1, expires_at=clock.now())


async def test_it_is_begun_again_three_times_at_most() -> None:
    assert [await retrying.done(losing(times)) for times in range(4)] == [1, 2, 3, 4]
    with pytest.raises(errors.Conflict):
        await retrying.done(losing(4))


async def test_a_conflict_that_would_be_the_same_again_is_none_of_its_business() -> None:
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        raise errors.Conflict

    with pytest.raises(errors.Conflict):
        await retrying.done(work)
    assert begun == 1


@pytest.mark.usefixtures("world")
async def test_what_has_changed_something_is_not_begun_again() -> None:
    """Of two transactions the first is true: it would be made twice."""
    with pytest.raises(errors.Conflict):
        await retrying.done(losing(1, write))


@pytest.mark.usefixtures("world")
async def test_an_attempt_counts_once_however_often_it_is_begun() -> None:
    """One is allowed."""

    async def count() -> None:
        await limits.count(counter)

    counter = limits.counter("attempts", "1/minute", "somebody")
    assert await retrying.done(losing(3, count)) == 4
    with pytest.raises(errors.RateLimited):
        await count()


@pytest.mark.usefixtures("world")
async def test_an_attempt_is_forgiven_once_however_often_it_is_begun() -> None:
    """Two are allowed, and both have been made."""

    async def forgive() -> None:
        await limits.forgive(counter)

    counter = limits.counter("attempts", "2/minute", "somebody")
    await limits.count(counter)
    await limits.count(counter)
    await retrying.done(losing(3, forgive))
    await limits.count(counter)
    with pytest.raises(errors.RateLimited):
        await limits.count(counter)
