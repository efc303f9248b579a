import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import asyncpg
import pytest

from models import database, embedded, migrating
from settings import CHECKOUT, Settings

Addresses = tuple[str, str]
BEFORE = """
insert into users (id, login, email, email_key, full_name, created_at, updated_at) values
  ('usr_1', 'ann', 'ann@example.com', 'ann@example.com', 'Ann Archer', now(), now()),
  ('usr_2', 'ivo', null, null, 'Ivo', now(), now());
insert into outbox_entries
  (id, message, recipient, locale, facts, state, attempts, due_at, created_at)
values ('msg_1', 'removed', 'ann@example.com', 'EN', '{}', 'SENT', 1, now(), now());
"""
PEOPLE = """
insert into tenants (id, name, name_key, catalog, locale, created_at, updated_at) values
  ('ten_1', 'Acme', 'acme', 'PROJECT', 'EN', now(), now());
insert into members (id, tenant_id, status, role, email, email_key, name_key, is_first_user,
  created_at, updated_at)
select 'mem_' || n, 'ten_1', 'PENDING', 'MANAGER', n, n, '', false, now(), now()
from generate_series(1, 3) n;
"""
COUNTS = {
    "kept": "select tenant_id, status, role, number from member_counts where number <> 0",
    "counted": "select tenant_id, status, role, count(*)::int from members group by 1, 2, 3",
}
DOORS = 15
TABLES = (
    "select count(*) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
)


async def administer(server: embedded.Embedded, *statements: str) -> None:
    connection = await asyncpg.connect(**database.parse(as_role(server.url, "postgres")))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def superuser_of(url: str, statement: str) -> None:
    """Run it in that very database."""
    connection = await asyncpg.connect(**database.parse(as_role(url, "postgres")))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def ask_owner(blank: Addresses, sql: str) -> object:
    connection = await asyncpg.connect(**database.parse(blank[1]))
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def as_role(url: str, role: str) -> str:
    return url.replace(f"//{urlsplit(url).username}@", f"//{role}@")


@pytest.fixture
async def blank(server: embedded.Embedded) -> AsyncIterator[Addresses]:
    """An empty database: its address for the serving role, and for its owner.

    The role `newcomer` has been granted nothing in it.
    """
    await administer(
        server,
        f"create database blank owner {embedded.OWNER} template template0",
        "create role newcomer login",
    )
    url, owner = (
        address.replace(f"/{embedded.DATABASE}?", "/blank?")
        for address in (server.url, server.migration_url)
    )
    yield url, owner
    await administer(server, "drop database blank with (force)", "drop role newcomer")


async def require_ready(url: str, settings: Settings) -> None:
    await database.start(url, settings)
    try:
        await migrating.require_ready()
    finally:
        await database.stop()


async def test_migrating_twice_is_harmless(
    blank: Addresses, configure: Callable[..., Settings]
) -> None:
    for _ in range(2):
        await migrating.migrate(blank[1], embedded.SERVING_ROLE)
    await require_ready(blank[0], configure())


async def test_what_was_there_before_the_cabinet_is_brought_along(blank: Addresses) -> None:
    """ADR 0009 and 0010: rows are found although row-level security binds the owner as well."""
    await migrating.migrate(blank[1], embedded.SERVING_ROLE, target="models.0002_apps")
    connection = await asyncpg.connect(**database.parse(blank[1]))
    await connection.execute("select set_config('app.scope', 'system', false)")
    await connection.execute(BEFORE)
    await migrating.migrate(blank[1], embedded.SERVING_ROLE)
    users = await connection.fetch(
        "select login, email_is_registered, name_key from users order by id"
    )
    mails = await connection.fetch("select recipient from outbox_entries")
    await connection.close()
    assert [tuple(user) for user in users] == [("ann", True, "ann archer"), ("ivo", False, "ivo")]
    assert [mail["recipient"] for mail in mails] == [""]


async def test_members_who_were_there_before_they_were_counted_are_counted_on(
    blank: Addresses,
) -> None:
    """ADR 0045: as they were brought along, and after one of them has become another."""
    await migrating.migrate(blank[1], embedded.SERVING_ROLE, target="models.0009_portals")
    connection = await asyncpg.connect(**database.parse(blank[1]))
    await connection.execute("select set_config('app.scope', 'system', false)")
    await connection.execute(PEOPLE)
    await migrating.migrate(blank[1], embedded.SERVING_ROLE)
    for change in ("select", "update members set role = 'USER' where id = 'mem_1'"):
        await connection.execute(change)
        kept, counted = [{*await connection.fetch(COUNTS[name])} for name in ("kept", "counted")]
        assert kept == counted, change
    await connection.close()


