import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mail import transport as transports
from mail.transport import (
    MailboxTransport,
    PermanentFailure,
    SmtpTransport,
    TemporaryFailure,
    Unavailable,
)
from settings import ConfigurationError, Settings
from tests.mail import sink as sinks
from tests.mail.sink import Sink

ANN = "ann@example.org"
SHORT = timedelta(seconds=0.3)


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Tenantry <no-reply@example.com>"
    message["To"] = ANN
    message["Subject"] = "Hello"
    message.set_content("Hello, Ann.")
    return message


def at(host: str, port: int, **options: Any) -> SmtpTransport:
    return SmtpTransport(host, port, **options)


@asynccontextmanager
async def server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]],
) -> AsyncIterator[int]:
    """A far end that behaves as no SMTP server should; its port."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await answer(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        listening.close()


async def script(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *replies: bytes
) -> None:
    """One reply before the first line read, one after each; then silence."""
    for number, reply in enumerate(replies):
        if number:
            await reader.readline()
        writer.write(reply + b"\r\n")
        await writer.drain()
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", SmtpTransport("mail.example.com")),
        ("smtp://mail.example.com:2525", SmtpTransport("mail.example.com", 2525)),
        ("smtps://mail.example.com", SmtpTransport("mail.example.com", use_tls=True)),
        (
            "smtp+starttls://ann%40x.org:p%3Aw%2Fd@mail.example.com:587",
            SmtpTransport("mail.example.com", 587, "ann@x.org", "p:w/d", start_tls=True),
        ),
    ],
)
def test_the_url_says_where_as_whom_and_how_encrypted(url: str, expected: SmtpTransport) -> None:
    assert transports.choose(Settings(smtp_url=SecretStr(url))) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://ann:hunter2@mail.example.com",
        "smtp://ann:hunter2@",
        "smtp://ann:hunter2@mail.example.com:port",
        "mail.example.com:25",
    ],
)
def test_any_other_url_is_refused_at_the_start_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="TENANTRY_SMTP_URL") as refused:
        transports.choose(Settings(smtp_url=SecretStr(url)))
    assert "hunter2" not in str(refused.value)


def test_a_password_is_not_printed() -> None:
    assert "hunter2" not in repr(SmtpTransport.at("smtp://ann:hunter2@mail.example.com"))


def test_without_a_url_mails_go_to_the_development_mailbox(tmp_path: Path) -> None:
    chosen = transports.choose(Settings(data_dir=tmp_path, smtp_url=None))
    assert chosen == MailboxTransport(tmp_path / "mailbox")


async def test_a_mail_goes_to_one_recipient_whatever_its_header_says(
    sink: Sink, transport: SmtpTransport
) -> None:
    """CASES 73."""
    message = letter()
    del message["To"]
    message["To"] = f"{ANN}, eve@example.org"
    await transport.send(message, recipient=ANN)
    assert sink.recipients == [[ANN]]


async def test_plain_smtp_does_not_upgrade_where_the_server_offers_it() -> None:
    async with sinks.listening(Sink(), tls_context=sinks.certified()) as sink:
        await SmtpTransport.at(sink.url).send(letter(), recipient=ANN)
    assert sink.encrypted == [False]


async def test_nothing_is_sent_where_starttls_was_stripped(sink: Sink) -> None:
    """CASES 123."""
    with pytest.raises(Unavailable):
        await at("127.0.0.1", sink.port, start_tls=True).send(letter(), recipient=ANN)
    assert sink.received == []


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts the sink's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(sinks.CERTIFICATE))


@pytest.mark.usefixtures("trusting")
async def test_starttls_encrypts_before_the_mail_is_named() -> None:
    async with sinks.listening(Sink(), tls_context=sinks.certified()) as sink:
        await at("localhost", sink.port, start_tls=True).send(letter(), recipient=ANN)
    assert sink.encrypted == [True]


@pytest.mark.usefixtures("trusting")
async def test_smtps_is_encrypted_from_the_first_byte() -> None:
    async with sinks.listening(Sink(), tls=sinks.certified()) as sink:
        await at("localhost", sink.port, use_tls=True).send(letter(), recipient=ANN)
    assert len(sink.received) == 1


@pytest.mark.parametrize("encryption", ["use_tls", "start_tls"])
async def test_nothing_is_sent_to_a_server_whose_certificate_nobody_vouches_for(
    encryption: str,
) -> None:
    """CASES 123."""
    contexts = {"use_tls": "tls", "start_tls": "tls_context"}
    offered = {contexts[encryption]: sinks.certified()}
    async with sinks.listening(Sink(), **offered) as sink:
        with pytest.raises(Unavailable):
            await at("localhost", sink.port, **{encryption: True}).send(letter(), recipient=ANN)
    assert sink.received == []


@pytest.mark.usefixtures("trusting")
async def test_nothing_is_sent_to_a_server_with_somebody_elses_certificate() -> None:
    """CASES 123: it is made out for `localhost`, not for the number."""
    async with sinks.listening(Sink(), tls=sinks.certified()) as sink:
        with pytest.raises(Unavailable):
            await at("127.0.0.1", sink.port, use_tls=True).send(letter(), recipient=ANN)
    assert sink.received == []


async def test_credentials_are_shown_as_the_url_spells_them() -> None:
    sink = Sink()
    options: dict[str, Any] = {"authenticator": sink.authenticate, "auth_require_tls": False}
    async with sinks.listening(sink, **options):
        url = f"smtp://ann%40x.org:p%3Aw@127.0.0.1:{sink.port}"
        await SmtpTransport.at(url).send(letter(), recipient=ANN)
    assert sink.logins == [("ann@x.org", "p:w")]


async def test_refused_credentials_hold_every_mail_back() -> None:
    """CASES 121."""
    sink = Sink()
    sink.replies["AUTH"] = ["no"]
    options: dict[str, Any] = {"authenticator": sink.authenticate, "auth_require_tls": False}
    async with sinks.listening(sink, **options):
        with pytest.raises(Unavailable, match="SMTPAuthenticationError 535"):
            await at("127.0.0.1", sink.port, username="ann", password="x").send(
                letter(), recipient=ANN
            )


@pytest.mark.parametrize(
    ("command", "reply", "failure"),
    [
        ("RCPT", "421 4.3.2 closing", TemporaryFailure),
        ("RCPT", "450 4.2.1 greylisted", TemporaryFailure),
        ("RCPT", "550 5.1.1 no such user", PermanentFailure),
        ("DATA", "451 4.3.0 later", TemporaryFailure),
        ("DATA", "452 4.2.2 full", TemporaryFailure),
        ("DATA", "552 5.2.2 full", PermanentFailure),
        ("DATA", "554 5.6.0 spam", PermanentFailure),
        ("RCPT", "530 5.7.0 must sign in", Unavailable),
        ("MAIL", "550 5.7.1 who are you", Unavailable),
        ("MAIL", "451 4.7.1 too many mails", Unavailable),
    ],
)
async def test_a_reply_decides_whether_to_try_again(
    sink: Sink, transport: SmtpTransport, command: str, reply: str, failure: type[Exception]
) -> None:
    """CASES 119 to 121: what the server says of us concerns all mails, the rest this one."""
    sink.replies[command] = [reply]
    with pytest.raises(failure) as raised:
        await transport.send(letter(), recipient=ANN)
    assert type(raised.value) is failure
    assert reply[:9] in str(raised.value)
    assert sink.received == []


async def test_a_reason_never_repeats_what_the_server_said(
    sink: Sink, transport: SmtpTransport
) -> None:
    sink.replies["RCPT"] = [f"550 <{ANN}> is unknown"]
    with pytest.raises(PermanentFailure) as raised:
        await transport.send(letter(), recipient=ANN)
    assert raised.value.reason == "SMTPRecipientRefused 550"


async def test_a_server_that_is_away_holds_every_mail_back() -> None:
    async with sinks.listening(Sink()) as sink:
        pass
    with pytest.raises(Unavailable):
        await SmtpTransport.at(sink.url).send(letter(), recipient=ANN)


async def test_a_silent_server_is_given_up_at_the_deadline() -> None:
    """CASES 122."""
    async with server(lambda reader, _: reader.read()) as port:
        with pytest.raises(Unavailable):
            await at("127.0.0.1", port, deadline=SHORT).send(letter(), recipient=ANN)


async def test_a_server_that_drips_is_given_up_at_the_deadline() -> None:
    """CASES 122: each byte is in time, all of them are not."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"220 " + b"slow" * 100:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)

    async with server(drip) as port:
        with pytest.raises(Unavailable):
            await at("127.0.0.1", port, deadline=SHORT).send(letter(), recipient=ANN)


