"""Steps that lead to what a test of webhooks is about: an endpoint, and what it was told."""

from typing import Any

from mail import delivery
from mail.webhook_calls import WebhookCaller
from models import Tenant, WebhookDelivery, WebhookEndpoint, database
from resolvers import webhook_outcomes
from tests.clients import Person

URL = "https://portal.example/hooks?key=hunter2"
CALLER = WebhookCaller(private=True, ledger=webhook_outcomes)
SHOWN = "id url description events formerSecretUntil failingSince disabledAt disabledReason"
TOLD = "id endpointId eventId event body state attempts status error finishedAt nextAttemptAt"
DELIVERIES = (
    "query($id: ID!, $first: Int, $after: String, $states: [WebhookDeliveryState!]) {"
    " node(id: $id) { ... on WebhookEndpoint {"
    " deliveries(first: $first, after: $after, states: $states) {"
    f" totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {TOLD} }} }}"
    " } } } }"
)


async def create(
    by: Person,
    tenant: Tenant,
    url: str = URL,
    events: list[str] | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    """What making an endpoint comes to; it hears everything unless told otherwise."""
    values = {"tenantId": tenant.id, "url": url, "events": ["*"] if events is None else events}
    if description is not None:
        values["description"] = description
    return await by.do("createWebhookEndpoint", values, f"webhookEndpoint {{ {SHOWN} }} secret")


async def made(by: Person, tenant: Tenant, url: str = URL, events: list[str] | None = None) -> str:
    """The id of a new endpoint."""
    answer = await create(by, tenant, url, events)
    assert answer["__typename"] == "CreateWebhookEndpointPayload", answer
    return str(answer["webhookEndpoint"]["id"])


async def change(by: Person, endpoint_id: str, **values: Any) -> dict[str, Any]:
    return await by.do(
        "updateWebhookEndpoint", {"id": endpoint_id} | values, f"webhookEndpoint {{ {SHOWN} }}"
    )


async def switch(by: Person, endpoint_id: str, *, enabled: bool) -> dict[str, Any]:
    values = {"id": endpoint_id, "enabled": enabled}
    return await by.do("setWebhookEndpointEnabled", values, f"webhookEndpoint {{ {SHOWN} }}")


async def rotate(by: Person, endpoint_id: str) -> dict[str, Any]:
    return await by.do(
        "rotateWebhookSecret", {"id": endpoint_id}, f"webhookEndpoint {{ {SHOWN} }} secret"
    )


async def remove(by: Person, endpoint_id: str) -> dict[str, Any]:
    return await by.do("removeWebhookEndpoint", {"id": endpoint_id}, "webhookEndpointId")


async def test(by: Person, endpoint_id: str) -> dict[str, Any]:
    return await by.do("sendTestWebhook", {"id": endpoint_id}, f"delivery {{ {TOLD} }}")


async def redeliver(by: Person, delivery_id: str) -> dict[str, Any]:
    return await by.do("redeliverWebhook", {"id": delivery_id}, f"delivery {{ {TOLD} }}")


async def log(by: Person, endpoint_id: str, **variables: Any) -> list[dict[str, Any]]:
    """What the endpoint was told, newest first."""
    found = await by.ask(DELIVERIES, id=endpoint_id, **variables)
    return [edge["node"] for edge in found["node"]["deliveries"]["edges"]]


async def send(*, limit: int = 50) -> int:
    """What is due is sent; how many there were."""
    return await delivery.deliver_due(CALLER, limit=limit)


async def endpoint(endpoint_id: str) -> WebhookEndpoint:
    """As it stands in the database."""
    async with database.transaction(database.SYSTEM):
        return await WebhookEndpoint.get(id=endpoint_id)


async def deliveries() -> list[WebhookDelivery]:
    """Of all tenants, oldest first."""
    async with database.transaction(database.SYSTEM):
        return await WebhookDelivery.all().order_by("id")


def faults(answer: dict[str, Any]) -> list[tuple[str, str]]:
    assert answer["__typename"] == "InvalidInput", answer
    return [(".".join(fault["path"]), fault["code"]) for fault in answer["fields"]]
