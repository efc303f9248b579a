"""How often: the `limits` library's fixed windows, counted in PostgreSQL.

Counters survive restarts and are one for all processes. Each is counted in a transaction of its
own before the use case, apart from any bundle, so an attempt counts even when it fails.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import limits
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

import errors
from auth import tokens
from models import RateLimit, clock, database, retrying

_COUNT = """
insert into rate_limits as r (key, count, expires_at) values ($1, greatest($2, 0), $3)
on conflict (key) do update set
  count = case when r.expires_at <= $4 then greatest($2, 0) else greatest(r.count + $2, 0) end,
  expires_at = case when r.expires_at <= $4 then $3 else r.expires_at end
returning count
"""


@dataclass(frozen=True, slots=True)
class Counter:
    """`rates` as in the settings (`200/hour`), for what `name` and `subjects` identify."""

    name: str
    rates: tuple[str, ...]
    subjects: tuple[str, ...]


def counter(name: str, rates: str | tuple[str, ...], *subjects: str) -> Counter:
    return Counter(name, (rates,) if isinstance(rates, str) else rates, subjects)


async def count(*counters: Counter) -> None:
    """Count one attempt in each, in this order.

    Raises:
        errors.RateLimited: one is full; the later ones are not counted.
    """
    with retrying.once("count", counters) as fresh:
        async with database.transaction(database.SYSTEM, apart=True):
            refused = await _first_full(fresh)
    _refuse(refused)


async def count_each(*attempts: Sequence[Counter]) -> list[int | None]:
    """As `count`, of several attempts at once: for each the seconds to wait, None where it passed.

    Counted in the order of their subjects, so that two callers never wait for each other.
    """
    order = sorted(range(len(attempts)), key=lambda i: [one.subjects for one in attempts[i]])
    async with database.transaction(database.SYSTEM, apart=True):
        waits = {i: await _first_full(tuple(attempts[i])) for i in order}
    return [waits[i] for i in range(len(attempts))]


async def take(wanted: int, *counters: Counter) -> int:
    """Count as many of the wanted attempts as all counters have room for; how many those are."""
    every = [(rate, one) for one in counters for rate in map(limits.parse, one.rates)]
    room = [wanted]
    async with database.transaction(database.SYSTEM, apart=True):
        for rate, one in every:
            await _limiter().hit(rate, one.name, *one.subjects, cost=0)  # held until the commit
            stats = await _limiter().get_window_stats(rate, one.name, *one.subjects)
            room.append(stats.remaining)
        for rate, one in every:
            await _limiter().hit(rate, one.name, *one.subjects, cost=min(room))
    return min(room)


def _refuse(seconds: int | None) -> None:
    if seconds is not None:
        raise errors.RateLimited(seconds)


async def forgive(*counters: Counter) -> None:
    """Take back one attempt that turned out well."""
    with retrying.once("forgive", counters) as fresh:
        async with database.transaction(database.SYSTEM, apart=True):
            for one in fresh:
                for rate in one.rates:
                    await _limiter().hit(limits.parse(rate), one.name, *one.subjects, cost=-1)


async def remember(one: Counter) -> None:
    """Its windows begin now and are full, in the running transaction; see `is_remembered`."""
    for rate in map(limits.parse, one.rates):
        await _limiter().clear(rate, one.name, *one.subjects)
        await _limiter().hit(rate, one.name, *one.subjects, cost=rate.amount)


async def is_remembered(one: Counter) -> bool:
    """Whether a counter is full; nothing is counted, and it runs in the caller's transaction."""
    room = [await _limiter().test(r, one.name, *one.subjects) for r in map(limits.parse, one.rates)]
    return not all(room)


async def forget_expired() -> int:
    """Delete the counters whose window is over; how many there were."""
    async with database.transaction(database.SYSTEM):
        return await RateLimit.filter(expires_at__lte=clock.now()).delete()


async def _first_full(counters: tuple[Counter, ...]) -> int | None:
    """Seconds until the first full counter opens again."""
    for one in counters:
        for rate in map(limits.parse, one.rates):
            if not await _limiter().hit(rate, one.name, *one.subjects):
                reset, _ = await _limiter().get_window_stats(rate, one.name, *one.subjects)
                return max(1, math.ceil(reset - clock.now().timestamp()))
    return None


@cache
def _limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(PostgresStorage())


class PostgresStorage(Storage):
    """The counters of `limits` as rows of `rate_limits`, in the running transaction."""

    STORAGE_SCHEME = ["tenantry"]  # noqa: RUF012 declared so by the library

    @property
    def base_exceptions(self) -> type[Exception]:
        return errors.Failure

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = clock.now()
        found = await database.rows(
            _COUNT, tokens.digest(key), amount, now + timedelta(seconds=expiry), now
        )
        return int(found[0]["count"])

    async def get(self, key: str) -> int:
        row = await self._living(key)
        return row.count if row else 0

    async def get_expiry(self, key: str) -> float:
        row = await self._living(key)
        return (row.expires_at if row else clock.now()).timestamp()

    async def check(self) -> bool:
        return bool(await database.rows("select 1"))

    async def reset(self) -> int:
        return await RateLimit.all().delete()

    async def clear(self, key: str) -> None:
        await RateLimit.filter(key=tokens.digest(key)).delete()

    async def _living(self, key: str) -> RateLimit | None:
        return await RateLimit.get_or_none(key=tokens.digest(key), expires_at__gt=clock.now())
