"""How a tenant's other software hears what was done there: signed calls to the addresses that its
owners have named (ADR 0031).

What follows from an outcome is decided above: `ledger` writes it down.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, Self

from mail.calls import Call, Caller, Refused, RefusedForGood
from mail.outcomes import Outcome, Reply
from models import Channel, OutboxEntry, WebhookDelivery, WebhookEndpoint, clock
from settings import Settings

_DEADLINE = timedelta(seconds=15)
_GONE = 410


class Ledger(Protocol):
    """Who writes down what has become of a call, see `Caller`."""

    async def hold(self, entry: OutboxEntry) -> None: ...
    async def record(self, entry: OutboxEntry, outcome: Outcome) -> None: ...


@dataclass(frozen=True, slots=True)
class WebhookCaller(Caller):
    """Of an answer only the status counts; its text is not even read."""

    deadline: timedelta = _DEADLINE
    ledger: Ledger = field(kw_only=True)

    @classmethod
    def at(cls, settings: Settings, *, ledger: Ledger) -> Self:
        return cls(private=settings.reaches_private_destinations, ledger=ledger)

    @property
    def channel(self) -> Channel:
        return Channel.WEBHOOK

    async def parcel(self, entry: OutboxEntry) -> Call | None:
        """To where the endpoint listens by now; None where it is disabled, or its tenant ended."""
        delivery = await WebhookDelivery.get(id=entry.webhook_delivery_id)
        endpoint = await WebhookEndpoint.get(id=delivery.endpoint_id).select_related("tenant")
        if endpoint.disabled_at is not None or endpoint.tenant.deleted_at is not None:
            return None
        return Call(delivery.event_id, endpoint.url, _secrets(endpoint), delivery.body)

    async def call(self, call: Call) -> Reply:
        """Only 2xx is a yes, and 410 says never again (Standard Webhooks)."""
        reply = await self.post(call, longest=0)
        if reply.status == _GONE:
            raise RefusedForGood(reply)
        if reply.status // 100 != 2:  # noqa: PLR2004 the class of success
            raise Refused(reply)
        return reply

    async def hold(self, entry: OutboxEntry) -> None:
        await self.ledger.hold(entry)

    async def record(self, entry: OutboxEntry, outcome: Outcome) -> None:
        await self.ledger.record(entry, outcome)


def _secrets(endpoint: WebhookEndpoint) -> tuple[str, ...]:
    """After a rotation the former one as well, for as long as it holds."""
    former = endpoint.former_secret, endpoint.former_until
    if former[0] is None or former[1] is None or former[1] <= clock.now():
        return (endpoint.secret,)
    return endpoint.secret, former[0]
