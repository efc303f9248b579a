"""How much an API key may ask: points of its operations, in fixed windows of the `limits` library.

Counted in memory or in Redis, not in PostgreSQL as attempts are (`limits`): a count for each
reading would make a write of it. A Redis that is away stops nobody: points keep one busy portal
from crowding out the others, and guard nothing; an outage of theirs must not be one of ours.
"""

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Any

import limits
import structlog
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError

import errors
import settings

_NAME = "api-key"
_PATIENCE, _PAUSE = 0.5, 5
"""Seconds that Redis may take, and that it is left alone after it has failed."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Quota:
    """Of one key: `limit` points in `window` seconds; `remaining` ones of them for `reset` more.

    `is_spent`: what was asked for did not fit in, and was not taken.
    """

    limit: int
    window: int
    remaining: int
    reset: int
    is_spent: bool = False


async def take(key_id: str, points: int) -> Quota | None:
    """Points for an operation of that key; None where nobody counts now.

    Raises:
        errors.TooCostly: it asks for more than any window holds.
    """
    rate = limits.parse(settings.load().limit_api_key)
    if points > rate.amount:
        raise errors.TooCostly
    url = settings.load().limits_url
    counting = _counting(url.get_secret_value() if url else "memory://")
    if counting.rests():
        return None
    try:
        return await _take(counting.limiter, rate, key_id, points)
    except StorageError as error:
        counting.failed(error)
        return None


async def close() -> None:
    """Connections to Redis end; what is counted in memory is forgotten."""
    for counting in _countings.values():
        await counting.close()
    _countings.clear()


async def _take(
    limiter: FixedWindowRateLimiter, rate: limits.RateLimitItem, key_id: str, points: int
) -> Quota:
    fits = await limiter.hit(rate, _NAME, key_id, cost=points)
    if not fits:  # what is left is for smaller ones
        await limiter.hit(rate, _NAME, key_id, cost=-points)
    until, remaining = await limiter.get_window_stats(rate, _NAME, key_id)
    return Quota(
        limit=rate.amount,
        window=rate.get_expiry(),
        remaining=max(0, int(remaining)),
        reset=max(1, math.ceil(until - time.time())),
        is_spent=not fits,
    )


class Counting:
    """A place to count in, and how it fares."""

    def __init__(self, url: str) -> None:
        self._rests_until = 0.0
        self.storage = MemoryStorage() if url.startswith("memory:") else _redis(url)
        self.limiter = FixedWindowRateLimiter(self.storage)

    def rests(self) -> bool:
        return asyncio.get_running_loop().time() < self._rests_until

    def failed(self, error: StorageError) -> None:
        """Said once in each pause; the operations go on uncounted."""
        self._rests_until = asyncio.get_running_loop().time() + _PAUSE
        _log.warning("quotas.uncounted", error=type(error.storage_error).__name__)

    async def close(self) -> None:
        if isinstance(self.storage, RedisStorage):
            bridge: Any = self.storage.bridge  # untyped where it keeps the client
            await bridge.get_connection().aclose()


def _redis(url: str) -> RedisStorage:
    return RedisStorage(
        url,
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="tenantry",
        socket_timeout=_PATIENCE,
        socket_connect_timeout=_PATIENCE,
    )


_countings: dict[str, Counting] = {}


def _counting(url: str) -> Counting:
    if url not in _countings:
        _countings[url] = Counting(url)
    return _countings[url]
