"""Mails and SMS that are to leave: rows written in the transaction of the change they tell of.

So a change and its mail stand or fall together. A row names an invitation and the generation of
its link, an account link or a phone code, never a secret: that is computed when it is written.
"""

from datetime import datetime

from locales import Locale
from mail.messages import Message
from models import AccountLink, Channel, Invitation, OutboxEntry, OutboxState, PhoneCode, ids


async def enqueue(
    message: Message,
    *,
    to: str,
    locale: Locale,
    now: datetime,
    tenant_id: str | None = None,
    user_id: str | None = None,
    invitation: Invitation | None = None,
    link: AccountLink | None = None,
    code: PhoneCode | None = None,
    channel: Channel = Channel.MAIL,
    not_after: datetime | None = None,
) -> OutboxEntry:
    """Queue `message` for the address or number `to`; runs in the caller's transaction.

    `tenant_id` where it concerns a tenant, `user_id` where it goes to an account. It is given up
    after `not_after`: if nothing else is said, when what it carries expires.
    """
    carried = invitation or link or code
    return await OutboxEntry.create(
        id=ids.new("msg"),
        tenant_id=tenant_id,
        invitation_id=invitation.id if invitation else None,
        generation=invitation.generation if invitation else None,
        link_id=link.id if link else None,
        code_id=code.id if code else None,
        user_id=user_id,
        channel=channel,
        message=message.name,
        recipient=to,
        locale=locale,
        facts=dict(message.facts),
        state=OutboxState.QUEUED,
        due_at=now,
        not_after=not_after or (carried.expires_at if carried else None),
        created_at=now,
    )


async def cancel(invitation_id: str, *, now: datetime) -> int:
    """The invitation's mails that have not left do not leave any more; how many there were."""
    return await _cancel(now, invitation_id=invitation_id)


async def cancel_tenant(tenant_id: str, *, now: datetime) -> int:
    """The tenant's mails that have not left do not leave any more; how many there were."""
    return await _cancel(now, tenant_id=tenant_id)


async def cancel_user(user_id: str, *, now: datetime) -> int:
    """What is written to that account and has not left does not leave any more."""
    return await _cancel(now, user_id=user_id)


async def _cancel(now: datetime, **those: str) -> int:
    """Due at once, so that the worker closes them without waiting for their next try."""
    waiting = OutboxEntry.filter(state=OutboxState.QUEUED, cancelled_at=None, **those)
    return await waiting.update(cancelled_at=now, due_at=now)
