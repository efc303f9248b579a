"""How webhooks are called, by a real HTTP server that misbehaves (issue 7.5, ADR 0031)."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import structlog
from pydantic import SecretStr
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from mail import delivery, pauses
from mail.webhook_calls import WebhookCaller
from models import (
    AuditEvent,
    Channel,
    OutboxEntry,
    OutboxState,
    Tenant,
    WebhookDelivery,
    WebhookEndpoint,
)
from models import database as db
from resolvers import webhook_outcomes
from settings import Settings
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.mail import gateway as gateways
from tests.mail.gateway import Answer, Gateway, Request, replying, sending
from tests.mail.test_app_calls import TROUBLE, Hanging
from tests.production import PRODUCTION
from tests.resolvers import app_steps
from tests.resolvers import webhook_steps as steps
from tests.resolvers.webhook_steps import CALLER, send

HURRIED = dataclasses.replace(CALLER, deadline=timedelta(seconds=0.3))
ANSWERED_BY_THE_HEAD = {"hangs in the answer", "closes midway", "no chunks"}


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with gateways.listening(Gateway()) as listening:
        yield listening


def told(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(request.body)
    return body


async def only() -> WebhookDelivery:
    [found] = await steps.deliveries()
    return found


async def entries() -> list[OutboxEntry]:
    async with db.transaction(db.SYSTEM):
        return await OutboxEntry.filter(channel=Channel.WEBHOOK).order_by("id")


async def listening(by: Person, tenant: Tenant, gateway: Gateway) -> str:
    """An endpoint there that hears of new apps."""
    return await steps.made(by, tenant, gateway.url, ["app.create"])


async def test_an_endpoint_is_told_what_the_audit_holds(
    project: Tenant, owner: Person, gateway: Gateway
) -> None:
    """As docs/portals.md describes it."""
    await listening(owner, project, gateway)
    app = await app_steps.create(owner, project)
    assert await send() == 1
    [request] = gateway.received
    assert request.line == "POST /messages?version=2 HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    async with db.transaction(db.SYSTEM):
        event = await AuditEvent.get(action="app.create")
    assert request.headers["webhook-id"] == event.id
    assert told(request) == {
        "type": "app.create",
        "timestamp": event.created_at.isoformat(),
        "data": {
            "id": event.id,
            "tenantId": project.id,
            "subjectId": app,
            "actor": {"kind": "USER", "id": owner.id},
            "changes": [],
            "requestId": event.request_id,
        },
    }
    delivery = await only()
    assert (delivery.state, delivery.attempts) == ("DELIVERED", 1)
    assert (delivery.status, delivery.error) == (200, None)
    assert delivery.finished_at is not None


async def test_a_call_is_signed_as_standard_webhooks_are(
    project: Tenant, owner: Person, gateway: Gateway
) -> None:
    """Not by hand: the library of the receiving side believes it."""
    secret = (await steps.create(owner, project, gateway.url))["secret"]
    await app_steps.create(owner, project)
    await send()
    for request in gateway.received:
        verified = Webhook(secret).verify(request.body, request.headers)
        assert verified["data"]["tenantId"] == project.id


async def test_for_a_day_after_a_rotation_either_secret_verifies(
    world: World, project: Tenant, owner: Person, gateway: Gateway, clock: Clock
) -> None:
    answer = await steps.create(owner, project, gateway.url, ["app.create"])
    former, endpoint = answer["secret"], answer["webhookEndpoint"]["id"]
    secret = (await steps.rotate(owner, endpoint))["secret"]
    await app_steps.create(owner, project)
    await send()
    [request] = gateway.received
    for either in (former, secret):
        Webhook(either).verify(request.body, request.headers)
    clock.move(timedelta(days=1))
    await app_steps.create(owner, project, "Tills")
    await send()
    stamp = request.headers["webhook-timestamp"]
    request = gateway.received[-1]
    assert int(request.headers["webhook-timestamp"]) - int(stamp) >= 86400
    assert len(request.headers["webhook-signature"].split()) == 1


async def test_somebody_elses_secret_verifies_nothing(
    project: Tenant, owner: Person, gateway: Gateway
) -> None:
    await listening(owner, project, gateway)
    other = (await steps.create(owner, project))["secret"]
    await app_steps.create(owner, project)
    await send()
    request = next(r for r in gateway.received if told(r)["type"] == "app.create")
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(request.body, request.headers)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_only_2xx_is_a_success(
    project: Tenant, owner: Person, gateway: Gateway, status: int
) -> None:
    gateway.answers = [replying(status, body=b"")]
    await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    await send()
    assert ((await only()).state, (await only()).status) == ("DELIVERED", status)


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 408, 429, 500, 503])
async def test_any_other_answer_is_a_failure_and_it_comes_again_under_the_same_id(
    project: Tenant, owner: Person, gateway: Gateway, clock: Clock, status: int
) -> None:
    """And redirections are not followed."""
    gateway.answers = [replying(status, head="Location: /elsewhere\r\n")]
    endpoint = await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    await send()
    delivery = await only()
    assert (delivery.state, delivery.attempts) == ("QUEUED", 1)
    assert (delivery.status, delivery.error) == (status, None)
    failing_since = (await steps.endpoint(endpoint)).failing_since
    assert failing_since is not None
    [shown] = await steps.log(owner, endpoint)
    assert shown["nextAttemptAt"] is not None
    clock.move(timedelta(seconds=7))
    await send()
    first, second = gateway.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery.event_id
    assert first.body == second.body
    assert ((await only()).state, (await only()).attempts) == ("DELIVERED", 2)
    assert (await steps.endpoint(endpoint)).failing_since is None


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_however_the_answer_fails_the_deadline_holds(
    project: Tenant, owner: Person, gateway: Gateway, trouble: str
) -> None:
    """Of an answer that begins well the status is enough."""
    gateway.answers = [TROUBLE[trouble]]
    await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    async with asyncio.timeout(30):
        await delivery.deliver_due(HURRIED)
    found = await only()
    if trouble in ANSWERED_BY_THE_HEAD:
        assert (found.state, found.status) == ("DELIVERED", 200)
    else:
        assert (found.state, found.status) == ("QUEUED", None)
        assert found.error is not None


async def test_an_event_is_tried_ten_times_within_some_three_days(
    project: Tenant, owner: Person, gateway: Gateway, clock: Clock
) -> None:
    """Near what Standard Webhooks recommends; ADR 0031."""
    gateway.answers = [replying(500)] * 20
    endpoint = await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    for _ in range(200):
        await send()
        clock.move(timedelta(minutes=30, seconds=5))
    assert len(gateway.received) == 10
    found = await only()
    assert (found.state, found.attempts, found.status) == ("FAILED", 10, 500)
    assert (await entries())[0].state is OutboxState.FAILED
    assert (await steps.endpoint(endpoint)).disabled_at is None


def test_pauses_grow_to_a_day() -> None:
    waits = [pauses.after(attempts, Channel.WEBHOOK) for attempts in range(1, 10)]
    sure = [wait for wait in waits if wait is not None]
    assert sure == sorted(sure)
    assert timedelta(days=3) < sum(sure, timedelta()) < timedelta(days=4)
    assert pauses.after(10, Channel.WEBHOOK) is None


async def mails(world: World, subject: str) -> list[str]:
    return sorted(mail.to for mail in await world.mails() if subject in mail.subject)


async def test_who_answers_that_it_is_gone_is_disabled_at_once(
    world: World, project: Tenant, owner: Person, manager: Person, gateway: Gateway
) -> None:
    """Standard Webhooks; owners hear of it by mail, and other endpoints as of any change."""
    other = await world.join(project)
    await world.join(project, person=await world.person(verified=False))
    gateway.answers = [replying(410)]
    endpoint = await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    await app_steps.create(owner, project, "Tills")
    witness = await steps.made(owner, project, events=["webhook.disable"])
    assert await delivery.deliver_next(CALLER)
    stored = await steps.endpoint(endpoint)
    assert stored.disabled_reason == "GONE"
    shown = await steps.log(owner, endpoint)
    assert [(d["state"], d["status"], d["error"]) for d in shown] == [
        ("FAILED", None, "Disabled"),
        ("FAILED", 410, None),
    ]
    async with db.transaction(db.SYSTEM):
        event = await AuditEvent.get(action="webhook.disable")
    assert (event.subject_id, event.actor_id) == (endpoint, None)
    assert event.changes == {"disabled_reason": [None, "GONE"]}
    [heard] = await steps.log(owner, witness)
    assert json.loads(heard["body"])["data"]["actor"] == {"kind": "SYSTEM", "id": None}
    assert await mails(world, "a webhook is disabled") == sorted([owner.email, other.email])
    assert len(gateway.received) == 1


async def test_who_fails_for_five_days_is_disabled(
    world: World, project: Tenant, owner: Person, gateway: Gateway, clock: Clock
) -> None:
    assert Settings().webhook_patience == timedelta(days=5)
    gateway.answers = [replying(500)] * 40
    endpoint = await listening(owner, project, gateway)
    for day in range(5):
        await app_steps.create(owner, project, f"App {day}")
        await send()
        assert (await steps.endpoint(endpoint)).disabled_at is None
        clock.move(timedelta(days=1, minutes=1))
    await send()
    assert (await steps.endpoint(endpoint)).disabled_reason == "FAILING"
    assert await mails(world, "a webhook is disabled") == [owner.email]
    heard = len(gateway.received)
    await app_steps.create(owner, project, "Unheard")
    clock.move(timedelta(days=1))
    await send()
    assert len(gateway.received) == heard
    assert all(d["state"] == "FAILED" for d in await steps.log(owner, endpoint))


async def test_a_success_in_between_is_a_new_beginning(
    project: Tenant, owner: Person, gateway: Gateway, clock: Clock
) -> None:
    """It is disabled only where nothing has got through."""
    endpoint = await listening(owner, project, gateway)
    for day in range(8):
        gateway.answers = [replying(500)]
        await app_steps.create(owner, project, f"App {day}")
        await send()
        assert (await steps.endpoint(endpoint)).failing_since is not None
        clock.move(timedelta(days=1, minutes=1))
        assert await send() == 1
        assert (await steps.endpoint(endpoint)).failing_since is None
    assert (await steps.endpoint(endpoint)).disabled_at is None


async def test_an_endpoint_that_hangs_holds_up_itself_alone(
    project: Tenant, owner: Person, gateway: Gateway
) -> None:
    """Without `recipient not in` its second event would leave."""
    hanging = Hanging(gateway)
    async with gateways.listening(Gateway()) as other:
        slow = await listening(owner, project, gateway)
        await app_steps.create(owner, project)
        running = asyncio.create_task(delivery.deliver_next(CALLER))
        await hanging.reached.wait()
        await listening(owner, project, other)
        await app_steps.create(owner, project, "Tills")
        assert await send() == 1
        assert (len(other.received), len(gateway.received)) == (1, 1)
        hanging.released.set()
        assert await running
        assert await send() == 1
    assert [d["state"] for d in await steps.log(owner, slow)] == ["DELIVERED", "DELIVERED"]


@pytest.mark.parametrize(
    ("trouble", "rests"),
    [(sending(), True), (replying(429), True), (replying(503), True), (replying(500), False)],
    ids=["no answer", "429", "503", "500"],
)
async def test_who_does_not_answer_or_asks_for_patience_is_left_in_peace_for_a_while(
    project: Tenant,
    owner: Person,
    gateway: Gateway,
    clock: Clock,
    trouble: Answer,
    rests: bool,  # noqa: FBT001 a case
) -> None:
    """Without `rests_until > $3` a carrier would be busy with it all the time."""
    gateway.answers = [trouble]
    endpoint = await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    await app_steps.create(owner, project, "Tills")
    await delivery.deliver_next(CALLER)
    assert await delivery.deliver_next(CALLER) is not rests
    assert len(gateway.received) == (1 if rests else 2)
    clock.move(timedelta(seconds=8))
    await send()
    assert {d["state"] for d in await steps.log(owner, endpoint)} == {"DELIVERED"}
    assert (await steps.endpoint(endpoint)).rests_until is None


async def test_the_longer_it_fails_the_longer_it_rests_an_hour_at_most(
    project: Tenant, owner: Person, gateway: Gateway, clock: Clock
) -> None:
    endpoint = await listening(owner, project, gateway)
    rests = []
    for failing in (0, 60, 3600, 86400):
        gateway.answers = [sending()]
        async with db.transaction(db.SYSTEM):
            since = clock.now() - timedelta(seconds=failing) if failing else None
            await WebhookEndpoint.all().update(failing_since=since, rests_until=None)
        await app_steps.create(owner, project, f"App {failing}")
        async with db.transaction(db.SYSTEM):
            await OutboxEntry.filter(attempts__gt=0).update(cancelled_at=clock.now())
            await OutboxEntry.filter(attempts__gt=0).update(due_at=clock.now() + timedelta(days=9))
        before = clock.now()
        await delivery.deliver_next(CALLER)
        until = (await steps.endpoint(endpoint)).rests_until
        assert until is not None
        rests.append(round((until - before).total_seconds() / 5) * 5)
    assert rests == [5, 30, 1800, 3600]


async def test_asking_by_hand_ends_the_rest(
    project: Tenant, owner: Person, gateway: Gateway, clock: Clock
) -> None:
    gateway.answers = [sending()]
    endpoint = await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    await send()
    assert await send() == 0
    await steps.test(owner, endpoint)
    assert await send() == 1


async def test_a_worker_that_dies_after_the_answer_leaves_one_more_under_the_same_id(
    project: Tenant, owner: Person, gateway: Gateway, clock: Clock
) -> None:
    """CASES 116: at least once; the lease ends, and another worker sends it again."""
    await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    claimed = await delivery.claim_next(CALLER)
    assert claimed is not None
    await CALLER.call(claimed.parcel)  # type: ignore[arg-type] # and nobody writes it back
    assert await send() == 0
    clock.move(timedelta(seconds=61))
    assert await send() == 1
    first, second = gateway.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (await only()).state == "DELIVERED"


async def test_an_answer_after_the_lease_changes_nothing(
    project: Tenant, owner: Person, gateway: Gateway, clock: Clock
) -> None:
    """CASES 118: `lease = mine` refuses it, for the log as for the entry."""
    hanging = Hanging(gateway)
    endpoint = await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    slow = asyncio.create_task(delivery.deliver_next(CALLER))
    await hanging.reached.wait()
    clock.move(timedelta(seconds=61))
    gateway.answers = [replying(500)]
    await delivery.deliver_next(CALLER)
    hanging.released.set()
    await slow
    assert ((await only()).state, (await only()).attempts) == ("QUEUED", 1)
    assert (await steps.endpoint(endpoint)).failing_since is not None


@pytest.mark.parametrize("answer", [replying(200), replying(500)], ids=["yes", "no"])
async def test_what_was_on_its_way_when_it_was_disabled_is_the_last(
    project: Tenant, owner: Person, gateway: Gateway, clock: Clock, answer: Answer
) -> None:
    reached, released = asyncio.Event(), asyncio.Event()

    async def held(writer: asyncio.StreamWriter) -> None:
        reached.set()
        await released.wait()
        await answer(writer)

    gateway.answers = [held]
    endpoint = await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    slow = asyncio.create_task(delivery.deliver_next(CALLER))
    await reached.wait()
    await steps.switch(owner, endpoint, enabled=False)
    released.set()
    await slow
    expected = "DELIVERED" if (await only()).status == 200 else "FAILED"
    assert (await only()).state == expected
    clock.move(timedelta(days=1))
    await send()
    assert len(gateway.received) == 1
    assert (await only()).state == expected
    stored = await steps.endpoint(endpoint)
    assert (stored.disabled_reason, stored.failing_since) == ("BY_HAND", None)


async def test_what_waited_for_a_disabled_endpoint_is_not_sent(
    project: Tenant, owner: Person, gateway: Gateway, clock: Clock
) -> None:
    endpoint = await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    await steps.switch(owner, endpoint, enabled=False)
    [shown] = await steps.log(owner, endpoint)
    assert (shown["state"], shown["error"], shown["nextAttemptAt"]) == ("FAILED", "Disabled", None)
    await app_steps.create(owner, project, "Unheard")
    await steps.switch(owner, endpoint, enabled=True)
    await send()
    assert gateway.received == []
    assert len(await steps.log(owner, endpoint)) == 1
    await steps.redeliver(owner, shown["id"])
    await send()
    assert len(gateway.received) == 1
    assert [d["state"] for d in await steps.log(owner, endpoint)] == ["DELIVERED"]


async def test_what_was_queued_while_it_was_being_disabled_is_not_sent(
    project: Tenant, owner: Person, gateway: Gateway
) -> None:
    """It is looked at again when the call leaves, and the log says so."""
    await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    async with db.transaction(db.SYSTEM):
        await WebhookEndpoint.all().update(
            disabled_at=(await only_row()).created_at, disabled_reason="BY_HAND"
        )
    await send()
    assert gateway.received == []
    assert ((await only()).state, (await only()).error) == ("FAILED", "Cancelled")


async def only_row() -> WebhookEndpoint:
    return await WebhookEndpoint.get()


async def test_with_its_tenant_everything_that_waits_ends(
    project: Tenant, owner: Person, gateway: Gateway
) -> None:
    """PRODUCT 4."""
    await steps.made(owner, project, gateway.url)
    await app_steps.create(owner, project)
    await owner.do("deleteTenant", {"tenantId": project.id})
    await send()
    assert gateway.received == []
    assert {d.state for d in await steps.deliveries()} == {"FAILED"}
    assert "tenant.delete" not in [d.event for d in await steps.deliveries()]


async def test_a_call_goes_where_the_endpoint_listens_when_it_leaves(
    project: Tenant, owner: Person, gateway: Gateway
) -> None:
    endpoint = await steps.made(owner, project, "http://127.0.0.1:1/", ["app.create"])
    await app_steps.create(owner, project)
    await steps.change(owner, endpoint, url=gateway.url)
    await send()
    assert len(gateway.received) == 1


async def test_a_secret_that_cannot_be_opened_signs_nothing(
    project: Tenant, owner: Person, gateway: Gateway, configure: Callable[..., Settings]
) -> None:
    """That is the server's own fault, and no failure of the endpoint's; a new secret mends it."""
    endpoint = await listening(owner, project, gateway)
    await app_steps.create(owner, project)
    configure(secret=(SecretStr("new" * 20),))
    await send()
    assert gateway.received == []
    found = await only()
    assert (found.state, found.attempts, found.error) == ("FAILED", 0, "SecretForgotten")
    assert (await steps.endpoint(endpoint)).failing_since is None
    await steps.rotate(owner, endpoint)
    await steps.redeliver(owner, found.id)
    await send()
    assert len(gateway.received) == 1


async def test_an_endpoint_that_is_called_outlives_the_servers_older_secrets(
    project: Tenant, owner: Person, gateway: Gateway, configure: Callable[..., Settings]
) -> None:
    """As apps and second factors do."""
    old, new = configure().secret[0], SecretStr("new" * 20)
    secret = (await steps.create(owner, project, gateway.url, ["app.create"]))["secret"]
    for number, secrets in enumerate(((old,), (new, old), (new,))):
        configure(secret=secrets)
        await app_steps.create(owner, project, f"App {number}")
        await send()
        request = gateway.received[-1]
        Webhook(secret).verify(request.body, request.headers)
    assert len(gateway.received) == 3


HOSTS = (
    *("localhost", "127.0.0.1", "[::1]", "0x7f.1", "2130706433", "0.0.0.0", "[::]"),  # noqa: S104 where calls lead
    *("169.254.169.254", "[fe80::1]", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1"),
    *("[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]"),
    *("[fd00::1]", "224.0.0.1"),
)


@pytest.mark.parametrize("host", HOSTS)
async def test_in_production_no_address_leads_into_our_own_network(
    project: Tenant, owner: Person, gateway: Gateway, host: str
) -> None:
    """Issue 7.5: looked at on each attempt, after the name was resolved."""
    await steps.made(owner, project, gateway.url.replace("localhost", host), ["app.create"])
    await app_steps.create(owner, project)
    caller = WebhookCaller.at(Settings(**PRODUCTION), ledger=webhook_outcomes)
    await delivery.deliver_due(caller)
    assert gateway.received == []
    assert ((await only()).state, (await only()).error) == ("FAILED", "NotPublic")


def test_only_development_calls_this_machine_unless_the_operator_says_so() -> None:
    def private(**values: Any) -> bool:
        return WebhookCaller.at(Settings(**values), ledger=webhook_outcomes).private

    assert private()
    assert not private(private_destinations=False)
    assert not private(**PRODUCTION)
    assert private(**PRODUCTION, private_destinations=True)


async def test_logs_name_neither_address_nor_secret(
    project: Tenant, owner: Person, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """CASES 82."""
    gateway.answers = [replying(500, body=b"hunter2")]
    secret = (await steps.create(owner, project, f"{gateway.url}&key=hunter2"))["secret"]
    await app_steps.create(owner, project)
    with structlog.testing.capture_logs() as logged:
        await send()
    assert logged
    for hidden in ("hunter2", str(gateway.port), secret):
        assert hidden not in str(logged) + caplog.text
