"""What follows when a webhook's endpoint was called: the log, and its end where it fails for long.

Handed to whoever calls (`mail.webhook_calls.Ledger`), so that all of it happens in the transaction
that settles the call.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import settings
from auth import sealing
from auth.viewer import Client, Viewer
from locales import Locale
from mail import messages, outbox
from mail.messages import Message
from mail.outcomes import Outcome
from models import (
    DisabledReason,
    OutboxEntry,
    OutboxState,
    Tenant,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
    clock,
    database,
)
from permissions.catalog import OWNER
from resolvers import audit, notices

_STATES = {
    OutboxState.QUEUED: WebhookState.QUEUED,
    OutboxState.SENT: WebhookState.DELIVERED,
}
_PATIENCE = frozenset({429, 502, 503, 504})
_SHORTEST_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(hours=1)

# Sent again by hand meanwhile, it still waits.
_GIVE_UP = """
update webhook_deliveries d set state = 'FAILED', error = 'Cancelled', finished_at = $2
where id = $1 and state = 'QUEUED' and not exists (
  select from outbox_entries where webhook_delivery_id = d.id and state = 'QUEUED'
)
"""


async def hold(entry: OutboxEntry) -> None:
    """Lock the endpoint: before its entries, in the order of those who change it."""
    await WebhookEndpoint.filter(id=entry.recipient).select_for_update(no_key=True).first()


async def record(entry: OutboxEntry, outcome: Outcome) -> None:
    """The delivery says what has come of it; its endpoint rests, recovers or is disabled."""
    if outcome.state is OutboxState.CANCELLED:
        await database.rows(_GIVE_UP, entry.webhook_delivery_id, clock.now())
        return
    endpoint = await WebhookEndpoint.get(id=entry.recipient)
    await _write(endpoint, entry, outcome)
    if outcome.tried and endpoint.disabled_at is None:
        await _judge(endpoint, entry, outcome)


async def _write(endpoint: WebhookEndpoint, entry: OutboxEntry, outcome: Outcome) -> None:
    """What was to be tried again is not, where the endpoint was disabled meanwhile."""
    state = _STATES.get(outcome.state, WebhookState.FAILED)
    if state is WebhookState.QUEUED and endpoint.disabled_at is not None:
        state = WebhookState.FAILED
    delivery = await WebhookDelivery.get(id=entry.webhook_delivery_id)
    delivery.state = state
    delivery.attempts += outcome.tried
    delivery.status = outcome.reply.status if outcome.reply else None
    delivery.error = None if outcome.reply else outcome.error
    delivery.finished_at = None if state is WebhookState.QUEUED else clock.now()
    await delivery.save(update_fields=["state", "attempts", "status", "error", "finished_at"])


async def _judge(endpoint: WebhookEndpoint, entry: OutboxEntry, outcome: Outcome) -> None:
    now = clock.now()
    since = endpoint.failing_since
    if outcome.state is OutboxState.SENT:
        await _recover(endpoint)
    elif outcome.state is OutboxState.BOUNCED and outcome.reply is not None:
        await _end(endpoint, entry, DisabledReason.GONE)
    elif since is not None and now - since >= settings.load().webhook_patience:
        await _end(endpoint, entry, DisabledReason.FAILING)
    else:
        await _note(endpoint, failing_since=since or now, rests_until=_rest(since, outcome, now))


async def _recover(endpoint: WebhookEndpoint) -> None:
    """Its secret is sealed anew as well, so that older ones of the server may go."""
    anew = sealing.renewed(endpoint.secret)
    if anew is not None or endpoint.failing_since is not None:
        secret = anew or endpoint.secret
        await _note(endpoint, secret=secret, failing_since=None, rests_until=None)


async def _note(endpoint: WebhookEndpoint, **values: datetime | str | None) -> None:
    await WebhookEndpoint.filter(id=endpoint.id).update(**values)


def _rest(since: datetime | None, outcome: Outcome, now: datetime) -> datetime | None:
    """Who does not answer, or asks for patience, has half as long as it has been failing: it costs
    the others less the longer it takes. Any other answer costs them nothing.
    """
    if outcome.reply is not None and outcome.reply.status not in _PATIENCE:
        return None
    half = (now - since) / 2 if since else timedelta()
    return now + min(max(half, _SHORTEST_REST), _LONGEST_REST)


async def _end(endpoint: WebhookEndpoint, entry: OutboxEntry, reason: DisabledReason) -> None:
    """Its owners hear of it, since nobody was there when it happened."""
    now = clock.now()
    system = Viewer(Client(address="", request_id=entry.id))
    await stop(system, endpoint, reason)
    tenant = await Tenant.get(id=endpoint.tenant_id)

    def said(_: Locale) -> Message:
        return messages.webhook_disabled(
            tenant_name=tenant.name,
            host=urlsplit(endpoint.url).hostname or "",
            gone=reason is DisabledReason.GONE,
            failing_since=endpoint.failing_since or now,
        )

    await notices.tell_role(tenant, OWNER, said, now=now)


async def stop(viewer: Viewer, endpoint: WebhookEndpoint, reason: DisabledReason) -> None:
    """The endpoint, which is locked, hears nothing any more, nor what waited for it."""
    now = clock.now()
    await WebhookEndpoint.filter(id=endpoint.id).update(
        disabled_at=now, disabled_reason=reason, updated_at=now
    )
    await outbox.cancel_webhooks(endpoint.id, tenant_id=endpoint.tenant_id, now=now)
    waiting = WebhookDelivery.filter(
        tenant_id=endpoint.tenant_id, endpoint_id=endpoint.id, state=WebhookState.QUEUED
    )
    await waiting.update(state=WebhookState.FAILED, error="Disabled", finished_at=now)
    await audit.record(
        viewer,
        "webhook.disable",
        subject_id=endpoint.id,
        tenant_id=endpoint.tenant_id,
        changes={"disabled_reason": (None, reason)},
    )
