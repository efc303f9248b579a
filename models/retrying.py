"""Changes that lost against another one are made again, from their beginning (ADR 0042).

PostgreSQL ends one of two transactions that wait for each other, and has done nothing of it. What
has not committed anything may be begun anew; who asks, and what he may, is then read anew as well.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import errors

TIMES = 3
_LONGEST_PAUSE = 0.05  # seconds; twice as long with each time

Thing = TypeVar("Thing")
T = TypeVar("T")


class _Work:
    """`done`: what is done once, however often the work is begun; `past`: of that, what an earlier
    beginning has done and this one has not come to yet.
    """

    def __init__(self) -> None:
        self.begun, self.has_changed = 0, False
        self.done, self.past = Counter[object](), Counter[object]()

    def begin(self) -> None:
        self.begun += 1
        self.past = self.done.copy()

    def may_begin_again(self, failure: BaseException) -> bool:
        is_passing = isinstance(failure, errors.Conflict) and failure.is_passing
        return is_passing and not self.has_changed and self.begun <= TIMES


_under_way: ContextVar[_Work | None] = ContextVar("work", default=None)


async def done(work: Callable[[], Awaitable[T]]) -> T:
    """What `work` returns, begun again where it lost and had changed nothing; 3 times at most.

    Raises:
        errors.Conflict: it lost each time, or had changed something before.
    """
    trying = _Work()
    token = _under_way.set(trying)
    try:
        while True:
            trying.begin()
            try:
                return await work()
            except errors.Conflict as failure:
                if not trying.may_begin_again(failure):
                    raise
            await asyncio.sleep(random.uniform(0, _LONGEST_PAUSE * 2**trying.begun))  # noqa: S311 no secret
    finally:
        _under_way.reset(token)


def is_wanted(failure: BaseException) -> bool:
    """Whether the work under way will be begun again for it; nobody else need be told then."""
    trying = _under_way.get()
    return trying is not None and trying.may_begin_again(failure)


def changed() -> None:
    """Something of the work under way is true, or will be with all of it."""
    if (trying := _under_way.get()) is not None:
        trying.has_changed = True


@contextmanager
def once(verb: str, things: Sequence[Thing]) -> Iterator[tuple[Thing, ...]]:
    """Those things that `verb` has not been done to by an earlier beginning; the block does it."""
    trying = _under_way.get() or _Work()
    fresh = []
    for thing in things:
        if trying.past[verb, thing]:
            trying.past[verb, thing] -= 1
        else:
            fresh.append(thing)
    yield tuple(fresh)
    trying.done.update((verb, thing) for thing in fresh)
