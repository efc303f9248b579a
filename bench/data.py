"""The people of a benchmark, written straight into the tables.

Ids and tokens are made of numbers, so that whoever asks can count them: member 1 of each tenant is
its owner, and the one with a session.
"""

import asyncpg

TENANTS, MEMBERS = 1_000, 100
APPS, RIGHTS = 10, 3


def identity(prefix: str, number: int) -> str:
    """In the shape of ours; as if it had been made long ago, so that no tenant is a young one."""
    return f"{prefix}_{number:026}"


def token(user: int) -> str:
    """Of the session of that user."""
    return f"tnt_ses_{user:043}"


_FILL = """
create temporary view place as
select (t - 1) * {members} + m as n, t, m
from generate_series(1, {tenants}) t, generate_series(1, {members}) m;

insert into users (id, login, email, email_key, email_verified_at, full_name, name_key, locale,
  created_at, updated_at, password_expired, email_is_registered, wants_news, wants_sms)
select 'usr_' || lpad(n::text, 26, '0'), 'user' || n, 'user' || n || '@example.com',
  'user' || n || '@example.com', now(), 'Person ' || n, 'person ' || n, 'EN', now(), now(),
  false, false, false, false
from place;

insert into tenants (id, name, name_key, catalog, locale, created_at, updated_at)
select 'ten_' || lpad(t::text, 26, '0'), 'Tenant ' || t, 'tenant ' || t, 'SUBSCRIBER', 'EN',
  now(), now()
from generate_series(1, {tenants}) t;

insert into members (id, tenant_id, user_id, status, role, email_key, name_key, login_key,
  is_first_user, created_at, joined_at, updated_at, grants, denials, revision)
select 'mem_' || lpad(n::text, 26, '0'), 'ten_' || lpad(t::text, 26, '0'),
  'usr_' || lpad(n::text, 26, '0'), 'JOINED',
  case when m = 1 then 'OWNER' when m <= 5 then 'ADMINISTRATOR' else 'USER' end,
  'user' || n || '@example.com', 'person ' || n, 'user' || n, false,
  timestamptz '2026-01-01' + n * interval '1 second', now(), now(), '{{}}', '{{}}', m
from place;

insert into member_counts (id, tenant_id, status, role, number)
select concat_ws(' ', tenant_id, status, role), tenant_id, status, role, count(*)
from members group by tenant_id, status, role;

insert into apps (id, tenant_id, name, url, created_at, updated_at, actions)
select 'app_' || lpad(((t - 1) * {apps} + a)::text, 26, '0'), 'ten_' || lpad(t::text, 26, '0'),
  'App ' || a, 'https://app' || a || '.example.com', now(), now(), '{{}}'
from generate_series(1, {tenants}) t, generate_series(1, {apps}) a;

insert into app_access (id, tenant_id, member_id, app_id, "right")
select 'acc_' || lpad(((n - 1) * {rights} + r)::text, 26, '0'), 'ten_' || lpad(t::text, 26, '0'),
  'mem_' || lpad(n::text, 26, '0'),
  'app_' || lpad(((t - 1) * {apps} + 1 + (m + r) % {apps})::text, 26, '0'), 'LAUNCH'
from place, generate_series(1, {rights}) r;

insert into sessions (id, token_digest, created_at, last_used_at, user_id)
select 'ses_' || lpad(n::text, 26, '0'),
  encode(sha256(convert_to('tnt_ses_' || lpad(n::text, 43, '0'), 'utf8')), 'hex'), now(),
  now() + interval '1 day', 'usr_' || lpad(n::text, 26, '0')
from place where m = 1;
"""

# Offer n is made to user n, counted round and round, by the owner of a tenant after his own: the
# next one in the first round.
_OFFER = """
create temporary view offer as
select n, (n - 1) % ({tenants} * {members}) + 1 as u, made.t, (made.t - 1) * {members} + 1 as owner
from generate_series(1, {offers}) n, lateral (
  select ((n - 1) / {members} + 1 + (n - 1) / ({tenants} * {members})) % {tenants} + 1 as t
) made;

insert into members (id, tenant_id, status, role, email, email_key, name_key, is_first_user,
  created_at, updated_at, grants, denials, revision)
select 'mem_9' || lpad(n::text, 25, '0'), 'ten_' || lpad(t::text, 26, '0'), 'PENDING', 'USER',
  'user' || u || '@example.com', 'user' || u || '@example.com', 'user' || u || '@example.com',
  false, now(), now(), '{{}}', '{{}}', {members} + n
from offer;

insert into invitations (id, tenant_id, member_id, inviter_id, state, generation, token_digest,
  suppressed, created_at, expires_at)
select 'inv_' || lpad(n::text, 26, '0'), 'ten_' || lpad(t::text, 26, '0'),
  'mem_9' || lpad(n::text, 25, '0'), 'usr_' || lpad(owner::text, 26, '0'), 'PENDING', 1,
  encode(sha256(convert_to('inv' || n, 'utf8')), 'hex'), false, now(), now() + interval '3 days'
from offer;

insert into sessions (id, token_digest, created_at, last_used_at, user_id)
select distinct 'ses_' || lpad(u::text, 26, '0'),
  encode(sha256(convert_to('tnt_ses_' || lpad(u::text, 43, '0'), 'utf8')), 'hex'), now(),
  now() + interval '1 day', 'usr_' || lpad(u::text, 26, '0')
from offer
on conflict do nothing;
"""


async def fill(connection: asyncpg.Connection, *, tenants: int, members: int) -> None:
    """As a superuser, past triggers and policies, into empty tables."""
    await _run(connection, _FILL.format(tenants=tenants, members=members, apps=APPS, rights=RIGHTS))


async def offer(
    connection: asyncpg.Connection, count: int, *, tenants: int = TENANTS, members: int = MEMBERS
) -> None:
    """So many pending members with invitations that can be accepted, and sessions of the invited.

    Offer `n` is the invitation `identity("inv", n)`, made to user `invited(n)`.
    """
    await _run(connection, _OFFER.format(tenants=tenants, members=members, offers=count))


def invited(offer: int, *, people: int = TENANTS * MEMBERS) -> int:
    """Which user an offer is made to."""
    return (offer - 1) % people + 1


async def _run(connection: asyncpg.Connection, statements: str) -> None:
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(statements)
    await connection.execute("vacuum analyze")
