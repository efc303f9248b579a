"""What webhooks are told, the log of it, and what is sent by hand (issue 7.5, ADR 0031)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import errors
from models import Catalog, OutboxEntry, Tenant, WebhookDelivery
from models import database as db
from resolvers import apps, webhook_deliveries
from settings import Settings
from tests import keys
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import app_steps
from tests.resolvers import webhook_steps as steps

CREATED = ["app.create", "member.set_app_access"]
"""Whoever makes an app administers it."""


async def heard() -> list[str]:
    """Every event that was told to anybody, oldest first."""
    return [told.event for told in await steps.deliveries()]


async def data() -> dict[str, Any]:
    """What the newest one says."""
    body: dict[str, Any] = json.loads((await steps.deliveries())[-1].body)["data"]
    return body


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["app.create"], ["app.create"]),
        (["app.*"], ["app.create", "app.update"]),
        (["app.*", "app.create", "*"], [*CREATED, "app.update", "member.change_role"]),
        (["*"], ["webhook.create", *CREATED, "app.update", "member.change_role"]),
        (["app.remove", "member.*"], ["member.set_app_access", "member.change_role"]),
        (["invitation.*"], []),
    ],
)
async def test_an_endpoint_hears_what_it_asked_for_once(
    project: Tenant, owner: Person, manager: Person, events: list[str], expected: list[str]
) -> None:
    await steps.made(owner, project, events=events)
    app = await app_steps.create(owner, project)
    await owner.do("updateApp", {"appId": app, "name": "Tills"})
    await owner.do("changeRole", {"memberId": manager.member_id, "role": "ACCOUNTANT"})
    told = [event for event in await heard() if event != "webhook.create" or events == ["*"]]
    assert told == expected


async def test_what_others_do_in_their_tenant_is_not_heard_here(
    world: World, project: Tenant, owner: Person
) -> None:
    """CASES 103."""
    other = await world.tenant()
    stranger = await world.join(other)
    await steps.made(owner, project, events=["app.*"])
    await app_steps.create(stranger, other)
    assert await heard() == []


async def test_what_concerns_an_account_and_no_tenant_is_not_heard(
    project: Tenant, owner: Person
) -> None:
    await steps.made(owner, project, events=["*"])
    before = await heard()
    await owner.do("updateProfile", {"fullName": "Olga Ivanova"})
    await owner.do("updateSettings", {"rowsPerPage": 20})
    assert await heard() == before


async def test_an_event_says_codes_and_names_of_fields_and_nothing_personal(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 4: as the audit."""
    await steps.made(owner, project, events=["member.*", "tenant.*"])
    values = {"memberId": manager.member_id, "role": "ACCOUNTANT"}
    await owner.do("changeRole", values)
    told = await data()
    assert told["changes"] == [{"field": "role", "before": "MANAGER", "after": "ACCOUNTANT"}]
    assert told["subjectId"] == manager.member_id
    await owner.do("updateTenant", {"tenantId": project.id, "name": "Hunter2 Ltd"})
    assert (await data())["changes"] == [{"field": "name", "before": None, "after": None}]
    invitation = {"tenantId": project.id, "invitee": {"email": "ann@hunter2.example"}}
    await owner.do("inviteMember", invitation | {"role": "ACCOUNTANT"})
    await owner.do("setMemberLimits", {"memberId": manager.member_id, "maxSessions": 3})
    assert (await data())["changes"][0]["field"] == "maxSessions"
    assert "hunter2" not in str([d.body for d in await steps.deliveries()]).lower()


async def test_an_event_says_whether_a_person_a_key_or_staff_did_it(
    world: World, project: Tenant, owner: Person
) -> None:
    await steps.made(owner, project, events=["app.create", "user.update"])
    await app_steps.create(owner, project)
    assert (await data())["actor"] == {"kind": "USER", "id": owner.id}
    key = await keys.make(world, owner, project, "apps:manage")
    await key.do("createApp", {"tenantId": project.id, "name": "Tills"})
    assert (await data())["actor"] == {"kind": "API_KEY", "id": key.id}
    staff = await world.staff()
    await staff.do("updateUser", {"userId": owner.id, "fullName": "Olga Ivanova"})
    assert (await data())["actor"] == {"kind": "STAFF", "id": staff.id}


