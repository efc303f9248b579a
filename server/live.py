"""Connections that stay open: how many there are, and their end when the process stops.

Each holds a place among those of the process, whether it is a socket or a stream of events. What
they tell comes from inboxes (`models/inbox`), which end before them, so that everybody hears why.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import errors
import settings
from models import inbox

FAREWELL_SECONDS = 2
RETRY_SECONDS = 60

Goodbye = Callable[[], Awaitable[None]]

_open: dict[object, Goodbye] = {}


async def _nothing() -> None:
    """A stream of events has said it all."""


@contextmanager
def connection(goodbye: Goodbye = _nothing) -> Iterator[None]:
    """A place among them.

    Raises:
        errors.RateLimited: all are taken.
    """
    if len(_open) >= settings.load().live_connections:
        raise errors.RateLimited(RETRY_SECONDS)
    place = object()
    _open[place] = goodbye
    try:
        yield
    finally:
        del _open[place]


def count() -> int:
    """How many are open."""
    return len(_open)


async def end() -> None:
    """Whoever listens is told that nothing more comes; no stream begins any more.

    Who does not hear it in time is left to the server's own end.
    """
    inbox.close_all()
    with suppress(TimeoutError):
        async with asyncio.timeout(FAREWELL_SECONDS):
            await inbox.emptied()
            for goodbye in list(_open.values()):
                await goodbye()
