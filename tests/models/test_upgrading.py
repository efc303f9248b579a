"""Expand, then contract (docs/operations.md, Upgrades): while processes are restarted one after the
other, those of the release before work on the newest tables.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from models import database, embedded, migrating
from tests import databases

NAMES = sorted(file.stem for file in Path(migrating.__file__).with_name("migrations").glob("0*.py"))
BEFORE, NEWEST = NAMES[-2:]
NAME = "upgraded"

# Of the newest migration: a check of an older table that allows more than before, and why.
WIDER: dict[str, str] = {}

COLUMNS = """
select attrelid::regclass::text || '.' || attname as name,
  format_type(atttypid, atttypmod) as type,
  attnotnull and not atthasdef and attidentity = '' as needed
from pg_attribute join pg_class c on c.oid = attrelid
where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and attnum > 0
  and not attisdropped
"""
UNIQUE = """
select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as says,
  indrelid::regclass::text as of
from pg_index join pg_class c on c.oid = indrelid
where indisunique and c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
"""
CHECKS = """
select conname as name, pg_get_constraintdef(oid) as says, conrelid::regclass::text as of
from pg_constraint where contype in ('c', 'f') and connamespace = 'public'::regnamespace
  and conrelid <> 0
"""
FUNCTIONS = """
select oid::regprocedure::text as name, pg_get_function_result(oid) as says
from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f'
  and prorettype <> 'trigger'::regtype
"""
ASKED = {"columns": COLUMNS, "unique": UNIQUE, "checks": CHECKS, "functions": FUNCTIONS}

LENGTH = re.compile(r"character varying\((\d+)\)")

Shape = dict[str, dict[str, Any]]


async def shape(url: str) -> Shape:
    """By kind and name."""
    owner = await asyncpg.connect(**database.parse(url))
    try:
        return {
            kind: {row["name"]: row for row in await owner.fetch(asked)}
            for kind, asked in ASKED.items()
        }
    finally:
        await owner.close()


@pytest.fixture(scope="module")
async def shapes(shared: embedded.Embedded) -> AsyncIterator[tuple[Shape, Shape]]:
    """Of the tables before the newest migration, and after it."""
    await databases.administer(shared, f"create database {NAME} owner {embedded.OWNER}")
    url = shared.migration_url.replace(f"/{embedded.DATABASE}?", f"/{NAME}?")
    await migrating.migrate(url, embedded.SERVING_ROLE, target=f"models.{BEFORE}")
    before = await shape(url)
    await migrating.migrate(url, embedded.SERVING_ROLE)
    yield before, await shape(url)
    await databases.administer(shared, f"drop database {NAME} with (force)")


def test_what_older_statements_name_is_there_and_of_its_type(shapes: tuple[Shape, Shape]) -> None:
    before, after = shapes
    for name, column in before["columns"].items():
        assert name in after["columns"], f"{NEWEST} takes {name} away: contract a release later"
        assert holds(after["columns"][name]["type"], column["type"]), name
    for name, function in before["functions"].items():
        assert name in after["functions"], name
        assert after["functions"][name]["says"] == function["says"], name


def holds(type_: str, former: str) -> bool:
    """Whether it takes whatever the former one did; longer texts do."""
    length, longer = LENGTH.fullmatch(former), LENGTH.fullmatch(type_)
    return type_ == former or bool(length and longer and int(longer[1]) >= int(length[1]))


def test_what_older_statements_do_not_name_may_be_left_out(shapes: tuple[Shape, Shape]) -> None:
    """A new column of an older table is nullable or has a default in the database."""
    before, after = shapes
    tables = {name.partition(".")[0] for name in before["columns"]}
    for name, column in after["columns"].items():
        if name.partition(".")[0] in tables and column["needed"]:
            assert name in before["columns"], name
            assert before["columns"][name]["needed"], name


@pytest.mark.parametrize("kind", ["unique", "checks"])
def test_what_older_statements_write_is_not_refused(shapes: tuple[Shape, Shape], kind: str) -> None:
    """Nothing new is demanded of older columns; where a check allows more, `WIDER` says so."""
    before, after = shapes
    columns = set(before["columns"])
    tables = {name.partition(".")[0] for name in columns}
    for name, rule in after[kind].items():
        was = before[kind].get(name)
        if rule["of"] not in tables or name in WIDER or (was and was["says"] == rule["says"]):
            continue
        new = {c.partition(".")[2] for c in set(after["columns"]) - columns}
        assert any(re.search(rf"\b{column}\b", rule["says"]) for column in new), name


def test_reasons_are_given_for_what_has_changed(shapes: tuple[Shape, Shape]) -> None:
    before, after = shapes
    for name in WIDER:
        assert before["checks"][name]["says"] != after["checks"][name]["says"], name
