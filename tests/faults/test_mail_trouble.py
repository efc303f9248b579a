"""What a mail server may do, and what that makes of the mails that wait: one table.

Each row runs against a real server that does just that (CASES 119 to 123), and then against one
that behaves. `docs/operations.md` tells operators the same in words.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from mail import delivery
from mail.transport import SmtpTransport, Unavailable
from models import OutboxEntry, OutboxState, clock
from tests.conftest import Clock
from tests.faults import certificates, mailserver
from tests.faults.mailserver import Act, Mailserver, after, babble, drip, drop, roar, silent
from tests.mail import offers

BOUNCED, QUEUED, SENT = OutboxState.BOUNCED, OutboxState.QUEUED, OutboxState.SENT
SHORT, USUAL = timedelta(seconds=0.5), timedelta(seconds=30)
MINUTE, LATEST = timedelta(minutes=1), timedelta(minutes=1.25)


@dataclass(frozen=True)
class Row:
    """`becomes` is the mail's state after the first try. `again`: it is tried again after a minute.
    `pauses`: no mail is tried, none of them counts a try, and whoever runs the worker is told.

    `tls` is how the address of the server asks for it, `shows` the certificate.
    """

    does: str
    acts: Mapping[str, str | Act] = field(default_factory=dict)
    becomes: OutboxState = QUEUED
    again: bool = False
    pauses: bool = False
    hangs: bool = False
    tls: str = ""
    shows: str = ""


def put_off(does: str, acts: Mapping[str, str | Act], *, hangs: bool = False) -> Row:
    return Row(does, acts, again=True, hangs=hangs)


def taken(does: str, acts: Mapping[str, str | Act], *, hangs: bool = False) -> Row:
    return Row(does, acts, SENT, hangs=hangs)


def refused(does: str, acts: Mapping[str, str | Act]) -> Row:
    return Row(does, acts, BOUNCED)


def stopped(does: str, acts: Mapping[str, str | Act], *, hangs: bool = False) -> Row:
    return Row(does, acts, pauses=True, hangs=hangs)


def unsafe(does: str, tls: str, shows: str = "", **acts: str) -> Row:
    return Row(does, acts, pauses=True, tls=tls, shows=shows)


ROWS = [
    taken("behaves", {}),
    taken("takes a while to greet", {"banner": after(0.3)}),
    taken("takes a while to accept", {"text": after(0.3)}),
    # CASES 119
    put_off("greylists with 421", {"RCPT": "421 4.3.2 closing"}),
    put_off("greylists with 450", {"RCPT": "450 4.2.1 try later"}),
    put_off("greylists with 451", {"RCPT": "451 4.7.1 greylisted"}),
    put_off("greylists after the mail", {"text": "451 4.7.1 greylisted"}),
    # CASES 120
    refused("does not know the recipient", {"RCPT": "550 5.1.1 no such user"}),
    refused("refuses the recipient", {"RCPT": "554 5.7.1 not here"}),
    refused("takes the mail for spam", {"text": "554 5.6.0 spam"}),
    # CASES 121
    put_off("has no room at present", {"text": "452 4.3.1 out of space"}),
    refused("has no room for this one", {"text": "552 5.2.2 mailbox full"}),
    stopped("refuses our password", {"AUTH": "535 5.7.8 no"}),
    stopped("cannot check our password", {"AUTH": "454 4.7.0 later"}),
    stopped("wants TLS", {"MAIL": "530 5.7.0 STARTTLS first"}),
    stopped("wants a password late", {"RCPT": "530 5.7.0 sign in"}),
    stopped("does not know our address", {"MAIL": "550 5.7.1 who are you"}),
    stopped("has had enough of us", {"MAIL": "451 4.7.1 too many mails"}),
    stopped("takes nobody at present", {"banner": "421 4.3.2 busy"}),
    stopped("takes no mail at all", {"banner": "554 no mail here"}),
    # CASES 122
    stopped("is silent", {"banner": silent}, hangs=True),
    stopped("drips", {"banner": drip}, hangs=True),
    stopped("greets without an end", {"banner": babble}, hangs=True),
    stopped("lists without an end", {"EHLO": babble}, hangs=True),
    stopped("roars", {"banner": roar}),
    stopped("accepts the connection and closes it", {"banner": drop}),
    stopped("is no mail server", {"banner": "SSH-2.0-OpenSSH_9.9"}),
    put_off("hangs at the recipient", {"RCPT": silent}, hangs=True),
    put_off("does not say whether it took the mail", {"text": silent}, hangs=True),
    put_off("answers the mail byte by byte", {"text": drip}, hangs=True),
    put_off("answers the mail without an end", {"text": babble}, hangs=True),
    put_off("answers the mail with noise", {"text": roar}),
    put_off("is gone after the mail", {"text": drop}),
    put_off("is gone before the mail", {"DATA": drop}),
    taken("hangs at the goodbye", {"QUIT": silent}, hangs=True),
    taken("is gone at the goodbye", {"QUIT": drop}),
    taken("does not want to part", {"QUIT": "500 what"}),
    # CASES 123
    Row("offers TLS", becomes=SENT, tls="start_tls", shows="good"),
    Row("begins encrypted", becomes=SENT, tls="use_tls", shows="good"),
    unsafe("had its STARTTLS stripped", "start_tls"),
    unsafe("cannot encrypt at present", "start_tls", "good", STARTTLS="454 4.7.0 later"),
    unsafe("shows a certificate nobody vouches for", "start_tls", "unknown"),
    unsafe("shows one that has expired", "start_tls", "expired"),
    unsafe("shows somebody else's", "start_tls", "elsewhere"),
    unsafe("begins with a certificate nobody vouches for", "use_tls", "unknown"),
    unsafe("begins with one that has expired", "use_tls", "expired"),
    unsafe("begins with somebody else's", "use_tls", "elsewhere"),
]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ssl.SSLContext]:
    """Certificates by what is the matter with them; the machine trusts all but `unknown`."""
    hour = certificates.HOUR
    files = {}
    for name, host, lasts in [
        ("good", "localhost", hour),
        ("expired", "localhost", -hour),
        ("elsewhere", "mail.example.com", hour),
        ("unknown", "localhost", hour),
    ]:
        (tmp_path / name).mkdir()
        files[name] = certificates.made(tmp_path / name, host, valid_until=lasts)
    trusted = tmp_path / "trusted.pem"
    trusted.write_text("".join(files[name].read_text() for name in files if name != "unknown"))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    return {name: certificates.shown(file) for name, file in files.items()}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.does.replace(" ", "-"))
async def test_what_a_mail_server_does_decides_what_becomes_of_a_mail(
    row: Row, shown: dict[str, ssl.SSLContext], clock: Clock
) -> None:
    """CASES 119 to 123: and once it behaves, each that was not refused arrives, once."""
    await offers.tell(2)
    server = Mailserver(row.acts, tls=shown.get(row.shows))
    async with mailserver.listening(server, encrypted=row.tls == "use_tls"):
        transport = _transport(row, server.port)
        paused = await _deliver(transport)
    assert paused == row.pauses
    for entry in await offers.entries():
        _check(row, entry)
    if row.tls and row.pauses:
        assert server.count("MAIL") == server.count("AUTH") == 0
    behaving = Mailserver(tls=shown["good"] if row.tls else None, port=server.port)
    clock.move(LATEST)
    async with mailserver.listening(behaving, encrypted=row.tls == "use_tls"):
        assert not await _deliver(transport)
    arrived = sorted(server.recipients + behaving.recipients)
    assert arrived == ([] if row.becomes is BOUNCED else [f"member{n}@example.org" for n in (0, 1)])
    assert {entry.state for entry in await offers.entries()} == {
        BOUNCED if row.becomes is BOUNCED else SENT
    }


def _transport(row: Row, port: int) -> SmtpTransport:
    signs_in = not row.tls
    return SmtpTransport(
        "localhost" if row.tls else "127.0.0.1",
        port,
        use_tls=row.tls == "use_tls",
        start_tls=row.tls == "start_tls",
        deadline=SHORT if row.hangs else USUAL,
        username="tenantry" if signs_in else None,
        password="secret" if signs_in else None,
    )


async def _deliver(transport: SmtpTransport) -> bool:
    """Whether the queue pauses."""
    try:
        await delivery.deliver_due(transport)
    except Unavailable:
        return True
    return False


def _check(row: Row, entry: OutboxEntry) -> None:
    assert entry.lease is None
    assert entry.state is row.becomes
    assert entry.attempts == (0 if row.pauses else 1)
    if row.again:
        assert entry.due_at - entry.created_at >= MINUTE - SHORT * 4
        assert entry.due_at <= clock.now() + LATEST
    elif entry.state is QUEUED:
        assert entry.due_at == entry.created_at


@pytest.mark.usefixtures("database")
async def test_a_server_that_refuses_every_third_recipient_gets_the_others() -> None:
    """CASES 120: one mail's trouble is no other's."""
    asked = []

    async def third(dialogue: mailserver.Dialogue) -> str | None:
        asked.append(dialogue.recipient)
        return None if len(asked) % 3 else "550 5.1.1 no such user"

    await offers.tell(9)
    async with mailserver.listening(Mailserver({"RCPT": third})) as server:
        assert not await _deliver(SmtpTransport.at(server.url))
    states = [entry.state for entry in await offers.entries()]
    assert states == [SENT, SENT, BOUNCED] * 3
    assert sorted(server.recipients) == [f"member{n}@example.org" for n in (0, 1, 3, 4, 6, 7)]


def test_a_mail_is_given_up_on_before_its_lease_is_over() -> None:
    """CASES 118, 122: 30 seconds for all of it, whatever the server does, and a minute's lease."""
    deadline = SmtpTransport.at("smtp://mail.example.com").deadline
    assert deadline == timedelta(seconds=30)
    assert deadline < delivery._LEASE  # noqa: SLF001 what is given to no setting
