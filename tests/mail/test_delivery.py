"""CASES 116 to 125, on a real database and a real SMTP server."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import structlog
from pydantic import SecretStr

from auth import tokens
from mail import delivery, mailbox, outbox
from mail.transport import SmtpTransport, Unavailable
from models import InvitationState, OutboxEntry, OutboxState, Tenant, clock
from models import database as db
from settings import Settings
from tests.conftest import Clock
from tests.mail import offers
from tests.mail.sink import Sink, read

pytestmark = pytest.mark.usefixtures("database")

GREYLISTED = "450 4.2.1 try later"


async def edit(**values: object) -> None:
    """Change all rows of the outbox."""
    async with db.transaction(db.SYSTEM):
        await OutboxEntry.all().update(**values)


async def state() -> OutboxState:
    return (await offers.only_entry()).state


async def test_an_invitations_mail_brings_its_link(sink: Sink, transport: SmtpTransport) -> None:
    invitation = await offers.invite()
    assert await delivery.deliver_due(transport) == 1
    (message,) = sink.received
    token = tokens.of_invitation(invitation.id, 1)
    assert f"http://127.0.0.1:8000/invitation#{token}\n" in read(message)
    assert sink.recipients == [[offers.ADDRESS]]


async def test_a_mail_says_who_sends_it_to_whom_and_that_nobody_wrote_it(
    sink: Sink, transport: SmtpTransport, configure: Callable[..., Settings]
) -> None:
    """CASES 128."""
    configure(mail_from="Tenantry <no-reply@example.com>", public_url="https://t.example.com")
    await offers.invite()
    await delivery.deliver_due(transport)
    (message,) = sink.received
    entry = await offers.only_entry()
    assert message["From"] == "Tenantry <no-reply@example.com>"
    assert message["To"] == offers.ADDRESS
    assert message["Subject"] == "Olga Owner invites you to Acme"
    assert message["Message-ID"] == f"<{entry.id}@t.example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert clock.now() - parsedate_to_datetime(message["Date"]) < timedelta(minutes=1)
    parts = [part.get_content_type() for part in message.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]


async def test_links_lead_where_the_settings_say_and_nowhere_else(
    sink: Sink, transport: SmtpTransport, configure: Callable[..., Settings]
) -> None:
    """CASES 77."""
    configure(invitation_url="https://app.example.com/welcome")
    await offers.invite()
    await delivery.deliver_due(transport)
    links = {link[0].partition("#")[0] for link in mailbox.links(read(sink.received[0]))}
    assert links == {"https://app.example.com/welcome"}


async def test_a_newcomer_reads_of_a_password(sink: Sink, transport: SmtpTransport) -> None:
    await offers.invite()
    await delivery.deliver_due(transport)
    assert "choose your password" in read(sink.received[0])


async def test_whether_somebody_is_registered_is_looked_up_when_the_mail_leaves(
    sink: Sink, transport: SmtpTransport
) -> None:
    """CASES 84: nothing that inviteMember does depends on it."""
    await offers.invite()
    await offers.register()
    await delivery.deliver_due(transport)
    assert "sign in and accept" in read(sink.received[0])


async def test_an_unverified_account_counts_as_not_registered(
    sink: Sink, transport: SmtpTransport
) -> None:
    """PRODUCT 3.7, CASES 49."""
    await offers.invite()
    await offers.register(email_verified_at=None, locale="RU")
    await delivery.deliver_due(transport)
    assert "choose your password" in read(sink.received[0])
    assert '<html lang="en">' in read(sink.received[0], "html")


async def test_a_registered_person_reads_his_own_language(
    sink: Sink, transport: SmtpTransport
) -> None:
    """PRODUCT 8."""
    await offers.invite()
    await offers.register(locale="RU")
    await delivery.deliver_due(transport)
    assert '<html lang="ru">' in read(sink.received[0], "html")


async def test_a_registered_person_without_a_language_reads_the_invitations(
    sink: Sink, transport: SmtpTransport
) -> None:
    """PRODUCT 8."""
    await offers.invite()
    await offers.register(locale=None)
    await edit(locale="KK")
    await delivery.deliver_due(transport)
    assert '<html lang="kk">' in read(sink.received[0], "html")


async def test_other_mails_need_no_invitation(sink: Sink, transport: SmtpTransport) -> None:
    await offers.tell()
    await delivery.deliver_due(transport)
    assert sink.received[0]["Subject"] == "You are no longer a member of Acme"


async def test_a_finished_mail_leaves_no_facts_behind(transport: SmtpTransport) -> None:
    await offers.invite()
    await delivery.deliver_due(transport)
    entry = await offers.only_entry()
    assert entry.state is OutboxState.SENT
    assert entry.facts == {}
    assert entry.finished_at is not None
    assert (entry.lease, entry.leased_until, entry.last_error) == (None, None, None)


async def test_only_what_is_due_is_sent(transport: SmtpTransport) -> None:
    await offers.tell()
    await edit(due_at=clock.now() + timedelta(minutes=1))
    assert await delivery.deliver_due(transport) == 0


async def test_mails_leave_in_their_order_and_no_more_than_asked_for(
    sink: Sink, transport: SmtpTransport
) -> None:
    await offers.tell(3)
    assert await delivery.deliver_due(transport, limit=2) == 2
    assert sink.recipients == [["member0@example.org"], ["member1@example.org"]]


@pytest.mark.parametrize("reply", ["421 4.3.2 closing", GREYLISTED])
async def test_a_mail_put_off_is_tried_again_after_a_minute_at_the_earliest(
    sink: Sink, transport: SmtpTransport, clock: Clock, reply: str
) -> None:
    """CASES 119."""
    await offers.invite()
    sink.replies["RCPT"] = [reply]
    await delivery.deliver_due(transport)
    entry = await offers.only_entry()
    assert entry.state is OutboxState.QUEUED
    assert entry.last_error == f"SMTPRecipientRefused {reply[:9]}"
    assert timedelta(seconds=60) <= entry.due_at - clock.now() + timedelta(seconds=5)
    clock.move(timedelta(seconds=55))
    assert await delivery.deliver_due(transport) == 0
    clock.move(timedelta(seconds=25))
    assert await delivery.deliver_due(transport) == 1
    assert await state() is OutboxState.SENT
    assert len(sink.received) == 1


async def test_pauses_double_up_to_an_hour_and_the_twelfth_try_is_the_last(
    sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    await offers.tell()
    sink.replies["RCPT"] = [GREYLISTED] * 12
    pauses = []
    for _ in range(12):
        await delivery.deliver_due(transport)
        entry = await offers.only_entry()
        pauses.append((entry.due_at - clock.now()).total_seconds())
        clock.move(timedelta(hours=2))
    shortest = [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600, 3600]
    for pause, least in zip(pauses, shortest, strict=False):
        assert least - 5 < pause <= least * 1.25
    assert entry.state is OutboxState.FAILED
    assert entry.attempts == 12
    assert await delivery.deliver_due(transport) == 0


async def test_a_bounced_mail_is_not_tried_again(
    sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    """CASES 120."""
    await offers.invite()
    sink.replies["RCPT"] = ["550 5.1.1 no such user"]
    await delivery.deliver_due(transport)
    entry = await offers.only_entry()
    assert (entry.state, entry.attempts) == (OutboxState.BOUNCED, 1)
    assert entry.last_error == "SMTPRecipientRefused 550 5.1.1"
    clock.move(timedelta(days=1))
    assert await delivery.deliver_due(transport) == 0


async def test_a_server_that_is_away_for_a_day_costs_no_mail(
    sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    """CASES 121, 124: tries that no mail could pass are not counted."""
    await offers.invite()
    sink.replies["MAIL"] = ["451 4.7.1 not now"] * 24
    for _ in range(24):
        with pytest.raises(Unavailable):
            await delivery.deliver_due(transport)
        clock.move(timedelta(hours=1))
    assert (await offers.only_entry()).attempts == 0
    assert await delivery.deliver_due(transport) == 1
    assert await state() is OutboxState.SENT


async def test_what_could_only_be_tried_again_too_late_has_failed(
    sink: Sink, transport: SmtpTransport
) -> None:
    await offers.tell()
    await edit(not_after=clock.now() + timedelta(seconds=30))
    sink.replies["RCPT"] = [GREYLISTED]
    await delivery.deliver_due(transport)
    assert await state() is OutboxState.FAILED


async def test_an_invitation_that_expired_in_the_queue_is_marked_and_not_mailed(
    sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    """CASES 124."""
    await offers.invite()
    clock.move(timedelta(days=3))
    await delivery.deliver_due(transport)
    entry = await offers.only_entry()
    assert (entry.state, entry.last_error) == (OutboxState.FAILED, "too late")
    assert sink.received == []


@pytest.mark.parametrize(
    "change",
    [
        {"state": InvitationState.REVOKED},
        {"state": InvitationState.ACCEPTED},
        {"generation": 2},
        {"expires_at": clock.now() - timedelta(seconds=1)},
    ],
)
async def test_a_dead_link_is_not_mailed(
    sink: Sink, transport: SmtpTransport, change: dict[str, object]
) -> None:
    invitation = await offers.invite()
    await offers.change(invitation, **change)
    await delivery.deliver_due(transport)
    assert await state() is OutboxState.CANCELLED
    assert sink.received == []


async def test_a_deleted_tenant_invites_nobody(sink: Sink, transport: SmtpTransport) -> None:
    await offers.invite()
    async with db.transaction(db.SYSTEM):
        await Tenant.all().update(deleted_at=clock.now())
    await delivery.deliver_due(transport)
    assert await state() is OutboxState.CANCELLED
    assert sink.received == []


async def test_a_cancelled_mail_is_not_sent(sink: Sink, transport: SmtpTransport) -> None:
    invitation = await offers.invite()
    async with db.transaction(db.SYSTEM):
        await outbox.cancel(invitation, now=clock.now())
    await delivery.deliver_due(transport)
    entry = await offers.only_entry()
    assert (entry.state, entry.facts) == (OutboxState.CANCELLED, {})
    assert sink.received == []


async def test_a_cancelled_mail_waiting_for_its_next_try_ends_at_once(
    sink: Sink, transport: SmtpTransport
) -> None:
    invitation = await offers.invite()
    sink.replies["RCPT"] = [GREYLISTED]
    await delivery.deliver_due(transport)
    async with db.transaction(db.SYSTEM):
        await outbox.cancel(invitation, now=clock.now())
    await delivery.deliver_due(transport)
    assert await state() is OutboxState.CANCELLED


async def test_a_rotated_secret_kills_no_link(
    sink: Sink, transport: SmtpTransport, configure: Callable[..., Settings]
) -> None:
    before = configure().secret
    invitation = await offers.invite()
    token = tokens.of_invitation(invitation.id, 1)
    configure(secret=(SecretStr("new" * 20), *before))
    await delivery.deliver_due(transport)
    assert token in read(sink.received[0])


async def test_a_link_that_no_secret_makes_is_not_guessed(
    sink: Sink, transport: SmtpTransport, configure: Callable[..., Settings]
) -> None:
    await offers.invite()
    configure(secret=(SecretStr("new" * 20),))
    await delivery.deliver_due(transport)
    entry = await offers.only_entry()
    assert (entry.state, entry.last_error) == (OutboxState.FAILED, "SecretForgotten")
    assert sink.received == []


async def test_what_people_typed_adds_no_header(
    sink: Sink, transport: SmtpTransport, configure: Callable[..., Settings]
) -> None:
    """CASES 73, 128: whatever got past the edge, answers go where the settings say."""
    configure(mail_envelope_from="bounces@example.com")
    await offers.invite(tenant_name="Acme\r\nReply-To: eve@example.org\r\nBcc: eve@example.org")
    await delivery.deliver_due(transport)
    (message,) = sink.received
    assert sorted(message.keys()) == [
        "Auto-Submitted",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ]
    assert "\n" not in message["Subject"]
    assert sink.recipients == [[offers.ADDRESS]]


@pytest.mark.parametrize(
    "poison",
    [
        {"message": "nonsense"},
        {"facts": {}},
        {"recipient": "not an address"},
        {"locale": "xx"},
    ],
)
async def test_a_mail_that_cannot_be_written_does_not_hold_up_the_others(
    sink: Sink, transport: SmtpTransport, poison: dict[str, object]
) -> None:
    """CASES 125: whether that shows as it is claimed or as it is written."""
    await offers.tell()
    await edit(**poison)
    await offers.invite()
    assert await delivery.deliver_due(transport) == 2
    assert [e.state for e in await offers.entries()] == [OutboxState.FAILED, OutboxState.SENT]
    assert sink.recipients == [[offers.ADDRESS]]


async def test_two_workers_send_each_mail_once(sink: Sink, transport: SmtpTransport) -> None:
    """CASES 117. Without `skip locked` one waits for the other; without the lease both send."""
    await offers.tell(200)
    done = await asyncio.gather(*(delivery.deliver_due(transport, limit=300) for _ in range(2)))
    assert sum(done) == 200
    assert min(done) > 0
    assert sorted(sink.recipients) == sorted([f"member{n}@example.org"] for n in range(200))


class Hanging:
    """Holds the sink's answer to the first DATA back."""

    def __init__(self, sink: Sink) -> None:
        self.reached, self.released = asyncio.Event(), asyncio.Event()
        sink.before_reply = self

    async def __call__(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            await self.released.wait()


async def test_a_worker_that_was_overtaken_writes_nothing_back(
    sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    """CASES 118: `lease = mine` refuses it."""
    await offers.invite()
    hanging = Hanging(sink)
    slow = asyncio.create_task(delivery.deliver_due(transport, limit=1))
    await hanging.reached.wait()
    clock.move(timedelta(seconds=61))
    sink.replies["DATA"] = ["554 5.6.0 spam"]
    await delivery.deliver_due(transport)
    hanging.released.set()
    await slow
    assert await state() is OutboxState.BOUNCED


async def test_a_mail_in_hand_is_left_alone_until_its_lease_is_over(
    sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    await offers.invite()
    hanging = Hanging(sink)
    slow = asyncio.create_task(delivery.deliver_due(transport, limit=1))
    await hanging.reached.wait()
    clock.move(timedelta(seconds=50))
    assert await delivery.deliver_due(transport) == 0
    hanging.released.set()
    await slow


async def test_copies_after_a_crash_have_one_message_id(
    sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    """CASES 116: killed between DATA and the write-back."""
    await offers.invite()
    hanging = Hanging(sink)
    killed = asyncio.create_task(delivery.deliver_due(transport))
    await hanging.reached.wait()
    killed.cancel()
    with suppress(asyncio.CancelledError):
        await killed
    hanging.released.set()
    clock.move(timedelta(seconds=61))
    await delivery.deliver_due(transport)
    assert await state() is OutboxState.SENT
    assert len({message["Message-ID"] for message in sink.received}) == 1


async def test_logs_name_neither_the_address_nor_the_token(
    sink: Sink, transport: SmtpTransport
) -> None:
    """CASES 82."""
    invitation = await offers.invite()
    await offers.invite("evil@bad@example.org")
    sink.replies["RCPT"] = [f"450 <{offers.ADDRESS}> later"]
    with structlog.testing.capture_logs() as logged:
        await delivery.deliver_due(transport)
    assert {entry["state"] for entry in logged if "state" in entry} == {"QUEUED", "FAILED"}
    assert "example.org" not in str(logged)
    assert tokens.of_invitation(invitation.id, 1) not in str(logged)
