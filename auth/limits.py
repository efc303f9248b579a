"""How often: rates as the `limits` library reads them, in fixed windows counted in PostgreSQL.

Counters survive restarts and are one for all processes. Each is counted in a transaction of its
own before the use case, apart from any bundle, so an attempt counts even when it fails.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import limits

import errors
from auth import tokens
from models import RateLimit, clock, database, retrying

_ADD = """
select added.key, added.count
from unnest($1::text[], $2::int[]) with ordinality as given(key, seconds, place),
  lateral add_to_counter(given.key, $3, given.seconds, $4) added
order by given.place
"""
_TAKE_BACK = """
update rate_limits set count = greatest(count - $2, 0) where key = $1 and expires_at > $3
"""
_rate = cache(limits.parse)


@dataclass(frozen=True, slots=True)
class Counter:
    """`rates` as in the settings (`200/hour`), for what `name` and `subjects` identify."""

    name: str
    rates: tuple[str, ...]
    subjects: tuple[str, ...]


def counter(name: str, rates: str | tuple[str, ...], *subjects: str) -> Counter:
    return Counter(name, (rates,) if isinstance(rates, str) else rates, subjects)


@dataclass(frozen=True, slots=True)
class Full:
    """A counter that has no room, and the seconds until it has."""

    counter: Counter
    seconds: int


async def count(*counters: Counter) -> None:
    """Count one attempt in each, in this order.

    Raises:
        errors.RateLimited: one is full; the later ones are not counted.
    """
    if (full := await attempt(*counters)) is not None:
        raise errors.RateLimited(full.seconds)


async def attempt(*counters: Counter) -> Full | None:
    """As `count`, for who goes on where one is full."""
    with retrying.once("count", counters) as fresh:
        if not fresh:
            return None
        return _full(fresh, await database.call(_call(fresh)))


async def count_each(*attempts: Sequence[Counter]) -> list[int | None]:
    """As `count`, of several attempts at once: for each the seconds to wait, None where it passed.

    Counted in the order of their subjects, so that two callers never wait for each other.
    """
    order = sorted(range(len(attempts)), key=lambda i: [one.subjects for one in attempts[i]])
    async with database.transaction(database.SYSTEM, apart=True):
        full = {i: _full(attempts[i], await database.called(_call(attempts[i]))) for i in order}
    return [each.seconds if each else None for _, each in sorted(full.items())]


async def take(wanted: int, *counters: Counter) -> int:
    """Count as many of the wanted attempts as all counters have room for; how many those are."""
    windows = _windows(counters)
    async with database.transaction(database.SYSTEM, apart=True):
        counts = await _add(windows, wanted)
        room = [window.rate.amount - counts[window.key] + wanted for window in windows]
        taken = max(min(wanted, *room), 0)
        for window in windows if taken < wanted else ():
            await _take_back(window.key, wanted - taken)
    return taken


async def forgive(*counters: Counter) -> None:
    """Take back one attempt that turned out well."""
    with retrying.once("forgive", counters) as fresh:
        async with database.transaction(database.SYSTEM, apart=True):
            for window in _windows(fresh):
                await _take_back(window.key, 1)


async def remember(one: Counter) -> None:
    """Its windows begin now and are full, in the running transaction; see `is_remembered`."""
    windows = _windows([one])
    await RateLimit.filter(key__in=[window.key for window in windows]).delete()
    for window in windows:
        await _add([window], window.rate.amount)


async def is_remembered(one: Counter) -> bool:
    """Whether a counter is full; nothing is counted, and it runs in the caller's transaction."""
    amounts = {window.key: window.rate.amount for window in _windows([one])}
    living = RateLimit.filter(key__in=list(amounts), expires_at__gt=clock.now())
    return any(row.count >= amounts[row.key] for row in await living)


async def forget_expired() -> int:
    """Delete the counters whose window is over; how many there were."""
    async with database.transaction(database.SYSTEM):
        return await RateLimit.filter(expires_at__lte=clock.now()).delete()


@dataclass(frozen=True, slots=True)
class _Window:
    """Of one rate of a counter; `key` is that of its row."""

    counter: Counter
    rate: limits.RateLimitItem
    key: str


def _windows(counters: Iterable[Counter]) -> list[_Window]:
    return [
        _Window(one, rate, tokens.digest(rate.key_for(one.name, *one.subjects)))
        for one in counters
        for rate in map(_rate, one.rates)
    ]


def _call(counters: Sequence[Counter]) -> str:
    """Of the function that counts in them, up to the first that is full; SQL of ours."""
    windows = _windows(counters)
    keys = ",".join(window.key for window in windows)
    most = [window.rate.amount for window in windows]
    seconds = [window.rate.get_expiry() for window in windows]
    now = clock.now().isoformat()
    return f"count_attempt('{{{keys}}}', array{most}::int[], array{seconds}::int[], '{now}')"


def _full(counters: Sequence[Counter], found: dict[str, int] | None) -> Full | None:
    if found is None:
        return None
    return Full(_windows(counters)[found["place"] - 1].counter, found["seconds"])


async def _add(windows: Sequence[_Window], amount: int) -> dict[str, int]:
    """The counts of these, in one statement, which holds them in this order until the commit."""
    keys = [window.key for window in windows]
    seconds = [window.rate.get_expiry() for window in windows]
    found = await database.rows(_ADD, keys, seconds, amount, clock.now())
    return {row["key"]: row["count"] for row in found}


async def _take_back(key: str, amount: int) -> None:
    await database.rows(_TAKE_BACK, key, amount, clock.now())