async def test_both_sides_hear_of_the_end_of_a_servicing(world: World) -> None:
    organization = await world.tenant(Catalog.SUBSCRIBER, servicing=["tenants:invite"])
    tenant = await world.tenant(Catalog.SUBSCRIBER, name="Lotus")
    theirs, ours = await world.join(organization), await world.join(tenant)
    await world.serve(tenant, by=organization)
    for owner, place in ((theirs, organization), (ours, tenant)):
        await steps.made(owner, place, events=["servicing.end"])
    await ours.do("endServicing", {"tenantId": tenant.id})
    told = [json.loads(d.body)["data"] for d in await steps.deliveries()]
    assert {(each["tenantId"], each["subjectId"]) for each in told} == {
        (tenant.id, organization.id),
        (organization.id, tenant.id),
    }


async def test_what_did_not_happen_is_not_told(
    world: World, project: Tenant, owner: Person
) -> None:
    """CASES 115: one transaction."""
    await steps.made(owner, project, events=["app.create"])
    viewer = await world.viewer(owner)
    with pytest.raises(errors.InvalidInput):
        await apps.create(viewer, project.id, name="", url=None)
    assert (await app_steps.create(owner, project)) is not None
    assert await heard() == ["app.create"]


async def test_without_endpoints_a_change_costs_one_statement_more(
    project: Tenant, owner: Person, statements: list[str]
) -> None:
    await owner.do("updateTenant", {"tenantId": project.id, "name": "Lotus"})
    assert len([each for each in statements if "webhook" in each]) == 1


async def test_the_log_is_listed_newest_first_in_pages(project: Tenant, owner: Person) -> None:
    endpoint = await steps.made(owner, project, events=["app.create"])
    made = [(await steps.test(owner, endpoint))["delivery"]["id"] for _ in range(3)]
    found = (await owner.ask(steps.DELIVERIES, id=endpoint, first=2))["node"]["deliveries"]
    assert found["totalCount"] == 3
    assert [edge["node"]["id"] for edge in found["edges"]] == made[:0:-1]
    after = found["pageInfo"]["endCursor"]
    assert [d["id"] for d in await steps.log(owner, endpoint, after=after)] == made[:1]
    assert await steps.log(owner, endpoint, states=["DELIVERED", "FAILED"]) == []
    assert len(await steps.log(owner, endpoint, states=["QUEUED"])) == 3
    other = await steps.made(owner, project, events=["app.create"])
    assert await steps.log(owner, other) == []


async def test_a_test_is_sent_to_that_endpoint_whatever_it_listens_for(
    project: Tenant, owner: Person
) -> None:
    endpoint = await steps.made(owner, project, events=["app.create"])
    await steps.made(owner, project, events=["*"])
    shown = (await steps.test(owner, endpoint))["delivery"]
    assert (shown["event"], shown["state"], shown["attempts"]) == ("webhook.test", "QUEUED", 0)
    assert shown["nextAttemptAt"] is not None
    body = json.loads(shown["body"])
    assert body["data"]["id"] == shown["eventId"]
    assert (body["type"], body["data"]["subjectId"]) == ("webhook.test", endpoint)
    assert body["data"]["actor"] == {"kind": "USER", "id": owner.id}
    async with db.transaction(db.SYSTEM):
        told = WebhookDelivery.filter(event="webhook.test")
        assert [each.endpoint_id for each in await told] == [endpoint]


async def test_a_disabled_endpoint_is_sent_nothing_by_hand(project: Tenant, owner: Person) -> None:
    endpoint = await steps.made(owner, project)
    delivery = (await steps.test(owner, endpoint))["delivery"]["id"]
    await steps.switch(owner, endpoint, enabled=False)
    for answer in (await steps.test(owner, endpoint), await steps.redeliver(owner, delivery)):
        assert steps.faults(answer) == [("id", "WEBHOOK_DISABLED")]


