"""Where a tenant's other software listens (issue 7.5, ADR 0031)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from auth import sealing
from models import AuditEvent, Catalog, MemberStatus, OutboxEntry, Tenant, WebhookEndpoint
from models import database as db
from resolvers import actions
from settings import Settings
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import World
from tests.production import PRODUCTION
from tests.resolvers import webhook_steps as steps
from tests.resolvers.webhook_steps import URL, faults

LIST = (
    "query($id: ID!, $first: Int, $after: String) {"
    " webhookEndpoints(tenantId: $id, first: $first, after: $after) {"
    " totalCount pageInfo { endCursor hasNextPage }"
    " edges { node { id url tenant { id } createdBy { id fullName } } } } }"
)
NODE = "query($id: ID!) { node(id: $id) { id } }"


async def audited(action: str) -> AuditEvent:
    async with db.transaction(db.SYSTEM):
        return await AuditEvent.get(action=action)


async def test_an_owner_has_his_tenants_changes_told_to_an_address(
    project: Tenant, owner: Person
) -> None:
    answer = await steps.create(owner, project, events=["member.*", "app.create"])
    secret = answer["secret"]
    assert secret.startswith("whsec_")
    endpoint = answer["webhookEndpoint"]
    stored = await steps.endpoint(endpoint.pop("id"))
    assert endpoint == {
        "url": URL,
        "description": None,
        "events": ["member.*", "app.create"],
        "formerSecretUntil": None,
        "failingSince": None,
        "disabledAt": None,
        "disabledReason": None,
    }
    assert sealing.unseal(stored.secret) == secret
    assert (stored.tenant_id, stored.user_id) == (project.id, owner.id)


async def test_the_secret_is_shown_once_and_stands_nowhere_in_clear(
    project: Tenant, owner: Person
) -> None:
    """CASES 82."""
    secret = (await steps.create(owner, project))["secret"]
    async with db.transaction(db.SYSTEM):
        for model in (WebhookEndpoint, AuditEvent, OutboxEntry):
            for row in await model.all():
                assert secret not in str(row.__dict__)


async def test_the_audit_names_events_and_neither_address_nor_secret(
    project: Tenant, owner: Person
) -> None:
    """PRODUCT 4; an address may hold a key of its owner's."""
    endpoint = await steps.made(owner, project, events=["member.invite"])
    event = await audited("webhook.create")
    assert event.changes == {"url": [], "events": [None, "member.invite"]}
    await steps.change(owner, endpoint, url="https://b.example/", events=["*"], description="B")
    event = await audited("webhook.update")
    assert event.changes == {"url": [], "events": ["member.invite", "*"], "description": []}
    assert event.subject_id == endpoint


