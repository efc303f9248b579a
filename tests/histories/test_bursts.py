"""Whatever many do at the same moment is answered as if they had come one after the other."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from permissions.catalog import OWNER
from tests.factories import World
from tests.figures import Measured
from tests.histories import drawing, locking, serial
from tests.histories import stage as stages
from tests.histories.facts import JOINED, Place
from tests.histories.rules import Model
from tests.histories.stage import Stage, Step

EVERYTHING_ENDS, SPREAD = 4, 0.02
FOUNDERS = {"ann": OWNER, "ben": OWNER, "cat": "MANAGER"}
INVITED = (
    Step("invite", ("ann", "t1", "dan", "address", OWNER)),
    Step("invite", ("cat", "t1", "eve", "login", "MANAGER")),
)
KINDS = (
    *("accept", "accept", "decline", "resend", "revoke", "invite"),
    *("remove", "change_role", "set_enabled", "transfer", "leave"),
)
RARE = ("delete_tenant", "end_account")
"""In every fourth round, for which others begin: who ends his account is in no other tenant."""

Answered = list[tuple[Step, str]]


async def prepare(world: World, stage: Stage) -> Model:
    """A tenant of two owners and a manager, with an owner and a manager invited."""
    model, tenant = Model(), await world.tenant(name="t1")
    stage.tenants, stage.places = {"t1": tenant.id}, {}
    model.catalogs["t1"] = tenant.catalog
    for number, (who, role) in enumerate(FOUNDERS.items(), 1):
        joined = await world.join(tenant, role, stage.people[who])
        stage.places[f"p{number}"] = joined.member_id, ""
        model.places[f"p{number}"] = Place("t1", who, role)
    for step in INVITED:
        model, _ = model.after(step)
        _, answer = await stage.play(step)
        stage.learn(answer, tenant="", place=f"p{len(model.places)}")
    return model


async def burst(stage: Stage, steps: Sequence[Step], chance: random.Random) -> Answered:
    async def play(step: Step, pause: float) -> tuple[Step, str]:
        await asyncio.sleep(pause)
        kind, _ = await stage.play(step)
        return step, "" if kind.endswith("Payload") else kind

    pauses = [chance.uniform(0, SPREAD) for _ in steps]
    return list(await asyncio.gather(*map(play, steps, pauses)))


def drawn(model: Model, chance: random.Random, kinds: Sequence[str]) -> list[Step]:
    """2 to 8 at once."""
    return [drawing.step(model, chance.choice, kinds) for _ in range(chance.randint(2, 8))]


async def require_serial(model: Model, stage: Stage, answered: Answered) -> None:
    rows, audit, letters = await stage.rows(), await stage.audit(), await stage.letters()

    def fits(after: Model) -> bool:
        return (rows, audit, letters) == (after.rows(), after.audit, after.letters())

    found = serial.order(model, answered, fits)
    assert found is not None, _told(model, answered, rows, audit - model.audit)


def _told(model: Model, answered: Answered, rows: Any, audit: Any) -> str:
    said = [f"{step}: {refusal or 'done'}" for step, refusal in answered]
    before = [f"{name} {place}" for name, place in model.places.items()]
    return "\n".join(["", *before, *said, *map(str, rows), str(audit)])


def acting_owners(rows: Counter[tuple[Any, ...]]) -> int:
    return sum(n for row, n in rows.items() if row[2:4] == (OWNER, JOINED))


@pytest.mark.parametrize(
    "rounds", [30, pytest.param(1000, marks=pytest.mark.soak)], ids=["sample", "soak"]
)
async def test_whatever_many_do_at_once_some_order_explains(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    measured: Measured,
    lost: list[BaseException],
    rounds: int,
) -> None:
    """CASES 56, 57, 111 and 112: answers, places, records and mails are those of one order of the
    operations, by the model; each of them is answered with a type of its union.

    CASES 113: whatever is locked is locked in one order.

    The line that holds most of it is `select_for_update` in `resolvers.locks.tenant`.
    """
    locked = locking.recorded(monkeypatch)
    chance, said = random.Random(112), Counter[str]()  # noqa: S311 no secret
    for number in range(rounds):
        is_rare = number % EVERYTHING_ENDS == 0
        if is_rare or number % EVERYTHING_ENDS == 1:
            stage = await stages.cast(world)
        model = await prepare(world, stage)
        steps = drawn(model, chance, KINDS + RARE if is_rare else KINDS)
        answered = await burst(stage, steps, chance)
        await require_serial(model, stage, answered)
        assert acting_owners(await stage.rows()) >= 1
        assert all(map(locking.is_in_order, locked))
        locked.clear()
        said.update(refusal or step.name for step, refusal in answered)
    measured(
        f"rounds that no order explains, of {rounds}: ownerless, accepted twice, unrecorded", 0
    )
    measured(f"untyped errors in {said.total()} operations of {rounds} rounds", 0)
    deadlocks = [one for one in lost if isinstance(one.__cause__, asyncpg.DeadlockDetectedError)]
    measured(f"deadlocks in {rounds} rounds", len(deadlocks))
