"""The app's side of a session: its ticket is redeemed once, then heartbeats keep it alive.

An app has no account here. What it shows is the ticket its user brought, and from then on the
token it got for it; so everything runs in the system scope and touches the one session.
"""

from dataclasses import dataclass
from typing import Any

import errors
import settings
from auth import limits, tickets, tokens
from auth.viewer import Client
from models import AppRight, database
from resolvers import signing_keys
from resolvers.app_sessions import LIVING, moments

_HEARTBEATS_PER_LAPSE = 3
_REDEEM = f"""
update app_sessions s set redeemed_at = $1, last_seen_at = $1, token_digest = $4
from members p join users u on u.id = p.user_id
  join app_access a on a.tenant_id = p.tenant_id and a.member_id = p.id
where s.id = $3 and s.redeemed_at is null
  and p.id = s.member_id and a.tenant_id = s.tenant_id and a.app_id = s.app_id and {LIVING}
returning s.id as session_id, s.tenant_id, s.app_id, s.member_id, u.full_name as name,
  a."right", array(
    select own.code from app_role_assignments given join app_roles own on own.id = given.app_role_id
    where given.tenant_id = s.tenant_id and given.member_id = s.member_id and own.app_id = s.app_id
    order by own.code
  ) as roles
"""  # noqa: S608 SQL of ours, values as arguments
_BEAT = f"""
update app_sessions s set
  last_seen_at = case when {LIVING} then $1 else s.last_seen_at end,
  ended_at = case when {LIVING} then null else coalesce(s.ended_at, $1) end
where s.id = $3 and s.token_digest = $4
returning s.ended_at is null as living
"""  # noqa: S608 SQL of ours, values as arguments
_END = """
update app_sessions s set ended_at = coalesce(s.ended_at, $1)
where s.id = $2 and s.token_digest = $3
returning s.id
"""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Who is at work in the app, as it is now; `token` is in clear, for this once.

    `roles` are codes of the app's own roles, `heartbeat_seconds` how often to send heartbeats.
    """

    session_id: str
    token: tokens.Token
    heartbeat_seconds: int
    tenant_id: str
    app_id: str
    member_id: str
    name: str
    right: AppRight
    roles: tuple[str, ...]


async def redeem(client: Client, ticket: str) -> Redeemed:
    """The session that the ticket opened is the app's, which keeps it alive from here on.

    Raises:
        errors.RateLimited
        errors.Unauthenticated: the ticket is not one of ours, or its time is over.
        errors.AppSessionOver: the ticket was redeemed, or its session has ended.
    """
    await _count(client)
    session_id = await _session_id(ticket)
    token = tokens.new(tokens.APP_SESSION)
    async with database.transaction(database.SYSTEM):
        found = await database.rows(_REDEEM, *moments(), session_id, tokens.digest(token))
    if not found:
        raise errors.AppSessionOver
    return _redeemed(found[0], token)


async def _session_id(ticket: str) -> str:
    try:
        return str(tickets.read(ticket, await signing_keys.published())["jti"])
    except tickets.Unacceptable:
        raise errors.Unauthenticated from None


def _redeemed(record: dict[str, Any], token: tokens.Token) -> Redeemed:
    lapse = settings.load().app_session_lapse
    return Redeemed(
        **record
        | {
            "token": token,
            "heartbeat_seconds": max(1, int(lapse.total_seconds() / _HEARTBEATS_PER_LAPSE)),
            "right": AppRight(record["right"]),
            "roles": tuple(record["roles"]),
        }
    )


async def beat(client: Client, session_id: str, token: str) -> None:
    """The session lives on.

    What was over once stays so: a right that is given back does not revive it.

    Raises:
        errors.RateLimited
        errors.NotFound: no session has that id and that token.
        errors.AppSessionOver
    """
    await _count(client)
    async with database.transaction(database.SYSTEM):
        found = await database.rows(_BEAT, *moments(), session_id, tokens.digest(token))
    if not found:
        raise errors.NotFound
    if not found[0]["living"]:
        raise errors.AppSessionOver


async def report_end(client: Client, session_id: str, token: str) -> None:
    """The session is over, since the app says so; saying it again changes nothing.

    Raises:
        errors.RateLimited
        errors.NotFound: no session has that id and that token.
    """
    await _count(client)
    now, _ = moments()
    async with database.transaction(database.SYSTEM):
        found = await database.rows(_END, now, session_id, tokens.digest(token))
    if not found:
        raise errors.NotFound


async def _count(client: Client) -> None:
    rate = settings.load().limit_app_calls
    await limits.count(limits.counter("app calls", rate, client.address))
