"""kill -9 at each point of a delivery and of a change (CASES 115, 116, 135).

The process is stopped at the point from outside, by the mail server it talks to or by a proxy
before the database, and killed there. Afterwards another one finds something whole.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mail import delivery
from mail.transport import SmtpTransport
from models import AuditEvent, Invitation, Member, MemberStatus, OutboxEntry, OutboxState, database
from tests.clients import Person
from tests.factories import World
from tests.faults import mailserver, mortals
from tests.faults.mailserver import Dialogue, Mailserver
from tests.faults.mortals import Clock, Mortal
from tests.faults.proxy import Proxy, Stop
from tests.mail import offers

HUNG = 60
CLAIM, MARK = b"update outbox_entries set lease = $1", b"update outbox_entries set lease = null"


@dataclass(frozen=True)
class Point:
    """Where a worker dies: at a step of the dialogue with the mail server, or of the one with the
    database. `copies` arrive then.
    """

    name: str
    step: str = ""
    at: bytes = b""
    said: bytes = b""
    passes: bool = False
    copies: int = 1


DELIVERY = [
    Point("before it has claimed", at=CLAIM),
    Point("before its claim is true", at=b"COMMIT", said=CLAIM),
    Point("before it knows of its claim", at=b"COMMIT", said=CLAIM, passes=True),
    Point("before the mail server has greeted", step="banner"),
    Point("before it has sent the mail", step="DATA"),
    Point("before it knows that the mail was taken", step="text", copies=2),
    Point("before it has marked the mail", at=MARK, copies=2),
    Point("before its mark is true", at=b"COMMIT", said=MARK, copies=2),
    Point("before it knows of its mark", at=b"COMMIT", said=MARK, passes=True),
]


class Halt:
    """The first dialogue that comes to `step` goes no further until it is released."""

    def __init__(self, step: str) -> None:
        self.reached, self.released = asyncio.Event(), asyncio.Event()
        self.acts = {step: self._act} if step else {}

    async def _act(self, _: Dialogue) -> None:
        self.reached.set()
        await self.released.wait()


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("point", DELIVERY, ids=lambda point: point.name.replace(" ", "-"))
async def test_wherever_a_worker_dies_its_mail_arrives(
    point: Point, proxy: Proxy, database_urls: tuple[str, str], tmp_path: Path
) -> None:
    """CASES 116: twice only where it was taken and not marked, and as one mail."""
    await offers.invite()
    halt, clock = Halt(point.step), Clock()
    stop = Stop(point.at or b"nothing", point.said, point.passes)
    proxy.stop = stop
    async with mailserver.listening(Mailserver(halt.acts)) as server:
        given = {"smtp_url": server.url, "data_dir": tmp_path}
        first = Mortal(mortals.WORKER, given | {"database_url": proxy.url}, tmp_path / "1", clock)
        async with asyncio.timeout(HUNG), mortals.alive(first):
            await (halt.reached if point.step else stop.reached).wait()
            await first.kill()
        halt.released.set()
        clock.move(timedelta(seconds=61))
        given |= {"database_url": database_urls[0]}
        second = Mortal(mortals.WORKER, given, tmp_path / "2", clock)
        async with mortals.alive(second):
            await _until_sent()
            await second.stop()
    assert server.recipients == [offers.ADDRESS] * point.copies
    assert len({received.message["Message-ID"] for received in server.received}) == 1


async def _until_sent() -> None:
    async with asyncio.timeout(HUNG):
        while (await offers.only_entry()).state is not OutboxState.SENT:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.05)


INVITE = """mutation($input: InviteMemberInput!) { inviteMember(input: $input) {
  __typename ... on InviteMemberPayload { member { id } } } }"""
QUEUE, KEEP = b"insert into outbox_entries", b"into idempotency_keys"
PLAIN: dict[str, str] = {}
KEYED = {"idempotency-key": "one"}

CHANGE = [
    ("before anything", Stop(b"BEGIN;"), PLAIN),
    ("behind the lock", Stop(b"insert into members"), PLAIN),
    ("behind the rows", Stop(b"COMMIT", QUEUE), PLAIN),
    ("behind the commit", Stop(b"COMMIT", QUEUE, passes=True), PLAIN),
    ("behind the lock, under a key", Stop(b"insert into members"), KEYED),
    ("behind the rows, under a key", Stop(b"COMMIT", KEEP), KEYED),
    ("behind the commit, under a key", Stop(b"COMMIT", KEEP, passes=True), KEYED),
]


@pytest.mark.parametrize(("name", "stop", "headers"), CHANGE, ids=[row[0] for row in CHANGE])
async def test_wherever_a_server_dies_its_change_is_whole(
    name: str, stop: Stop, headers: Mapping[str, str], proxy: Proxy, world: World, tmp_path: Path
) -> None:
    """CASES 115, 116, 135: member, invitation, audit and mail, or nothing of it; asked again, it is
    there once, and its mail goes once.
    """
    owner = await world.join(tenant := await world.tenant())
    given = {"tenantId": tenant.id, "invitee": {"email": offers.ADDRESS}, "role": "MANAGER"}
    body = {"query": INVITE, "variables": {"input": given}}
    async with mortals.serving_at(proxy.url, tmp_path) as (server, address):
        proxy.stop = Stop(stop.at, stop.said, stop.passes)
        reached = proxy.stop.reached
        asking = asyncio.create_task(_ask(address, owner, body, headers))
        await asyncio.wait_for(reached.wait(), HUNG)
        await server.kill()
        assert not await asking
    assert await _rows() == ((1,) * 4 if stop.passes else (0,) * 4), name
    again = await owner.client.http.post("/graphql", json=body, headers=headers)
    [answer] = again.json()["data"].values()
    made = stop.passes and headers is PLAIN
    assert answer["__typename"] == ("AlreadyMember" if made else "InviteMemberPayload")
    assert await _rows() == (1,) * 4
    async with mailserver.listening(Mailserver()) as server_of_mails:
        await delivery.deliver_due(SmtpTransport.at(server_of_mails.url))
    assert server_of_mails.recipients == [offers.ADDRESS]


async def _ask(address: str, by: Person, body: Any, headers: Mapping[str, str]) -> bool:
    """Whether there was any answer."""
    signed = {"authorization": f"Bearer {by.token}", **headers}
    async with httpx2.AsyncClient(base_url=address, timeout=HUNG) as client:
        with suppress(httpx2.TransportError):
            await client.post("/graphql", json=body, headers=signed)
            return True
    return False


async def _rows() -> tuple[int, ...]:
    """Of what inviting somebody writes."""
    async with database.transaction(database.SYSTEM, read_only=True):
        return (
            await Member.filter(status=MemberStatus.PENDING).count(),
            await Invitation.all().count(),
            await AuditEvent.all().count(),
            await OutboxEntry.all().count(),
        )
