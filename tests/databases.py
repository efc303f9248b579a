"""Fresh databases for tests: made from the template, emptied after use and used again.

Making one costs hundreds of milliseconds on a busy disk, emptying one a few. Where a test changed
more than rows (a table, a grant, a policy) its database is dropped instead. The pool of one test
stays open for the next, unless a test closed it or opened another.
"""

import itertools
import os
from typing import Any

import asyncpg
from tortoise.connection import get_connection
from tortoise.exceptions import ConfigurationError

from models import database, embedded
from models.embedded import Embedded
from settings import Settings

_numbers = itertools.count()
_spare: list[str] = []
_shapes: dict[str, str] = {}
_superusers: dict[str, asyncpg.Connection] = {}
_pool: tuple[str, Any] | None = None

# Whatever is made, altered, granted or dropped leaves its mark in one of these.
_CATALOGS = (
    "namespace",
    "class",
    "attribute",
    "attrdef",
    "constraint",
    "policy",
    "proc",
    "trigger",
)
_SHAPE = " union all ".join(
    f"select concat(count(*), '/', max(xmin::text::bigint)) as mark from pg_{name}"  # noqa: S608
    for name in _CATALOGS
)
_LEAVE = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
  and not (application_name = 'tenantry' and state = 'idle')
"""
_EMPTY = """
do $$ declare name text; begin
  set local session_replication_role = replica;
  for name in select tablename from pg_tables
    where schemaname = 'public' and tablename <> 'tortoise_migrations'
  loop execute format('delete from %I', name); end loop;
end $$
"""


async def take(server: Embedded) -> str:
    """The name of a database that is as the migrations left it."""
    if _spare:
        return _spare.pop()
    name = f"test_{os.getpid()}_{next(_numbers)}"  # forked processes share the server
    await administer(server, f"create database {name} template {embedded.DATABASE}")
    _superusers[name] = connection = await _connect(server, name)
    _shapes[name] = await _shape(connection)
    return name


async def give_back(server: Embedded, name: str) -> None:
    """The next test may have it, unless its tables are not what they were.

    Connections are ended, but for the idle ones of a pool that stays open.
    """
    connection = _superusers[name]
    await connection.execute(_LEAVE)
    if await _shape(connection) == _shapes[name]:
        await connection.execute(_EMPTY)
        _spare.append(name)
    else:
        await _superusers.pop(name).close()
        await database.stop()
        await administer(server, f"drop database {name} with (force)")


async def close() -> None:
    """End what was kept for the next test."""
    await database.stop()
    for connection in _superusers.values():
        await connection.close()


async def open_pool(url: str, settings: Settings) -> None:
    global _pool  # noqa: PLW0603 one pool a process, as in the product
    if not _is_kept(url):
        await database.start(url, settings)
        _pool = url, _client()


def address() -> str:
    """Of the open pool's database."""
    assert _pool is not None
    return _pool[0]


def _is_kept(url: str) -> bool:
    return _pool is not None and _pool[0] == url and _pool[1] is _client()


def _client() -> Any:
    try:
        return get_connection(database.ALIAS)
    except (ConfigurationError, RuntimeError):
        return None


async def administer(server: Embedded, statement: str) -> None:
    """Run one statement as the superuser."""
    connection = await _connect(server, "postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _connect(server: Embedded, name: str) -> asyncpg.Connection:
    host = database.parse(server.url)["host"]
    return await asyncpg.connect(host=host, user="postgres", database=name)


async def _shape(connection: asyncpg.Connection) -> str:
    return str([record["mark"] for record in await connection.fetch(_SHAPE)])