TOO_MANY = ["member.*"] * 200


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"url": "ftp://portal.example"}, [("url", "INVALID")]),
        ({"url": "https://ann:hunter2@portal.example/"}, [("url", "INVALID")]),
        ({"url": "https://portal.example:0/"}, [("url", "INVALID")]),
        ({"url": "https://портал.example/"}, [("url", "INVALID")]),
        ({"url": "https://portal.example/a b"}, [("url", "INVALID")]),
        ({"url": "https://portal.example/\r\nX: y"}, [("url", "INVALID")]),
        ({"url": ""}, [("url", "INVALID")]),
        ({"description": "x" * 201}, [("description", "TOO_LONG")]),
        ({"events": []}, [("events", "REQUIRED")]),
        (
            {"events": ["member.fly", "member", "**", ""]},
            [(f"events.{n}", "UNKNOWN_EVENT") for n in range(4)],
        ),
        (
            {"events": ["tenant.delete", "webhook.test"]},
            [(f"events.{n}", "UNKNOWN_EVENT") for n in range(2)],
        ),
        ({"events": ["*", "*"]}, [("events.1", "TWICE")]),
        ({"url": "x", "events": ["x"]}, [("url", "INVALID"), ("events.0", "UNKNOWN_EVENT")]),
    ],
)
async def test_everything_wrong_with_an_endpoint_is_told_at_once(
    project: Tenant, owner: Person, values: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert faults(await steps.create(owner, project, **values)) == expected
    endpoint = await steps.made(owner, project)
    assert faults(await steps.change(owner, endpoint, **values)) == expected


async def test_of_endless_events_the_first_are_told(project: Tenant, owner: Person) -> None:
    wrong = faults(await steps.create(owner, project, events=["x"] * 1_500))
    assert len(wrong) == len(actions.PATTERNS) + 1


async def test_every_event_can_be_asked_for_by_name(project: Tenant, owner: Person) -> None:
    every = sorted(actions.PATTERNS)
    answer = await steps.create(owner, project, events=every)
    assert answer["webhookEndpoint"]["events"] == every


async def test_in_production_calls_are_encrypted(
    project: Tenant, owner: Person, configure: Callable[..., Settings]
) -> None:
    plain = "http://portal.example/"
    endpoint = await steps.made(owner, project, plain)
    configure(**PRODUCTION)
    assert faults(await steps.create(owner, project, plain)) == [("url", "NOT_ENCRYPTED")]
    assert faults(await steps.change(owner, endpoint, url=plain)) == [("url", "NOT_ENCRYPTED")]


async def test_a_tenant_has_so_many_endpoints_and_no_more(
    project: Tenant, owner: Person, configure: Callable[..., Settings]
) -> None:
    assert Settings().webhook_endpoints == 20
    configure(webhook_endpoints=1)
    endpoint = await steps.made(owner, project)
    refused = await steps.create(owner, project)
    assert faults(refused) == [("tenantId", "TOO_MANY_ENDPOINTS")]
    assert "1" in refused["fields"][0]["message"]
    await steps.remove(owner, endpoint)
    await steps.made(owner, project)


async def attempts(by: Person, tenant: Tenant, endpoint: str, delivery: str) -> list[str]:
    """What each of the mutations comes to."""
    answers = [
        await steps.create(by, tenant),
        await steps.change(by, endpoint, description="mine"),
        await steps.switch(by, endpoint, enabled=False),
        await steps.rotate(by, endpoint),
        await steps.test(by, endpoint),
        await steps.redeliver(by, delivery),
        await steps.remove(by, endpoint),
    ]
    return [answer["__typename"] for answer in answers]


async def test_who_may_not_manage_keys_manages_no_webhooks(
    world: World, project: Tenant, owner: Person, manager: Person, stranger: Person
) -> None:
    """PRODUCT 2: what hears a tenant from outside is its owner's; CASES 68: to others it does not
    exist.
    """
    endpoint = await steps.made(owner, project)
    delivery = (await steps.test(owner, endpoint))["delivery"]["id"]
    elsewhere = await world.join(await world.tenant(Catalog.ACCOUNT))
    assert set(await attempts(manager, project, endpoint, delivery)) == {"PermissionDenied"}
    for person in (stranger, elsewhere):
        assert set(await attempts(person, project, endpoint, delivery)) == {"NotFound"}
    assert await manager.refusal(LIST, id=project.id) == "PERMISSION_DENIED"
    assert (await elsewhere.ask(LIST, id=project.id))["webhookEndpoints"] is None
    for person in (manager, stranger, elsewhere):
        for hidden in (endpoint, delivery):
            assert (await person.ask(NODE, id=hidden))["node"] is None
    assert (await owner.ask(NODE, id=endpoint))["node"] == {"id": endpoint}
    assert (await owner.ask(NODE, id=delivery))["node"] == {"id": delivery}


async def test_what_webhooks_hear_takes_the_right_to_the_audit_as_well(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 2, rule 1: nobody hears of a tenant by a webhook what he may not read there."""
    endpoint = await steps.made(owner, project)
    delivery = (await steps.test(owner, endpoint))["delivery"]["id"]
    half = await world.join(project, "ADMINISTRATOR", grants=["keys:manage"])
    assert set(await attempts(half, project, endpoint, delivery)) == {"PermissionDenied"}
    assert await half.refusal(LIST, id=project.id) == "PERMISSION_DENIED"
    assert (await half.ask(NODE, id=endpoint))["node"] is None
    whole = await world.join(project, "ADMINISTRATOR", grants=["keys:manage", "audit:view"])
    assert "PermissionDenied" not in await attempts(whole, project, endpoint, delivery)


async def test_endpoints_are_listed_newest_first_in_pages(
    world: World, project: Tenant, owner: Person
) -> None:
    ids = [await steps.made(owner, project) for _ in range(3)]
    other = await world.join(await world.tenant())
    async with db.transaction(db.SYSTEM):
        elsewhere = await Tenant.all().exclude(id=project.id).get()
    await steps.made(other, elsewhere)
    first = (await owner.ask(LIST, id=project.id, first=2))["webhookEndpoints"]
    assert first["totalCount"] == 3
    assert [edge["node"]["id"] for edge in first["edges"]] == ids[:0:-1]
    assert first["edges"][0]["node"]["tenant"] == {"id": project.id}
    maker = {"id": owner.id, "fullName": "Olga"}
    assert first["edges"][0]["node"]["createdBy"] == maker
    after = first["pageInfo"]["endCursor"]
    rest = (await owner.ask(LIST, id=project.id, after=after))["webhookEndpoints"]
    assert [edge["node"]["id"] for edge in rest["edges"]] == ids[:1]


async def test_what_is_left_out_of_a_change_stays(project: Tenant, owner: Person) -> None:
    answer = await steps.create(owner, project, events=["app.*"], description=" Portal ")
    before = answer["webhookEndpoint"]
    assert before["description"] == "Portal"
    for values in ({}, {"url": None, "events": None}, {"description": "Portal"}):
        changed = await steps.change(owner, before["id"], **values)
        assert changed["webhookEndpoint"] == before
    changed = (await steps.change(owner, before["id"], description=None))["webhookEndpoint"]
    assert changed == before | {"description": None}
    async with db.transaction(db.SYSTEM):
        assert await AuditEvent.filter(action="webhook.update").count() == 1


async def test_a_new_address_has_failed_at_nothing_yet(
    project: Tenant, owner: Person, clock: Clock
) -> None:
    endpoint = await steps.made(owner, project)
    async with db.transaction(db.SYSTEM):
        await WebhookEndpoint.all().update(failing_since=clock.now(), rests_until=clock.now())
    await steps.change(owner, endpoint, description="The portal")
    assert (await steps.endpoint(endpoint)).failing_since is not None
    await steps.change(owner, endpoint, url="https://other.example/")
    stored = await steps.endpoint(endpoint)
    assert (stored.failing_since, stored.rests_until) == (None, None)


async def test_enabling_and_disabling_twice_is_once(project: Tenant, owner: Person) -> None:
    endpoint = await steps.made(owner, project)
    for enabled, reason in ((True, None), (False, "BY_HAND"), (False, "BY_HAND"), (True, None)):
        shown = (await steps.switch(owner, endpoint, enabled=enabled))["webhookEndpoint"]
        assert shown["disabledReason"] == reason
        assert (shown["disabledAt"] is None) is enabled
    event = await audited("webhook.disable")
    assert event.changes == {"disabled_reason": [None, "BY_HAND"]}
    event = await audited("webhook.enable")
    assert event.changes == {"disabled_reason": ["BY_HAND", None]}


async def test_a_new_secret_stands_beside_the_former_one_for_a_day(
    world: World, project: Tenant, owner: Person, clock: Clock
) -> None:
    answer = await steps.create(owner, project)
    endpoint, first = answer["webhookEndpoint"]["id"], answer["secret"]
    rotated = await steps.rotate(owner, endpoint)
    assert rotated["secret"] != first
    assert rotated["webhookEndpoint"]["formerSecretUntil"] is not None
    stored = await steps.endpoint(endpoint)
    assert stored.former_secret is not None
    assert sealing.unseal(stored.former_secret) == first
    assert sealing.unseal(stored.secret) == rotated["secret"]
    assert (await audited("webhook.rotate_secret")).changes == {"secret": []}
    clock.move(timedelta(days=1))
    shown = (await steps.change(owner, endpoint))["webhookEndpoint"]
    assert shown["formerSecretUntil"] is None


async def test_an_endpoint_that_was_removed_is_gone_with_its_log(
    project: Tenant, owner: Person
) -> None:
    endpoint = await steps.made(owner, project, events=["app.*"])
    await steps.test(owner, endpoint)
    answer = await steps.remove(owner, endpoint)
    assert answer["webhookEndpointId"] == endpoint
    assert await steps.deliveries() == []
    assert await steps.send() == 0
    assert (await steps.remove(owner, endpoint))["__typename"] == "NotFound"
    assert (await audited("webhook.remove")).subject_id == endpoint


async def test_an_endpoint_stays_when_who_made_it_goes(
    world: World, project: Tenant, owner: Person
) -> None:
    """ADR 0031: it is the tenant's, unlike a key, which acts in somebody's stead."""
    other = await world.join(project)
    endpoint = await steps.made(other, project, events=["member.remove"])
    await owner.do("removeMember", {"memberId": other.member_id})
    assert [told.event for told in await steps.deliveries()] == ["member.remove"]
    found = (await owner.ask(LIST, id=project.id))["webhookEndpoints"]["edges"]
    assert [edge["node"]["id"] for edge in found] == [endpoint]
    assert found[0]["node"]["createdBy"]["id"] == other.id
    assert (await steps.remove(other, endpoint))["__typename"] == "NotFound"


async def test_somebody_disabled_manages_no_webhooks(
    world: World, project: Tenant, owner: Person
) -> None:
    endpoint = await steps.made(owner, project)
    gone = await world.join(project, status=MemberStatus.DISABLED)
    assert (await steps.remove(gone, endpoint))["__typename"] == "NotFound"
    assert (await gone.ask(NODE, id=endpoint))["node"] is None


async def test_nobody_manages_webhooks_without_signing_in(
    project: Tenant, owner: Person, anonymous: Client
) -> None:
    await steps.made(owner, project)
    assert await anonymous.refusal(LIST, id=project.id) == "UNAUTHENTICATED"
