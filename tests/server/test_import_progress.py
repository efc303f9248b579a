"""Who watches an import (issue 7.3; ADR 0026, ADR 0030)."""

from collections.abc import AsyncIterator, Callable

import pytest

from models import Tenant
from resolvers import import_steps
from settings import Settings
from tests import listeners
from tests.clients import Person
from tests.listeners import Hall
from tests.resolvers import importing, steps
from tests.resolvers.importing import csv

PROGRESS = """
subscription($id: ID!) {
  it: memberImportProgress(importId: $id) { id: importId memberImport { state invitedCount } }
}
"""


@pytest.fixture
async def hall(world: object, configure: Callable[..., Settings]) -> AsyncIterator[Hall]:
    async with listeners.hall(configure) as made:
        yield made
    await listeners.left()


@pytest.fixture
async def plan(owner: Person, project: Tenant) -> str:
    people = [f"somebody{n}@example.com,MANAGER" for n in range(60)]
    return await importing.planned(owner, project, csv(*people))


async def test_a_message_for_every_step_tells_how_far_it_is(
    hall: Hall, owner: Person, project: Tenant, plan: str
) -> None:
    """Also that it has begun; of another import of the tenant nothing is told."""
    async with hall.listening(owner, PROGRESS, id=plan) as events:
        other = await importing.planned(owner, project, csv("ann@example.com,MANAGER"))
        await importing.apply(owner, other)
        await importing.work()
        await importing.apply(owner, plan)
        seen = [(await events.next())["memberImport"]]
        while await import_steps.apply_next():
            told = await events.next()
            assert told["id"] == plan
            seen.append(told["memberImport"])
    assert [one["state"] for one in seen] == ["APPLYING"] * (len(seen) - 1) + ["APPLIED"]
    counts = [one["invitedCount"] for one in seen]
    assert counts == sorted(set(counts))
    assert (counts[0], counts[-1]) == (0, 60)


async def test_who_loses_the_right_hears_no_more(
    hall: Hall, owner: Person, manager: Person, plan: str
) -> None:
    """Issue 7.4: a right lost is a message not sent, and the stream ends."""
    async with hall.listening(manager, PROGRESS, id=plan) as events:
        await steps.edit(manager.member_id, role="ACCOUNTANT")
        assert await events.end() == "PERMISSION_DENIED"


async def test_who_may_not_see_an_import_does_not_watch_it(
    hall: Hall, owner: Person, accountant: Person, stranger: Person, plan: str
) -> None:
    """To a stranger it is as absent as one that never was."""
    for who, id_, code in (
        (accountant, plan, "PERMISSION_DENIED"),
        (stranger, plan, "NOT_FOUND"),
        (owner, "imp_x", "NOT_FOUND"),
        (None, plan, "UNAUTHENTICATED"),
    ):
        async with hall.events(who, PROGRESS, id=id_) as events:
            assert await events.end() == code
