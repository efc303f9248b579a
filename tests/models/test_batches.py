"""Who asks the same beside others in one transaction is answered by one statement (ADR 0052)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

import errors
from models import batches, database

pytestmark = pytest.mark.usefixtures("database")

NUMBERS = "select n as number, $1 as who from generate_series(1, length($1)) n order by n desc"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


async def together(sql: str, *asked: tuple[object, ...]) -> list[list[dict[str, Any]]]:
    """Each in a task of its own, in one transaction."""
    async with database.transaction(database.NOBODY, read_only=True):
        asking = (batches.records(sql, *arguments) for arguments in asked)
        return [list(map(dict, each)) for each in await asyncio.gather(*asking)]


async def one_by_one(sql: str, *asked: tuple[object, ...]) -> list[list[dict[str, Any]]]:
    async with database.transaction(database.NOBODY, read_only=True):
        return [await database.rows(sql, *arguments) for arguments in asked]


async def test_to_each_his_rows_in_his_order_by_one_statement(statements: list[str]) -> None:
    asked = [("abc",), ("",), ("x",), ("abc",)]
    answers = await together(NUMBERS, *asked)
    assert len(statements) == 1
    assert [[row["number"] for row in rows] for rows in answers] == [[3, 2, 1], [], [1], [3, 2, 1]]
    assert answers == await one_by_one(NUMBERS, *asked)


async def test_who_is_alone_asks_what_he_asks(statements: list[str]) -> None:
    async with database.transaction(database.NOBODY, read_only=True):
        assert len(await batches.records(NUMBERS, "abc")) == 3
        assert len(await asyncio.create_task(batches.records(NUMBERS, "abcd"))) == 4
    assert statements == [NUMBERS, NUMBERS]


@pytest.mark.parametrize(
    ("sql", "asked", "trips"),
    [
        ("select $1::text as a, $2::int as b", [("x", 1), ("y", 1), ("z", 1)], 1),
        ("select $1::text as a, $2::text as b", [("x", "1"), ("x", "2"), ("y", "2")], 1),
        ("select $1::timestamptz as at", [(MOMENT,), (MOMENT.replace(year=1999),)], 1),
        ("select $1::text[] as held", [(["a", 'b"\\,{}', "NULL", ""],), ([],), (["п\n'"],)], 1),
        ("select $1::int as a", [(1,), (1,)], 1),
        ("select $1::int as a", [(1,), (2,), (1,)], 3),
        ("select $1::text as a", [("x",), (None,)], 2),
        ("select $1::int[] as a", [([1],), ([2],)], 2),
    ],
)
async def test_what_differs_becomes_rows_where_it_is_text_a_moment_or_texts(
    sql: str, asked: list[tuple[object, ...]], trips: int, statements: list[str]
) -> None:
    answers = await together(sql, *asked)
    assert len(statements) == trips
    assert answers == await one_by_one(sql, *asked)


async def test_another_statement_is_asked_by_itself(statements: list[str]) -> None:
    async with database.transaction(database.NOBODY, read_only=True):
        pairs = [batches.records(f"select $1 || '{n}' as a", w) for n in "12" for w in "xy"]
        answers = await asyncio.gather(*pairs)
    assert [rows[0]["a"] for rows in answers] == ["x1", "y1", "x2", "y2"]
    assert len(statements) == 2


async def test_a_failure_is_everybodys() -> None:
    async with database.transaction(database.NOBODY, read_only=True):
        asking = [batches.records("select $1 as a", each) for each in ("x", "\0")]
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(each) for each in found] == [errors.InvalidInput] * 2


async def test_when_who_asks_for_all_is_cancelled_the_others_ask_anew() -> None:
    async with database.transaction(database.NOBODY, read_only=True):
        tasks = [asyncio.create_task(batches.records(NUMBERS, "x" * n)) for n in range(4)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert [len(each) for each in found[1:]] == [1, 2, 3]  # type: ignore[arg-type]


async def test_outside_a_transaction_nothing_is_asked() -> None:
    with pytest.raises(RuntimeError, match="outside"):
        await batches.records("select 1")
