"""The data could be split by tenant (issue 7.9): what docs/operations.md says of it holds.

Citus is not here. Its functions have stand-ins that refuse what Citus refuses.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from models import database
from settings import CHECKOUT

PAGE = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
STATEMENTS = (CHECKOUT / "deploy" / "scale" / "citus.sql").read_text(encoding="utf-8")

# Unique indexes that hold over all tenants, and what citus.sql does about each.
OVER_ALL_TENANTS = {
    "token_digest": "`secrets` says whose it is",
    "former_digest": "as token_digest",
}

# Tables with a `tenant_id` that are not split by it.
NOT_SPLIT = {
    "outbox_entries": "a worker takes the next of all tenants",
    "servicings": "of two tenants, each of which reads it",
    "tenant_invitations": "of the organization; its tenant is made when it is accepted",
}

MAY_BE_EMPTY = {"audit_events": "what happened to an account: `-` stands for no tenant"}

COLUMNS = """
select attrelid::regclass::text as of, attname as name, attnotnull as filled from pg_attribute
join pg_class on pg_class.oid = attrelid
where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
"""
UNIQUE = """
select indrelid::regclass::text as of, indisprimary as is_primary, array(
  select attname::text from pg_attribute where attrelid = indrelid and attnum = any (indkey)
) as columns from pg_index join pg_class on pg_class.oid = indrelid
where indisunique and relnamespace = 'public'::regnamespace and relkind = 'r'
"""

STAND_INS = """
create table split (of text primary key, by text);

-- A copy on each node may refer to other copies only.
create function create_reference_table(of text) returns void language plpgsql as $$
begin
  if exists (select from pg_trigger where tgrelid = of::regclass and not tgisinternal) then
    raise 'triggers on %', of;
  end if;
  insert into split values (of, null);
end $$;

create function create_distributed_table(of text, by text, colocate_with text default 'default')
returns void language plpgsql as $$
declare
  found_index record;
begin
  if exists (select from pg_trigger where tgrelid = of::regclass and not tgisinternal) then
    raise 'triggers on %', of;
  end if;
  if not (select attnotnull from pg_attribute where attrelid = of::regclass and attname = by) then
    raise '% of % may be null', by, of;
  end if;
  for found_index in select indexrelid::regclass as name, indkey from pg_index
    where indrelid = of::regclass and indisunique
  loop
    if not exists (
      select from pg_attribute where attrelid = of::regclass and attname = by
        and attnum = any (found_index.indkey)
    ) then raise '% does not name %', found_index.name, by; end if;
  end loop;
  insert into split values (of, by);
end $$;
"""

# Foreign keys between tables that Citus would refuse: a row, and what it is about, lie elsewhere.
APART = """
select conrelid::regclass::text || ': ' || conname as told from pg_constraint
left join split referring on referring.of = conrelid::regclass::text
left join split referred on referred.of = confrelid::regclass::text
where contype = 'f' and connamespace = 'public'::regnamespace and not case
  when referring.of is null then referred.of is null or referred.by is null
  when referring.by is null then referred.of is not null and referred.by is null
  else referred.of is not null and (referred.by is null or exists (
    select from unnest(conkey, confkey) as pair(mine, its)
    join pg_attribute a on a.attrelid = conrelid and a.attnum = mine and a.attname = referring.by
    join pg_attribute b on b.attrelid = confrelid and b.attnum = its and b.attname = referred.by
  ))
end
"""


@dataclass(frozen=True)
class Row:
    """Of the page's table: `kind` is split, copied or local."""

    name: str
    kind: str
    column: str


def listed() -> dict[str, Row]:
    lines = re.findall(
        r"^\| `(\w+)` \| (split|copied|local) \| (?:`(\w+)`)? *\|", PAGE, re.MULTILINE
    )
    rows = [Row(*line) for line in lines]
    assert len({row.name for row in rows}) == len(rows)
    return {row.name: row for row in rows}


@pytest.fixture
async def owner_of_tables(database_urls: tuple[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Who may make tables as well, as in a database of his own."""
    address = database.parse(database_urls[1])
    superuser = await asyncpg.connect(**address | {"user": "postgres"})
    await superuser.execute(f"grant create on schema public to {address['user']}")
    await superuser.close()
    connection = await asyncpg.connect(**address)
    yield connection
    await connection.close()


async def test_the_page_says_of_every_table_where_its_rows_would_lie(
    owner_of_tables: asyncpg.Connection,
) -> None:
    found = {row["of"] for row in await owner_of_tables.fetch(COLUMNS)}
    assert set(listed()) == found


async def test_every_row_of_a_tenant_says_whose_it_is(owner_of_tables: asyncpg.Connection) -> None:
    """DESIGN 1.7."""
    columns = {(row["of"], row["name"]): row for row in await owner_of_tables.fetch(COLUMNS)}
    split = {row.name: row.column for row in listed().values() if row.kind == "split"}
    empty = {of for of, by in split.items() if not columns[of, by]["filled"]}
    assert empty == set(MAY_BE_EMPTY)
    owned = {of for of, name in columns if name == "tenant_id"}
    assert {of for of in owned if split.get(of) != "tenant_id"} == set(NOT_SPLIT)


async def test_every_unique_index_of_a_tenants_rows_names_the_tenant(
    owner_of_tables: asyncpg.Connection,
) -> None:
    """DESIGN 1.7: primary keys and digests of secrets excepted, which name none."""
    split = {row.name: row.column for row in listed().values() if row.kind == "split"}
    indexes = [row for row in await owner_of_tables.fetch(UNIQUE) if row["of"] in split]
    foreign = {
        tuple(row["columns"])
        for row in indexes
        if split[row["of"]] not in row["columns"] and not row["is_primary"]
    }
    assert foreign == {(column,) for column in OVER_ALL_TENANTS}


async def test_the_statements_leave_nothing_that_citus_would_refuse(
    owner_of_tables: asyncpg.Connection,
) -> None:
    """Run as they stand, but for the functions of Citus."""
    await owner_of_tables.execute(STAND_INS)
    await owner_of_tables.execute(STATEMENTS)
    made = {
        row["of"]: row["by"] or "" for row in await owner_of_tables.fetch("select * from split")
    }
    assert made.pop("secrets") == ""
    assert made == {row.name: row.column for row in listed().values() if row.kind != "local"}
    assert [row["told"] for row in await owner_of_tables.fetch(APART)] == []
