"""Nobody comes to what is another tenant's: by no edge, no list and no id (ANCHORS 14)."""

import json
import re
from collections import defaultdict
from collections.abc import Callable

import pytest

from models import database as db
from settings import Settings
from tests.factories import World
from tests.keys import Key
from tests.permissions import actors, attempts
from tests.permissions.actors import Actor, Cast
from tests.permissions.crawling import ID, KINDS, Crawl

JSON = {"content-type": "application/json"}
SERVES = ("SUBSCRIBER OWNER", "SUBSCRIBER OPERATOR", "operator")
OF_TENANTS = """
select table_name from information_schema.columns
where table_schema = 'public' and column_name = 'tenant_id' and table_name in (
  select table_name from information_schema.columns where column_name = 'id')
"""
OFFERS = """
select i.id, i.inviter_id from invitations i join members m on m.id = i.member_id
join users u on u.email_key = m.email_key where u.id = $1
"""
PEOPLE = """
select user_id as id, tenant_id from members
where user_id is not null and status in ('JOINED', 'DISABLED')
"""


MUCH = dict.fromkeys(("characters", "tokens", "selections", "fields", "items", "cost"), 100_000)


@pytest.fixture
async def cast(configure: Callable[..., Settings], database: None) -> Cast:
    """Who may ask for much at once."""
    del database
    configure(query_limits_person=MUCH, query_limits_api_key=MUCH, limit_api_key="1000000/minute")
    return await actors.gather(World())


async def owners() -> dict[str, set[str]]:
    """Whose every id is: of which tenants."""
    found: dict[str, set[str]] = defaultdict(set)
    async with db.transaction(db.SYSTEM, read_only=True):
        for record in await db.rows(OF_TENANTS):
            table = record["table_name"]
            for row in await db.rows(f"select id, tenant_id from {table}"):  # noqa: S608 names of our own
                found[row["id"]].add(row["tenant_id"])
        for row in await db.rows(PEOPLE):
            found[row["id"]].add(row["tenant_id"])
        for row in await db.rows("select id, organization_id from tenant_invitations"):
            found[row["id"]] = {row["organization_id"]}
        for row in await db.rows("select id from tenants"):
            found[row["id"]].add(row["id"])
    return found


async def his(actor: Actor) -> tuple[set[str], set[str]]:
    """The tenants whose things he may come to, and single ids besides: his own, offers to him and
    who made them, and what he has only the name of.
    """
    if actor.who is None:
        return set(), set()
    if isinstance(actor.who, Key):
        return {actor.own.tenant.id}, set()
    async with db.transaction(db.SYSTEM, read_only=True):
        places = await db.rows(
            "select id, tenant_id, status from members where user_id = $1", actor.who.id
        )
        offers = await db.rows(OFFERS, actor.who.id)
    joined = {place["tenant_id"] for place in places if place["status"] == "JOINED"}
    named = {p[key] for p in places if p["status"] == "DISABLED" for key in ("id", "tenant_id")}
    offered = {offer[key] for offer in offers for key in ("id", "inviter_id")}
    return joined, {*named, *offered, actor.mine.blocked, actor.who.id}


async def test_whatever_leads_on_leads_to_nothing_of_another_tenant(cast: Cast) -> None:
    """CASES 43, 68, 103, ANCHORS 14: each field of each object that each actor can come to."""
    whose = await owners()
    leaks: list[tuple[str, str, str]] = []
    seen: dict[str, int] = {}
    for actor in cast:
        tenants, single = await his(actor)
        crawl = Crawl(actor.client)
        await crawl.walk(actor.own.tenant.id, actor.foreign.tenant.id)
        seen[actor.name] = len(crawl.found)
        leaks += [
            (actor.name, each, kind)
            for each, kind in crawl.found.items()
            if each in whose
            and each not in single
            and not whose[each] & tenants
            and not serving(actor, each, kind)
            and not of_staff(actor, kind)
        ]
    assert leaks == []
    assert seen["anonymous"] == 0
    assert seen["PROJECT OWNER"] > seen["PROJECT ACCOUNTANT"] > seen["stranger"]


def serving(actor: Actor, each: str, kind: str) -> bool:
    """What who serves sees of a client, and who edits a client of who serves it (ADR 0020)."""
    client = actor.name in SERVES and each in (actor.own.client, actor.own.subscription)
    return client or kind == "Servicing"


def of_staff(actor: Actor, kind: str) -> bool:
    """Whom staff find by `users` and where they belong (ADR 0016), and what they subscribe."""
    found = ("User", "Account", "Placement", "Subscription")
    return actor.name.startswith("provider") and kind in found


async def test_a_foreign_id_is_byte_for_byte_an_unknown_one_whatever_a_header_says(
    cast: Cast,
) -> None:
    """CASES 68, 83, 103, 107: for each mutation that names something of a tenant, by an owner."""
    actor = next(actor for actor in cast if actor.name == "PROJECT OWNER")
    foreign = actor.foreign
    header = {"X-Tenant-ID": foreign.tenant.id, "X-Tenant": foreign.tenant.id}
    for mutation, given in attempts.ON_HOLDINGS.items():
        query = attempts.document(mutation)
        body = json.dumps({"query": query, "variables": {"input": given(foreign)}})
        answers = [
            await actor.client.http.post("/graphql", content=text, headers=JSON | more)
            for text, more in ((body, header), (ID.sub(unknown, body), {}))
        ]
        assert answers[0].content == answers[1].content, mutation
        assert answers[0].json()["data"]["it"]["code"] == "NOT_FOUND", mutation


def unknown(found: re.Match[str]) -> str:
    """An id of that kind that nothing has."""
    return found[0][:4] + "0" * 26


async def test_every_id_of_another_tenant_shows_what_an_unknown_one_does(cast: Cast) -> None:
    """CASES 68, 103, 106: every row of the foreign tenants, by its id, and its place in a list."""
    whose = await owners()
    actor = next(actor for actor in cast if actor.name == "SUBSCRIBER OWNER")
    tenant_id = actor.foreign.tenant.id
    foreign = sorted(each for each, tenants in whose.items() if tenants == {tenant_id})
    query = "query($id: ID!) { node(id: $id) { __typename id } }"
    for each in foreign:
        answer = await actor.client.post(query, id=each)
        assert answer.content == b'{"data":{"node":null}}', each
    assert len({each[:3] for each in foreign}) > len(KINDS) - 3
