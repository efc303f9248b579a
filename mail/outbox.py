"""Mails and SMS that are to leave: rows written in the transaction of the change they tell of.

So a change and its mail stand or fall together. A row names an invitation and the generation of
its link, an account link or a phone code, never a secret: that is computed when it is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from locales import Locale
from mail.messages import Message
from models import (
    AccountLink,
    AppAction,
    Channel,
    Invitation,
    OutboxEntry,
    OutboxState,
    PhoneCode,
    TenantInvitation,
    WebhookDelivery,
    database,
    ids,
)

Carried = Invitation | TenantInvitation | AccountLink | PhoneCode
_CARRIED_IN = {
    Invitation: "invitation_id",
    TenantInvitation: "tenant_invitation_id",
    AccountLink: "link_id",
    PhoneCode: "code_id",
}

_CALLED_FOR = timedelta(hours=1)
_TOLD_FOR = timedelta(days=4)

_INSERT = """
insert into outbox_entries (id, user_id, recipient, locale, due_at, channel, message, facts, state,
  attempts, created_at, tenant_id)
select given.id, given.user_id, given.recipient, given.locale, given.due_at, $6, $7, text.value,
  'QUEUED', 0, $8, $10
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
  as given(id, user_id, recipient, locale, due_at)
join jsonb_each($9::jsonb) as text on text.key = given.locale
"""

_INSERT_WEBHOOKS = """
insert into outbox_entries (id, tenant_id, webhook_delivery_id, recipient, channel, message, locale,
  facts, state, attempts, due_at, not_after, created_at)
select given.*, $5, 'webhook', $6, '{}', 'QUEUED', 0, $7, $8, $7
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as given
"""

# What is being sent at this moment is let be: its worker comes to know by itself.
_CANCEL_WEBHOOKS = """
update outbox_entries set cancelled_at = $2, due_at = $2 where id in (
  select o.id from webhook_deliveries d join outbox_entries o on o.webhook_delivery_id = d.id
  where d.tenant_id = $3 and d.endpoint_id = $1 and d.state = 'QUEUED'
    and o.state = 'QUEUED' and o.cancelled_at is null
  for update of o skip locked
)
"""


@dataclass(frozen=True, slots=True)
class Addressee:
    """An account that a message goes to, in that language, not before `due_at`."""

    user_id: str
    email: str
    locale: Locale
    due_at: datetime


def entry(
    message: Message,
    *,
    to: str,
    locale: Locale,
    now: datetime,
    tenant_id: str | None = None,
    user_id: str | None = None,
    carries: Carried | None = None,
    channel: Channel = Channel.MAIL,
) -> OutboxEntry:
    """`message` for the address or number `to`, to be written with the change that it tells of.

    `tenant_id` where it concerns a tenant, `user_id` where it goes to an account. It is given up
    when what it carries expires.
    """
    return OutboxEntry(
        id=ids.new("msg"),
        tenant_id=tenant_id,
        user_id=user_id,
        channel=channel,
        message=message.name,
        recipient=to,
        locale=locale,
        facts=dict(message.facts),
        state=OutboxState.QUEUED,
        due_at=now,
        not_after=carries.expires_at if carries else None,
        created_at=now,
        **_carried(carries),
    )


def _carried(carries: Carried | None) -> dict[str, Any]:
    """The columns that say what it carries, and which of the links that were made for it."""
    if carries is None:
        return {}
    generation = getattr(carries, "generation", None)
    links = {} if generation is None else {"generation": generation}
    return {_CARRIED_IN[type(carries)]: carries.id} | links


async def enqueue_call(action: AppAction, *, now: datetime) -> None:
    """Queue what an app is to be asked, after whatever else it is being asked; runs
    in the caller's transaction. After an hour it is given up.
    """
    await OutboxEntry.create(
        id=ids.new("msg"),
        tenant_id=action.tenant_id,
        app_action_id=action.id,
        channel=Channel.APP,
        message="app_action",
        recipient=action.app_id,
        locale=Locale.EN,
        facts={},
        state=OutboxState.QUEUED,
        due_at=now,
        not_after=now + _CALLED_FOR,
        created_at=now,
    )


async def enqueue_webhooks(deliveries: Sequence[WebhookDelivery], *, now: datetime) -> None:
    """Queue what endpoints are to be told, each endpoint for itself; runs in the caller's
    transaction. After four days it is given up.
    """
    await database.rows(
        _INSERT_WEBHOOKS,
        [ids.new("msg") for _ in deliveries],
        [delivery.tenant_id for delivery in deliveries],
        [delivery.id for delivery in deliveries],
        [delivery.endpoint_id for delivery in deliveries],
        Channel.WEBHOOK.value,
        Locale.EN.value,
        now,
        now + _TOLD_FOR,
    )


async def enqueue_all(
    to: Sequence[Addressee],
    texts: Mapping[Locale, Message],
    *,
    now: datetime,
    tenant_id: str | None = None,
) -> None:
    """Queue one message for many, each in his language: one statement, in the running transaction.

    The facts travel once for each language; `to` holds as many as one statement can write in its
    time, some thousands.
    """
    [name] = {message.name for message in texts.values()}
    await database.rows(
        _INSERT,
        [ids.new("msg") for _ in to],
        [one.user_id for one in to],
        [one.email for one in to],
        [one.locale.value for one in to],
        [one.due_at for one in to],
        Channel.MAIL.value,
        name,
        now,
        orjson.dumps({locale.value: dict(text.facts) for locale, text in texts.items()}).decode(),
        tenant_id,
    )


async def cancel(invitation: Invitation, *, now: datetime) -> int:
    """The invitation's mails that have not left do not leave any more; how many there were."""
    return await _cancel(now, tenant_id=invitation.tenant_id, invitation_id=invitation.id)


async def cancel_tenant_invitations(*invitation_ids: str, now: datetime) -> int:
    """As `cancel`, of invitations of new tenants."""
    return await _cancel(now, tenant_invitation_id__in=invitation_ids)


async def cancel_tenant(tenant_id: str, *, now: datetime) -> int:
    """The tenant's mails that have not left do not leave any more; how many there were."""
    return await _cancel(now, tenant_id=tenant_id)


async def cancel_codes(user_id: str, *, now: datetime) -> int:
    """Codes to that account that have not left do not leave any more."""
    return await _cancel(now, user_id=user_id, code_id__isnull=False)


async def cancel_webhooks(endpoint_id: str, *, tenant_id: str, now: datetime) -> None:
    """What that endpoint was to be told does not leave any more."""
    await database.rows(_CANCEL_WEBHOOKS, endpoint_id, now, tenant_id)


async def erase_user(user_id: str, *, now: datetime) -> int:
    """What is written to that account does not leave any more, and says nothing of it."""
    waiting = OutboxEntry.filter(state=OutboxState.QUEUED, user_id=user_id)
    return await waiting.update(cancelled_at=now, due_at=now, recipient="", facts={})


async def _cancel(now: datetime, **those: str | bool | Sequence[str]) -> int:
    """Due at once, so that the worker closes them without waiting for their next try."""
    waiting = OutboxEntry.filter(state=OutboxState.QUEUED, cancelled_at=None, **those)
    return await waiting.update(cancelled_at=now, due_at=now)
