"""The data: built once, kept while it is of its version, and copied for whoever changes it."""

import hashlib
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from bench import data
from models import database, embedded, migrating

_SUPERUSER, _FIRST, _KEPT, _COPY = "postgres", "postgres", "kept_{}", "measured"
_LARGE = 1_000_000
_SIZES = {"many": (data.TENANTS, data.MEMBERS), "large": (1, _LARGE)}
"""Tenants, and members of each: what is measured, and what has grown."""
_LEFT = """
select datname from pg_database
where datname <> all ($1) and not datistemplate and datname not like 'kept\\_%'
"""


@dataclass(frozen=True)
class Server:
    """An embedded PostgreSQL that runs with its data in `folder`."""

    folder: Path
    address: str

    def database(self, name: str) -> "Database":
        return Database(self.address, name)


@dataclass(frozen=True)
class Database:
    address: str
    name: str

    @property
    def url(self) -> str:
        """For the role that serves."""
        return self.of(embedded.SERVING_ROLE)

    def of(self, role: str) -> str:
        parts = urlsplit(self.address)
        return urlunsplit(parts._replace(netloc=f"{role}@", path=f"/{self.name}"))

    @property
    def superuser_url(self) -> str:
        return self.of(_SUPERUSER)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection]:
        """As a superuser."""
        connection = await asyncpg.connect(**database.parse(self.superuser_url))
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[Server]:
    """PostgreSQL in `folder`, which nobody else uses; stopped at the end, with nothing left that
    was not there to be kept.
    """
    running = await embedded.start(folder)
    try:
        found = Server(folder, running.url)
        await _sweep(found)
        try:
            yield found
        finally:
            await _sweep(found)
    finally:
        running.stop()


async def _sweep(on: Server) -> None:
    """What a run or a peer has made, also one that was killed."""
    async with on.database(_FIRST).connected() as connection:
        for row in await connection.fetch(_LEFT, [_FIRST, embedded.DATABASE]):
            await connection.execute(f'drop database "{row["datname"]}" with (force)')


async def version(of: Server) -> str:
    async with of.database(_FIRST).connected() as connection:
        return str(await connection.fetchval("show server_version"))


async def build(on: Server, name: str) -> Database:
    """The kept data of that name, built anew where it is of another version."""
    kept, version = on.database(_KEPT.format(name)), _version(name)
    async with on.database(_FIRST).connected() as connection:
        comment = await connection.fetchval(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = $1",
            kept.name,
        )
        if comment == version:
            await _renew(kept)
            return kept
        await connection.execute(f"drop database if exists {kept.name} with (force)")
        await connection.execute(f"create database {kept.name} owner {embedded.OWNER}")
    await _fill(kept, name)
    async with kept.connected() as connection:
        await connection.execute(f"comment on database {kept.name} is '{version}'")
    return kept


async def _renew(kept: Database) -> None:
    """Sessions end, and the use of one is noted once a minute."""
    async with kept.connected() as connection:
        await connection.execute("update sessions set last_used_at = now() + interval '1 day'")


def _version(name: str) -> str:
    """Of the tables, of what is written into them, and of how much."""
    migrations = Path(migrating.__file__).parent / "migrations"
    files = sorted([*migrations.glob("*.py"), *migrations.glob("*.sql")])
    said = [file.read_text() for file in files] + [inspect.getsource(data), str(_SIZES[name])]
    return hashlib.sha256("".join(said).encode()).hexdigest()


async def _fill(empty: Database, name: str) -> None:
    tenants, members = _SIZES[name]
    print(f"Building data, once: {tenants:,} tenants with {members:,} members each", flush=True)
    await migrating.migrate(empty.of(embedded.OWNER), serving_role=embedded.SERVING_ROLE)
    async with empty.connected() as connection:
        await data.fill(connection, tenants=tenants, members=members)


@asynccontextmanager
async def copy(on: Server) -> AsyncIterator[Database]:
    """The data of many tenants, to be changed; gone at the end."""
    kept, made = await build(on, "many"), on.database(_COPY)
    async with on.database(_FIRST).connected() as connection:
        await connection.execute(f"drop database if exists {made.name} with (force)")
        await connection.execute(f"create database {made.name} template {kept.name}")
        try:
            yield made
        finally:
            await connection.execute(f"drop database if exists {made.name} with (force)")
