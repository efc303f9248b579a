"""The only way to PostgreSQL: a transaction with the scope set that row-level security reads.

A query outside `transaction()` is refused, so that nothing is ever read without a scope. The
scope lasts as long as the transaction (`set_config(..., true)`), also behind a pooler in
transaction mode.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

import orjson
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError

from models import connecting, retrying
from models.connecting import Connection
from models.engine import ALIAS, REPLICA, config, parse
from models.failures import typed_failures
from models.transactions import Transaction, TransactionClient
from settings import Settings

__all__ = [
    "ALIAS",
    "REPLICA",
    "Connection",
    "IntegrityError",
    "Scope",
    "config",
    "parse",
    "records",
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


class Client(AsyncpgDBClient):
    """The engine: Tortoise takes any module with a `client_class`."""

    connection_class: Any
    has_company = False

    def __init__(
        self, *, acquire_timeout: float, connection_class: type[Connection], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.acquire_timeout = acquire_timeout
        self.connection_class = connection_class
        self.bundles = asyncio.Semaphore(max(1, self.pool_maxsize // 2))

    @property
    def pool(self) -> Any:
        """Once it is open."""
        return self._pool

    async def opened(self) -> Any:
        """The pool; several may be the first to want it."""
        if self._pool is None:
            async with self._pool_init_lock:
                if self._pool is None:
                    await self.create_connection(with_db=True)
        return self._pool

    def begin(
        self,
        scope: Scope = NOBODY,
        *,
        read_only: bool,
        apart: bool = False,
        call: str | None = None,
        is_only_call: bool = False,
    ) -> Transaction:
        """Also on the replica it stands where everybody looks for the transaction under way."""
        client = TransactionClient(self)
        client.connection_name = ALIAS
        client.read_only, client.apart = read_only, apart
        client.patience = self.acquire_timeout
        client.scope, client.call = _said(scope), call
        client.is_only_call = is_only_call
        return Transaction(client, self)

    async def fetch(self, *_: object) -> Any:
        self.acquire_connection()

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


def transaction(
    scope: Scope, *, read_only: bool = False, apart: bool = False, call: str | None = None
) -> AbstractAsyncContextManager[Any]:
    """One transaction with `scope`; commits unless the block raises. Never nested.

    `apart`: it is true at once, whatever becomes of the bundle under way; for what is counted.
    `call`: SQL of a function's call, whose row comes with the beginning; None where it has none.

    Raises:
        errors.ServiceUnavailable: the server is away or no connection came free in time.
        errors.Timeout: a statement ran too long.
        errors.Conflict: the transaction lost against another one and did nothing.
        errors.InvalidInput: a value that the column cannot hold, such as a NUL, or too long.
    """
    client = _pooled()
    whole = None if apart else bundle.get()
    if whole is not None and whole.takes(read_only=read_only):
        return _step(whole, scope, read_only=read_only, call=call)
    return client.begin(scope, read_only=read_only, apart=apart, call=call)


def _pooled() -> Client:
    client = get_connection(ALIAS)
    if not isinstance(client, Client):
        message = "transactions are never nested"
        raise RuntimeError(message)  # noqa: TRY004 no argument is of a wrong type
    return client


@asynccontextmanager
async def _step(
    whole: Bundle, scope: Scope, *, read_only: bool, call: str | None
) -> AsyncIterator[Any]:
    with typed_failures():
        async with whole.step(read_only=read_only):
            await set_scope(scope)
            yield await called(call) if call else None
    if not read_only:
        retrying.changed()


_CALLED = "select to_json(found)::text as answer from {} found"
_IDS = re.compile(r"[\w,-]*", re.ASCII)
_SCOPED = (
    "select set_config('app.scope', '{}', true), set_config('app.user', '{}', true),"
    " set_config('app.tenants', '{}', true);"
)


async def call(function: str) -> Any:
    """The row of a function's call in a transaction of its own, apart from any bundle, in one trip;
    nobody's scope.
    """
    begun = _pooled().begin(read_only=False, apart=True, call=function, is_only_call=True)
    async with begun as found:
        return found


async def look_up(function: str) -> Any:
    """As `call`, where nothing is written; sees what the bundle under way has written."""
    begun: AbstractAsyncContextManager[Any]
    if bundle.get() is None:
        begun = _pooled().begin(read_only=True, call=function, is_only_call=True)
    else:
        begun = transaction(NOBODY, read_only=True, call=function)
    async with begun as found:
        return found


async def called(function: str) -> Any:
    """The row of a function's call in the running transaction, as `transaction` hands it out."""
    found = await rows(_CALLED.format(function))
    return orjson.loads(found[0]["answer"]) if found else None


def _said(scope: Scope) -> str:
    """The scope as SQL; ids are ours, and nothing else is let into it."""
    if scope == NOBODY:
        return ""
    given = (scope.kind, scope.user_id, ",".join(scope.tenant_ids))
    if not all(map(_IDS.fullmatch, given)):
        message = "an id that is none"
        raise ValueError(message)
    return _SCOPED.format(*given)


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
    return [dict(record) for record in await records(sql, *arguments)]


async def records(sql: str, *arguments: object) -> list[Mapping[str, Any]]:
    """As `rows`, for what is read by the hundred: a dict of each takes as long as to read it."""
    client: Any = get_connection(ALIAS)
    return await client.fetch(sql, arguments)  # type: ignore[no-any-return]
