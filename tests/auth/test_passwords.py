import asyncio
import statistics
import threading
import time

import pytest

from auth import passwords
from tests.auth.lags import LAG, ticking


async def seconds(password: str, stored: str | None) -> float:
    begun = time.perf_counter()
    await passwords.verify(password, stored)
    return time.perf_counter() - begun


async def test_a_password_is_stored_as_argon2id_with_19_mib_and_two_passes() -> None:
    """CASES 90."""
    assert (await passwords.make_hash("correct horse")).startswith(
        "$argon2id$v=19$m=19456,t=2,p=1$"
    )


async def test_the_same_password_is_stored_differently_each_time() -> None:
    assert await passwords.make_hash("correct horse") != await passwords.make_hash("correct horse")


@pytest.mark.parametrize("password", ["  spaces around  ", "nul\0inside", "лошадь 🐎", "x" * 1024])
async def test_a_password_is_taken_verbatim(password: str) -> None:
    """CASES 89."""
    stored = await passwords.make_hash(password)
    assert await passwords.verify(password, stored)
    assert not await passwords.verify(password.strip("x ") + "!", stored)


@pytest.mark.parametrize("password", ["", "wrong", "\ud800"])
async def test_a_wrong_password_is_no_error(password: str) -> None:
    assert not await passwords.verify(password, await passwords.make_hash("correct horse"))


async def test_nobody_signs_in_where_no_password_is_stored() -> None:
    assert not await passwords.verify("nobody's password", None)


async def test_an_account_that_does_not_exist_costs_as_much_as_a_wrong_password() -> None:
    """CASES 85: a hash is computed in either case."""
    stored = await passwords.make_hash("correct horse")
    known, unknown = [], []
    for _ in range(7):
        known.append(await seconds("wrong", stored))
        unknown.append(await seconds("wrong", None))
    assert min(unknown) > min(known) / 2
    assert min(known) > min(unknown) / 2


async def test_a_hundred_sign_ins_at_once_leave_the_event_loop_free_and_memory_bounded() -> None:
    """CASES 90: four hashes at a time, whoever else waits."""
    stored = await passwords.make_hash("correct horse")
    lags: list[float] = []
    ticker = asyncio.create_task(ticking(lags))
    await asyncio.gather(*(passwords.verify("wrong", stored) for _ in range(100)))
    ticker.cancel()
    assert statistics.median(lags) < LAG
    assert sum(thread.name.startswith("argon2") for thread in threading.enumerate()) <= 4