async def test_what_waits_is_sent_at_once_by_hand_and_only_once(
    project: Tenant, owner: Person, clock: Clock
) -> None:
    endpoint = await steps.made(owner, project, events=["app.create"])
    delivery = (await steps.test(owner, endpoint))["delivery"]["id"]
    async with db.transaction(db.SYSTEM):
        await OutboxEntry.all().update(due_at=clock.now() + timedelta(hours=5))
    shown = (await steps.redeliver(owner, delivery))["delivery"]
    assert (shown["id"], shown["state"]) == (delivery, "QUEUED")
    async with db.transaction(db.SYSTEM):
        [entry] = await OutboxEntry.filter(webhook_delivery_id=delivery)
        assert entry.due_at <= clock.now()


async def test_what_is_absent_is_not_sent_again(owner: Person) -> None:
    assert (await steps.redeliver(owner, "whd_x"))["__typename"] == "NotFound"


async def test_sending_by_hand_is_limited(
    project: Tenant, owner: Person, configure: Callable[..., Settings]
) -> None:
    """Nobody makes us call somebody else's server as often as he likes."""
    assert Settings().limit_webhook_calls == "120/hour"
    configure(limit_webhook_calls="2/hour")
    endpoint = await steps.made(owner, project)
    delivery = (await steps.test(owner, endpoint))["delivery"]["id"]
    assert (await steps.redeliver(owner, delivery))["__typename"] == "RedeliverWebhookPayload"
    for refused in (await steps.redeliver(owner, delivery), await steps.test(owner, endpoint)):
        assert refused["__typename"] == "RateLimited"
        assert 0 < refused["retryAfter"] <= 3600


async def test_an_api_key_manages_webhooks_where_it_holds_both_rights(
    world: World, project: Tenant, owner: Person
) -> None:
    """CASES 102: what it hears is not wider than what it may read."""
    narrow = await keys.make(world, owner, project, "keys:manage")
    values = {"tenantId": project.id, "url": steps.URL, "events": ["*"]}
    assert (await narrow.do("createWebhookEndpoint", values))["permission"] == "audit:view"
    wide = await keys.make(world, owner, project, "keys:manage", "audit:view")
    made = await wide.do("createWebhookEndpoint", values, "webhookEndpoint { id createdBy { id } }")
    endpoint = made["webhookEndpoint"]
    assert endpoint["createdBy"] == {"id": owner.id}
    refused = await narrow.do("removeWebhookEndpoint", {"id": endpoint["id"]})
    assert refused["__typename"] == "PermissionDenied"
    other = await world.tenant()
    await world.join(other, "OWNER", owner)
    elsewhere = await wide.do("createWebhookEndpoint", values | {"tenantId": other.id})
    assert elsewhere["__typename"] == "NotFound"
    removed = await wide.do("removeWebhookEndpoint", {"id": endpoint["id"]})
    assert removed["__typename"] == "RemoveWebhookEndpointPayload"


async def test_what_was_told_a_month_ago_is_forgotten(
    project: Tenant, owner: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for what waits; however much there is, some thousands at once."""
    monkeypatch.setattr(webhook_deliveries, "_AT_ONCE", 2)
    endpoint = await steps.made(owner, project, events=["app.create"])
    for _ in range(5):
        await steps.test(owner, endpoint)
    await steps.switch(owner, endpoint, enabled=False)
    await steps.switch(owner, endpoint, enabled=True)
    await steps.test(owner, endpoint)
    clock.move(timedelta(days=29))
    assert await webhook_deliveries.forget_old() == 0
    clock.move(timedelta(days=1))
    assert await webhook_deliveries.forget_old() == 5
    assert [d.state for d in await steps.deliveries()] == ["QUEUED"]
    async with db.transaction(db.SYSTEM):
        assert await OutboxEntry.all().count() == 1
