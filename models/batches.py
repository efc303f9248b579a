"""A statement that several ask beside each other in one transaction, run once (ADR 0052).

The list of each item of a page is asked for with the same SQL: only arguments differ. Those become
the rows that the statement is run for, inside PostgreSQL and by the same plan, in one trip.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tortoise.connection import get_connection

from models.engine import ALIAS
from models.transactions import TransactionClient

Rows = Sequence[Mapping[str, Any]]

_KINDS: dict[type, str] = {str: "text", datetime: "timestamptz", list: "text"}
"""What may differ. An array is text in an array, where PostgreSQL would make one of all of them."""
_PLACE = re.compile(r"\$\d+")
_TOGETHER = """
select found.*, batch.place as batch_place
from unnest({arrays}) with ordinality batch({names}, place)
cross join lateral (
  select page.*, row_number() over () as batch_row from ({sql}) page
) found
order by batch.place, found.batch_row
"""
_ADDED = ("batch_place", "batch_row")


async def records(sql: str, *arguments: object) -> Rows:
    """As `database.records`, of SQL that only reads: whoever asks the same at the same time, with
    other arguments, is answered by the same statement. Who is alone asks at once.
    """
    client: Any = get_connection(ALIAS)
    if not client.has_company:
        return await client.fetch(sql, arguments)  # type: ignore[no-any-return]
    batches: dict[str, Batch] = client.batches
    if sql in batches:
        return await batches[sql].join(arguments)
    batches[sql] = batch = Batch(client, sql)
    return await batch.lead(arguments)


class Batch:
    """Who came first asks for all."""

    def __init__(self, client: TransactionClient, sql: str) -> None:
        self._client, self._sql = client, sql
        self._asked: list[Sequence[object]] = []
        self._answers: list[Rows] = []
        self._failure: Exception | None = None
        self._is_over = asyncio.Event()

    async def lead(self, arguments: Sequence[object]) -> Rows:
        self._asked.append(arguments)
        try:
            try:
                await asyncio.sleep(0)  # until everybody else of the level has asked
            finally:
                del self._client.batches[self._sql]
            self._answers = await _answers(self._client, self._sql, self._asked)
        except Exception as failure:
            self._failure = failure
            raise
        finally:
            self._is_over.set()
        return self._answers[0]

    async def join(self, arguments: Sequence[object]) -> Rows:
        """Who leads may be cancelled without the others, who then ask anew."""
        place = len(self._asked)
        self._asked.append(arguments)
        await self._is_over.wait()
        if self._failure is not None:
            raise self._failure
        return self._answers[place] if self._answers else await records(self._sql, *arguments)


async def _answers(
    client: TransactionClient, sql: str, asked: list[Sequence[object]]
) -> list[Rows]:
    """To each what he asked for."""
    differing = _differing(asked)
    if not differing:
        return [await client.fetch(sql, asked[0])] * len(asked)
    if None in differing.values():
        return [await client.fetch(sql, each) for each in asked]
    found = await client.fetch(*_together(sql, asked, differing))
    answers: list[list[Mapping[str, Any]]] = [[] for _ in asked]
    for record in found:
        row = dict(record)
        place, _ = [row.pop(name) for name in _ADDED]
        answers[place - 1].append(row)
    return list(answers)


def _differing(asked: list[Sequence[object]]) -> dict[int, str | None]:
    """The places of the arguments that are not everybody's, with their kind if it may differ."""
    return {
        place: _kind(values)
        for place, values in enumerate(zip(*asked, strict=True))
        if any(value != values[0] for value in values)
    }


def _kind(values: Sequence[object]) -> str | None:
    kinds = {type(value) for value in values}
    within = {type(each) for value in values if isinstance(value, list) for each in value}
    return _KINDS.get(kinds.pop()) if len(kinds) == 1 and within <= {str} else None


def _together(
    sql: str, asked: list[Sequence[object]], differing: Mapping[int, str | None]
) -> tuple[str, list[object]]:
    """The statement for all of them; what differs comes as an array in its old place."""
    arguments: list[object] = list(asked[0])
    columns: dict[str, str] = {}
    for place in differing:
        values: list[Any] = [each[place] for each in asked]
        is_array = isinstance(values[0], list)
        arguments[place] = [_array(value) for value in values] if is_array else values
        columns[f"${place + 1}"] = f"(batch.a{place + 1}{'::text[]' if is_array else ''})"
    return _TOGETHER.format(
        arrays=", ".join(f"${place + 1}::{kind}[]" for place, kind in differing.items()),
        names=", ".join(f"a{place + 1}" for place in differing),
        sql=_PLACE.sub(lambda found: columns.get(found[0], found[0]), sql),
    ), arguments


def _array(values: Sequence[str]) -> str:
    """As PostgreSQL writes one."""
    escaped = (re.sub(r'(["\\])', r"\\\1", value) for value in values)
    return "{" + ",".join(f'"{each}"' for each in escaped) + "}"
