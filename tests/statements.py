"""The round trips to PostgreSQL that something takes, in their order, as SQL.

What a connection has not asked before takes one more the first time, to be prepared; so whoever
counts does it twice.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from models.connecting import Connection

_NAMES = ("query", "command")  # as asyncpg's methods call what they send


@contextmanager
def recorded(wanted: Callable[[str], bool] = bool) -> Iterator[list[str]]:
    """Filled while the block lasts; all of the pool's connections."""
    found: list[str] = []
    answered = Connection._in_time  # noqa: SLF001 all that is sent goes through it

    async def noted(self: Connection, answer: Awaitable[Any]) -> Any:
        asked = answer.cr_frame.f_locals  # type: ignore[attr-defined]  # a coroutine of asyncpg's
        sent = next(asked[name] for name in _NAMES if name in asked)
        if wanted(sent):
            found.append(sent)
        return await answered(self, answer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "_in_time", noted)
        yield found
