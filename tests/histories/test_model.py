"""Any history of operations, one after the other, is answered as the model says."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st

from tests.factories import World
from tests.figures import Measured
from tests.histories import drawing
from tests.histories import stage as stages
from tests.histories.facts import MAY
from tests.histories.rules import Model
from tests.histories.stage import Clock, Stage, Step

T = TypeVar("T")

SAMPLE, STEPS = 30, 20
SEEN = """
{ me { invitations(first: 100) { edges { node { id } } } }
  tenants(first: 20) { totalCount edges { node { id
    members(first: 40) { totalCount edges { node {
      id role { code } status invitation { state } } } } } } } }
"""


async def play(model: Model, stage: Stage, step: Step) -> Model:
    """The model after it."""
    if step.name == "look":
        assert await seen(stage, step.who) == expected(model, stage, step.who)
        return model
    after, refusal = model.after(step)
    kind, answer = await stage.play(step)
    said = "" if kind.endswith("Payload") or kind == "SignedIn" else kind
    assert said == refusal
    stage.learn(answer, tenant=f"t{len(after.catalogs)}", place=f"p{len(after.places)}")
    return after


def expected(model: Model, stage: Stage, who: str) -> Any:
    if who in model.ended | model.signed_out:
        return None
    tenants = {stage.tenants[name]: model.members(who, name) for name in model.tenants(who)}
    return (
        {stage.places[name][1] for name in model.invitations(who)},
        {
            tenant: members and {stage.places[name][0]: one for name, one in members.items()}
            for tenant, members in tenants.items()
        },
    )


async def seen(stage: Stage, who: str) -> Any:
    """The invitations in his own list, and the members of each of his tenants."""
    answer = await stage.people[who].client.execute(SEEN)
    assert "data" in answer, answer
    if answer["data"]["me"] is None:
        return None
    tenants = answer["data"]["tenants"]
    assert tenants["totalCount"] == len(nodes(tenants))
    return (
        {one["id"] for one in nodes(answer["data"]["me"]["invitations"])},
        {tenant["id"]: members(tenant["members"]) for tenant in nodes(tenants)},
    )


def nodes(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in page["edges"]]


def members(found: dict[str, Any] | None) -> dict[str, tuple[str, str, str]] | None:
    if found is None:
        return None
    assert found["totalCount"] == len(nodes(found))
    return {
        one["id"]: (one["role"]["code"], one["status"], (one["invitation"] or {}).get("state", ""))
        for one in nodes(found)
    }


async def require_agreement(model: Model, stage: Stage) -> None:
    """What is stored is what the model says: places, records and waiting mails."""
    assert await stage.rows() == model.rows()
    assert await stage.audit() == model.audit
    assert await stage.letters() == model.letters()


@pytest.mark.parametrize(
    "examples", [SAMPLE, pytest.param(2000, marks=pytest.mark.soak)], ids=["sample", "soak"]
)
async def test_whatever_is_done_one_after_the_other_is_answered_by_the_rules(
    world: World, standing: Clock, measured: Measured, examples: int
) -> None:
    """Issue 8.7; CASES 57, 59-65 and 69: what each step is answered, what people see on the way,
    and at the end the places, the records and the mails.
    """
    loop = asyncio.get_running_loop()

    def done(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == SAMPLE,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(st.data())
    def each(data: st.DataObject) -> None:
        model, stage = Model(), done(stages.cast(world, standing))
        for step in drawn(model, data):
            vars(model).update(vars(done(play(model, stage, step))))
        done(require_agreement(model, stage))

    await asyncio.to_thread(each)
    measured(f"histories of up to {STEPS} steps that the model does not explain, of {examples}", 0)


def drawn(model: Model, data: st.DataObject) -> Iterator[Step]:
    """What is done next to the model, which changes meanwhile. Three are there already."""

    def draw(among: Sequence[Any]) -> Any:
        return data.draw(st.sampled_from(among))

    catalog = draw(list(MAY))
    yield Step("create_tenant", ("ann", catalog))
    for who, role in zip(("ben", "cat"), list(MAY[catalog]), strict=False):
        yield Step("invite", ("ann", "t1", who, "address", role))
        yield Step("accept", (who, list(model.places)[-1], 1))
    for _ in range(draw(range(1, STEPS + 1))):
        step = drawing.step(model, draw, drawing.EVERY_KIND)
        hypothesis.note(str(step))
        yield step
