"""A large import over real processes and a real mail server (issue 7.3).

Workers are killed in the middle of it; others go on. The time in which a dead worker still holds
what it had in hand is taken away by the test, so that it need not wait for it.
"""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from models import (
    Invitation,
    Member,
    MemberImport,
    MemberStatus,
    OutboxEntry,
    OutboxState,
    Tenant,
    clock,
    database,
)
from tests import databases, processes
from tests.clients import Person
from tests.mail import sink as sinks
from tests.mail.sink import Sink
from tests.resolvers import importing, steps
from tests.resolvers.importing import csv

KILLS, WITHIN = 2, 60 * 60


@pytest.mark.parametrize("people", [200, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_an_import_survives_the_death_of_its_workers(
    tmp_path: Path, owner: Person, project: Tenant, people: int
) -> None:
    """Each invited person is one member with one invitation, and gets his mail: as many copies more
    than one as there were kills at most, all with one Message-ID (CASES 116).
    """
    emails = [f"somebody{n}@example.com" for n in range(people)]
    plan = await importing.planned(owner, project, csv(*[f"{email},MANAGER" for email in emails]))
    await importing.apply(owner, plan)
    async with sinks.listening(Sink()) as sink:
        settings = {
            "database_url": databases.address(),
            "data_dir": tmp_path,
            "smtp_url": sink.url,
            "limit_invitations_of_new_tenant": "100000/day",
        }
        for kill in range(1, KILLS + 1):
            worker = await processes.start("worker", settings=settings)
            await _until_invited(plan, people * kill // (KILLS + 2))
            worker.kill()
            await worker.communicate()
            await _let_go()
        async with processes.working(**settings):
            await _until_sent(plan)
    shown = await importing.look(owner, plan)
    assert (shown["state"], shown["invitedCount"]) == ("APPLIED", people)
    pending = await steps.stored(Member.filter(status=MemberStatus.PENDING))
    assert sorted(member.email_key or "" for member in pending) == sorted(emails)
    assert len(await steps.stored(Invitation.filter())) == people
    copies = Counter(recipient for [recipient] in sink.recipients)
    assert sorted(copies) == sorted(emails)
    assert copies.total() <= people + KILLS
    assert len({message["Message-ID"] for message in sink.received}) == people


async def _until_invited(plan: str, count: int) -> None:
    """Some are, and most are not."""
    async with asyncio.timeout(WITHIN):
        while len(await steps.stored(Invitation.filter().only("id"))) < count:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.05)
    [running] = await steps.stored(MemberImport.filter(id=plan))
    assert running.state == "APPLYING"


async def _let_go() -> None:
    """The leases of the dead have lapsed."""
    now = clock.now()
    async with database.transaction(database.SYSTEM):
        for model in (MemberImport, OutboxEntry):
            await model.filter(leased_until__gt=now).update(leased_until=now)


async def _until_sent(plan: str) -> None:
    """It is applied, and no mail waits."""
    async with asyncio.timeout(WITHIN):
        while await _unfinished(plan):  # noqa: ASYNC110 no event
            await asyncio.sleep(0.2)


async def _unfinished(plan: str) -> bool:
    async with database.transaction(database.SYSTEM, read_only=True):
        if await MemberImport.filter(id=plan, state="APPLYING").exists():
            return True
        return await OutboxEntry.filter(state=OutboxState.QUEUED).exists()
