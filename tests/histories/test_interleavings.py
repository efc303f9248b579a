"""Pairs of operations in each order that there is, forced at each point of the first one."""

from functools import partial

import pytest

from permissions.catalog import OWNER
from tests.factories import World
from tests.figures import Measured
from tests.histories import serial, stops
from tests.histories import stage as stages
from tests.histories.rules import Model
from tests.histories.stage import Stage, Step
from tests.histories.stops import BEFORE_LOCK, COMMITTING, POINTS
from tests.histories.test_bursts import acting_owners, prepare

ACCEPT = Step("accept", ("dan", "p4", 1))
"""p1 is ann and p2 ben, the owners, p3 cat, their manager; ann invited dan as an owner (p4), and
cat has invited eve by login (p5).
"""
PAIRS: dict[str, tuple[Step, Step]] = {
    "accept, accept": (ACCEPT, ACCEPT),
    "accept, decline": (ACCEPT, Step("decline", ("dan", "p4", 1))),
    "accept, resend": (ACCEPT, Step("resend", ("ben", "p4"))),
    "accept, revoke": (ACCEPT, Step("revoke", ("ben", "p4"))),
    "accept, another role": (ACCEPT, Step("change_role", ("ben", "p4", "ACCOUNTANT"))),
    "accept, remove the inviter": (ACCEPT, Step("remove", ("ben", "p1"))),
    "accept, demote the inviter": (ACCEPT, Step("change_role", ("ben", "p1", "MANAGER"))),
    "accept, disable the inviter": (ACCEPT, Step("set_enabled", ("ben", "p1", False))),
    "accept, delete the tenant": (ACCEPT, Step("delete_tenant", ("ben", "t1"))),
    "invite, invite": (
        Step("invite", ("ann", "t1", "dan", "login", "MANAGER")),
        Step("invite", ("ben", "t1", "dan", "login", "ACCOUNTANT")),
    ),
    "remove, remove": (Step("remove", ("ann", "p2")), Step("remove", ("ben", "p1"))),
    "demote, demote": (
        Step("change_role", ("ann", "p2", "MANAGER")),
        Step("change_role", ("ben", "p1", "MANAGER")),
    ),
    "leave, leave": (Step("leave", ("ann", "t1")), Step("leave", ("ben", "t1"))),
    "leave, remove": (Step("leave", ("ann", "t1")), Step("remove", ("ann", "p2"))),
    "disable, demote": (
        Step("set_enabled", ("ann", "p2", False)),
        Step("change_role", ("ben", "p1", "MANAGER")),
    ),
    "transfer, leave": (Step("transfer", ("ann", "t1", "p3")), Step("leave", ("ben", "t1"))),
    "accept, end the account": (ACCEPT, Step("end_account", ("dan",))),
    "invite by login, end the account": (
        Step("invite", ("ann", "t1", "dan", "login", "MANAGER")),
        Step("end_account", ("dan",)),
    ),
    "leave, end the account": (Step("leave", ("ann", "t1")), Step("end_account", ("ben",))),
}


@pytest.mark.parametrize(
    "points",
    [(BEFORE_LOCK, COMMITTING), pytest.param(POINTS, marks=pytest.mark.soak)],
    ids=["sample", "soak"],
)
async def test_of_two_at_once_one_comes_first_wherever_they_meet(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    measured: Measured,
    points: tuple[str, ...],
) -> None:
    """CASES 56, 57, 111 and 112: whoever is overtaken before the tenant's lock comes second, and
    under it first; the second finds what the first has left, whichever of the two it is.

    The line that holds it is `select_for_update` in `resolvers.locks.tenant`; for what is accepted
    the second `behind` in `resolvers.references.lock`; where accounts end `locks.account` there and
    `_refuse_new` in `resolvers.account_endings.end`, and `_hold` in `resolvers.invitations.offer`.
    """
    stops.put_up(monkeypatch)
    stage = await stages.cast(world)
    for name, pair in PAIRS.items():
        for first, second in (pair, pair[::-1]):
            for point in points:
                if "end_account" in {first.name, second.name}:  # and is in no other tenant
                    stage = await stages.cast(world)
                model = await prepare(world, stage)
                await meet(model, stage, (first, second), point, name)
    measured("forced interleavings that no order explains", f"0 of {len(PAIRS) * 2 * len(points)}")


async def meet(model: Model, stage: Stage, pair: tuple[Step, Step], point: str, name: str) -> None:
    first, second = (partial(kind_of, stage, step) for step in pair)
    kinds = await stops.overtaken(first, second, point)
    rows, audit, letters = await stage.rows(), await stage.audit(), await stage.letters()

    def fits(after: Model) -> bool:
        return (rows, audit, letters) == (after.rows(), after.audit, after.letters())

    found = serial.order(model, list(zip(pair, kinds, strict=True)), fits)
    assert found is not None, (name, point, [*map(str, pair)], kinds, rows - model.rows())
    ends = any(step.name == "end_account" for step in pair)  # by the account's lock, a later one
    assert kinds[0] == "" or point == BEFORE_LOCK or ends
    assert acting_owners(rows) >= 1


async def kind_of(stage: Stage, step: Step) -> str:
    kind, _ = await stage.play(step)
    return "" if kind.endswith("Payload") else kind


async def test_a_tenant_is_not_made_by_an_account_that_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PRODUCT 2, rule 4: whoever comes first, the tenant has an owner, or there is none.

    The lines that hold it are `locks.account` in `resolvers.tenants.create`, and `_refuse_new` in
    `resolvers.account_endings.end`.
    """
    stops.put_up(monkeypatch)
    make, end = Step("create_tenant", ("ann", "PROJECT")), Step("end_account", ("ann",))
    for first, second in ((make, end), (end, make)):
        for point in (stops.RECORDING, COMMITTING):
            stage = await stages.cast(world)
            pair = (partial(stage.play, first), partial(stage.play, second))
            (early, answer), (late, _) = await stops.overtaken(*pair, point)
            owns = [OWNER] if first is make else []
            assert late == ("LastOwner" if first is make else "PermissionDenied")
            assert early.endswith("Payload")
            assert bool(answer.get("tenant")) is bool(owns)
