"""How apps are asked, by a real HTTP server that misbehaves (issue 5.5, ADR 0023)."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr
from standardwebhooks import Webhook

from mail import delivery, outbox
from mail.app_calls import LONGEST_ANSWER, AppCaller
from mail.transport import MailboxTransport
from models import (
    App,
    AppAccess,
    AppRight,
    Member,
    MemberStatus,
    OutboxState,
    Tenant,
    clock,
)
from models import database as db
from settings import Settings
from tests.conftest import Clock
from tests.mail import app_calls, offers
from tests.mail import gateway as gateways
from tests.mail import sink as sinks
from tests.mail.gateway import Answer, Gateway, replying, sending
from tests.production import PRODUCTION

pytestmark = pytest.mark.usefixtures("database")

CALLER = AppCaller(private=True)
HURRIED = dataclasses.replace(CALLER, deadline=timedelta(seconds=0.3))


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with gateways.listening(Gateway()) as listening:
        yield listening


async def test_an_app_is_asked_and_its_answer_kept(gateway: Gateway) -> None:
    gateway.answers = [replying(200, body="Готово: 3 МБ".encode())]
    action = await app_calls.ask(gateway.url, "nightly")
    assert await delivery.deliver_due(CALLER) == 1
    [request] = gateway.received
    assert request.line == "POST /messages?version=2 HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    told = request.json
    assert told == {
        "type": "app.action",
        "timestamp": action.requested_at.isoformat(),
        "data": {
            "id": action.id,
            "action": "BACKUP",
            "argument": "nightly",
            "app": action.app_id,
            "tenant": action.tenant_id,
            "requestedBy": action.member_id,
        },
    }
    assert await app_calls.outcome(action) == ("DONE", "Готово: 3 МБ")
    assert (await offers.only_entry()).state is OutboxState.SENT


async def test_a_call_is_signed_as_standard_webhooks_are(gateway: Gateway) -> None:
    """Not by hand: the library of the receiving side believes it."""
    action = await app_calls.ask(gateway.url)
    await delivery.deliver_due(CALLER)
    [request] = gateway.received
    told = Webhook(app_calls.SECRET).verify(request.body, request.headers)
    assert told["data"]["id"] == request.headers["webhook-id"] == action.id


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_what_the_app_takes_is_done(gateway: Gateway, status: int) -> None:
    gateway.answers = [replying(status, body=b"")]
    action = await app_calls.ask(gateway.url)
    await delivery.deliver_due(CALLER)
    assert await app_calls.outcome(action) == ("DONE", "")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_what_the_app_refuses_is_not_asked_again(
    gateway: Gateway, clock: Clock, status: int
) -> None:
    gateway.answers = [replying(status, body=b"no such backup")]
    action = await app_calls.ask(gateway.url)
    await delivery.deliver_due(CALLER)
    assert await app_calls.outcome(action) == ("REFUSED", "no such backup")
    clock.move(timedelta(minutes=5))
    assert await delivery.deliver_due(CALLER) == 0


HEAD = b"HTTP/1.1 200 OK\r\n"
TROUBLE: dict[str, Answer] = {
    "hangs": sending(then_hang=True),
    "hangs in the answer": sending(HEAD + b"Content-Length: 9\r\n\r\nab", then_hang=True),
    "drips": sending(*[bytes([byte]) for byte in HEAD + b"X: slow" * 20], pause=0.05),
    "closes": sending(),
    "closes midway": sending(HEAD + b"Content-Length: 9\r\n\r\nab"),
    "speaks something else": sending(b"220 mail.example.com ESMTP\r\n", then_hang=True),
    "endless head": sending(HEAD + b"X: " + b"x" * 1_000_000, then_hang=True),
    "no chunks": sending(HEAD + b"Transfer-Encoding: chunked\r\n\r\nnonsense"),
}


@pytest.mark.parametrize("status", [301, 307, 408, 425, 429, 500, 503])
async def test_an_app_that_cannot_now_is_asked_again_under_the_same_id(
    gateway: Gateway, clock: Clock, status: int
) -> None:
    """And redirections are not followed."""
    gateway.answers = [replying(status, head="Location: /elsewhere\r\n")]
    action = await app_calls.ask(gateway.url)
    await delivery.deliver_due(CALLER)
    assert await app_calls.outcome(action) == ("REQUESTED", None)
    assert (await offers.only_entry()).last_error == f"HTTP {status}"
    clock.move(timedelta(minutes=2))
    await delivery.deliver_due(CALLER)
    first, second = gateway.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == action.id
    assert first.body == second.body
    moments = [int(request.headers["webhook-timestamp"]) for request in gateway.received]
    assert moments[1] - moments[0] >= 120
    assert await app_calls.outcome(action) == ("DONE", "ok")


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_without_a_whole_answer_the_app_is_asked_again(
    gateway: Gateway, trouble: str
) -> None:
    """However slow it is, the deadline holds."""
    gateway.answers = [TROUBLE[trouble]]
    action = await app_calls.ask(gateway.url)
    async with asyncio.timeout(30):
        await delivery.deliver_due(HURRIED)
    assert await app_calls.outcome(action) == ("REQUESTED", None)
    assert len(gateway.received) == 1


async def test_an_app_that_is_away_for_an_hour_has_not_done_it(clock: Clock) -> None:
    async with gateways.listening(Gateway()) as gateway:
        pass
    action = await app_calls.ask(gateway.url)
    for _ in range(12):
        assert await delivery.deliver_due(CALLER, limit=2) < 2
        clock.move(timedelta(minutes=5, seconds=1))
    assert await app_calls.outcome(action) == ("FAILED", None)
    entry = await offers.only_entry()
    assert (entry.state, entry.last_error) == (OutboxState.FAILED, "ConnectError")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"x" * LONGEST_ANSWER * 3, "x" * LONGEST_ANSWER),
        (b"a\0b\xff\xfec", "a\N{REPLACEMENT CHARACTER}b" + "\N{REPLACEMENT CHARACTER}" * 2 + "c"),
    ],
    ids=["long", "broken"],
)
async def test_of_an_answer_the_first_64_kb_are_kept_as_text(
    gateway: Gateway, body: bytes, kept: str
) -> None:
    gateway.answers = [replying(200, body=body)]
    action = await app_calls.ask(gateway.url)
    await delivery.deliver_due(CALLER)
    assert await app_calls.outcome(action) == ("DONE", kept)


async def test_an_answer_without_an_end_is_cut(gateway: Gateway) -> None:
    gateway.answers = [sending(HEAD + b"\r\n" + b"x" * LONGEST_ANSWER, then_hang=True)]
    action = await app_calls.ask(gateway.url)
    await delivery.deliver_due(CALLER)
    assert await app_calls.outcome(action) == ("DONE", "x" * LONGEST_ANSWER)


async def take_control_away() -> None:
    await App.all().update(control_url=None, control_secret=None)


async def lower_the_right() -> None:
    await AppAccess.all().update(right=AppRight.LAUNCH)


async def disable_who_asked() -> None:
    await Member.all().update(status=MemberStatus.DISABLED)


async def delete_the_tenant() -> None:
    await Tenant.all().update(deleted_at=clock.now())
    await outbox.cancel_tenant((await Tenant.get()).id, now=clock.now())


@pytest.mark.parametrize(
    "happens", [take_control_away, lower_the_right, disable_who_asked, delete_the_tenant]
)
async def test_what_nobody_may_ask_any_more_is_not_asked(
    gateway: Gateway, happens: Callable[[], Awaitable[None]]
) -> None:
    action = await app_calls.ask(gateway.url)
    async with db.transaction(db.SYSTEM):
        await happens()
    await delivery.deliver_due(CALLER)
    assert gateway.received == []
    assert await app_calls.outcome(action) == ("FAILED", None)
    assert (await offers.only_entry()).state is OutboxState.CANCELLED


async def test_an_app_that_was_removed_is_asked_nothing(gateway: Gateway) -> None:
    await app_calls.ask(gateway.url)
    async with db.transaction(db.SYSTEM):
        await AppAccess.all().delete()
        await App.all().delete()
    assert await delivery.deliver_due(CALLER) == 0
    assert gateway.received == []


async def test_an_app_is_asked_where_it_listens_when_the_call_leaves(gateway: Gateway) -> None:
    action = await app_calls.ask("http://127.0.0.1:1/")
    async with db.transaction(db.SYSTEM):
        await App.all().update(control_url=gateway.url)
    await delivery.deliver_due(CALLER)
    assert await app_calls.outcome(action) == ("DONE", "ok")


async def test_a_secret_that_cannot_be_opened_signs_nothing(
    gateway: Gateway, configure: Callable[..., Settings]
) -> None:
    action = await app_calls.ask(gateway.url)
    configure(secret=(SecretStr("new" * 20),))
    await delivery.deliver_due(CALLER)
    assert gateway.received == []
    assert await app_calls.outcome(action) == ("FAILED", None)
    assert (await offers.only_entry()).last_error == "SecretForgotten"


class Hanging:
    """Holds its answer back until it is released."""

    def __init__(self, gateway: Gateway) -> None:
        self.reached, self.released = asyncio.Event(), asyncio.Event()
        gateway.answers.append(self)

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        self.reached.set()
        await self.released.wait()
        await replying(200, body=b"late")(writer)


async def test_an_app_that_hangs_holds_up_its_own_calls_alone(gateway: Gateway) -> None:
    """Without `recipient not in` the second call of the first app would leave."""
    hanging = Hanging(gateway)
    first = await app_calls.ask(gateway.url)
    slow = asyncio.create_task(delivery.deliver_next(CALLER))
    await hanging.reached.wait()
    waiting = await app_calls.ask_again(first)
    other = await app_calls.ask(gateway.url)
    assert await delivery.deliver_due(CALLER) == 1
    assert await app_calls.outcome(other) == ("DONE", "ok")
    hanging.released.set()
    assert await slow
    assert await delivery.deliver_due(CALLER) == 1
    assert await app_calls.outcome(first) == ("DONE", "late")
    assert await app_calls.outcome(waiting) == ("DONE", "ok")


async def test_an_answer_that_comes_after_the_lease_changes_nothing(
    gateway: Gateway, clock: Clock
) -> None:
    """`lease = mine` refuses it, for the answer as for the entry."""
    hanging = Hanging(gateway)
    action = await app_calls.ask(gateway.url)
    slow = asyncio.create_task(delivery.deliver_next(CALLER))
    await hanging.reached.wait()
    clock.move(timedelta(seconds=61))
    gateway.answers = [replying(422, body=b"no")]
    await delivery.deliver_next(CALLER)
    hanging.released.set()
    await slow
    assert await app_calls.outcome(action) == ("REFUSED", "no")


async def test_calls_have_a_queue_of_their_own(gateway: Gateway, tmp_path: Path) -> None:
    await app_calls.ask(gateway.url)
    await offers.tell(2)
    assert await delivery.deliver_due(MailboxTransport(tmp_path)) == 2
    assert gateway.received == []


async def test_the_environment_names_no_proxy_that_is_asked(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    await app_calls.ask(gateway.url)
    await delivery.deliver_due(CALLER)
    assert len(gateway.received) == 1


async def test_an_app_is_asked_under_its_own_certificate_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the host name, also where the address behind it is what is connected to."""
    monkeypatch.setenv("SSL_CERT_FILE", str(sinks.CERTIFICATE))
    trusting = AppCaller(private=True)
    async with gateways.listening(Gateway(), tls=sinks.certified()) as gateway:
        action = await app_calls.ask(gateway.url)
        stranger = await app_calls.ask(gateway.url.replace("localhost", "127.0.0.2"))
        await delivery.deliver_due(trusting)
        doubted = await app_calls.ask(gateway.url)
        await delivery.deliver_due(CALLER)
    assert await app_calls.outcome(action) == ("DONE", "ok")
    for refused in (stranger, doubted):
        assert await app_calls.outcome(refused) == ("REQUESTED", None)
    assert len(gateway.received) == 1


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "0x7f.1", "169.254.169.254"])
async def test_in_production_no_address_leads_into_our_own_network(
    gateway: Gateway, host: str
) -> None:
    action = await app_calls.ask(gateway.url.replace("localhost", host))
    await delivery.deliver_due(AppCaller.at(Settings(**PRODUCTION)))
    assert gateway.received == []
    assert await app_calls.outcome(action) == ("FAILED", None)
    assert (await offers.only_entry()).last_error == "NotPublic"


def test_only_development_asks_apps_on_this_machine_unless_the_operator_says_so() -> None:
    assert AppCaller.at(Settings()).private
    assert not AppCaller.at(Settings(private_destinations=False)).private
    assert not AppCaller.at(Settings(**PRODUCTION)).private
    assert AppCaller.at(Settings(**PRODUCTION, private_destinations=True)).private


async def test_logs_name_neither_address_nor_answer(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """CASES 82."""
    gateway.answers = [replying(500, body=b"hunter2"), replying(422, body=b"hunter2")]
    await app_calls.ask(gateway.url, "hunter2")
    await app_calls.ask(gateway.url, "hunter2")
    with structlog.testing.capture_logs() as logged:
        await delivery.deliver_due(CALLER)
    assert len(logged) == 2
    for secret in ("hunter2", str(gateway.port), app_calls.SECRET):
        assert secret not in str(logged) + caplog.text
