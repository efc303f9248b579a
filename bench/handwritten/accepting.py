"""Accepting by somebody signed in: he joins, and the inviter is told."""

from datetime import UTC, datetime

import asyncpg
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bench.handwritten import transactions, writing
from bench.handwritten.reading import Answer
from bench.handwritten.transactions import row
from bench.handwritten.writing import Mail

_OFFERS = "select * from offers(null, $1, $2)"
_TENANT = "select name from tenants where id = $1 and deleted_at is null for no key update"
_MEMBER = "select id from members where id = $1 and tenant_id = $2 for no key update"
_ACCOUNT = """
select full_name, name_key, login, email, email_key, email_verified_at, ended_at from users
where id = $1 for no key update
"""
_THERE = """
select id from members
where tenant_id = $1 and user_id = $2 and status not in ('PENDING', 'REMOVED')
"""
_OTHERS = """
select id from members
where (user_id = $1 or email_key = $2) and tenant_id = $3 and status = 'PENDING' and id <> $4
"""
_JOIN = """
update members set status = 'JOINED', user_id = $2, full_name = null, login = null, phone = null,
  name_key = $3, login_key = $4, email_key = $5, joined_at = $6
where id = $1
"""
_CLOSE = "update invitations set state = 'ACCEPTED', closed_at = $2 where id = $1"
_INVITER = "select email, email_verified_at, locale from users where id = $1"


async def accept(request: Request) -> Response:
    invitation_id, now = request.path_params["id"], datetime.now(UTC)
    async with transactions.writing(request) as (connection, caller):
        await transactions.set_scope(connection, "system")
        tenant, user, offer = await _lock(connection, caller.id, invitation_id, now)
        await _join(connection, offer, caller.id, user, now)
        await _tell_inviter(connection, tenant, offer, user, now)
    return Answer({"member": {"id": offer["member_id"], "status": "JOINED"}})


async def _lock(
    connection: asyncpg.Connection, user_id: str, invitation_id: str, now: datetime
) -> tuple[asyncpg.Record, asyncpg.Record, asyncpg.Record]:
    """Tenant, account and the offer, which nobody else can change now."""
    found = await _living(connection, user_id, invitation_id, now)
    tenant = await row(connection, _TENANT, found["tenant_id"])
    await connection.fetchrow(_MEMBER, found["member_id"], found["tenant_id"])
    user = await row(connection, _ACCOUNT, user_id)
    return tenant, user, await _living(connection, user_id, invitation_id, now)


async def _living(
    connection: asyncpg.Connection, user_id: str, invitation_id: str, now: datetime
) -> asyncpg.Record:
    for offer in await connection.fetch(_OFFERS, user_id, now):
        if offer["invitation_id"] == invitation_id:
            return offer
    raise HTTPException(404)


async def _join(
    connection: asyncpg.Connection,
    offer: asyncpg.Record,
    user_id: str,
    user: asyncpg.Record,
    now: datetime,
) -> None:
    """Somebody invited twice would have the other offers closed; here nobody is."""
    tenant_id, member_id = offer["tenant_id"], offer["member_id"]
    if await connection.fetchval(_THERE, tenant_id, user_id) is not None:
        raise HTTPException(409)
    if await connection.fetch(_OTHERS, user_id, user["email_key"], tenant_id, member_id):
        raise HTTPException(409)
    keys = user["name_key"], user["login"], user["email_key"]
    await connection.execute(_JOIN, member_id, user_id, *keys, now)
    await connection.execute(_CLOSE, offer["invitation_id"], now)
    await writing.record(
        connection,
        "invitation.accept",
        actor_id=user_id,
        tenant_id=tenant_id,
        subject_id=member_id,
        changes={"status": ["PENDING", "JOINED"]},
        now=now,
    )


async def _tell_inviter(
    connection: asyncpg.Connection,
    tenant: asyncpg.Record,
    offer: asyncpg.Record,
    user: asyncpg.Record,
    now: datetime,
) -> None:
    inviter = await row(connection, _INVITER, offer["inviter_id"])
    mail = Mail(
        message="joined",
        facts={
            "tenant_name": tenant["name"],
            "member_name": user["full_name"],
            "member_email": user["email"],
            "role": "User",
        },
        to=inviter["email"],
        locale=inviter["locale"],
        tenant_id=offer["tenant_id"],
        user_id=offer["inviter_id"],
    )
    await writing.enqueue(connection, mail, now)
