"""A transaction on a connection of the pool, from its beginning to its end whatever happens.

It begins in one trip: with the scope that row-level security reads, and, where it is asked for,
with the row of a call that says who asks (ADR 0048).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import orjson
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

import errors
from models import pool as pools
from models import retrying
from models.failures import typed, typed_failures

if TYPE_CHECKING:
    from models.batches import Batch
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

    async def __aenter__(self) -> Any:
        """The row of its call; None where that has none."""
        now, patience = asyncio.get_running_loop().time, self.client.patience
        until = now() + patience
        with typed_failures():
            self.client._connection = connection = await self._acquired(until)  # noqa: SLF001 Tortoise offers no other way
            try:
                self.token = get_connections().set(self.client.connection_name, self.client)
                await self.client.start(max(until - now(), patience / 2))
            except BaseException:
                self.leave()
                await asyncio.shield(self._parent.pool.release(connection))
                raise
        return self.client.answer

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        with typed_failures():
            try:
                await self.client.end(kind)
            finally:
                await self._give_back()
        if error is not None and (failure := typed(error)) is not error:
            raise failure from error

    async def _give_back(self) -> None:
        """asyncpg's pool makes a task of it. There is nothing to wait for once the transaction is
        over, and a connection that is cut off before is closed; a closed one has gone back.
        """
        connection: Any = self.client._connection  # noqa: SLF001
        try:
            if connection._con is not None:  # noqa: SLF001 of asyncpg
                await connection._holder.release(self.client.patience)  # noqa: SLF001
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
    begins with, `call` that of a function, whose row is `answer` then. `is_only_call`: nothing else
    is asked, and it ends in the same trip.
    """

    read_only = False
    apart = False
    patience: float
    scope = ""
    call: str | None = None
    is_only_call = False
    answer: Any = None
    failure: errors.Failure | None = None

    def __init__(self, connection: AsyncpgDBClient) -> None:
        super().__init__(connection)
        self._asking: set[asyncio.Task[Any] | None] = set()
        self._task = asyncio.current_task()
        self.batches: dict[str, Batch] = {}

    @property
    def has_company(self) -> bool:
        """Whether others may be asking beside who asks now: he runs in a task of his own."""
        return asyncio.current_task() is not self._task

    async def start(self, within: float) -> None:
        connection: Any = self._connection
        said = "BEGIN READ ONLY" if self.read_only else "BEGIN"
        end = ";COMMIT" if self.is_only_call else ""
        answer = await connection.begin(said, self.scope, self.call, end, within=within)
        self.answer = orjson.loads(answer) if answer else None

    async def end(self, failure: type[BaseException] | None) -> None:
        """It is true, or undone where there was a failure."""
        if failure is None:
            await self.commit()
        else:
            await self.abandon()
            await self.rollback()

    async def commit(self) -> None:
        if self.is_only_call:
            return
        if self.read_only or self.apart:
            await self._connection.execute("COMMIT")
            return
        with committing.get()():
            await self._connection.execute("COMMIT")
        retrying.changed()

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
            await self._connection.execute("ROLLBACK", timeout=self.patience)

    async def fetch(self, sql: str, arguments: Sequence[object]) -> list[Mapping[str, Any]]:
        """One statement's; Tortoise has its own way for what fails only."""
        self._asking.add(task := asyncio.current_task())
        try:
            async with self.acquire_connection() as connection:
                return await connection.fetch(sql, *arguments)  # type: ignore[return-value]  # reads as one
        except Exception as error:  # noqa: BLE001 which is raised again
            return await self._translate_exceptions(_failing, error)  # type: ignore[no-any-return]
        finally:
            self._asking.discard(task)

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


async def _failing(_: object, error: Exception) -> Any:
    raise error
