"""The log of what webhooks were told, for a month, and what is sent by hand (ADR 0031)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import errors
import settings
from auth import limits
from auth.viewer import Viewer
from mail import outbox
from models import (
    OutboxEntry,
    OutboxState,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
    clock,
    database,
)
from permissions import checks
from resolvers import pages, webhook_directory, webhook_events, webhooks
from resolvers.conditions import Conditions
from resolvers.webhook_directory import Endpoint

KEPT = timedelta(days=30)
_AT_ONCE = 5000
_AROUND = """
select d.id as order_key, d.id, d.tenant_id, d.endpoint_id, d.event_id, d.event, d.body, d.state,
  d.attempts, d.status, d.error, d.created_at, d.finished_at, o.due_at as next_attempt_at
from ({}) d left join outbox_entries o
  on o.webhook_delivery_id = d.id and o.state = 'QUEUED' and o.cancelled_at is null
"""
_SELECT = _AROUND.format("select * from webhook_deliveries")
_FORGET = """
delete from webhook_deliveries where id in (
  select id from webhook_deliveries where created_at <= $1 and state <> 'QUEUED' limit $2
)
returning id
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint; `status` is the last answer's, `error` why there was none.
    `next_attempt_at` is None once nothing more is tried.
    """

    id: str
    tenant_id: str
    endpoint_id: str
    event_id: str
    event: str
    body: str
    state: WebhookState
    attempts: int
    status: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    next_attempt_at: datetime | None


async def send_test(viewer: Viewer, endpoint_id: str) -> Delivery:
    """The endpoint is about to hear a `webhook.test`, whatever it listens for.

    Raises:
        errors.Unauthenticated, errors.RateLimited, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: it is disabled.
    """
    await _count(viewer)
    async with database.transaction(viewer.scope):
        endpoint = await _awake(viewer, endpoint_id, "id")
        delivery_id = await webhook_events.test(
            endpoint, actor_id=viewer.actor_id, request_id=viewer.client.request_id
        )
        return await _changed(delivery_id)


async def redeliver(viewer: Viewer, delivery_id: str) -> Delivery:
    """The same is sent once more, under the same id, whether or not it was taken; what waits is
    sent at once.

    Raises:
        errors.Unauthenticated, errors.RateLimited, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: its endpoint is disabled.
    """
    await _count(viewer)
    async with database.transaction(viewer.scope):
        found = await WebhookDelivery.get_or_none(id=delivery_id)
        if found is None:
            raise errors.NotFound
        await _awake(viewer, found.endpoint_id, "id")
        await _send_again(found)
        return await _changed(delivery_id)


async def _count(viewer: Viewer) -> None:
    user_id = checks.require_caller(viewer)
    rate = settings.load().limit_webhook_calls
    await limits.count(limits.counter("webhook call", rate, user_id))


async def _awake(viewer: Viewer, endpoint_id: str, *path: str) -> WebhookEndpoint:
    """The endpoint, locked; it rests no longer, since somebody wants to know."""
    endpoint = await webhooks.lock(viewer, endpoint_id)
    if endpoint.disabled_at is not None:
        raise errors.InvalidInput.at(*path, code="WEBHOOK_DISABLED")
    await WebhookEndpoint.filter(id=endpoint_id).update(rests_until=None)
    return endpoint


async def _send_again(delivery: WebhookDelivery) -> None:
    now = clock.now()
    waiting = OutboxEntry.filter(
        webhook_delivery_id=delivery.id, state=OutboxState.QUEUED, cancelled_at=None
    )
    if await waiting.update(due_at=now):
        return
    await WebhookDelivery.filter(id=delivery.id).update(state=WebhookState.QUEUED, finished_at=None)
    await outbox.enqueue_webhooks([delivery], now=now)


async def page(
    viewer: Viewer,
    endpoint: Endpoint,
    window: pages.Window,
    *,
    states: Sequence[WebhookState] | None = None,
) -> pages.Page[Delivery]:
    """What that endpoint was told, newest first.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: of the window.
    """
    webhook_directory.require_sees(viewer, endpoint.tenant_id)
    where = _where(endpoint, states)
    return await pages.read(
        f"select d.* from webhook_deliveries d where {where.sql}",  # noqa: S608 SQL of ours
        where.arguments,
        order=pages.Order(f"webhook deliveries:{endpoint.id}", "d.id", "d.id", descending=True),
        window=window,
        make=_row,
        around=_AROUND,
        by_values=states is not None,
    )


async def count(endpoint: Endpoint, states: Sequence[WebhookState] | None = None) -> int:
    """How many `page` has in all."""
    where = _where(endpoint, states)
    sql = f"select count(*) from webhook_deliveries d where {where.sql}"  # noqa: S608 SQL of ours
    return await pages.count(sql, where.arguments)


def _where(endpoint: Endpoint, states: Sequence[WebhookState] | None) -> Conditions:
    where = Conditions()
    where.add("d.tenant_id = {} and d.endpoint_id = {}", endpoint.tenant_id, endpoint.id)
    if states is not None:
        where.add_one_of("d.state", [state.value for state in states])
    return where


async def get(viewer: Viewer, delivery_id: str) -> Delivery:
    """Raises:
    errors.NotFound: absent, or not the viewer's to see.
    """
    found = await database.rows(f"{_SELECT} where d.id = $1", delivery_id)
    if not found or not webhook_directory.sees(viewer, found[0]["tenant_id"]):
        raise errors.NotFound
    return _row(found[0])


async def forget_old() -> int:
    """Delete what was told 30 days ago or earlier, some thousands at once; how many there were."""
    forgotten, before = 0, clock.now() - KEPT
    while True:
        async with database.transaction(database.SYSTEM):
            gone = len(await database.rows(_FORGET, before, _AT_ONCE))
        forgotten += gone
        if gone < _AT_ONCE:
            return forgotten


async def _changed(delivery_id: str) -> Delivery:
    [record] = await database.rows(f"{_SELECT} where d.id = $1", delivery_id)
    return _row(record)


def _row(record: Mapping[str, Any]) -> Delivery:
    values = {key: value for key, value in record.items() if key != "order_key"}
    return Delivery(**values | {"state": WebhookState(record["state"])})
