"""Nobody is ever told of a tenant that he does not belong to, whatever is asked."""

import logging
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import structlog
from graphql import DocumentNode

from schema import guard
from settings import Settings
from tests.factories import World
from tests.figures import Measured
from tests.isolation import fences, population
from tests.isolation.walking import Walk

SAMPLE, SOAK = 600, 200_000
LENGTHS = pytest.mark.parametrize(
    "steps", [SAMPLE, pytest.param(SOAK, marks=pytest.mark.soak)], ids=["sample", "soak"]
)
ALWAYS, MUCH = "100000000/minute", 10_000_000


@pytest.fixture
async def walk(database: None, configure: Callable[..., Settings]) -> Walk:
    """Of a few tenants; limits are out of the way, the development's exploring as well."""
    limits = [name for name in Settings.model_fields if name.startswith("limit_")]
    several = {"limit_invitations_per_inviter": (ALWAYS,), "limit_account_links": (ALWAYS,)}
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asked = {
        name: field.default.model_copy(update=dict.fromkeys(type(field.default).model_fields, MUCH))
        for name, field in Settings.model_fields.items()
        if name.startswith("query_limits_")
    }
    timeouts = {
        "request_timeout": timedelta(hours=1),
        "database_acquire_timeout": timedelta(hours=1),
    }
    configure(**dict.fromkeys(limits, ALWAYS) | several | asked | timeouts)
    world = World()
    return Walk(world.app, await population.settle(world), random.Random(103))  # noqa: S311 no secret


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The documents are few, and what they are answered is looked at: each is validated once."""
    for name in ("parse", "validate"):
        monkeypatch.setattr(guard, name, remembering(getattr(guard, name)))


def remembering(function: Callable[..., Any]) -> Callable[..., Any]:
    """By the document, of which all that is remembered is kept."""
    known: dict[object, Any] = {}

    def ask(*arguments: Any, **options: Any) -> Any:
        document = next(each for each in arguments if isinstance(each, str | DocumentNode))
        key = document if isinstance(document, str) else id(document)
        if key not in known:
            known[key] = function(*arguments, **options), document
        return known[key][0]

    return ask


@LENGTHS
async def test_nobody_is_told_of_a_tenant_that_is_not_his(
    walk: Walk, steps: int, measured: Measured
) -> None:
    """CASES 103, 104, 106 and 107: by argument, by id, nested, in batches, by a foreign cursor, by
    a header, in an export; many at once on one loop and one pool.
    """
    await walk.go(steps)
    measured(f"foreign rows in {steps:,} random steps", walk.foreign.total())
    assert walk.foreign == {}
    assert_much_was_answered(walk)
    await assert_nothing_was_mixed_up(walk)


@LENGTHS
async def test_row_level_security_alone_tells_nobody_of_a_tenant_that_is_not_his(
    walk: Walk, steps: int, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ADR 0002: everybody passes for an owner everywhere, and no statement asks for a tenant."""
    fences.take_filters_away(monkeypatch)
    await walk.go(steps)
    measured(
        f"foreign rows in {steps:,} random steps, the application's own filters taken out",
        walk.foreign.total(),
    )
    assert walk.foreign == {}
    assert_much_was_answered(walk)
    await assert_nothing_was_mixed_up(walk)


async def test_the_applications_own_filters_alone_tell_nobody_either(walk: Walk) -> None:
    """DESIGN 1.3: row-level security is the second fence, and no part of the first."""
    await fences.take_policies_away()
    await walk.go(SAMPLE)
    assert walk.foreign == {}
    assert_much_was_answered(walk)


async def test_without_either_foreign_rows_are_told(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That both can be taken away, and would be missed: from lists, by id, in an export."""
    fences.take_filters_away(monkeypatch)
    await fences.take_policies_away()
    await walk.go(SAMPLE)
    assert {"node", "apiKeys", "memberChanges", "members.csv"} <= walk.foreign.keys()
    assert walk.foreign.total() > SAMPLE


def assert_much_was_answered(walk: Walk) -> None:
    """A walk on which everything is refused would find nothing foreign either."""
    lists = {"members", "memberChanges", "apps", "apiKeys", "webhookEndpoints", "tenant", "node"}
    assert {name for name in lists if not walk.answered[name]} == set()


async def assert_nothing_was_mixed_up(walk: Walk) -> None:
    """Nobody's rights have changed, no row of one tenant names one of another, and nobody has done
    anything in a tenant that is not his.
    """
    before = dict(walk.population.owners)
    await walk.population.look_around()
    assert {thing: walk.population.owners[thing] for thing in before} == before
    assert await fences.mixed_up() == []
