"""The two fences around a tenant, each of which can be taken away: the application's own filters
and checks, and PostgreSQL's policies.
"""

import dataclasses
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from auth import viewer as viewers
from auth.viewer import Client, Membership, Viewer
from models import Catalog, MemberStatus, database
from permissions.catalog import OWNER
from tests import databases

_COLUMN = r'(?:"?\w+"?\.)?"?(?:tenant_id|organization_id)"?'
_ONE = re.compile(rf"{_COLUMN}\s*=\s*(\$\d+)", re.IGNORECASE)
_ANY = re.compile(rf"{_COLUMN}\s*=\s*any\s*\((\$\d+)\)", re.IGNORECASE)
_IN = re.compile(rf"{_COLUMN}\s+in\s*\((\$\d+(?:,\s*\$\d+)*)\)", re.IGNORECASE)
_SET = re.compile(r"^\s*update\b.*?\bset\b.*?(?=\bwhere\b|$)", re.IGNORECASE | re.DOTALL)


def unfiltered(sql: str) -> str:
    """The statement, with every condition that compares a tenant with a given one always true."""
    setting = _SET.match(sql)
    kept, rest = (setting[0], sql[setting.end() :]) if setting else ("", sql)
    rest = _ANY.sub(r"(\1::text[] is null or true)", rest)
    rest = _ONE.sub(r"(\1::text is null or true)", rest)
    return kept + _IN.sub(lambda found: _always(found[1]), rest)


def _always(values: str) -> str:
    tests = (f"{each.strip()}::text is null" for each in values.split(","))
    return f"({' or '.join(tests)} or true)"


def take_filters_away(patch: pytest.MonkeyPatch) -> None:
    """From now on everybody passes for an owner of every tenant, and statements in a viewer's scope
    do not ask for a tenant. What runs in the system scope stays: no policy binds that.
    """
    behind = viewers.behind

    def as_owner(client: Client, row: dict[str, Any] | None) -> Viewer:
        found = behind(client, row)
        if found.acting_id is None:
            return found
        return dataclasses.replace(found, places=Everywhere(found.places))

    patch.setattr(viewers, "behind", as_owner)
    for name in ("execute", "executemany", "fetch", "fetchrow"):
        patch.setattr(database.Connection, name, _rewriting(name))


class Everywhere(dict[str, Membership]):
    """Places in all tenants: his own, which alone are counted, and any that is asked for."""

    def __init__(self, places: Mapping[str, Membership]) -> None:
        super().__init__({each: _as_owner(place) for each, place in places.items()})

    def __missing__(self, tenant_id: str) -> Membership:
        return _as_owner(
            Membership(tenant_id, "", Catalog.PROJECT, OWNER, MemberStatus.JOINED, ceiling=None)
        )

    def __contains__(self, tenant_id: object) -> bool:
        return True

    def get(self, tenant_id: str, default: Any = None) -> Any:  # noqa: ARG002 the signature of `dict`
        return self[tenant_id]


def _as_owner(place: Membership) -> Membership:
    """With all that somebody of his tenant may do, an API key as well."""
    return dataclasses.replace(place, role=OWNER, grants=(), denials=(), ceiling=None)


def _rewriting(name: str) -> Any:
    method = getattr(database.Connection, name)

    async def run(connection: Any, query: str, *values: Any, **options: Any) -> Any:
        if query.startswith("BEGIN"):
            connection.is_wide = "set_config('app.scope', 'system'" in query
        elif "set_config('app.scope'" in query:
            connection.is_wide = "system" in values[:1]
        elif not getattr(connection, "is_wide", False):
            query = unfiltered(query)
        return await method(connection, query, *values, **options)

    return run


async def take_policies_away() -> None:
    """From now on PostgreSQL shows every row to whoever asks."""
    async with superuser() as connection:
        tables = await connection.fetch("select tablename from pg_policies group by 1")
        for table in tables:
            name = table["tablename"]
            await connection.execute(f"alter table {name} disable row level security")


@asynccontextmanager
async def superuser() -> AsyncIterator[asyncpg.Connection]:
    """A connection to the test's database that no policy binds."""
    address = database.parse(databases.address()) | {"user": "postgres"}
    connection = await asyncpg.connect(**address)
    try:
        yield connection
    finally:
        await connection.close()


# Of every reference between two tables that say whose tenant a row is of.
_REFERENCES = """
select r.conrelid::regclass::text as referring, a.attname as by,
  r.confrelid::regclass::text as whole
from pg_constraint r join pg_attribute a on a.attrelid = r.conrelid and a.attnum = r.conkey[1]
where r.contype = 'f' and 2 = (
  select count(*) from pg_attribute t
  where t.attrelid in (r.conrelid, r.confrelid) and t.attname = 'tenant_id'
)
"""
_STRANGERS = """
select id from audit_events e where tenant_id is not null and actor_id is not null
and not exists (select from members m where m.tenant_id = e.tenant_id and m.user_id = e.actor_id)
and not exists (select from api_keys k where k.tenant_id = e.tenant_id and k.id = e.actor_id)
"""


async def mixed_up() -> list[str]:
    """Rows that name another tenant's row, and deeds in a tenant by who does not belong to it."""
    async with superuser() as connection:
        found = [row["id"] for row in await connection.fetch(_STRANGERS)]
        for one in await connection.fetch(_REFERENCES):
            found += [
                f"{one['referring']} {row['id']}"
                for row in await connection.fetch(
                    f"select x.id from {one['referring']} x"  # noqa: S608
                    f" join {one['whole']} y on y.id = x.{one['by']}"
                    " where y.tenant_id <> x.tenant_id"
                )
            ]
    return found
