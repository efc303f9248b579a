"""How compiled subtrees run: once for each document, one field after the other, with nothing left
behind.
"""

import ast
import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLSchema, parse

from schema.loaders import Loader
from server import selections
from settings import CHECKOUT
from tests.server.schemas import Kept, answer

READS_INFO = ("permissions", "schema", "server")
Step = Callable[[Any], Awaitable[object]]


@dataclass
class Place:
    """What is resolved below; `step` is what each waits for."""

    number: int = 0
    step: Step | None = None
    below: list["Place"] = field(default_factory=list)


@strawberry.type
class Spot:
    number: int
    below: list["Spot"]

    @strawberry.field
    async def waited(parent: strawberry.Parent[Place], info: strawberry.Info) -> int:  # noqa: N805
        info.context.paths.append(info._raw_info.path.as_list())  # noqa: SLF001 what is tested
        await parent.step(info.context)  # type: ignore[misc]
        return parent.number

    @strawberry.field
    def times(parent: strawberry.Parent[Place], info: strawberry.Info, by: int = 2) -> int:  # noqa: N805
        info.context.paths.append(info._raw_info.path.as_list())  # noqa: SLF001 what is tested
        return parent.number * by

    @strawberry.field(graphql_type=list["Spot"])  # type: ignore[untyped-decorator]
    def inside(parent: strawberry.Parent[Place], info: strawberry.Info) -> Any:  # noqa: N805
        return info.context.loader.load(parent.number, lambda _: parent.below)


@strawberry.type
class Query:
    @strawberry.field(graphql_type=Spot)  # type: ignore[untyped-decorator]
    async def top(self, info: strawberry.Info) -> Any:
        return info.context.top


SCHEMA: GraphQLSchema = strawberry.Schema(Query)._schema  # noqa: SLF001 Strawberry offers no other way
WAITED = "{ top { below { waited } } }"


def context(top: Place, document: Any) -> Any:
    batches: list[list[int]] = []

    async def read(keys: list[int]) -> dict[int, int]:
        batches.append(keys)
        await asyncio.sleep(0)
        return {}

    return SimpleNamespace(
        top=top, document=document, loader=Loader(read), batches=batches, paths=[], seen=[]
    )


def places(*steps: Step) -> Place:
    return Place(below=[Place(number, step) for number, step in enumerate(steps)])


async def asked(
    text: str, top: Place, variables: dict[str, Any] | None = None, times: int = 2
) -> tuple[ExecutionResult, Any]:
    within = context(top, Kept(times))
    return await answer(SCHEMA, parse(text), within, variables), within


async def at_once(_: Any) -> None:
    pass


async def soon(_: Any) -> None:
    await asyncio.sleep(0)


async def in_vain(_: Any) -> None:
    await asyncio.sleep(0)
    raise LookupError("in vain")


async def cancelled(context: Any) -> None:
    """For ever; when it is cancelled it waits once more, to clean up."""
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        await asyncio.sleep(0)
        context.seen.append("cleaned up")
        raise


async def test_a_selection_is_compiled_once_for_a_document_that_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[object] = []
    real = selections.compiled

    def compiled(*given: Any) -> Any:
        made.append(real(*given))
        return made[-1]

    monkeypatch.setattr(selections, "compiled", compiled)
    document, kept = parse("{ top { number below { number } } }"), Kept(times=1)
    for times, compiled_by_then in ((1, 0), (2, 1), (3, 1)):
        kept.times = times
        found = await answer(SCHEMA, document, context(places(at_once), kept))
        assert found.data == {"top": {"number": 0, "below": [{"number": 0}]}}
        assert len(made) == compiled_by_then
    assert all(made)


@pytest.mark.parametrize(
    ("text", "compiled"),
    [
        ("{ top { number below { ...F } } } fragment F on Spot { number }", [True]),
        ("{ top { number @skip(if: false) below { number } } }", [False, True]),
        ("{ top { ... @include(if: true) { number } below { times } } }", [False, True]),
        ("{ top { below { below { number @include(if: true) } } } }", [False, False, False]),
    ],
)
async def test_what_is_directed_is_graphql_cores_and_what_stands_below_is_not(
    text: str, compiled: list[bool]
) -> None:
    kept, inner = Kept(), places(at_once)
    found = await answer(SCHEMA, parse(text), context(Place(below=[inner]), kept))
    assert found.errors is None
    assert [each is not None for each in kept.subtrees.values()] == compiled


async def noted(context: Any) -> None:
    context.seen.append("begins")
    await asyncio.sleep(0)
    context.seen.append(asyncio.current_task())


