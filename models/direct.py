"""The ORM's models without its statements: rows of several tables written in one trip to the
database, or read by SQL of ours, where the ORM's query builder would take longer than PostgreSQL.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from tortoise.fields.base import DatabaseDefault
from tortoise.models import Model

from models import database

M = TypeVar("M", bound=Model)

_NOTHING = "select where false"


async def first(model: type[M], sql: str, *arguments: object) -> M | None:
    """The first row of what gives all of the model's columns, in the running transaction."""
    return next(iter(await every(model, sql, *arguments)), None)


async def every(model: type[M], sql: str, *arguments: object) -> list[M]:
    """All rows of one, in their order."""
    read = model._init_from_db  # noqa: SLF001 as the ORM reads
    return [read(**row) for row in await database.rows(sql, *arguments)]


async def insert(*instances: Model) -> None:
    """Write them in one statement, in the running transaction.

    What they refer to is checked when it is done, so they may refer to each other.
    """
    if instances:
        await insert_and(_NOTHING, (), *instances)


async def insert_and(
    sql: str, arguments: Sequence[object], *instances: Model
) -> list[dict[str, Any]]:
    """As `insert`; the rows of a `select` that goes with it, and sees nothing of them yet."""
    given = [(type(one), dict(_values(one))) for one in instances]
    shape = tuple((model, tuple(values)) for model, values in given)
    written = (each for _, values in given for each in values.values())
    return await database.rows(_statement(sql, len(arguments), shape), *arguments, *written)


def _values(instance: Model) -> Iterator[tuple[str, Any]]:
    """By column; what the database chooses itself is left out."""
    meta = instance._meta  # noqa: SLF001 where the ORM says what its fields are
    for name, column in meta.fields_db_projection.items():
        if not isinstance(value := getattr(instance, name), DatabaseDefault):
            yield column, meta.fields_map[name].to_db_value(value, instance)


@cache
def _statement(
    sql: str, arguments: int, shape: tuple[tuple[type[Model], tuple[str, ...]], ...]
) -> str:
    numbers = itertools.count(arguments + 1)
    inserts = (_insert(model, columns, numbers) for model, columns in shape)
    named = ", ".join(f"written_{place} as ({each})" for place, each in enumerate(inserts))
    return f"with {named} {sql}" if named else sql


def _insert(model: type[Model], columns: tuple[str, ...], numbers: Iterator[int]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(f"${next(numbers)}" for _ in columns)
    return f"insert into {model._meta.db_table} ({names}) values ({values})"  # noqa: S608, SLF001 names of ours
