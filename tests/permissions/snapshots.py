"""Every row there is, kept aside: what an attempt has changed, and putting it back.

Rows are compared by the transaction that wrote them, so a question costs a millisecond; a table
that was written is compared value by value. When a session or a key was last used, and how often
somebody has tried, is no change.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from models import database
from tests import databases

_TABLES = """
select tablename from pg_tables where schemaname = 'public'
and tablename not in ('rate_limits', 'tortoise_migrations') order by 1
"""
_DIFFERS = """
select exists (
  (select to_jsonb(r) - 'last_used_at' from {0} r
   except select to_jsonb(r) - 'last_used_at' from kept_{0} r)
  union all
  (select to_jsonb(r) - 'last_used_at' from kept_{0} r
   except select to_jsonb(r) - 'last_used_at' from {0} r))
"""


@dataclass
class Snapshot:
    """The database as it was when the snapshot was taken."""

    connection: asyncpg.Connection
    tables: list[str]
    marks: dict[str, str] = field(default_factory=dict)

    async def take(self) -> None:
        """From now on, this is how it was."""
        for table in self.tables:
            await self.connection.execute(f"drop table if exists kept_{table}")
            await self.connection.execute(f"create temp table kept_{table} as table {table}")
        self.marks = await self._marks()

    async def changed(self) -> list[str]:
        """The tables that hold something else than they did."""
        written = await self._written()
        return [name for name in written if await self.connection.fetchval(_DIFFERS.format(name))]

    async def put_back(self) -> None:
        """As it was."""
        for name in await self._written():
            await self.connection.execute(f"delete from {name}")  # noqa: S608 our own names
            await self.connection.execute(f"insert into {name} table kept_{name}")
        self.marks = await self._marks()

    async def _written(self) -> list[str]:
        now = await self._marks()
        return [name for name in self.tables if now[name] != self.marks[name]]

    async def _marks(self) -> dict[str, str]:
        """What attempts were counted is forgotten, so that nobody is told to wait."""
        await self.connection.execute("delete from rate_limits")
        asked = " union all ".join(
            f"select '{name}', concat(count(*), '/', max(xmin::text::bigint)) from {name}"  # noqa: S608 as above
            for name in self.tables
        )
        return {name: mark for name, mark in await self.connection.fetch(asked)}  # noqa: C416 records


@asynccontextmanager
async def taken() -> AsyncIterator[Snapshot]:
    """Of the test's database, as its superuser: without triggers, and past every policy."""
    place = database.parse(databases.address())
    connection = await asyncpg.connect(
        host=place["host"], user="postgres", database=place["database"]
    )
    try:
        await connection.execute("set session_replication_role = replica")
        tables = [record["tablename"] for record in await connection.fetch(_TABLES)]
        snapshot = Snapshot(connection, tables)
        await snapshot.take()
        yield snapshot
    finally:
        await connection.close()
