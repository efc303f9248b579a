"""The figure of the database: PostgreSQL is stopped at once and started again, under load.

It has a disk that it waits for, as in production. Everybody who is told that a change was made
finds it afterwards; everybody else is told of the failure soon; our process is never restarted.
"""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from models import AuditEvent, Invitation, Member, OutboxEntry, OutboxState, Tenant, database
from models import embedded as embedded_module
from models.embedded import Embedded
from settings import Settings
from tests import databases
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.faults import mailserver
from tests.faults.mailserver import Mailserver
from tests.figures import Measured

CLIENTS, HUNG = 4, 60


@pytest.fixture
async def primary(data_dir: Path) -> AsyncIterator[Embedded]:
    """A server of the test's own that loses nothing when it is stopped."""
    server = await embedded_module.start(data_dir)
    await databases.administer(server, "alter system reset all")
    _control(server, "restart", "-m", "fast")
    yield server
    server.stop()


def _control(server: Embedded, *command: str) -> None:
    wheel, folder = server.server, database.parse(server.url)["host"]
    listening = ["-o", f'-h "" -k {folder}'] if command[0] != "stop" else []
    subprocess.run(  # noqa: S603 the wheel's own tool
        [
            wheel.bin_path / "pg_ctl",
            "-w",
            "-D",
            wheel.pgdata,
            "-l",
            wheel.log,
            *command,
            *listening,
        ],
        check=True,
        capture_output=True,
        user=wheel.system_user,
    )


@dataclass
class Load:
    """Clients who invite one person after the other. `made` are those they were told of; `failed`
    what else they were told, and how long that took at most.
    """

    by: Person
    tenant: Tenant
    made: dict[str, str] = field(default_factory=dict)
    failed: dict[str, float] = field(default_factory=dict)
    asked: int = 0
    over: bool = False
    succeeded: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        while not self.over:
            self.asked += 1
            email = f"somebody{self.asked}@example.com"
            begun = time.monotonic()
            try:
                async with asyncio.timeout(HUNG):
                    code = await self._invite(email)
            finally:
                took = time.monotonic() - begun
            if code is None:
                self.succeeded.set()
            else:
                self.failed[code] = max(took, self.failed.get(code, 0.0))
                await asyncio.sleep(0.01)

    async def _invite(self, email: str) -> str | None:
        """The code it failed with, if it did."""
        given = {"tenantId": self.tenant.id, "invitee": {"email": email}, "role": "MANAGER"}
        answer = await self.by.client.execute(INVITE, input=given)
        if "errors" in answer:
            return str(answer["errors"][0]["extensions"]["code"])
        self.made[email] = answer["data"]["inviteMember"]["member"]["id"]
        return None


INVITE = """mutation($input: InviteMemberInput!) {
  inviteMember(input: $input) { ... on InviteMemberPayload { member { id } } } }"""


@pytest.mark.parametrize("restarts", [1, pytest.param(20, marks=pytest.mark.soak)])
async def test_a_database_that_is_restarted_loses_nothing_that_was_acknowledged(
    restarts: int,
    primary: Embedded,
    configure: Callable[..., Settings],
    clock: Clock,
    measured: Measured,
) -> None:
    """CASES 132: with its audit and its mail, which arrives; and nobody has to start us again."""
    names = "invitations_per_inviter", "invitations_of_new_tenant", "mails_per_tenant"
    chosen = configure(**{f"limit_{name}": "1000000/day" for name in names})
    await database.start(primary.url, chosen)
    world = World()
    tenant = await world.tenant()
    load = Load(await world.join(tenant), tenant)
    async with mailserver.listening(Mailserver()) as server, mailserver.delivering(server):
        clients = [asyncio.create_task(load.run()) for _ in range(CLIENTS)]
        back = [await _restart(primary, load) for _ in range(restarts)]
        load.over = True
        await asyncio.gather(*clients)
        clock.move(timedelta(seconds=61))  # so that nobody waits for the leases of lost claims
        await _until_sent()
    lost = await _lost(load)
    await database.stop()
    unsent = set(load.made) - set(server.recipients)
    measured(f"immediate restarts of PostgreSQL under the load of {CLIENTS} clients", restarts)
    measured("changes acknowledged meanwhile", len(load.made))
    measured("acknowledged changes lost", lost)
    measured("mails of acknowledged changes lost", len(unsent))
    slowest = max(load.failed.values(), default=0.0)
    measured("slowest answer of a change that failed", f"{slowest:.2f} s")
    measured("longest time until a change was made again", f"{max(back):.2f} s")
    assert (lost, unsent) == (0, set())
    assert set(load.failed) <= {"SERVICE_UNAVAILABLE"}, load.failed
    assert slowest < (2 if restarts > 1 else HUNG)
    assert max(back) < (1 if restarts > 1 else HUNG)


async def _restart(primary: Embedded, load: Load) -> float:
    """Seconds from when it was there again until a change was made."""
    await _some(load)
    await asyncio.to_thread(_control, primary, "stop", "-m", "immediate")
    await asyncio.sleep(0.3)
    await asyncio.to_thread(_control, primary, "start")
    begun = time.monotonic()
    await _some(load, 1)
    return time.monotonic() - begun


async def _some(load: Load, count: int = 20) -> None:
    """Some changes are made."""
    for _ in range(count):
        load.succeeded.clear()
        async with asyncio.timeout(HUNG):
            await load.succeeded.wait()


async def _until_sent() -> None:
    async with asyncio.timeout(5 * HUNG):
        while await _queued():  # noqa: ASYNC110 no event
            await asyncio.sleep(0.1)


async def _queued() -> bool:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await OutboxEntry.filter(state=OutboxState.QUEUED).exists()


async def _lost(load: Load) -> int:
    """Of what was acknowledged. Whatever is there has its invitation, its audit and its mail."""
    async with database.transaction(database.SYSTEM, read_only=True):
        members: dict[Any, Any] = dict(
            await Member.filter(email__isnull=False).values_list("email", "id")
        )
        invitations = await Invitation.all()
        audited = await AuditEvent.all().values_list("subject_id", flat=True)
        queued = await OutboxEntry.all().values_list("invitation_id", flat=True)
    assert sorted(each.id for each in invitations) == sorted(map(str, queued))
    invited = sorted(each.member_id for each in invitations)
    assert invited == sorted(members.values()) == sorted(map(str, audited))
    return sum(members.get(email) != id_ for email, id_ in load.made.items())
