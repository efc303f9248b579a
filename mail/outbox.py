"""Mails that are to leave: rows written in the transaction of the change they tell of.

So a change and its mail stand or fall together. A row names an invitation and the generation of
its link, never a token: that is computed when the mail is written.
"""

from datetime import datetime

from locales import Locale
from mail.messages import Message
from models import Invitation, OutboxEntry, OutboxState, ids


async def enqueue(
    message: Message,
    *,
    to: str,
    locale: Locale,
    tenant_id: str,
    now: datetime,
    invitation: Invitation | None = None,
    not_after: datetime | None = None,
) -> OutboxEntry:
    """Queue `message` for the address `to`; runs in the caller's transaction.

    It is given up after `not_after`; an invitation's mail, if nothing else is said, when its link
    expires.
    """
    return await OutboxEntry.create(
        id=ids.new("msg"),
        tenant_id=tenant_id,
        invitation_id=invitation.id if invitation else None,
        generation=invitation.generation if invitation else None,
        message=message.name,
        recipient=to,
        locale=locale,
        facts=dict(message.facts),
        state=OutboxState.QUEUED,
        due_at=now,
        not_after=not_after or (invitation.expires_at if invitation else None),
        created_at=now,
    )


async def cancel(invitation_id: str, *, now: datetime) -> int:
    """The invitation's mails that have not left do not leave any more; how many there were."""
    return await _cancel(now, invitation_id=invitation_id)


async def cancel_tenant(tenant_id: str, *, now: datetime) -> int:
    """The tenant's mails that have not left do not leave any more; how many there were."""
    return await _cancel(now, tenant_id=tenant_id)


async def _cancel(now: datetime, **those: str) -> int:
    """Due at once, so that the worker closes them without waiting for their next try."""
    waiting = OutboxEntry.filter(state=OutboxState.QUEUED, cancelled_at=None, **those)
    return await waiting.update(cancelled_at=now, due_at=now)
