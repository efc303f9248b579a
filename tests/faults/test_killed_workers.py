"""The figure of the outbox: many invitations, two workers that keep being killed, and a mail server
of whose dialogues three in ten go wrong (CASES 115 to 117, 119, 122).

Between the rounds nobody works, and the clock is moved to when all that wait are due: so leases
have their real length, pauses at least theirs, and nobody waits for them.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from models import (
    Channel,
    OutboxEntry,
    OutboxState,
    Tenant,
    database,
)
from server import running
from settings import Settings
from tests import databases
from tests.clients import Person
from tests.faults import mailserver, mortals
from tests.faults.mailserver import Dialogue, Mailserver
from tests.faults.mortals import Clock, Mortal
from tests.figures import Measured
from tests.mail import offers

WITHIN = 60 * 60
AT_ONCE = [each.channel for each in running.carriers(Settings())].count(Channel.MAIL)
STEPS = ("MAIL", "RCPT", "text")
FAULTS = {
    "MAIL": ["421 4.3.2 busy"],
    "RCPT": ["450 4.2.1 try later", "451 4.7.1 greylisted", "421 4.3.2 closing"],
    "text": ["451 4.3.0 later", "452 4.3.1 out of space", ""],
}
SHARES = {"MAIL": 0.03, "RCPT": 0.13, "text": 0.17}
"""Three in ten of the dialogues: of a hundred 3, of the rest 13, and of that rest 17."""


class Fate:
    """What goes wrong, by a seed; every so many mails it lets somebody be killed, now while the
    mail is under way, now a little later.
    """

    kill: Callable[[], bool]

    def __init__(self, *, every: int, kills: int) -> None:
        self.dice, self.every = random.Random(8), every  # noqa: S311 no secret
        self.left, self.mails, self.faults, self.dialogues = kills, 0, 0, 0
        self.acts = {step: self._act_at(step) for step in STEPS}

    def _act_at(self, step: str) -> mailserver.Act:
        async def act(_: Dialogue) -> str | None:
            self.dialogues += step == "MAIL"
            if step == "text":
                self._count()
            if self.dice.random() >= SHARES[step]:
                return None
            self.faults += 1
            if not (reply := self.dice.choice(FAULTS[step])):
                raise ConnectionResetError
            return reply

        return act

    def _count(self) -> None:
        self.mails += 1
        if self.left and self.mails % self.every == 0:
            asyncio.get_running_loop().call_later(self.dice.choice([0, 0.005, 0.03]), self._kill)

    def _kill(self) -> None:
        if self.left and self.kill():
            self.left -= 1


class Crew:
    """Two workers; whoever is killed is followed by another at once."""

    def __init__(self, *workers: Mortal) -> None:
        self.workers, self.killed, self.is_at_work = workers, 0, False
        self._deaths: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    async def work(self, clock: Clock) -> None:
        """A round: until nothing is due any more, and what they have in hand is finished."""
        for worker in self.workers:
            await worker.start()
        self.is_at_work = True
        while (await waits(clock))["due"]:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.1)
        self.is_at_work = False
        await asyncio.gather(*self._deaths)
        for worker in self.workers:
            await worker.stop()

    def kill(self) -> bool:
        """Whether somebody was at work."""
        if self.is_at_work:
            self._deaths.add(asyncio.create_task(self._kill()))
        return self.is_at_work

    async def _kill(self) -> None:
        async with self._turn:
            worker = self.workers[self.killed % len(self.workers)]
            self.killed += 1
            await worker.kill()
            await worker.start()


@pytest.mark.parametrize(
    ("people", "kills"), [(100, 4), pytest.param(10_000, 200, marks=pytest.mark.soak)]
)
async def test_no_mail_is_lost_however_often_workers_are_killed(
    people: int,
    kills: int,
    owner: Person,
    project: Tenant,
    tmp_path: Path,
    measured: Measured,
) -> None:
    """CASES 116, 117: as many copies more than one as there were mails under way at the kills at
    most, and each mail's copies have one Message-ID.
    """
    await invite(owner, project, people)
    clock, fate = Clock(), Fate(every=people * 9 // 10 // kills, kills=kills)
    async with mailserver.listening(Mailserver(fate.acts)) as server, asyncio.timeout(WITHIN):
        given = {
            "database_url": databases.address(),
            "smtp_url": server.url,
            "data_dir": tmp_path,
        }
        logs = [tmp_path / f"worker-{number}.log" for number in range(2)]
        crew = Crew(*[Mortal(mortals.WORKER, given, log, clock) for log in logs])
        fate.kill = crew.kill
        while (found := await waits(clock))["waiting"]:
            clock.move(max(found["latest"] - clock.now(), timedelta()))
            await crew.work(clock)
    copies = Counter(server.recipients)
    lost, surplus = people - len(copies), copies.total() - len(copies)
    named = {(each.recipient, each.message["Message-ID"]) for each in server.received}
    measured(f"kills while {people} invitations were mailed", crew.killed)
    measured("part of the SMTP dialogues that failed", f"{fate.faults / fate.dialogues:.0%}")
    measured("mails lost", lost)
    measured("copies beyond the first", surplus)
    measured("mails whose copies differ in Message-ID", len(named) - len(copies))
    assert crew.killed == kills
    assert (lost, len(named)) == (0, people)
    assert surplus <= crew.killed * AT_ONCE
    assert await states() == {OutboxState.SENT: people}
    assert "mail.lease_lost" not in "".join(log.read_text() for log in logs)


_WAITS = """
select count(*) as waiting, max(greatest(due_at, leased_until)) as latest,
  count(*) filter (where greatest(due_at, leased_until) <= $1) as due
from outbox_entries where state = 'QUEUED'
"""


async def waits(clock: Clock) -> dict[str, Any]:
    async with database.transaction(database.SYSTEM, read_only=True):
        [found] = await database.rows(_WAITS, clock.now())
    return found


async def states() -> Counter[OutboxState]:
    async with database.transaction(database.SYSTEM, read_only=True):
        return Counter(entry.state for entry in await OutboxEntry.all().only("id", "state"))


async def invite(owner: Person, tenant: Tenant, count: int) -> None:
    """As many people at once, as an import would."""
    async with database.transaction(database.SYSTEM):
        for number in range(count):
            await offers.offer(f"somebody{number}@example.com", tenant, owner)
