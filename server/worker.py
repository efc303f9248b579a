"""What happens without a request: due mails leave; imports go on; reports and
reminders are written; counters, sessions and keys whose time is over go.

It polls: a mail waits half a second at most, and a worker that was away misses nothing. Any number
may run, in one process or in many; each mail is claimed by one of them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

import errors
from auth import limits
from mail import delivery
from mail.delivery import Carrier
from mail.transport import Unavailable
from models import Channel
from resolvers import (
    account_links,
    app_actions,
    app_sessions,
    idempotency,
    import_steps,
    member_imports,
    operator_reports,
    phones,
    reminders,
    sessions,
    signing_keys,
    visits,
    webhook_deliveries,
)

_AT_ONCE, _HOURLY = timedelta(), timedelta(hours=1)

_log = structlog.get_logger()


@dataclass
class _Queue:
    """Of one channel: `pace` is from one entry to the next at least; see `run`."""

    stop: asyncio.Event
    idle: timedelta
    trouble: timedelta
    pace: timedelta = _AT_ONCE
    _watch: asyncio.Lock = field(default_factory=asyncio.Lock)
    _next: float = 0

    async def deliver(self, carrier: Carrier) -> timedelta:
        """Of the carriers that are free one looks, the others wait for it; nobody does while the
        queue rests.
        """
        async with self._watch:
            await _pause(self.stop, self._left())
            claimed = None if self.stop.is_set() else await delivery.claim_next(carrier)
            if claimed is None:
                await carrier.part()
                await _pause(self.stop, self.idle)
                return _AT_ONCE
            self._rest(self.pace)
        try:
            await delivery.carry(carrier, claimed)
        except Unavailable:
            self._rest(self.trouble)
            raise
        return _AT_ONCE

    def _rest(self, pause: timedelta) -> None:
        self._next = max(self._next, time.monotonic() + pause.total_seconds())

    def _left(self) -> timedelta:
        return max(timedelta(seconds=self._next - time.monotonic()), _AT_ONCE)


async def run(
    *carriers: Carrier,
    stop: asyncio.Event,
    idle: timedelta = timedelta(seconds=0.5),
    trouble: timedelta = timedelta(seconds=10),
    rounds: timedelta = timedelta(minutes=5),
    pace: timedelta = _AT_ONCE,
) -> None:
    """Work until `stop` is set; what is in hand is finished first, within its 30 seconds.

    Each carrier takes its own channel's queue, so that one that is away holds up no other; one that
    is named twice takes two at once.
    `idle` is the pause when nothing is due, `trouble` the one when the database or a server is
    away, or when something fails that nobody foresaw. `rounds` is how often somebody looks for
    reports and reminders that are due. `pace` is from one mail to the next at least.
    """

    async def write(send_due: Callable[[], Awaitable[int]]) -> timedelta:
        await send_due()
        return rounds

    async def go_on() -> timedelta:
        return _AT_ONCE if await import_steps.apply_next() else idle

    queues = {channel: _Queue(stop, idle, trouble) for channel in Channel}
    queues[Channel.MAIL].pace = pace
    async with asyncio.TaskGroup() as tasks:
        for carrier in carriers:
            step = partial(queues[carrier.channel].deliver, carrier)
            tasks.create_task(_repeat(step, stop=stop, trouble=trouble))
        for send_due in (operator_reports.send_due, reminders.send_due):
            step = partial(write, send_due)
            tasks.create_task(_repeat(step, stop=stop, trouble=trouble))
        tasks.create_task(_repeat(go_on, stop=stop, trouble=trouble))
        tasks.create_task(_repeat(_tidy, stop=stop, trouble=trouble))
    for carrier in carriers:
        await carrier.part()


async def _tidy() -> timedelta:
    await limits.forget_expired()
    await account_links.forget_expired()
    await member_imports.forget_old()
    await phones.forget_expired()
    await sessions.forget_expired()
    await app_actions.forget_old()
    await app_sessions.forget_ended()
    await idempotency.forget_old()
    await visits.forget_expired()
    await signing_keys.forget_expired()
    await webhook_deliveries.forget_old()
    return _HOURLY


async def _repeat(
    step: Callable[[], Awaitable[timedelta]], *, stop: asyncio.Event, trouble: timedelta
) -> None:
    """`step` says how long to pause after it; its failures end nothing."""
    while not stop.is_set():
        try:
            pause = await step()
        except (errors.Failure, Unavailable) as error:
            _log.warning("worker.waits", error=repr(error))
            pause = trouble
        except Exception:  # noqa: BLE001 mails must go on leaving
            _log.exception("worker.failed")
            pause = trouble
        await _pause(stop, pause)


async def _pause(stop: asyncio.Event, length: timedelta) -> None:
    if not length:
        return
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), length.total_seconds())
