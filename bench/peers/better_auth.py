"""better-auth with its organizations: the tables are its own, as large as ours where it is asked.

Its page has members and users, and neither rights on apps nor cursors; every member may see it.
Inviting writes a row, and no mail and no audit. Signing in is a token that it keeps as it is.
"""

import hmac
import itertools
from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import asyncpg
import orjson

from bench import data, ours
from bench.load import Wrong
from bench.peers import node
from bench.work import WORKS, Call

DATABASE = "better_auth"
OFFERS = 100_000
_SIZE = 50
_SECRET = "a-secret-for-measuring-that-opens-nothing"  # noqa: S105 as its name says
_SITE = "http://127.0.0.1"
_ENVIRONMENT = {**node.PRODUCTION, "BETTER_AUTH_SECRET": _SECRET, "BETTER_AUTH_URL": _SITE}
_OWNER = ours.owner(ours.TENANT)
_INVITING = data.TENANTS // 2
"""Organizations that invite; the others have made the offers, because it reads an organization's
pending invitations for each new one."""

_FILL = """
insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
select 'usr_' || lpad(n::text, 26, '0'), 'Person ' || n, 'user' || n || '@example.com', true,
  now(), now()
from generate_series(1, {people} + {offers}) n;

insert into organization (id, name, slug, "createdAt")
select 'ten_' || lpad(t::text, 26, '0'), 'Tenant ' || t, 'tenant' || t, now()
from generate_series(1, {tenants}) t;

insert into member (id, "organizationId", "userId", role, "createdAt")
select 'mem_' || lpad(n::text, 26, '0'), 'ten_' || lpad(t::text, 26, '0'),
  'usr_' || lpad(n::text, 26, '0'),
  case when m = 1 then 'owner' when m <= 5 then 'admin' else 'member' end,
  timestamptz '2026-01-01' + n * interval '1 second'
from generate_series(1, {tenants}) t, generate_series(1, {members}) m,
  lateral (select (t - 1) * {members} + m as n) counted;

insert into invitation
  (id, "organizationId", email, role, status, "expiresAt", "createdAt", "inviterId")
select 'inv_' || lpad(o::text, 26, '0'), 'ten_' || lpad(t::text, 26, '0'),
  'user' || {people} + o || '@example.com', 'member', 'pending', now() + interval '3 days', now(),
  'usr_' || lpad(((t - 1) * {members} + 1)::text, 26, '0')
from generate_series(1, {offers}) o,
  lateral (select {inviting} + 1 + o % ({tenants} - {inviting}) as t) made;

insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
select 'ses_' || lpad(n::text, 26, '0'), 'tnt_ses_' || lpad(n::text, 43, '0'),
  'usr_' || lpad(n::text, 26, '0'), now() + interval '7 days', now(), now()
from generate_series(1, {people} + {offers}) n
where n > {people} or n % {members} = 1;
"""


class BetterAuth:
    """`small` is its look-up of a session, as `me` is: the nearest it has."""

    name = "better-auth"
    works = frozenset(WORKS)

    def __init__(self) -> None:
        self._offers, self._addresses = iter(range(1, OFFERS + 1)), itertools.count(1)

    def version(self) -> str:
        return node.versions("better-auth", "kysely", "pg")

    def command(self, port: int, database_url: str) -> tuple[list[str], dict[str, str]]:
        return node.command("better_auth.mjs", port, _own(database_url)), _ENVIRONMENT

    async def prepare(self, database_url: str) -> None:
        """Its database, made anew."""
        await _execute(database_url, f"drop database if exists {DATABASE} with (force)")
        await _execute(database_url, f"create database {DATABASE}")
        own = _own(database_url)
        await node.run(node.command("better_auth.mjs", "migrate", own), _ENVIRONMENT)
        sizes = {"tenants": data.TENANTS, "members": data.MEMBERS, "offers": OFFERS}
        people = data.TENANTS * data.MEMBERS
        await _execute(own, _FILL.format(**sizes, people=people, inviting=_INVITING))
        await _execute(own, "vacuum analyze")
        self._offers = iter(range(1, OFFERS + 1))

    def calls(self, work: str, count: int) -> Sequence[Call]:
        """Raises:
        Wrong: all that could be accepted was.
        """
        match work:
            case "page":
                return [_page(ours.TENANT)]
            case "small" | "me":
                return [Call("/api/auth/get-session", _signed_in(_OWNER), "", "GET")]
            case "invite":
                return [_invite(number) for number in itertools.islice(self._addresses, count)]
        offers = list(itertools.islice(self._offers, count))
        if len(offers) < count:
            raise Wrong(f"all {OFFERS:,} offers have been accepted")
        return [_accept(number) for number in offers]

    def is_right(self, work: str, answer: bytes) -> bool:
        said = orjson.loads(answer)
        match work:
            case "page":
                named = [member["user"]["email"] for member in said["members"]]
                return len(named) == _SIZE and said["total"] == data.MEMBERS
            case "small" | "me":
                return said is not None and said["user"]["id"] == data.identity("usr", _OWNER)
            case "invite":
                return bool(said["status"] == "pending")
        return bool(said["invitation"]["status"] == "accepted" and said["member"]["id"])


def _page(tenant: int) -> Call:
    asked = {"organizationId": data.identity("ten", tenant), "limit": _SIZE}
    path = f"/api/auth/organization/list-members?{urlencode(asked)}"
    return Call(path, _signed_in(_OWNER), "", "GET")


def _invite(number: int) -> Call:
    tenant = number % _INVITING + 1
    given = {
        "organizationId": data.identity("ten", tenant),
        "email": f"invited{number}@example.com",
        "role": "member",
    }
    return _post("invite-member", ours.owner(tenant), given)


def _accept(offer: int) -> Call:
    given = {"invitationId": data.identity("inv", offer)}
    return _post("accept-invitation", data.TENANTS * data.MEMBERS + offer, given)


def _post(what: str, user: int, given: Mapping[str, str]) -> Call:
    headers = {"Content-Type": "application/json", "Origin": _SITE, **_signed_in(user)}
    return Call(f"/api/auth/organization/{what}", headers, orjson.dumps(given).decode())


def _signed_in(user: int) -> dict[str, str]:
    """The cookie of the user's session, signed as it signs them."""
    token = data.token(user)
    signature = hmac.digest(_SECRET.encode(), token.encode(), "sha256")
    signed = quote(f"{token}.{b64encode(signature).decode()}", safe="")
    return {"Cookie": f"better-auth.session_token={signed}"}


def _own(database_url: str) -> str:
    """Its own database on the same server, for its owner."""
    return urlunsplit(urlsplit(database_url)._replace(netloc="postgres@", path=f"/{DATABASE}"))


async def _execute(address: str, statements: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()
