"""Whatever the schema, the data and the document: the answer is graphql-core's (ADR 0046)."""

import asyncio
import gc
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from graphql import ExecutionResult
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.server.schemas import Kept, Maker, answer, context, errors, valid

SAMPLE, SOAK, A_WHILE = 120, 20_000, 50
EXAMPLES = [SAMPLE, pytest.param(SOAK, marks=pytest.mark.soak)]


async def explore(examples: int, check: Callable[[Random], Coroutine[Any, Any, object]]) -> None:
    """Each in a loop of its own. Nothing is collected on the way: Python cannot warn there of what
    graphql-core never awaits, wherever it happens to be.
    """

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == SAMPLE,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**48))
    def each(seed: int) -> None:
        asyncio.run(check(Random(seed)))  # noqa: S311 no secret
        if seed % A_WHILE == 0:
            gc.collect()

    gc.disable()
    try:
        await asyncio.to_thread(each)
        gc.collect()
    finally:
        gc.enable()


@dataclass
class Both:
    """What graphql-core answered and what compiled subtrees did; of how many batches each asked its
    loader; how many subtrees there are, and whether one is all.
    """

    plain: ExecutionResult
    compiled: ExecutionResult
    batches: tuple[int, int]
    subtrees: int
    is_one: bool


async def both(made: Maker) -> Both:
    """Of what is compiled for it, and of what was compiled before."""
    schema, row, text = made.schema(), made.row("T0"), made.document()
    document, variables = valid(schema, text), made.variables()
    assume(document is not None)
    assert document is not None
    plainly, kept = context(row, Kept(times=1)), Kept()
    plain = await answer(schema, document, plainly, variables)
    for _ in range(2):
        compiling = context(row, kept)
        compiled = await answer(schema, document, compiling, variables)
        assert json.dumps(compiled.data) == json.dumps(plain.data)
    assert len(asyncio.all_tasks()) == 1
    batches = len(plainly.batches), len(compiling.batches)
    subtrees = len([each for each in kept.subtrees.values() if each])
    return Both(plain, compiled, batches, subtrees, len(kept.subtrees) == 1)


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # by graphql-core
@pytest.mark.parametrize("examples", EXAMPLES)
async def test_whatever_is_wrong_is_told_as_graphql_core_tells_it(examples: int) -> None:
    """Data with the order of its keys; errors with message, path, locations and order. Where
    several subtrees take turns, their order is chance; and so is what is told of a place that is
    null because of another error.
    """
    found: set[tuple[bool, bool]] = set()

    async def check(random: Random) -> None:
        trouble, strict = random.choice([0, 0.01, 0.03, 0.1]), random.random() < 0.7
        each = await both(Maker(random, trouble, strict=strict))
        ours, theirs = errors(each.compiled), errors(each.plain)
        assert ours == theirs or not each.is_one
        assert sorted(ours) == sorted(theirs) or (strict and not each.is_one)
        assert bool(ours) is bool(theirs)
        found.add((bool(each.subtrees), bool(theirs)))

    await explore(examples, check)
    assert len(found) == 4, "compiled or not, with errors or without"


@pytest.mark.parametrize("examples", EXAMPLES)
async def test_loaders_are_asked_no_more_often_than_by_graphql_core(examples: int) -> None:
    """Also where they fail; nothing is left that was never awaited."""

    async def check(random: Random) -> None:
        trouble = random.choice([0, 0.05])
        each = await both(Maker(random, trouble, ("read", "loaded", "now"), strict=False))
        assert sorted(errors(each.compiled)) == sorted(errors(each.plain))
        assert each.batches[1] <= each.batches[0] or each.plain.errors

    await explore(examples, check)
