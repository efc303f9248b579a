"""The subgraph between the tools of those who compose: Apollo's composition and gateway, beside a
subgraph of somebody else's who refers to ours.
"""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

from models import Tenant
from schema import federation
from server import graphql
from settings import CHECKOUT, Settings
from tests.clients import Person
from tests.journeys.hosting import hosting
from tests.journeys.site import Site
from tests.resolvers import app_steps

HERE = Path(__file__).parent
BILLING = (HERE / "billing.graphql").read_text()


def node(script: str, given: dict[str, Any]) -> dict[str, Any]:
    """What a script answers to what it is given."""
    command = [CHECKOUT / ".venv/bin/node", HERE / script]
    done = subprocess.run(  # noqa: S603 ours
        command, input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="session")
def packages() -> None:
    subprocess.run(["scripts/packages", "tests/federation"], cwd=CHECKOUT, check=True)  # noqa: S607


@pytest.fixture(scope="module")
def composed(packages: None) -> dict[str, Any]:
    return node("compose.mjs", {"tenantry": federation.sdl(graphql.subgraph()), "billing": BILLING})


def test_others_compose_their_subgraphs_with_ours(composed: dict[str, Any]) -> None:
    """Issue 7.10: entities have the fields of both, and value types are one."""
    assert composed["errors"] == []
    supergraph = build_schema(composed["supergraph"], assume_valid=True)
    assert {"email", "receiptsTo"} <= set(fields(supergraph, "Member"))
    assert {"name", "balance"} <= set(fields(supergraph, "Tenant"))
    assert {"node", "me", "invoices"} <= set(fields(supergraph, "Query"))


def test_a_composition_takes_nothing_for_what_it_is_not(composed: dict[str, Any]) -> None:
    """ADR 0036: it looks for the roots by the names that the specification has."""
    supergraph = build_schema(composed["supergraph"], assume_valid=True)
    plain = graphql.SCHEMA._schema.type_map  # noqa: SLF001 Strawberry offers no other way
    assert fields(supergraph, "Subscription") == list(plain["Live"].fields)  # type: ignore[attr-defined]
    tariff = set(fields(supergraph, "TariffSubscription"))
    assert tariff == set(plain["Subscription"].fields)  # type: ignore[attr-defined]


def fields(schema: GraphQLSchema, kind: str) -> list[str]:
    return list(schema.type_map[kind].fields)  # type: ignore[attr-defined]


@pytest.fixture
async def site(database: None, configure: Callable[..., Settings]) -> AsyncIterator[Site]:
    async with hosting(configure, smtp=False, federation=True) as site:
        yield site


OURS_FIRST = """{ tenants(first: 10) { edges { node {
  name balance members(first: 10) { edges { node { email receiptsTo } } }
} } } }"""
THEIRS_FIRST = """{ invoices(first: 10) { pageInfo { hasNextPage } edges { node {
  total tenant { name balance } issuedBy { status email receiptsTo } paidBy { fullName }
  bookedIn { name }
} } } }"""


async def test_a_router_asks_both_with_the_rights_of_its_caller(
    composed: dict[str, Any], site: Site, owner: Person, project: Tenant, stranger: Person
) -> None:
    """Issue 7.10: of what the caller may not see nothing is known, as of what is not there."""
    app = await app_steps.create(owner, project, "Books")
    row = invoice(project.id, owner.member_id, owner.id, app)
    callers = [owner, stranger]
    answers = await ask(
        composed,
        site,
        [row, invoice("ten_x", "mem_x", "usr_x", "app_x")],
        [(person, query) for person in callers for query in (OURS_FIRST, THEIRS_FIRST)],
    )
    assert [answer.get("errors") for answer in answers] == [None] * 4
    known, found, nothing, hidden = [answer["data"] for answer in answers]
    assert known == {"tenants": page({"name": "Acme", "balance": 1, "members": page(OLGA)})}
    assert nothing == {"tenants": page()}
    unseen = dict.fromkeys(("tenant", "issuedBy", "paidBy", "bookedIn"))
    assert [edge["node"] for edge in found["invoices"]["edges"]] == [
        {
            "total": 120,
            "tenant": {"name": "Acme", "balance": 1},
            "issuedBy": {"status": "JOINED"} | OLGA,
            "paidBy": {"fullName": "Olga"},
            "bookedIn": {"name": "Books"},
        },
        {"total": 120} | unseen,
    ]
    assert [edge["node"] for edge in hidden["invoices"]["edges"]] == [{"total": 120} | unseen] * 2


OLGA = {"email": "olga@example.com", "receiptsTo": "receipts+olga@example.com"}


def page(*nodes: object) -> dict[str, object]:
    return {"edges": [{"node": node} for node in nodes]}


def invoice(tenant: str, member: str, user: str, app: str) -> dict[str, Any]:
    kinds = {"tenant": tenant, "issuedBy": member, "paidBy": user, "bookedIn": app}
    return {"id": f"of {tenant}", "total": 120} | {name: {"id": id_} for name, id_ in kinds.items()}


async def ask(
    composed: dict[str, Any],
    site: Site,
    rows: list[dict[str, Any]],
    asked: list[tuple[Person, str]],
) -> list[dict[str, Any]]:
    """What Apollo's gateway answers to each, in their order."""
    given = {
        "supergraph": composed["supergraph"],
        "url": f"{site.url}/graphql",
        "rows": rows,
        "operations": [
            {"query": query, "authorization": f"Bearer {who.token}"} for who, query in asked
        ],
    }
    answer = await asyncio.to_thread(node, "route.mjs", given)
    answers: list[dict[str, Any]] = answer["answers"]
    return answers
