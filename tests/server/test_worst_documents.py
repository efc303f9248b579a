"""What the worst document costs, and how far real ones are from the limits (ADR 0038)."""

import asyncio
import gc
import itertools
import re
import time
from collections.abc import Iterator

import psutil
import pytest
from graphql import GraphQLError, get_introspection_query

import errors
from schema import cost, guard
from server.graphql import SCHEMA
from server.pages import built
from settings import CHECKOUT
from settings.guard import QueryLimits
from tests.clients import Client
from tests.figures import Measured
from tests.server import hostile_documents

CORE = SCHEMA._schema  # noqa: SLF001 Strawberry offers no other way


def real() -> Iterator[str]:
    """What clients send: our pages, the examples, what the documents show, and GraphiQL."""
    yield get_introspection_query()
    yield get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    yield from built.documents()
    sources = [*CHECKOUT.glob("docs/*.md"), CHECKOUT / "README.md"]
    for source in sources:
        text = source.read_text(encoding="utf-8")
        yield from re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)
    for folder in ("web/src", "examples"):
        for source in (CHECKOUT / folder).rglob("*"):
            if source.suffix in {".ts", ".tsx", ".py", ".graphql"} and "node_modules" not in str(
                source
            ):
                text = source.read_text(encoding="utf-8")
                yield from re.findall(
                    r"(?:`|\"\"\")\s*((?:query|mutation|fragment) .*?)(?:`|\"\"\")", text, re.DOTALL
                )


def test_whatever_clients_send_is_far_from_the_limits(measured: Measured) -> None:
    """CASES 16, 17: the introspection of GraphiQL is the largest of all."""
    documents, rest = list(real()), QueryLimits()
    assert len(documents) > 20
    tight = rest.model_copy(update={"tokens": 250, "characters": 2_048, "lines": 150})
    selections = []
    for text in documents:
        try:
            document = guard.parsed(text, tight)
        except GraphQLError:
            continue  # a part of a document, or another language
        assert guard.weigh(cost.Scales(CORE, document), rest) <= rest.cost * 0.7, text
        scales = cost.Scales(CORE, document)
        scales.every()
        selections.append(scales.selections)
    assert len(selections) > 20
    assert max(selections) <= rest.selections * 0.75
    measured("selections of the largest real document, of 120", max(selections))


def admit(text: str) -> str:
    """All that is done before anything is run, for who may see hints, which takes longest."""
    most = QueryLimits(cost=10**9, mutations=100)
    try:
        document = guard.parsed(text, most)
        guard.weigh(cost.Scales(CORE, document), most)
    except errors.QueryTooComplex as refused:
        return refused.limit
    except GraphQLError:
        return "no document"
    if not guard.faults(CORE, document):
        return "valid"
    guard.faults(CORE, document, hints=True)
    return "invalid"


def took(text: str) -> float:
    """Milliseconds of the process's own time, the least of several runs where it is long."""
    least = float("inf")
    for _ in range(5):
        begun = time.process_time()
        admit(text)
        least = min(least, (time.process_time() - begun) * 1000)
        if least < 10:
            break
    return least


@pytest.mark.parametrize(
    ("number", "most"),
    [(40, 250), pytest.param(20_000, 25, marks=pytest.mark.soak)],
)
def test_the_worst_document_costs_little_whoever_sends_it(
    measured: Measured, number: int, most: float
) -> None:
    """CASES 1, 2, 3, 4, 6, 11, 15, 16: guard, parsing and validation together."""
    documents = itertools.chain(hostile_documents.known(), hostile_documents.grown(number, seed=1))
    gc.collect()
    found = [(took(text), text) for text in documents]
    worst, text = max(found)
    measured(f"worst of {len(found):,} documents of 16 KiB or less, ms", f"{worst:.1f}")
    assert all(len(each.encode()) <= hostile_documents.LARGEST for _, each in found)
    assert worst <= most, text[:500]


def test_the_families_reach_every_limit_and_what_lies_behind() -> None:
    """Else the figure above would say nothing."""
    came_to = {admit(text) for text in hostile_documents.known()}
    document_wide = {*QueryLimits.model_fields} - {"items", "cost", "mutations", "depth", "fields"}
    assert came_to >= document_wide | {"valid", "invalid", "no document"}


@pytest.mark.parametrize(
    ("number", "most"), [(300, 20), pytest.param(10_000, 5, marks=pytest.mark.soak)]
)
async def test_invalid_documents_leave_nothing_behind(
    anonymous: Client, measured: Measured, number: int, most: float
) -> None:
    """CASES 12: each of them another one, with 101 fields that are not there."""

    async def ask(first: int, last: int) -> None:
        for n in range(first, last):
            wrong = " ".join(f"f{n}x{i}" for i in range(101))
            codes = (await anonymous.execute(f"{{ {wrong} }}"))["errors"]
            assert codes
            await asyncio.sleep(0)  # as between requests, where the loop forgets what is over

    await ask(0, number // 4)
    gc.collect()
    before = psutil.Process().memory_info().rss
    await ask(number, 2 * number)
    gc.collect()
    grown = (psutil.Process().memory_info().rss - before) / 2**20
    measured(f"growth over {number:,} different invalid documents, MiB", f"{grown:.1f}")
    assert grown < most
