"""What happens without a request: due mails leave, counters whose window is over are forgotten.

It polls: a mail waits half a second at most, and a worker that was away misses nothing. Any number
may run, in one process or in many; each mail is claimed by one of them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import structlog

import errors
from auth import limits
from mail import delivery
from mail.transport import Transport, Unavailable

_AT_ONCE, _HOURLY = timedelta(), timedelta(hours=1)

_log = structlog.get_logger()


async def run(
    transport: Transport,
    *,
    stop: asyncio.Event,
    idle: timedelta = timedelta(seconds=0.5),
    trouble: timedelta = timedelta(seconds=10),
) -> None:
    """Work until `stop` is set; the mail in hand is finished first, within its 30 seconds.

    `idle` is the pause when nothing is due, `trouble` the one when the database or the mail server
    is away, or when something fails that nobody foresaw.
    """

    async def mail() -> timedelta:
        return _AT_ONCE if await delivery.deliver_next(transport) else idle

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_repeat(mail, stop=stop, trouble=trouble))
        tasks.create_task(_repeat(_tidy, stop=stop, trouble=trouble))


async def _tidy() -> timedelta:
    await limits.forget_expired()
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
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), length.total_seconds())