async def test_fields_of_one_object_run_in_the_task_of_the_request_one_after_the_other() -> None:
    """They would have to wait for its one connection anyway."""
    found, within = await asked("{ top { below { a: waited b: waited } } }", places(noted))
    assert found.data == {"top": {"below": [{"a": 0, "b": 0}]}}
    assert within.seen == ["begins", asyncio.current_task()] * 2


async def test_a_field_of_several_objects_runs_beside_itself_and_other_fields_follow() -> None:
    """So that all of them ask at the same time, and one statement does for them."""
    found, within = await asked("{ top { below { a: waited b: waited } } }", places(noted, noted))
    assert found.data == {"top": {"below": [{"a": number, "b": number} for number in range(2)]}}
    assert [each == "begins" for each in within.seen] == [True, True, False, False] * 2
    assert asyncio.current_task() not in within.seen


async def test_a_failure_waits_for_those_beside_it() -> None:
    async def slow(context: Any) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        context.seen.append("done")

    found, within = await asked(WAITED, places(in_vain, slow))
    assert [each.message for each in found.errors or ()] == ["in vain"]
    assert within.seen == ["done"]


def tree(depth: int, numbers: Iterator[int]) -> Place:
    below = [tree(depth - 1, numbers) for _ in range(3 if depth else 0)]
    return Place(next(numbers), below=below)


async def test_relations_below_each_other_take_one_batch_each() -> None:
    text = "{ top { inside { inside { inside { number } } } } }"
    found, within = await asked(text, tree(3, count()))
    assert found.errors is None
    assert [len(keys) for keys in within.batches] == [1, 3, 9]


async def test_a_failure_is_told_by_graphql_core_without_running_the_others_again() -> None:
    async def noted(context: Any) -> None:
        await asyncio.sleep(0)
        context.seen.append("ran")

    found, within = await asked(WAITED, places(noted, in_vain, noted))
    assert found.data is None
    assert [(each.message, each.path) for each in found.errors or ()] == [
        ("in vain", ["top", "below", 1, "waited"])
    ]
    assert within.seen == ["ran"] * 2


@pytest.mark.parametrize("turns", range(6))
async def test_who_is_cancelled_cleans_up_first(turns: int) -> None:
    """No task stays, no coroutine is left unawaited: the request's time may run out anywhere."""
    within = context(places(soon, cancelled, cancelled, at_once), Kept())
    before = asyncio.all_tasks()
    asking = asyncio.create_task(answer(SCHEMA, parse(WAITED), within))
    for _ in range(turns):
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert within.seen == ["cleaned up"] * 2 * (turns > 0)
    assert asyncio.all_tasks() == before


async def test_a_future_that_somebody_cancels_ends_all() -> None:
    """As in graphql-core: it is no failure of a field."""

    async def given_up(_: Any) -> None:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.cancel)
        await future

    within = context(places(given_up, at_once), Kept())
    with pytest.raises(asyncio.CancelledError):
        await answer(SCHEMA, parse(WAITED), within)


async def test_a_resolver_may_have_a_time_of_its_own() -> None:
    async def hurried(_: Any) -> None:
        async with asyncio.timeout(0.01):
            await asyncio.get_running_loop().create_future()

    async def slow(_: Any) -> None:
        await asyncio.sleep(0.02)

    found, _ = await asked(WAITED, places(hurried, slow))
    assert found.data is None
    assert [each.path for each in found.errors or ()] == [["top", "below", 0, "waited"]]


@pytest.mark.parametrize("by", [None, 3, 5])
async def test_arguments_are_those_of_each_request(by: int | None) -> None:
    kept = Kept()
    document = parse("query($n: Int! = 7) { top { below { a: times(by: $n) times } } }")
    for n in (by, 4):
        given = {} if n is None else {"n": n}
        within = context(places(at_once, at_once), kept)
        found = await answer(SCHEMA, document, within, given)
        assert found.data == {"top": {"below": [{"a": 0, "times": 0}, {"a": n or 7, "times": 2}]}}


async def test_one_info_serves_all_objects_so_that_its_path_has_no_indexes() -> None:
    _, within = await asked("{ top { below { waited times } } }", places(at_once, at_once))
    assert within.paths == [["top", "below", "times"]] * 2 + [["top", "below", "waited"]] * 2


def test_nothing_of_ours_reads_that_path() -> None:
    """What reads it would be told of the field, but not of which object."""
    reading = [
        f"{file.relative_to(CHECKOUT)}:{node.lineno}"
        for folder in READS_INFO
        for file in (CHECKOUT / folder).rglob("*.py")
        if file != CHECKOUT / "schema/selected.py"  # which reads what was asked for
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
        and (
            node.attr == "_raw_info" or (node.attr == "path" and ast.unparse(node.value) == "info")
        )
    ]
    assert reading == []
