"""How SMS leave, to a real HTTP server that misbehaves (issue 4.2)."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from mail import delivery, sms
from mail.sms import GatewayTransport
from mail.transport import MailboxTransport, PermanentFailure, TemporaryFailure, Unavailable
from models import Channel, OutboxState, User
from models import database as db
from settings import Settings
from tests.conftest import Clock
from tests.mail import gateway as gateways
from tests.mail import offers
from tests.mail import sink as sinks
from tests.mail.gateway import Answer, Gateway, replying, sending
from tests.production import PRODUCTION

ANN = offers.NUMBER
TEXT = 'Жаңа код: "42" & {to}\\'
SHORT = timedelta(seconds=0.3)


def letter(text: str = TEXT) -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = "<msg_01x@tenantry.example>"
    message.set_content(text)
    return message


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with gateways.listening(Gateway()) as listening:
        yield listening


def at(gateway: Gateway, **settings: Any) -> GatewayTransport:
    return GatewayTransport.at(Settings(sms_url=SecretStr(gateway.url), **settings))


def hurried(gateway: Gateway) -> GatewayTransport:
    return dataclasses.replace(gateway.transport, deadline=SHORT)


async def test_an_sms_is_posted_to_the_gateway(gateway: Gateway) -> None:
    await at(gateway).send(letter(), recipient=ANN)
    [request] = gateway.received
    assert request.line == "POST /messages?version=2 HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert request.json == {"to": ANN, "text": TEXT}
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            '[{"messages": {"to": ["{to}"], "body": "Tenantry: {text}", "ttl": 600, "x": null}}]',
            [{"messages": {"to": [ANN], "body": f"Tenantry: {TEXT}", "ttl": 600, "x": None}}],
        ),
        ('{"{to}": "{text}", "n": "{to}"}', {"{to}": TEXT, "n": ANN}),
    ],
)
async def test_a_json_template_is_filled_inside_its_values(
    gateway: Gateway, template: str, said: object
) -> None:
    """No text breaks out of its place, whatever quotes and placeholders stand in it."""
    await at(gateway, sms_body=template).send(letter(), recipient=ANN)
    assert gateway.received[0].json == said


async def test_any_other_template_is_a_form(gateway: Gateway) -> None:
    template = "to={to}&from=Tenantry+Ltd&msg={text}&empty="
    await at(gateway, sms_body=template).send(letter("a&to=1 {to}"), recipient=ANN)
    [request] = gateway.received
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body == b"to=%2B77051250043&from=Tenantry+Ltd&msg=a%26to%3D1+%7Bto%7D&empty="


async def test_the_gateway_gets_our_credentials(gateway: Gateway) -> None:
    await at(gateway, sms_authorization=SecretStr("Bearer hunter2")).send(letter(), recipient=ANN)
    assert gateway.received[0].headers["authorization"] == "Bearer hunter2"


async def test_copies_of_one_sms_have_one_key(gateway: Gateway) -> None:
    """Idempotency-Key: a gateway that knows it sends them once."""
    gateway.answers = [replying(500)]
    with pytest.raises(TemporaryFailure):
        await at(gateway).send(letter(), recipient=ANN)
    await at(gateway).send(letter(), recipient=ANN)
    keys = [request.headers["idempotency-key"] for request in gateway.received]
    assert keys == ["msg_01x@tenantry.example"] * 2


def test_credentials_are_not_printed() -> None:
    transport = GatewayTransport.at(
        Settings(
            sms_url=SecretStr("https://gateway.example/?key=hunter2"),
            sms_authorization=SecretStr("Bearer hunter2"),
        )
    )
    assert "hunter2" not in repr(transport)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_what_the_gateway_takes_is_sent(gateway: Gateway, status: int) -> None:
    gateway.answers = [replying(status, body=b"")]
    await at(gateway).send(letter(), recipient=ANN)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        *((status, Unavailable) for status in (301, 302, 307, 308, 401, 402, 403, 407)),
        *((status, TemporaryFailure) for status in (408, 425, 429, 500, 502, 503, 504)),
        *((status, PermanentFailure) for status in (400, 404, 410, 413, 422)),
    ],
)
async def test_the_status_decides_whether_to_try_again(
    gateway: Gateway, status: int, failure: type[Exception]
) -> None:
    """What it says of us concerns every SMS, the rest this one; and nothing is followed."""
    gateway.answers = [replying(status, head="Location: /elsewhere\r\n", body=ANN.encode())]
    with pytest.raises(failure) as raised:
        await at(gateway).send(letter(), recipient=ANN)
    assert type(raised.value) is failure
    assert str(raised.value) == f"HTTP {status}"
    assert len(gateway.received) == 1


async def test_a_gateway_that_is_away_holds_every_sms_back() -> None:
    async with gateways.listening(Gateway()) as gateway:
        pass
    with pytest.raises(Unavailable, match="ConnectError"):
        await at(gateway).send(letter(), recipient=ANN)


async def test_a_gateway_that_never_shakes_hands_holds_every_sms_back() -> None:
    """The SMS has not been handed over: it may wait as if untried."""
    async with gateways.listening(Gateway()) as gateway:  # which does not speak TLS
        gateway.scheme = "https"
        with pytest.raises(Unavailable, match="ConnectTimeout"):
            await hurried(gateway).send(letter(), recipient=ANN)


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts the gateway's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(sinks.CERTIFICATE))


@pytest.mark.usefixtures("trusting")
async def test_https_is_encrypted() -> None:
    async with gateways.listening(Gateway(), tls=sinks.certified()) as gateway:
        await at(gateway).send(letter(), recipient=ANN)
    assert len(gateway.received) == 1


async def test_nothing_is_posted_to_a_gateway_whose_certificate_nobody_vouches_for() -> None:
    async with gateways.listening(Gateway(), tls=sinks.certified()) as gateway:
        with pytest.raises(Unavailable):
            await at(gateway).send(letter(), recipient=ANN)
    assert gateway.received == []


HEAD = b"HTTP/1.1 200 OK\r\n"
TROUBLE: dict[str, Answer] = {
    "hangs": sending(then_hang=True),
    "hangs in the head": sending(HEAD, then_hang=True),
    "drips": sending(*[bytes([byte]) for byte in HEAD + b"X: slow" * 20], pause=0.05),
    "head without an end": sending(*[b"X-Another: thing\r\n"] * 100, pause=0.01),
    "nothing but 1xx": sending(*[b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 100, pause=0.01),
    "closes": sending(),
    "closes midway": sending(HEAD),
    "speaks something else": sending(b"220 mail.example.com ESMTP\r\n", then_hang=True),
    "endless head": sending(HEAD + b"X: " + b"x" * 1_000_000, then_hang=True),
}


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_an_sms_without_a_whole_answer_is_tried_again(gateway: Gateway, trouble: str) -> None:
    """Nobody knows whether it was taken; and however slow it is, the deadline holds."""
    gateway.answers = [TROUBLE[trouble]]
    async with asyncio.timeout(30):
        with pytest.raises(TemporaryFailure) as raised:
            await hurried(gateway).send(letter(), recipient=ANN)
    assert type(raised.value) is TemporaryFailure
    assert len(gateway.received) == 1


@pytest.mark.parametrize(
    "answer",
    [
        sending(HEAD + b"Content-Length: 9000000000\r\n\r\n", then_hang=True),
        sending(HEAD + b"\r\n", *[b"x" * 65536] * 1000),
        sending(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nbad"),
        sending(HEAD + b"Transfer-Encoding: chunked\r\n\r\nnonsense"),
    ],
    ids=["long and slow", "huge", "no gzip", "no chunks"],
)
async def test_what_follows_the_status_is_not_read(gateway: Gateway, answer: Answer) -> None:
    """The gateway has taken it, however long it goes on talking."""
    gateway.answers = [answer]
    await hurried(gateway).send(letter(), recipient=ANN)


async def test_the_environment_names_no_proxy_that_reads_along(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only settings say where something goes."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    await at(gateway).send(letter(), recipient=ANN)
    assert len(gateway.received) == 1


def test_without_a_gateway_sms_go_to_the_development_mailbox(tmp_path: Path) -> None:
    chosen = sms.choose(Settings(data_dir=tmp_path))
    assert chosen == MailboxTransport(tmp_path / "mailbox", Channel.SMS)


def test_production_sends_sms_through_a_gateway_or_not_at_all() -> None:
    assert sms.choose(Settings(**PRODUCTION)) is None
    url = "https://gateway.example/"
    chosen = sms.choose(Settings(**PRODUCTION, sms_url=SecretStr(url)))
    assert isinstance(chosen, GatewayTransport)
    assert chosen.url == url


@pytest.mark.usefixtures("database")
async def test_an_sms_leaves_through_the_outbox(gateway: Gateway) -> None:
    await offers.text()
    assert await delivery.deliver_due(at(gateway)) == 1
    [request] = gateway.received
    assert request.json == {"to": ANN, "text": "Acme: Olga Owner has removed you."}
    assert (await offers.only_entry()).state is OutboxState.SENT


@pytest.mark.usefixtures("database")
async def test_an_sms_put_off_is_tried_again_with_the_same_key(
    gateway: Gateway, clock: Clock
) -> None:
    await offers.text()
    gateway.answers = [replying(503), sending()]
    for tries in range(1, 4):
        assert await delivery.deliver_due(at(gateway)) == 1
        assert (await offers.only_entry()).attempts == tries
        assert await delivery.deliver_due(at(gateway)) == 0
        clock.move(timedelta(minutes=5))
    assert (await offers.only_entry()).state is OutboxState.SENT
    assert len({request.headers["idempotency-key"] for request in gateway.received}) == 1


@pytest.mark.usefixtures("database")
async def test_an_sms_that_the_gateway_refuses_is_not_tried_again(
    gateway: Gateway, clock: Clock
) -> None:
    await offers.text()
    gateway.answers = [replying(422)]
    await delivery.deliver_due(at(gateway))
    entry = await offers.only_entry()
    assert (entry.state, entry.last_error) == (OutboxState.BOUNCED, "HTTP 422")
    clock.move(timedelta(days=1))
    assert await delivery.deliver_due(at(gateway)) == 0


@pytest.mark.usefixtures("database")
async def test_refused_credentials_cost_no_sms(gateway: Gateway, clock: Clock) -> None:
    await offers.text()
    gateway.answers = [replying(401)] * 3
    for _ in range(3):
        with pytest.raises(Unavailable):
            await delivery.deliver_due(at(gateway))
        clock.move(timedelta(hours=1))
    assert (await offers.only_entry()).attempts == 0
    assert await delivery.deliver_due(at(gateway)) == 1


@pytest.mark.usefixtures("database")
async def test_mails_and_sms_have_queues_of_their_own(gateway: Gateway, tmp_path: Path) -> None:
    await offers.tell(2)
    await offers.text()
    assert await delivery.deliver_due(at(gateway)) == 1
    assert await delivery.deliver_due(MailboxTransport(tmp_path)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"phone": "+77051250044"},
        {"phone_confirmed_at": None},
        {"wants_sms": False},
    ],
)
@pytest.mark.usefixtures("database")
async def test_a_notice_that_waited_goes_only_where_it_is_still_wanted(
    gateway: Gateway, change: dict[str, object]
) -> None:
    """PRODUCT 5: the number may be somebody else's by now."""
    await offers.text()
    async with db.transaction(db.SYSTEM):
        await User.filter().update(**change)
    await delivery.deliver_due(at(gateway))
    assert (await offers.only_entry()).state is OutboxState.CANCELLED
    assert gateway.received == []


@pytest.mark.usefixtures("database")
async def test_logs_name_neither_the_number_nor_the_text(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """CASES 82: nor what the gateway repeats."""
    await offers.text()
    gateway.answers = [replying(500, body=f"{ANN}: Acme".encode())]
    with structlog.testing.capture_logs() as logged:
        await delivery.deliver_due(at(gateway, sms_authorization=SecretStr("Bearer hunter2")))
    assert [entry["error"] for entry in logged] == ["HTTP 500"]
    for secret in (ANN, "Acme", "hunter2"):
        assert secret not in str(logged) + caplog.text
