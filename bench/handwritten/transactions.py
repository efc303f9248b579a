"""One connection, one transaction, and who asks: the same look-up, scope and check as ours."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request

from models import connecting

SESSION_LIFETIME = timedelta(days=30)
_SESSION = "select user_id, full_name, memberships from open_session($1, $2, $3)"
_EVERYBODY = {"tenant:view"}
_MANAGING = _EVERYBODY | {"members:view", "members:invite"}
PERMISSIONS: Mapping[str, set[str]] = {
    "OWNER": _MANAGING,
    "ADMINISTRATOR": _MANAGING,
    "USER": _EVERYBODY,
}


class Connection(asyncpg.Connection):
    """Every setting ends with its transaction: nothing has to be reset."""

    def get_reset_query(self) -> str:
        return ""


async def pool(database_url: str, connection_class: type[asyncpg.Connection]) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        database_url, min_size=1, max_size=10, connection_class=connection_class
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """`places` by tenant: where he has joined."""

    id: str
    name: str
    places: Mapping[str, Mapping[str, Any]]

    def require(self, tenant_id: str, permission: str) -> Mapping[str, Any]:
        """His place there.

        Raises:
            HTTPException
        """
        place = self.places.get(tenant_id)
        if place is None:
            raise HTTPException(404)
        if permission not in (PERMISSIONS[place["role"]] | {*place["grants"]}) - {
            *place["denials"]
        }:
            raise HTTPException(403)
        return place


@asynccontextmanager
async def reading(request: Request) -> AsyncIterator[tuple[asyncpg.Connection, Caller]]:
    """A read-only transaction in the scope of whoever asks."""
    async with _begun(request, "READ ONLY") as begun:
        yield begun


@asynccontextmanager
async def writing(request: Request) -> AsyncIterator[tuple[asyncpg.Connection, Caller]]:
    """As `reading`, and what is written becomes true at the end of the block."""
    async with _begun(request, "") as begun:
        yield begun


@asynccontextmanager
async def _begun(request: Request, mode: str) -> AsyncIterator[tuple[asyncpg.Connection, Caller]]:
    """It begins and looks up in two trips, or in one where the connections are those of ours."""
    async with request.app.state.pool.acquire() as connection:
        look_up = _at_once if request.app.state.at_once else _in_two
        try:
            yield connection, await look_up(connection, mode, _digest(request))
        except BaseException:
            await connection.execute("ROLLBACK")
            raise
        await connection.execute("COMMIT")


def _digest(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return hashlib.sha256(token.encode() if scheme == "Bearer" else b"").hexdigest()


async def _in_two(connection: asyncpg.Connection, mode: str, digest: str) -> Caller:
    await connection.execute(f"BEGIN {mode}")
    found = await connection.fetchrow(_SESSION, digest, datetime.now(UTC), SESSION_LIFETIME)
    if found is None:
        raise HTTPException(401)
    return _caller(found[0], found[1], orjson.loads(found[2]))


async def _at_once(connection: connecting.Connection, mode: str, digest: str) -> Caller:
    call = f"open_session('{digest}', now(), '{SESSION_LIFETIME.days} days')"
    answer = await connection.begin(f"BEGIN {mode}", "", call)
    if not answer:
        raise HTTPException(401)
    found = orjson.loads(answer)
    return _caller(found["user_id"], found["full_name"], found["memberships"])


def _caller(user_id: str, name: str, places: Sequence[Mapping[str, Any]]) -> Caller:
    joined = {place["tenant_id"]: place for place in places if place["status"] == "JOINED"}
    return Caller(user_id, name, joined)


async def row(connection: asyncpg.Connection, sql: str, *arguments: object) -> asyncpg.Record:
    """The one that the statement finds.

    Raises:
        HTTPException: there is none.
    """
    found = await connection.fetchrow(sql, *arguments)
    if found is None:
        raise HTTPException(404)
    return found


async def set_scope(
    connection: asyncpg.Connection, kind: str, user_id: str = "", *tenant_ids: str
) -> None:
    """Whose rows the rest of the transaction may touch."""
    await connection.execute(
        "select set_config('app.scope', $1, true), set_config('app.user', $2, true),"
        " set_config('app.tenants', $3, true)",
        kind,
        user_id,
        ",".join(tenant_ids),
    )
