"""What a tenant's webhooks are told: each change that its audit records, in the same transaction,
in the form of Standard Webhooks (ADR 0031).

Ids, codes, states and names of fields, as in the audit: whoever wants more asks the API by them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from tortoise.models import Model

from mail import outbox
from models import WebhookDelivery, WebhookEndpoint, WebhookState, clock, database, direct, ids
from resolvers import actions

TEST = "webhook.test"

Changes = Mapping[str, tuple[str | None, str | None] | tuple[()]]

# Whoever removes an endpoint waits for those who are telling it of something.
_LISTENING = """
select id, tenant_id from webhook_endpoints
where tenant_id = any ($1) and disabled_at is null and events && $2 for key share
"""

_INSERT = """
insert into webhook_deliveries (id, tenant_id, endpoint_id, event_id, event, body, state, attempts,
  created_at)
select given.*, $7, 0, $8
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as given
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change as the audit records it; `tenant_id` is None where no tenant is concerned."""

    id: str
    tenant_id: str | None
    actor_id: str | None
    as_staff: bool
    action: str
    subject_id: str
    changes: Changes
    request_id: str
    created_at: datetime

    def facts(self) -> dict[str, Any]:
        """Its values by their names."""
        return {name: getattr(self, name) for name in self.__slots__}


async def announce(events: Sequence[Event], *rows: Model) -> None:
    """Queue calls to whoever listens for these, which are all of one action; write `rows` before.

    One statement where nobody does. Runs in the transaction that changes what they tell of.
    """
    heard = [event for event in events if event.tenant_id and event.action in actions.HEARD]
    if not heard:
        await direct.insert(*rows)
        return
    tenants, wanted = {event.tenant_id for event in heard}, actions.patterns_of(heard[0].action)
    listening = await direct.insert_and(_LISTENING, [list(tenants), wanted], *rows)
    await _queue(
        [
            (row["id"], event)
            for event in heard
            for row in listening
            if event.tenant_id == row["tenant_id"]
        ]
    )


async def test(endpoint: WebhookEndpoint, *, actor_id: str | None, request_id: str) -> str:
    """Queue an event that tells of nothing, for that endpoint alone; the id of its delivery."""
    event = Event(
        id=ids.new("evt"),
        tenant_id=endpoint.tenant_id,
        actor_id=actor_id,
        as_staff=False,
        action=TEST,
        subject_id=endpoint.id,
        changes={},
        request_id=request_id,
        created_at=clock.now(),
    )
    [delivery] = await _queue([(endpoint.id, event)])
    return delivery.id


async def _queue(calls: Sequence[tuple[str, Event]]) -> list[WebhookDelivery]:
    """Each event for the endpoint of that id."""
    now = clock.now()
    deliveries = [
        WebhookDelivery(
            id=ids.new("whd"),
            tenant_id=event.tenant_id,
            endpoint_id=endpoint_id,
            event_id=event.id,
            event=event.action,
            body=_body(event),
            state=WebhookState.QUEUED,
            created_at=now,
        )
        for endpoint_id, event in calls
    ]
    if deliveries:
        await _insert(deliveries, now)
        await outbox.enqueue_webhooks(deliveries, now=now)
    return deliveries


async def _insert(deliveries: Sequence[WebhookDelivery], now: datetime) -> None:
    await database.rows(
        _INSERT,
        *(
            [getattr(delivery, name) for delivery in deliveries]
            for name in ("id", "tenant_id", "endpoint_id", "event_id", "event", "body")
        ),
        WebhookState.QUEUED.value,
        now,
    )


def _body(event: Event) -> str:
    data = {
        "id": event.id,
        "tenantId": event.tenant_id,
        "subjectId": event.subject_id,
        "actor": {"kind": _kind(event), "id": event.actor_id},
        "changes": [_change(name, values) for name, values in event.changes.items()],
        "requestId": event.request_id,
    }
    told = {"type": event.action, "timestamp": event.created_at, "data": data}
    return orjson.dumps(told).decode()


def _kind(event: Event) -> str:
    if event.actor_id is None:
        return "SYSTEM"
    if event.as_staff:
        return "STAFF"
    return "API_KEY" if ids.prefix(event.actor_id) == "key" else "USER"


def _change(name: str, values: Sequence[str | None]) -> dict[str, str | None]:
    before, after = values or (None, None)
    return {"field": actions.field_name(name), "before": before, "after": after}
