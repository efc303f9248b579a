"""Operations are stopped at a named point, as often as a test wants, without a word in the product.

`BEFORE_LOCK` and `UNDER_LOCK` lie around the tenant's lock, `RECORDING` behind all checks, and
`COMMITTING` before the commit of what was recorded.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from models import database
from models.transactions import Transaction
from resolvers import audit, locks

BEFORE_LOCK, UNDER_LOCK = "before the lock", "under the lock"
RECORDING, COMMITTING = "recording", "committing"
POINTS = (BEFORE_LOCK, UNDER_LOCK, RECORDING, COMMITTING)
_WAITING = """
select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""

T = TypeVar("T")


@dataclass
class Stop:
    """Whoever carries it waits at the point until it is let `go`, once."""

    point: str
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_by(self, point: str) -> None:
        if point == self.point and not self.reached.is_set():
            self.reached.set()
            await self.go.wait()


_carried: ContextVar[Stop | None] = ContextVar("stop", default=None)
_has_recorded: ContextVar[bool] = ContextVar("has_recorded", default=False)


async def _reach(point: str) -> None:
    if (stop := _carried.get()) is not None:
        await stop.pass_by(point)


def put_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the points are there."""
    tenant, record, leave = locks.tenant, audit.record, Transaction.__aexit__

    async def stopping_tenant(tenant_id: str) -> Any:
        await _reach(BEFORE_LOCK)
        found = await tenant(tenant_id)
        await _reach(UNDER_LOCK)
        return found

    async def stopping_record(*args: Any, **kwargs: Any) -> None:
        await _reach(RECORDING)
        await record(*args, **kwargs)
        _has_recorded.set(True)

    async def stopping_leave(self: Transaction, *failure: Any) -> Any:
        if _has_recorded.get() and failure[0] is None:
            await _reach(COMMITTING)
        return await leave(self, *failure)

    monkeypatch.setattr(locks, "tenant", stopping_tenant)
    monkeypatch.setattr(audit, "record", stopping_record)
    monkeypatch.setattr(Transaction, "__aexit__", stopping_leave)


async def overtaken(
    first: Callable[[], Coroutine[Any, Any, T]],
    second: Callable[[], Coroutine[Any, Any, T]],
    point: str,
) -> tuple[T, T]:
    """`first` comes as far as the point; then `second` as far as it can; then `first` goes on."""
    stop = Stop(point)
    early = asyncio.create_task(_carrying(stop, first))
    reached = asyncio.create_task(stop.reached.wait())
    await asyncio.wait([early, reached], return_when=asyncio.FIRST_COMPLETED)
    reached.cancel()
    late = asyncio.create_task(second())
    while not late.done() and not await is_somebody_waiting():  # noqa: ASYNC110 no event
        await asyncio.sleep(0.005)
    stop.go.set()
    return await early, await late


async def _carrying(stop: Stop, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    _carried.set(stop)
    _has_recorded.set(False)
    return await work()


async def is_somebody_waiting() -> bool:
    """Whether somebody waits for a lock in this database."""
    async with database.transaction(database.SYSTEM, read_only=True):
        return bool(await database.rows(_WAITING))