async def test_a_database_that_is_not_migrated_is_not_served(
    blank: Addresses, configure: Callable[..., Settings]
) -> None:
    with pytest.raises(migrating.NotReady, match=r"python -m server migrate.*0001_initial"):
        await require_ready(blank[0], configure())


async def test_a_role_that_was_not_granted_the_tables_is_told_to_migrate(
    blank: Addresses, configure: Callable[..., Settings]
) -> None:
    await migrating.migrate(blank[1], embedded.SERVING_ROLE)
    url = as_role(blank[0], "newcomer")
    with pytest.raises(migrating.NotReady, match="python -m server migrate"):
        await require_ready(url, configure())
    await migrating.migrate(blank[1], "newcomer")
    await require_ready(url, configure())


async def test_a_migration_that_fails_leaves_nothing_half_done(blank: Addresses) -> None:
    await ask_owner(blank, "create table sessions (id text)")
    with pytest.raises(Exception, match="sessions"):
        await migrating.migrate(blank[1], embedded.SERVING_ROLE)
    assert await ask_owner(blank, "select to_regclass('members') is null") is True
    await ask_owner(blank, "drop table sessions")
    await migrating.migrate(blank[1], embedded.SERVING_ROLE)


async def test_migrating_waits_while_somebody_else_does(blank: Addresses) -> None:
    """TRAPS 4: Tortoise takes no lock.

    `pg_advisory_lock` in `models.migrating.migrate` is the line without which this fails.
    """
    lock = await asyncpg.connect(**database.parse(blank[1]))
    await lock.execute("select pg_advisory_lock($1)", migrating.ADVISORY_LOCK)
    task = asyncio.create_task(migrating.migrate(blank[1], embedded.SERVING_ROLE))
    await asyncio.sleep(0.3)
    assert await ask_owner(blank, TABLES) == 0
    await lock.close()
    await task
    assert await ask_owner(blank, "select to_regclass('members') is not null") is True


async def test_two_processes_migrate_at_once(blank: Addresses) -> None:
    """TRAPS 4."""
    environment = {
        "TENANTRY_DATABASE_URL": blank[0],
        "TENANTRY_MIGRATION_DATABASE_URL": blank[1],
    }
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server", "migrate"), cwd=CHECKOUT, env=os.environ | environment
        )
        for _ in range(2)
    ]
    assert [await process.wait() for process in processes] == [0, 0]


async def test_a_role_that_could_bypass_the_fence_is_not_served(
    server: embedded.Embedded, database_urls: Addresses, configure: Callable[..., Settings]
) -> None:
    """CASES 108: a superuser, the owner, who bypasses policies, or who can become one of these; who
    owns a function alone, since policies ask functions.
    """
    await administer(
        server,
        "create role author login",
        "create role unbound login bypassrls",
        f"create role heir login in role {embedded.OWNER}",
        "create role deputy login noinherit in role unbound",
    )
    await superuser_of(database_urls[0], "alter function scope_is_wide() owner to author")
    try:
        for role in ("postgres", embedded.OWNER, "unbound", "heir", "deputy", "author"):
            with pytest.raises(migrating.NotReady, match="TENANTRY_DATABASE_URL"):
                await require_ready(as_role(database_urls[0], role), configure())
    finally:
        await superuser_of(
            database_urls[0], f"alter function scope_is_wide() owner to {embedded.OWNER}"
        )
        await administer(server, "drop role deputy", "drop role heir", "drop role unbound")
        await administer(server, "drop role author")


async def test_nobody_but_the_serving_role_goes_through_the_doors(blank: Addresses) -> None:
    """ADR 0002 and 0040: they see more than who calls them, and PostgreSQL lets everybody call."""
    await migrating.migrate(blank[1], embedded.SERVING_ROLE)
    open_to = (
        "select count(*) from pg_proc"
        " where prosecdef and has_function_privilege('{}', oid, 'execute')"
    )
    assert await ask_owner(blank, open_to.format("newcomer")) == 0
    assert await ask_owner(blank, open_to.format(embedded.SERVING_ROLE)) == DOORS
