"""How the connections of a pool are made: straight to PostgreSQL, or to a pooler before it.

A pooler in transaction mode lends another session to each transaction. So nothing may be prepared,
and what a session would be told once, each transaction is told as it begins: in the same trip.

A server may also be there and say nothing: it hangs, or the network drops what is sent. So every
answer has its time, and a connection that lets it pass is given up (ADR 0043).
"""

import asyncio
import socket
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import asyncpg
from asyncpg.protocol import NO_TIMEOUT

from settings import Settings

_GRACE = timedelta(seconds=1)
"""What an answer may be on its way after the server has ended its statement."""


class Connection(asyncpg.Connection):
    """All our settings end with their transaction, so there is nothing to reset."""

    def __init__(self, protocol: Any, transport: Any, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        _watch(transport.get_extra_info("socket"))

    limits = ""

    async def begin(
        self,
        said: str,
        scope: str = "",
        call: str | None = None,
        end: str = "",
        *,
        within: float | None = None,
    ) -> bytes:
        """`said` begins a transaction with that scope; the row of `call` in JSON, if it has one.

        All of it is SQL of ours, sent as one message. Of such a message asyncpg hands out no rows
        but those that are copied. With `end` the transaction is over. `within`: seconds.
        """
        said, answer = f"{said};{self.limits}{scope}", bytearray()
        if call is None:
            await self.execute(said, timeout=within)
        else:
            copying = self._copy(said + _COPIED.format(call) + end, answer, within)
            await self._in_time(copying)
        return bytes(answer)

    async def _copy(self, query: str, answer: bytearray, within: float | None) -> None:
        """asyncpg's own time for it would make a task of each piece."""

        async def keep(piece: bytes) -> None:
            answer.extend(piece)

        protocol: Any = self._protocol  # type: ignore[attr-defined]
        async with asyncio.timeout(within):
            await protocol.copy_out(query, keep, NO_TIMEOUT)

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 asyncpg's own
        """Settings end with their transaction; one may have been cut off while it began."""
        if self.is_in_transaction():
            await self.execute("ROLLBACK", timeout=timeout)

    async def execute(self, *asked: Any, **options: Any) -> Any:
        return await self._in_time(super().execute(*asked, **options))

    async def executemany(self, *asked: Any, **options: Any) -> Any:
        return await self._in_time(super().executemany(*asked, **options))

    async def fetch(self, *asked: Any, **options: Any) -> Any:
        return await self._in_time(super().fetch(*asked, **options))

    async def fetchrow(self, *asked: Any, **options: Any) -> Any:
        return await self._in_time(super().fetchrow(*asked, **options))

    async def _in_time(self, answer: Awaitable[Any]) -> Any:
        """Nobody waits for one that is silent to say that it has stopped, as asyncpg does."""
        try:
            return await answer
        except TimeoutError:
            self.terminate()
            raise


_COPIED = (
    "copy (select to_json(found) from {} found) to stdout"
    " (format csv, quote e'\\x01', delimiter e'\\x02')"
)
"""Neither character can stand in JSON, so nothing is quoted."""


_LINE = {"TCP_KEEPIDLE": 1, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 2000}
"""Seconds, times and milliseconds: a line that takes nothing any more is lost in two seconds."""


def _watch(line: socket.socket) -> None:
    """The kernel can tell a network that is gone from a statement that takes its time."""
    if line.family == socket.AF_UNIX:
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _LINE.items():
        if hasattr(socket, name):  # not every system has each
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def options(settings: Settings) -> dict[str, Any]:
    """asyncpg's arguments for the pool and each of its connections."""
    timeout = settings.database_acquire_timeout.total_seconds()
    return {
        "minsize": 1,
        "maxsize": settings.database_pool_size,
        "timeout": timeout,
        "acquire_timeout": timeout,
        "command_timeout": (settings.database_statement_timeout + _GRACE).total_seconds(),
        **(_lent(settings) if settings.database_pooled else _own(settings)),
    }


def _own(settings: Settings) -> dict[str, Any]:
    names = {"application_name": "tenantry", "plan_cache_mode": _PLANS}
    return {"connection_class": Connection, "server_settings": names | _limits(settings)}


_PLANS = "force_generic_plan"
"""Of one statement one plan: those with arrays would be planned anew each time (ADR 0045)."""


def _lent(settings: Settings) -> dict[str, Any]:
    limits = _limits(settings).items()
    said = "".join(f"SET LOCAL {name} = {milliseconds};" for name, milliseconds in limits)
    return {
        "connection_class": type("Lent", (Connection,), {"limits": said}),
        "server_settings": {"application_name": "tenantry"},
        "statement_cache_size": 0,
    }


def _limits(settings: Settings) -> dict[str, str]:
    return {
        "statement_timeout": _milliseconds(settings.database_statement_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(settings.database_idle_timeout),
    }


def _milliseconds(duration: timedelta) -> str:
    return str(int(duration.total_seconds() * 1000))
