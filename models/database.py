"""The only way to PostgreSQL: a transaction with the scope set that row-level security reads.

A query outside `transaction()` is refused, so that nothing is ever read without a scope. The
scope lasts as long as the transaction (`set_config(..., true)`), also behind a pooler in
transaction mode.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from contextvars import Context, ContextVar
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContextPooled
from tortoise.connection import get_connection, get_connections
from tortoise.exceptions import (
    IntegrityError,
    TransactionManagementError,
)

import errors
from models import connecting, retrying
from models import pool as pools
from models.connecting import Connection
from models.engine import ALIAS, REPLICA, config, parse
from models.failures import typed_failures
from settings import Settings

__all__ = [
    "ALIAS",
    "REPLICA",
    "Connection",
    "IntegrityError",
    "Scope",
    "config",
    "parse",
    "rows",
    "start",
    "stop",
    "transaction",
    "typed_failures",
]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a transaction may touch (ADR 0002).

    `viewer`: those of `tenant_ids` and those that carry `user_id`; a session of the provider's
    staff reads people besides (ADR 0016). `system`: every row, for the few functions that know
    nobody yet.
    """

    kind: Literal["viewer", "system"]
    user_id: str = ""
    tenant_ids: tuple[str, ...] = ()

    @classmethod
    def viewer(cls, user_id: str | None, tenant_ids: tuple[str, ...]) -> Self:
        return cls("viewer", user_id or "", tenant_ids)


SYSTEM = Scope("system")
NOBODY = Scope("viewer")


class Transaction(TransactionContextPooled):
    """Gives its connection back whatever happens while it begins, cancellation included.

    Tortoise's own loses the connection for good when it is cancelled there.
    """

    client: "TransactionClient"

    def __init__(self, client: "TransactionClient", lock: asyncio.Lock, timeout: float) -> None:
        super().__init__(client, lock)
        self.timeout = timeout

    async def __aenter__(self) -> TransactionalDBClient:
        now = asyncio.get_running_loop().time
        until = now() + self.timeout
        async with asyncio.timeout_at(until):
            await self.ensure_connection()
        pool: Any = self.client._parent._pool  # noqa: SLF001 Tortoise offers no other way
        connection, token = await self._acquire(pool, until - now()), None
        self.client._connection = connection  # noqa: SLF001
        try:
            self.token = token = get_connections().set(self.connection_name, self.client)
            async with self.client.answered(max(until - now(), self.timeout / 2)):
                await self.client.begin()
        except BaseException:
            if token is not None:
                get_connections().reset(token)
            await asyncio.shield(pool.release(connection))
            raise
        return self.client

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None:
            await self.client.abandon()
        await super().__aexit__(kind, *rest)

    async def _acquire(self, pool: Any, timeout: float) -> Any:  # noqa: ASYNC109 asyncpg's own
        try:
            with pools.waits.counted():
                return await pool.acquire(timeout=timeout)
        except TimeoutError:
            raise errors.ServiceUnavailable from None


class TransactionClient(TransactionWrapper):
    """Failures are typed where they happen: a field of a query may be the one that catches them.

    Whatever is asked of a transaction that has failed fails the same way.
    """

    read_only = False
    apart = False
    patience: float
    failure: errors.Failure | None = None

    def __init__(self, connection: AsyncpgDBClient) -> None:
        super().__init__(connection)
        self._asking: set[asyncio.Task[Any] | None] = set()

    async def begin(self) -> None:
        self.transaction = self._connection.transaction(readonly=self.read_only)
        await self.transaction.start()

    async def commit(self) -> None:
        with nullcontext() if self.read_only or self.apart else committing.get()():
            await super().commit()

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
                await super().rollback()

    @asynccontextmanager
    async def answered(self, within: float) -> AsyncIterator[None]:
        """What the server answers at once, if it answers; else the connection is given up."""
        try:
            async with asyncio.timeout(within):
                yield
        except TimeoutError:
            self._connection.terminate()
            raise

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


