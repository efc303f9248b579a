"""Inviting by address: member, invitation, record and mail, after the limits have been counted."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import asyncpg
import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bench.handwritten import transactions, writing
from bench.handwritten.reading import Answer
from bench.handwritten.transactions import Caller, row
from bench.handwritten.writing import Mail
from models import ids

_SECRET = b"a-secret-for-measuring-that-opens-nothing"
_LIFETIME = timedelta(days=3)
_LOCK = "select name, locale from tenants where id = $1 and deleted_at is null for no key update"
_PLACE = """
select role, grants, denials from members
where tenant_id = $1 and user_id = $2 and status = 'JOINED'
"""
_THERE = "select id from members where tenant_id = $1 and status <> 'REMOVED' and email_key = $2"
_MEMBER = """
insert into members (id, tenant_id, status, role, email, email_key, name_key, grants, denials,
  is_first_user, created_at)
values ($1, $2, 'PENDING', 'USER', $3, $4, $4, '{}', '{}', false, $5)
"""
_BLOCKED = "select is_blocked($1, null, $2)"
_INVITATION = """
insert into invitations (id, tenant_id, member_id, inviter_id, state, generation, token_digest,
  suppressed, created_at, expires_at)
values ($1, $2, $3, $4, 'PENDING', 1, $5, $6, $7, $8)
"""


async def invite(request: Request) -> Response:
    tenant_id, email = request.path_params["id"], orjson.loads(await request.body())["email"]
    now = datetime.now(UTC)
    async with transactions.writing(request) as (connection, caller):
        caller.require(tenant_id, "members:invite")
        passed = await writing.count(connection, _counters(caller.id, tenant_id, email), now)
    if not passed:
        raise HTTPException(429)
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await transactions.set_scope(connection, "viewer", caller.id, *caller.places)
        member_id, queued = await _offer(connection, caller, tenant_id, email, now)
    member = {"id": member_id, "status": "PENDING", "email": email}
    return Answer({"emailQueued": queued, "member": member})


def _counters(user_id: str, tenant_id: str, email: str) -> dict[str, timedelta]:
    return {
        f"inviter hour {user_id}": writing.HOUR,
        f"inviter day {user_id}": writing.DAY,
        f"address {email} {tenant_id}": writing.HOUR,
        f"address {email}": writing.HOUR,
        f"tenant hour {tenant_id}": writing.HOUR,
        f"tenant day {tenant_id}": writing.DAY,
        "server": writing.HOUR,
    }


async def _offer(
    connection: asyncpg.Connection, caller: Caller, tenant_id: str, email: str, now: datetime
) -> tuple[str, bool]:
    """The member's id, and whether a mail leaves."""
    tenant, key = await _lock(connection, caller, tenant_id), email.casefold()
    if await connection.fetchval(_THERE, tenant_id, key) is not None:
        raise HTTPException(409)
    member_id, invitation_id, expires = ids.new("mem"), ids.new("inv"), now + _LIFETIME
    await connection.execute(_MEMBER, member_id, tenant_id, email, key, now)
    await writing.record(
        connection,
        "member.invite",
        actor_id=caller.id,
        tenant_id=tenant_id,
        subject_id=member_id,
        changes={"role": [None, "USER"], "status": [None, "PENDING"]},
        now=now,
    )
    suppressed = await connection.fetchval(_BLOCKED, tenant_id, key)
    await connection.execute(
        _INVITATION,
        *(invitation_id, tenant_id, member_id, caller.id, _digest(invitation_id)),
        *(suppressed, now, expires),
    )
    if not suppressed:
        mail = _mail(tenant, caller, email, expires, tenant_id, invitation_id)
        await writing.enqueue(connection, mail, now)
    return member_id, not suppressed


async def _lock(connection: asyncpg.Connection, caller: Caller, tenant_id: str) -> asyncpg.Record:
    """The tenant, and the caller's place in it read again."""
    tenant = await row(connection, _LOCK, tenant_id)
    place = dict(await row(connection, _PLACE, tenant_id, caller.id))
    Caller(caller.id, caller.name, {tenant_id: place}).require(tenant_id, "members:invite")
    return tenant


def _mail(
    tenant: asyncpg.Record,
    caller: Caller,
    email: str,
    expires: datetime,
    tenant_id: str,
    invitation_id: str,
) -> Mail:
    facts = {
        "tenant_name": tenant["name"],
        "role": "User",
        "apps": [],
        "inviter_name": caller.name,
        "expires_at": expires.isoformat(),
    }
    return Mail(
        message="invitation",
        facts=facts,
        to=email,
        locale=tenant["locale"],
        tenant_id=tenant_id,
        invitation_id=invitation_id,
        not_after=expires,
    )


def _digest(invitation_id: str) -> str:
    """Of the link's token, a keyed hash."""
    mac = hmac.digest(_SECRET, f"{invitation_id}:1".encode(), "sha256")
    return hashlib.sha256(urlsafe_b64encode(mac)).hexdigest()
