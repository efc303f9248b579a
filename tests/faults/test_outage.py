"""A day without a mail server: people go on inviting, and it all leaves afterwards (CASES 124)."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog

from mail import backlog
from mail.transport import SmtpTransport
from models import Channel, OutboxState, Tenant
from server import running, worker
from settings import Settings
from tests.clients import Person
from tests.conftest import Clock
from tests.faults import mailserver
from tests.faults.mailserver import Dialogue, Mailserver
from tests.mail import offers

QUICK, PACE, HUNG = timedelta(seconds=0.02), 0.1, 60


async def invite(by: Person, tenant: Tenant, email: str) -> None:
    given = {"tenantId": tenant.id, "invitee": {"email": email}, "role": "MANAGER"}
    answer = await by.do("inviteMember", given, "emailQueued")
    assert answer["emailQueued"] is True


async def test_what_waited_for_a_day_leaves_in_its_order_and_not_all_at_once(
    owner: Person, project: Tenant, clock: Clock, configure: Callable[..., Settings]
) -> None:
    """CASES 121, 124: no try is counted meanwhile, whoever runs it is told, and the one invitation
    whose link has expired is not mailed but marked.
    """
    moments: list[float] = []

    async def note(_: Dialogue) -> None:
        moments.append(asyncio.get_running_loop().time())

    async with mailserver.listening(Mailserver()) as away:
        pass
    stop, carrier, pace = asyncio.Event(), SmtpTransport.at(away.url), timedelta(seconds=PACE)
    with structlog.testing.capture_logs() as logged:
        run = asyncio.create_task(
            worker.run(carrier, stop=stop, idle=QUICK, trouble=QUICK, pace=pace)
        )
        for hour in range(0, 24, 6):
            configure(invitation_lifetime=timedelta(hours=12 if hour == 6 else 72))
            await invite(owner, project, f"invited-at-{hour}@example.com")
            clock.move(timedelta(hours=6))
            await asyncio.sleep(0.1)
        assert (await backlog.read())[Channel.MAIL].lag > timedelta(hours=23)
        assert {entry.attempts for entry in await offers.entries()} <= {0, 1}  # one is in hand
        server = Mailserver({"text": note}, port=away.port)
        async with mailserver.listening(server), asyncio.timeout(HUNG):
            while await _waiting():  # noqa: ASYNC110 no event
                await asyncio.sleep(0.02)
            stop.set()
            await run
    assert server.recipients == [f"invited-at-{hour}@example.com" for hour in (0, 12, 18)]
    states = {entry.last_error: entry.state for entry in await offers.entries()}
    assert states == {None: OutboxState.SENT, "too late": OutboxState.FAILED}
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert min(pauses) > PACE / 2  # as they arrive, not as they leave
    alarms = [line for line in logged if line["event"] == "worker.waits"]
    assert {line["log_level"] for line in alarms} == {"warning"}


async def _waiting() -> bool:
    return any(entry.state is OutboxState.QUEUED for entry in await offers.entries())


@pytest.mark.parametrize(
    ("rate", "pause"), [(None, timedelta()), (10.0, timedelta(seconds=0.1)), (0.5, QUICK * 100)]
)
def test_an_operator_says_how_many_mails_leave_in_a_second(
    rate: float | None, pause: timedelta
) -> None:
    """CASES 124; unset, nothing is held back."""
    assert running._pace(Settings(mails_per_second=rate)) == pause  # noqa: SLF001 what it passes on
