"""Rows that every change writes: its record, and the mail that tells of it."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import orjson

from models import ids

_AUDIT = """
insert into audit_events (id, tenant_id, actor_id, as_staff, action, subject_id, changes,
  request_id, created_at)
values ($1, $2, $3, false, $4, $5, $6, $7, $8)
"""
_WEBHOOKS = """
select id, tenant_id from webhook_endpoints
where tenant_id = any ($1) and disabled_at is null and events && $2 for key share
"""
_MAIL = """
insert into outbox_entries (id, channel, message, recipient, locale, facts, state, attempts, due_at,
  created_at, tenant_id, user_id, invitation_id, generation, not_after)
values ($1, 'MAIL', $2, $3, $4, $5, 'QUEUED', 0, $6, $6, $7, $8, $9, $10, $11)
"""
_COUNT = """
insert into rate_limits as r (key, count, expires_at)
select key, 1, expires_at from unnest($1::text[], $2::timestamptz[]) as given(key, expires_at)
on conflict (key) do update set
  count = case when r.expires_at <= $3 then 1 else r.count + 1 end,
  expires_at = case when r.expires_at <= $3 then excluded.expires_at else r.expires_at end
returning count
"""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_MOST = 1_000_000_000


async def count(
    connection: asyncpg.Connection, counters: dict[str, timedelta], now: datetime
) -> bool:
    """Count an attempt in each, in windows of that length; whether none is full."""
    keys = sorted(
        (hashlib.sha256(name.encode()).hexdigest(), now + window)
        for name, window in counters.items()
    )
    rows = await connection.fetch(_COUNT, [key for key, _ in keys], [end for _, end in keys], now)
    return all(row[0] <= _MOST for row in rows)


async def record(
    connection: asyncpg.Connection,
    action: str,
    *,
    actor_id: str,
    tenant_id: str,
    subject_id: str,
    changes: dict[str, Any],
    now: datetime,
) -> None:
    """In the tenant's audit, and its webhooks are looked for."""
    await connection.execute(
        _AUDIT,
        *(ids.new("evt"), tenant_id, actor_id, action, subject_id),
        *(orjson.dumps(changes).decode(), uuid.uuid4().hex, now),
    )
    await connection.fetch(_WEBHOOKS, [tenant_id], [action])


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """To an account, or with an invitation until it ends."""

    message: str
    facts: dict[str, Any]
    to: str
    locale: str
    tenant_id: str
    user_id: str | None = None
    invitation_id: str | None = None
    not_after: datetime | None = None


async def enqueue(connection: asyncpg.Connection, mail: Mail, now: datetime) -> None:
    """It leaves after the commit."""
    await connection.execute(
        _MAIL,
        *(ids.new("msg"), mail.message, mail.to, mail.locale, orjson.dumps(mail.facts).decode()),
        *(now, mail.tenant_id, mail.user_id, mail.invitation_id),
        *(1 if mail.invitation_id else None, mail.not_after),
    )
