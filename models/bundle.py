"""Transactions that become true together, or not at all (ADR 0033).

While a bundle is under way, the first transaction that may write opens one for all: each is a
savepoint of it, with a scope of its own, and what is read from then on sees what was written.
Before that, whatever only reads has a transaction of its own as ever, so that nothing slow happens
between the first change and the end.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from tortoise.backends.base.client import ConnectionWrapper
from tortoise.connection import get_connection, get_connections

import errors
from models import database
from models.transactions import Transaction, TransactionClient


class Bundle:
    """`changed`: one that may write has ended well. Only `commit` makes anything true."""

    def __init__(self, first: Callable[[], Awaitable[None]]) -> None:
        self.changed = False
        self._first = first
        self._client: database.Client = get_connection(database.ALIAS)  # type: ignore[assignment]
        self._whole: Transaction | None = None

    def takes(self, *, read_only: bool) -> bool:
        """Whether a transaction that begins now is one of these."""
        return self._whole is not None or not read_only

    @asynccontextmanager
    async def step(self, *, read_only: bool) -> AsyncIterator[None]:
        """One of them.

        Raises:
            errors.Failure: as the first one's `first` does; nothing is open then.
        """
        if self._whole is None:
            await self._open()
        async with self._savepoint():
            yield
        self.changed = self.changed or not read_only

    async def commit(self) -> None:
        """All of it is true.

        Raises:
            errors.ServiceUnavailable: the server did not say so; it may be, or may not be.
        """
        await self._end(None)

    async def close(self) -> None:
        """Whatever was not committed is undone."""
        with suppress(errors.Failure):
            await self._end(BaseException)

    async def _open(self) -> None:
        await self._take_place()
        whole = self._client.begin(read_only=False)
        try:
            await whole.__aenter__()
        except BaseException:
            self._client.bundles.release()
            raise
        whole.leave()  # a query between two of them has no scope
        self._whole = whole
        try:
            async with self._savepoint():
                await database.set_scope(database.SYSTEM)
                await self._first()
        except BaseException:
            await self.close()
            raise

    async def _take_place(self) -> None:
        """Half the pool at most: what counts attempts apart must find a connection."""
        try:
            async with asyncio.timeout(self._client.acquire_timeout):
                await self._client.bundles.acquire()
        except TimeoutError:
            raise errors.ServiceUnavailable from None

    async def _end(self, failure: type[BaseException] | None) -> None:
        whole, self._whole = self._whole, None
        if whole is not None:
            try:
                await whole.__aexit__(failure, None, None)
            finally:
                self._client.bundles.release()

    @asynccontextmanager
    async def _savepoint(self) -> AsyncIterator[None]:
        assert self._whole is not None  # noqa: S101 `_open` has been called
        client = _Step(self._whole.client)
        client.patience = self._whole.client.patience
        token = get_connections().set(database.ALIAS, client)
        try:
            await client.run("savepoint step")
            try:
                yield
            except BaseException:
                await client.abandon()
                await client.undo()
                raise
            await client.release()
        finally:
            client.is_over = True
            get_connections().reset(token)


class _Step(TransactionClient):
    """A savepoint. A task that outlives it finds no connection, though that one is still in use."""

    is_over = False

    def acquire_connection(self) -> Any:
        return _Turn(self._lock, self)

    async def run(self, statement: str, within: float | None = None) -> None:
        await self._connection.execute(statement, timeout=within)

    async def undo(self) -> None:
        """Where that fails there is no connection any more, and nothing to undo."""
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await self.run("rollback to savepoint step; release savepoint step", self.patience)

    async def release(self) -> None:
        """What failed inside and was borne with is undone, as a commit would."""
        try:
            await self.run("release savepoint step")
        except asyncpg.InFailedSQLTransactionError:
            await self.undo()


class _Turn(ConnectionWrapper[Any]):
    """One statement's."""

    async def __aenter__(self) -> Any:
        connection = await super().__aenter__()
        if isinstance(self.client, _Step) and self.client.is_over:
            self._lock.release()
            raise errors.ServiceUnavailable
        return connection


@asynccontextmanager
async def begun(first: Callable[[], Awaitable[None]]) -> AsyncIterator[Bundle]:
    """The transactions of this block are a bundle, which is undone unless it is committed.

    `first` is called as soon as one of them may write, in the system's scope, before it. Never one
    in another.
    """
    bundle = Bundle(first)
    token = database.bundle.set(bundle)
    try:
        yield bundle
    finally:
        database.bundle.reset(token)
        await bundle.close()
