"""Mails and SMS that are to leave: rows written in the transaction of the change they tell of.

So a change and its mail stand or fall together. A row names an invitation and the generation of
its link, an account link or a phone code, never a secret: that is computed when it is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from locales import Locale
from mail.messages import Message
from models import (
    AccountLink,
    Channel,
    Invitation,
    OutboxEntry,
    OutboxState,
    PhoneCode,
    database,
    ids,
)

_INSERT = """
insert into outbox_entries (id, user_id, recipient, locale, due_at, channel, message, facts, state,
  attempts, created_at)
select given.id, given.user_id, given.recipient, given.locale, given.due_at, $6, $7, text.value,
  'QUEUED', 0, $8
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
  as given(id, user_id, recipient, locale, due_at)
join jsonb_each($9::jsonb) as text on text.key = given.locale
"""


@dataclass(frozen=True, slots=True)
class Addressee:
    """An account that a message goes to, in that language, not before `due_at`."""

    user_id: str
    email: str
    locale: Locale
    due_at: datetime


async def enqueue(
    message: Message,
    *,
    to: str,
    locale: Locale,
    now: datetime,
    tenant_id: str | None = None,
    user_id: str | None = None,
    carries: Invitation | AccountLink | PhoneCode | None = None,
    channel: Channel = Channel.MAIL,
) -> OutboxEntry:
    """Queue `message` for the address or number `to`; runs in the caller's transaction.

    `tenant_id` where it concerns a tenant, `user_id` where it goes to an account. It is given up
    when what it carries expires.
    """
    invitation = carries if isinstance(carries, Invitation) else None
    return await OutboxEntry.create(
        id=ids.new("msg"),
        tenant_id=tenant_id,
        invitation_id=invitation.id if invitation else None,
        generation=invitation.generation if invitation else None,
        link_id=carries.id if isinstance(carries, AccountLink) else None,
        code_id=carries.id if isinstance(carries, PhoneCode) else None,
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
    )


async def enqueue_all(
    to: Sequence[Addressee], texts: Mapping[Locale, Message], *, now: datetime
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
    )


async def cancel(invitation_id: str, *, now: datetime) -> int:
    """The invitation's mails that have not left do not leave any more; how many there were."""
    return await _cancel(now, invitation_id=invitation_id)


async def cancel_tenant(tenant_id: str, *, now: datetime) -> int:
    """The tenant's mails that have not left do not leave any more; how many there were."""
    return await _cancel(now, tenant_id=tenant_id)


async def cancel_codes(user_id: str, *, now: datetime) -> int:
    """Codes to that account that have not left do not leave any more."""
    return await _cancel(now, user_id=user_id, code_id__isnull=False)


async def erase_user(user_id: str, *, now: datetime) -> int:
    """What is written to that account does not leave any more, and says nothing of it."""
    waiting = OutboxEntry.filter(state=OutboxState.QUEUED, user_id=user_id)
    return await waiting.update(cancelled_at=now, due_at=now, recipient="", facts={})


async def _cancel(now: datetime, **those: str | bool) -> int:
    """Due at once, so that the worker closes them without waiting for their next try."""
    waiting = OutboxEntry.filter(state=OutboxState.QUEUED, cancelled_at=None, **those)
    return await waiting.update(cancelled_at=now, due_at=now)
