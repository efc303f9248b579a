"""A pool of connections as it is, and how long it was waited for since the process began.

Whoever shows it reads it from time to time; nothing here knows of metrics.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tortoise.connection import get_connection
from tortoise.exceptions import ConfigurationError


@dataclass
class Waits:
    """`now`: how many wait; `ended` and `seconds`: of all who waited, also of those in vain."""

    now: int = 0
    ended: int = 0
    seconds: float = 0.0
    in_vain: int = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Around the wait for one; TimeoutError passes through and counts as in vain."""
        begun = time.perf_counter()
        self.now += 1
        try:
            yield
        except TimeoutError:
            self.in_vain += 1
            raise
        finally:
            self.now -= 1
            self.ended += 1
            self.seconds += time.perf_counter() - begun


@dataclass(frozen=True, slots=True)
class State:
    """How many connections there are, how many of them nobody uses, how many there may be."""

    size: int = 0
    idle: int = 0
    limit: int = 0


waits = Waits()


def state(alias: str) -> State:
    """At this moment; empty before the first use and once the pool is closed."""
    try:
        client: Any = get_connection(alias)
    except (ConfigurationError, RuntimeError):  # nothing is configured (any more)
        return State()
    pool = getattr(client, "_pool", None)
    if pool is None:
        return State()
    return State(pool.get_size(), pool.get_idle_size(), pool.get_max_size())