async def test_a_reply_without_an_end_is_given_up_at_the_deadline() -> None:
    """CASES 122."""

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-and another thing\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with server(babble) as port:
        with pytest.raises(Unavailable):
            await at("127.0.0.1", port, deadline=SHORT).send(letter(), recipient=ANN)


async def test_a_mail_without_an_answer_is_tried_again() -> None:
    """CASES 122: nobody knows whether it was taken."""
    replies = [b"220 hello", b"250 hello", b"250 OK", b"250 OK", b"354 go on"]
    async with server(lambda reader, writer: script(reader, writer, *replies)) as port:
        with pytest.raises(TemporaryFailure) as raised:
            await at("127.0.0.1", port, deadline=SHORT).send(letter(), recipient=ANN)
    assert type(raised.value) is TemporaryFailure


async def test_a_connection_that_breaks_after_the_mail_is_tried_again(
    sink: Sink, transport: SmtpTransport
) -> None:
    """CASES 122."""

    async def vanish() -> None:
        raise ConnectionResetError

    sink.before_reply = vanish
    with pytest.raises(TemporaryFailure) as raised:
        await transport.send(letter(), recipient=ANN)
    assert type(raised.value) is TemporaryFailure


async def test_a_server_that_hangs_at_the_goodbye_has_the_mail() -> None:
    """CASES 122."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in (b"220 hello", b"250 hello", b"250 OK", b"250 OK", b"354 go on"):
            writer.write(reply + b"\r\n")
            await reader.readline()
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 taken\r\n")
        await asyncio.sleep(60)

    async with server(hang) as port:
        await at("127.0.0.1", port, deadline=SHORT).send(letter(), recipient=ANN)


async def test_a_mailbox_that_cannot_be_written_holds_every_mail_back(tmp_path: Path) -> None:
    folder = tmp_path / "mailbox"
    folder.write_text("a file is in the way")
    with pytest.raises(Unavailable):
        await MailboxTransport(folder).send(letter(), recipient=ANN)


@pytest.mark.parametrize(
    ("envelope_from", "sender"),
    [("bounces@example.com", "bounces@example.com"), (None, "no-reply@example.com")],
)
async def test_bounces_go_where_the_settings_say_else_to_the_sender(
    sink: Sink, envelope_from: str | None, sender: str
) -> None:
    """CASES 128."""
    await SmtpTransport.at(sink.url, envelope_from).send(letter(), recipient=ANN)
    assert sink.senders == [sender]
