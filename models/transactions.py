"""A transaction on a connection of the pool, from its beginning to its end whatever happens.

It begins in one trip: with the scope that row-level security reads, and, where it is asked for,
with the row of a call that says who asks (ADR 0048).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

import errors
from models import pool as pools
from models.failures import typed_failures

if TYPE_CHECKING:
    from models.database import Client

committing: ContextVar[Callable[[], AbstractContextManager[None]]] = ContextVar(
    "committing", default=nullcontext
)
"""Around each commit of a change; while it lasts nobody can say what is true."""


class Transaction:
    """Gives its connection back whatever happens while it begins, cancellation included.

    Tortoise's own loses the connection for good when it is cancelled there.
    """

    token: Any = None

    def __init__(self, client: "TransactionClient", parent: "Client") -> None:
        self.client, self._parent = client, parent

    async def __aenter__(self) -> "TransactionClient":
        now, patience = asyncio.get_running_loop().time, self.client.patience
        until = now() + patience
        self.client._connection = connection = await self._acquired(until)  # noqa: SLF001 Tortoise offers no other way
        try:
            self.token = get_connections().set(self.client.connection_name, self.client)
            async with self.client.answered(max(until - now(), patience / 2)):
                await self.client.begin()
        except BaseException:
            self.leave()
            await asyncio.shield(self._parent.pool.release(connection))
            raise
        return self.client

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None:
                await self.client.commit()
            else:
                await self.client.abandon()
                await self.client.rollback()
        finally:
            connection = self.client._connection  # noqa: SLF001
            try:
                await self._parent.pool.release(connection, timeout=self.client.patience)
            finally:
                self.leave()

    def leave(self) -> None:
        """Nothing more is asked of it from here, though it is not at its end."""
        if self.token is not None:
            get_connections().reset(self.token)
            self.token = None

    async def _acquired(self, until: float) -> Any:
        try:
            with pools.waits.counted():
                async with asyncio.timeout_at(until):
                    return await (await self._parent.opened()).acquire()
        except TimeoutError:
            raise errors.ServiceUnavailable from None


class TransactionClient(TransactionWrapper):
    """Failures are typed where they happen: a field of a query may be the one that catches them.

    Whatever is asked of a transaction that has failed fails the same way. `scope` is the SQL it
    begins with, `call` that of a function, whose row is `answer` then, in JSON. `is_only_call`:
    nothing else is asked, and it ends in the same trip.
    """

    read_only = False
    apart = False
    patience: float
    scope = ""
    call: str | None = None
    is_only_call = False
    answer: bytes = b""
    failure: errors.Failure | None = None

    def __init__(self, connection: AsyncpgDBClient) -> None:
        super().__init__(connection)
        self._asking: set[asyncio.Task[Any] | None] = set()

    async def begin(self) -> None:
        connection: Any = self._connection
        said = "BEGIN READ ONLY" if self.read_only else "BEGIN"
        end = ";COMMIT" if self.is_only_call else ""
        self.answer = await connection.begin(said, self.scope, self.call, end)

    async def commit(self) -> None:
        if self.is_only_call:
            return
        with nullcontext() if self.read_only or self.apart else committing.get()():
            await self._connection.execute("COMMIT")

    async def abandon(self) -> None:
        """Loaders ask in tasks of their own, which do not end with who waits for them."""
        mine = asyncio.current_task()
        if others := [task for task in self._asking if task and task is not mine]:
            for task in others:
                task.cancel()
            await asyncio.wait(others)

    async def rollback(self) -> None:
        """A server that does not even say that it is done finds the connection closed, and is."""
        with suppress(TimeoutError):
            async with self.answered(self.patience):
                await self._connection.execute("ROLLBACK")

    @asynccontextmanager
    async def answered(self, within: float) -> AsyncIterator[None]:
        """What the server answers at once, if it answers; else the connection is given up."""
        try:
            async with asyncio.timeout(within):
                yield
        except TimeoutError:
            self._connection.terminate()
            raise

    async def fetch(self, sql: str, arguments: Sequence[object]) -> list[dict[str, Any]]:
        """One statement's rows."""
        return await self._translate_exceptions(TransactionClient._fetch, sql, arguments)  # type: ignore[no-any-return]

    async def _fetch(self, sql: str, arguments: Sequence[object]) -> list[dict[str, Any]]:
        async with self.acquire_connection() as connection:
            return [dict(each) for each in await connection.fetch(sql, *arguments)]

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        self._asking.add(task := asyncio.current_task())
        try:
            with typed_failures():
                return await super()._translate_exceptions(func, *args, **kwargs)
        except errors.Failure as failure:
            self.failure = failure
            raise
        except TransactionManagementError as error:
            raise self.failure or error from None
        finally:
            self._asking.discard(task)
