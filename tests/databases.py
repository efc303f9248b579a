"""Fresh databases for tests: made from the template, emptied after use and used again.

Making one costs hundreds of milliseconds on a busy disk, emptying one a few. Where a test changed
more than rows (a table, a grant, a policy) its database is dropped instead.
"""

import itertools

import asyncpg

from models import database, embedded
from models.embedded import Embedded

_numbers = itertools.count()
_spare: list[str] = []
_shapes: dict[str, str] = {}

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
    name = f"test_{next(_numbers)}"
    await administer(server, f"create database {name} template {embedded.DATABASE}")
    connection = await _connect(server, name)
    _shapes[name] = await _shape(connection)
    await connection.close()
    return name


async def give_back(server: Embedded, name: str) -> None:
    """End its connections; the next test may have it, unless its tables are not what they were."""
    connection = await _connect(server, name)
    await connection.execute(_LEAVE)
    unchanged = await _shape(connection) == _shapes[name]
    if unchanged:
        await connection.execute(_EMPTY)
        _spare.append(name)
    await connection.close()
    if not unchanged:
        await administer(server, f"drop database {name} with (force)")


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
