"""Bringing the tables up to date, as the role that owns them, one process at a time."""

from pathlib import Path

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.api import migrate as apply

from models import database

ADVISORY_LOCK = 7_364_001
_ENGINE = "tortoise.backends.asyncpg"
_FILES = Path(__file__).parent / "migrations"

# Also who can become such a role; superusers are members of every role. Whoever owns a function
# that policies ask, or a door through them, writes it anew (ADR 0040).
_MAY_BYPASS = """
select exists (select from pg_roles where pg_has_role(oid, 'member') and (rolsuper or rolbypassrls))
  or exists (select from pg_class where pg_has_role(relowner, 'member')
             and relnamespace = 'public'::regnamespace)
  or exists (select from pg_proc where pg_has_role(proowner, 'member')
             and pronamespace = 'public'::regnamespace) as bypasses
"""

# PostgreSQL lets everybody call a function unless told otherwise.
_DOORS = """
select oid::regprocedure::text as door from pg_proc
where prosecdef and pronamespace = 'public'::regnamespace and pg_has_role(proowner, 'member')
"""

# `migrate` grants it to the role that TENANTRY_DATABASE_URL names.
_MAY_READ = "select has_table_privilege(to_regclass('tortoise_migrations'), 'select') as may"


class NotReady(Exception):
    """The database cannot be served as it is; the message says what to do."""


async def migrate(url: str, serving_role: str, target: str | None = None) -> None:
    """Apply what is missing, up to `target` if named, and grant the tables to `serving_role`.

    Raises:
        errors.ServiceUnavailable
    """
    with database.typed_failures():
        lock = await asyncpg.connect(**database.parse(url))
    try:
        await lock.execute("select pg_advisory_lock($1)", ADVISORY_LOCK)
        await database.apart(_apply(url, target))
        await _grant(lock, serving_role)
    finally:
        await lock.close()


async def _apply(url: str, target: str | None) -> None:
    try:
        connections = {database.ALIAS: database.parse(url)}
        await apply(config=database.config(_ENGINE, connections), target=target)
    finally:
        await Tortoise.close_connections()


async def _grant(connection: asyncpg.Connection, role: str) -> None:
    """The serving role changes rows, not tables; to the audit it only adds. It alone goes through
    the doors of ADR 0002, whoever else may connect to the database.
    """
    name = await connection.fetchval("select quote_ident($1)", role)
    await connection.execute(
        f"grant usage on schema public to {name};"
        f"grant select, insert, update, delete on all tables in schema public to {name};"
        f"revoke update, delete on audit_events from {name};"
        f"revoke insert, update, delete on tortoise_migrations from {name};"
    )
    for row in await connection.fetch(_DOORS):
        await connection.execute(
            f"revoke execute on function {row['door']} from public;"
            f"grant execute on function {row['door']} to {name};"
        )


async def require_ready() -> None:
    """The pool's database has this version's tables, and its role cannot bypass policies.

    Raises:
        NotReady
    """
    async with database.transaction(database.NOBODY, read_only=True):
        role = await database.rows(_MAY_BYPASS)
    if role[0]["bypasses"]:
        message = (
            "TENANTRY_DATABASE_URL names a role that owns tables or functions, or may bypass"
            " row-level security."
            " Name one that may not, and the owner in TENANTRY_MIGRATION_DATABASE_URL."
        )
        raise NotReady(message)
    if missing := await pending():
        message = f"Run `python -m server migrate` first; missing: {', '.join(missing)}."
        raise NotReady(message)


async def pending() -> list[str]:
    """Migrations of this version that the pool's database lacks."""
    async with database.transaction(database.NOBODY, read_only=True):
        known = await database.rows(_MAY_READ)
        applied = (
            await database.rows("select name from tortoise_migrations") if known[0]["may"] else []
        )
    names = sorted(file.stem for file in _FILES.glob("0*.py"))
    return [name for name in names if name not in {row["name"] for row in applied}]