class Client(AsyncpgDBClient):
    """The engine: Tortoise takes any module with a `client_class`."""

    connection_class: Any

    def __init__(
        self, *, acquire_timeout: float, connection_class: type[Connection], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.acquire_timeout = acquire_timeout
        self.connection_class = connection_class
        self.bundles = asyncio.Semaphore(max(1, self.pool_maxsize // 2))

    def begin(self, *, read_only: bool, apart: bool = False) -> Transaction:
        """Also on the replica it stands where everybody looks for the transaction under way."""
        client = TransactionClient(self)
        client.connection_name = ALIAS
        client.read_only, client.apart = read_only, apart
        client.patience = self.acquire_timeout
        return Transaction(client, self._pool_init_lock, self.acquire_timeout)

    def acquire_connection(self) -> Any:
        message = "a query outside models.database.transaction()"
        raise RuntimeError(message)


client_class = Client


async def start(url: str, settings: Settings) -> None:
    """Configure the pool for `url`, in place of any before; connections are made at first use."""
    await stop()
    addresses = {ALIAS: url}
    if settings.replica_database_url is not None:
        addresses[REPLICA] = settings.replica_database_url.get_secret_value()
    options = connecting.options(settings)
    connections = {alias: parse(address) | options for alias, address in addresses.items()}
    initializing = Tortoise.init(config=config(__name__, connections), _enable_global_fallback=True)
    await apart(initializing)


async def stop() -> None:
    """Close the pool; `start` may be called again."""
    await Tortoise.close_connections()


async def apart(work: Coroutine[Any, Any, object]) -> None:
    """Do what makes Tortoise remember connections for the task it runs in, besides the pool."""
    await asyncio.create_task(work, context=Context())


class Bundle(Protocol):
    """Transactions that become true together, see `models/bundle`."""

    def takes(self, *, read_only: bool) -> bool: ...
    def step(self, *, read_only: bool) -> AbstractAsyncContextManager[object]: ...


bundle: ContextVar[Bundle | None] = ContextVar("bundle", default=None)
committing: ContextVar[Callable[[], AbstractContextManager[None]]] = ContextVar(
    "committing", default=nullcontext
)
"""Around each commit of a change; while it lasts nobody can say what is true."""


@asynccontextmanager
async def transaction(
    scope: Scope, *, read_only: bool = False, apart: bool = False
) -> AsyncIterator[None]:
    """One transaction with `scope`; commits unless the block raises. Never nested.

    `apart`: it is true at once, whatever becomes of the bundle under way; for what is counted.

    Raises:
        errors.ServiceUnavailable: the server is away or no connection came free in time.
        errors.Timeout: a statement ran too long.
        errors.Conflict: the transaction lost against another one and did nothing.
        errors.InvalidInput: a value that the column cannot hold, such as a NUL, or too long.
    """
    client = get_connection(ALIAS)
    if not isinstance(client, Client):
        message = "transactions are never nested"
        raise RuntimeError(message)  # noqa: TRY004 no argument is of a wrong type
    whole = None if apart else bundle.get()
    joins = whole is not None and whole.takes(read_only=read_only)
    with typed_failures():
        async with (
            whole.step(read_only=read_only)
            if whole and joins
            else client.begin(read_only=read_only, apart=apart)
        ):
            if joins or scope != NOBODY:
                await set_scope(scope)
            yield
    if not (read_only or apart):
        retrying.changed()


async def set_scope(scope: Scope) -> None:
    """Change the scope for the rest of the running transaction."""
    await rows(
        "select set_config('app.scope', $1, true), set_config('app.user', $2, true),"
        " set_config('app.tenants', $3, true)",
        scope.kind,
        scope.user_id,
        ",".join(scope.tenant_ids),
    )


async def rows(sql: str, *arguments: object) -> list[dict[str, Any]]:
    """Run one statement in the running transaction; its rows as dicts, `RETURNING` included."""
    return await get_connection(ALIAS).execute_query_dict(sql, list(arguments))
