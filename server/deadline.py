"""How long an operation may take, and what its end means.

Until a change becomes true, the end of its time undoes it: a statement under way is cancelled, and
the transaction goes back. A commit is never cut off, since nobody could say then what became of it;
and who is cut off behind one is not told that nothing was done.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import errors
import settings
from models import transactions

_AFTERWARDS = 1.0  # seconds to tell at least what has become of a change


@dataclass
class Limit:
    """Of one operation, or of one field of a mutation; `at` is of the loop's clock."""

    at: float
    timer: asyncio.Timeout
    has_changed: bool = False

    @contextmanager
    def committing(self) -> Iterator[None]:
        self.has_changed = True
        self.timer.reschedule(None)
        try:
            yield
        finally:
            self.timer.reschedule(max(self.at, asyncio.get_running_loop().time() + _AFTERWARDS))


_limit: ContextVar[Limit | None] = ContextVar("limit", default=None)


@asynccontextmanager
async def kept() -> AsyncIterator[None]:
    """Around an operation, and once more around each field of a mutation: that ends by itself, and
    leaves alone what fields before it have done.

    Raises:
        errors.Timeout: time is over, and what was under way is undone.
        errors.ServiceUnavailable: time is over, and a change is true, or may be.
    """
    whole = _limit.get()
    if whole is not None:
        whole.timer.reschedule(None)
    at = whole.at if whole else _from_now()
    limit = Limit(at, timer := asyncio.timeout_at(at))
    try:
        async with timer:
            with _set(limit):
                yield
    except TimeoutError:
        if not timer.expired():
            raise
        raise (errors.ServiceUnavailable if limit.has_changed else errors.Timeout) from None


def _from_now() -> float:
    patience = settings.load().request_timeout.total_seconds()
    return asyncio.get_running_loop().time() + patience


@contextmanager
def _set(limit: Limit) -> Iterator[None]:
    token, committing = _limit.set(limit), transactions.committing.set(limit.committing)
    try:
        yield
    finally:
        transactions.committing.reset(committing)
        _limit.reset(token)


def told(failure: Exception) -> Exception:
    """What a client is told of it: behind a commit, not that nothing was done."""
    limit = _limit.get()
    if isinstance(failure, errors.Timeout) and limit is not None and limit.has_changed:
        return errors.ServiceUnavailable()
    return failure
