"""Limits of documents, by who sends them, and one attempt at a secret in each (ADR 0038)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from models import RateLimit, Tenant, database
from resolvers.documents import Refused
from server import documents
from server.graphql import SCHEMA
from settings import Settings
from tests import asking, listeners
from tests.clients import Client, Person
from tests.factories import World
from tests.listeners import ACCESS, Hall
from tests.production import PRODUCTION
from tests.server import hostile_documents

CORE = SCHEMA._schema  # noqa: SLF001 Strawberry offers no other way
JSON, RESPONSE = "application/json", "application/graphql-response+json"
ME = "{ me { login } }"
SIGN_IN = 'signIn(input: {login: "olga", password: "not hers at all"}) { __typename }'


async def limit(client: Client, document: str, **variables: Any) -> str:
    """The one that a document passes."""
    [error] = (await client.execute(document, **variables))["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX", error
    name: str = error["extensions"]["limit"]
    return name


TOO_MUCH = {
    "fragments that double": (hostile_documents.doubling(22), "fragments"),
    "fewer that double": (hostile_documents.doubling(10), "fragmentDepth"),
    "aliases of __typename": (
        f"{{ {hostile_documents.many('a%d: __typename', 101)} }}",
        "aliases",
    ),
    "aliases below": (
        f"{{ me {{ {hostile_documents.many('a%d: login', 50)} }} }}",
        "aliases",
    ),
    "aliases inside a fragment": (
        f"{{ me {{ ...A }} }} fragment A on Me {{ {hostile_documents.many('a%d: login', 50)} }}",
        "aliases",
    ),
    "aliases by spreading": (
        "{ me { b: user { ...B } c: user { ...B } } } fragment B on User {"
        + hostile_documents.many(" a%d: id", 15)
        + " }",
        "aliases",
    ),
    "changes behind a fragment": (
        "mutation { ...A } fragment A on Mutation {"
        + hostile_documents.many(" a%d: signOut { signedOut }", 6)
        + " }",
        "mutations",
    ),
    "comments": ("#\n" * 5_000 + "{ me { login } }", "characters"),
    "lines": ("\n" * 501 + ME, "lines"),
    "tokens": (f"{{ {'a ' * 1_000} }}", "tokens"),
    "a long document": (f"# {'x' * 200_000}\n{ME}", "characters"),
    "repeated": (f"{{ me {{ {'login ' * 42} }} }}", "repeats"),
    "wide": (f"{{ me {{ user {{ id {hostile_documents.many('... { id }', 45)} }} }} }}", "repeats"),
    "directives": (f"{{ me {{ login {'@skip(if: false) ' * 21} }} }}", "directives"),
    "operations": (hostile_documents.many("query A%d { me { login } }", 11), "operations"),
    "variables": (
        f"query A({hostile_documents.many('$v%d: Int', 31)}) {{ me {{ login }} }}",
        "variables",
    ),
    "introspection in a circle": (
        "{ __schema { types { " + "fields { type { " * 8 + "name " + "} " * 19,
        "depth",
    ),
}


@pytest.mark.parametrize(("document", "passed"), TOO_MUCH.values(), ids=TOO_MUCH.keys())
async def test_what_asks_for_too_much_is_refused_by_the_limit_it_passes(
    owner: Person, document: str, passed: str
) -> None:
    """CASES 1, 3, 4, 6, 11, 16: one error and 400, whichever media type is asked for."""
    for accept in (JSON, RESPONSE):
        refused = await asking.answer(owner.client, document, accept)
        assert refused.status_code == 400
        [error] = refused.json()["errors"]
        assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        assert error["extensions"]["limit"] == passed
        assert error["extensions"]["most"] > 0
        assert error["message"].startswith("This asks for too much at once.")
        assert "data" not in refused.json()


async def test_subscriptions_have_the_same_limits(hall: Hall, owner: Person) -> None:
    """ADR 0038: by events and by sockets; what is refused ends one stream, and says why."""
    wide = ACCESS.replace("status", hostile_documents.many("a%d: status", 31))
    unnamed = f"{ACCESS.replace('subscription', 'subscription A')} subscription B {{ a }}"
    for document, code in ((wide, "QUERY_TOO_COMPLEX"), (unnamed, "BAD_USER_INPUT")):
        async with hall.events(owner, document) as events:
            assert await events.end() == code
    async with hall.connection(listeners.bearer(owner)) as socket:
        await socket.greet()
        assert await (await socket.subscribe(wide)).end() == "QUERY_TOO_COMPLEX"
        await (await socket.subscribe(ACCESS)).begun()


async def test_a_circle_of_fragments_is_invalid_and_no_more(owner: Person) -> None:
    """CASES 2."""
    refused = await asking.answer(owner.client, hostile_documents.cycle(6), RESPONSE)
    assert refused.status_code == 400
    assert {e["extensions"]["code"] for e in refused.json()["errors"]} == {"BAD_USER_INPUT"}


async def test_a_limit_is_exact(configure: Callable[..., Settings], owner: Person) -> None:
    """ADR 0038: what it allows passes, one more does not."""
    configure(query_limits_person="depth=2 fields=3 aliases=1 root_fields=2")
    assert await owner.ask("{ a: me { login } }")
    assert await limit(owner.client, "{ me { user { id } } }") == "depth"
    assert await limit(owner.client, "{ me { login fullName email } }") == "fields"
    assert await limit(owner.client, "{ a: me { b: login } }") == "aliases"
    three = (
        "{ viewer { __typename } me { __typename } roleMatrix(catalog: PROJECT) { __typename } }"
    )
    configure(query_limits_person="root_fields=2")
    assert await limit(owner.client, three) == "rootFields"


async def test_limits_go_by_the_credential_that_is_presented(
    configure: Callable[..., Settings], anonymous: Client, world: World, owner: Person
) -> None:
    """ADR 0038: nobody has been looked up yet; a worthless token gets no further than a session."""
    configure(**PRODUCTION, query_limits_anonymous="depth=1", query_limits_api_key="depth=2")
    assert await limit(anonymous, "{ viewer { __typename } }") == "depth"
    assert await owner.ask("{ me { user { id } } }")
    key = world.client("tnt_key_nobody_has_made_it")
    assert await limit(key, "{ me { user { id } } }") == "depth"
    assert (await world.client("nonsense").execute("{ me { user { id } } }"))["data"] == {
        "me": None
    }


DEEP = """{ tenants(first: 100) { edges { node { servicedTenants(first: 100) { edges { node {
  subscriptions(first: 100) { edges { node { id } } } } } } } } } }"""


@pytest.mark.usefixtures("production")
async def test_what_it_costs_is_told_to_who_may_explore(owner: Person, accountant: Person) -> None:
    """CASES 21: to the others that it is the cost, and not how much of it they have."""
    [error] = (await owner.client.execute(DEEP))["errors"]
    assert error["extensions"].items() >= {"limit": "cost", "cost": 10_102, "most": 2_000}.items()
    [error] = (await accountant.client.execute(DEEP))["errors"]
    assert error["extensions"].keys() == {"code", "requestId", "limit"}
    assert error["extensions"]["limit"] == "cost"


async def test_smaller_pages_pass(owner: Person) -> None:
    """CASES 21."""
    nested = """{ tenants { edges { node { members { edges { node {
      appAccess { pageInfo { hasNextPage } } } } } } } } }"""
    assert await limit(owner.client, nested.replace("appAccess", "appAccess(first: 100)")) == "cost"
    assert await owner.ask(nested)


HIDDEN = {
    "aliases": f"mutation {{ {hostile_documents.many('a%d: ' + SIGN_IN, 2)} }}",
    "a fragment": f"mutation {{ ...A b: {SIGN_IN} }} fragment A on Mutation {{ a: {SIGN_IN} }}",
    "one fragment twice": f"mutation {{ ...A ...A }} fragment A on Mutation {{ a: {SIGN_IN} }}",
    "inline fragments": f"mutation {{ ... {{ a: {SIGN_IN} }} ... on Mutation {{ b: {SIGN_IN} }} }}",
    "skip": "mutation($no: Boolean! = false) {"
    f" a: {SIGN_IN} ... @skip(if: $no) {{ b: {SIGN_IN} }} }}",
    "include": f"mutation {{ a: {SIGN_IN} ... @include(if: true) {{ b: {SIGN_IN} }} }}",
    "another kind": f'mutation {{ {SIGN_IN} resetPassword(input: {{token: "x", newPassword: "y"}})'
    " { __typename } }",
}


@pytest.mark.parametrize("document", HIDDEN.values(), ids=HIDDEN.keys())
async def test_a_request_tries_one_secret_at_most(anonymous: Client, document: str) -> None:
    """CASES 5: however the second one is hidden; and nothing of it is tried."""
    assert await limit(anonymous, document) == "credentials"
    async with database.transaction(database.SYSTEM, read_only=True):
        assert await RateLimit.all().count() == 0


@pytest.mark.usefixtures("owner")
async def test_each_attempt_counts(configure: Callable[..., Settings], anonymous: Client) -> None:
    """CASES 5."""
    configure(limit_failed_sign_ins="2/hour")
    for wanted in ("InvalidCredentials", "InvalidCredentials", "RateLimited"):
        assert await anonymous.ask(f"mutation {{ {SIGN_IN} }}") == {
            "signIn": {"__typename": wanted}
        }


SECRETS = {"password", "token", "code", "secondFactor", "state"}
HANDED_OVER = {"addMember", "setMemberPassword", "createUser", "createTariff", "createAppRole"}
"""Their password is a new one, their code a name."""


def takes_secret(kind: GraphQLInputObjectType, seen: frozenset[str] = frozenset()) -> bool:
    below = [get_named_type(each.type) for each in kind.fields.values()]
    return not SECRETS.isdisjoint(kind.fields) or any(
        takes_secret(each, seen | {kind.name})
        for each in below
        if isinstance(each, GraphQLInputObjectType) and each.name not in seen
    )


def test_whatever_takes_a_secret_says_that_it_tests_one() -> None:
    """CASES 5: beside the field, so that a new one is not forgotten."""
    assert CORE.mutation_type is not None
    taking, saying = set(), set()
    for name, field in CORE.mutation_type.fields.items():
        kinds = [get_named_type(each.type) for each in field.args.values()]
        if any(isinstance(k, GraphQLInputObjectType) and takes_secret(k) for k in kinds):
            taking.add(name)
        if field.extensions["strawberry-definition"].metadata.get("secret"):
            saying.add(name)
    assert taking - HANDED_OVER == saying


async def test_a_list_holds_so_many_items_and_no_more(
    configure: Callable[..., Settings], project: Tenant, owner: Person
) -> None:
    """CASES 44: a cheap field with an endless list; the rows of an import have their own limit."""
    query = (
        "query($id: ID!, $roles: [RoleCode!]) { members(tenantId: $id, filter: {roles: $roles}) {"
    )
    query += " totalCount } }"
    assert await limit(owner.client, query, id=project.id, roles=["OWNER"] * 10_000) == "items"
    assert await owner.ask(query, id=project.id, roles=["OWNER"] * 100)
    configure(query_limits_person="items=1")
    rows = [{"email": f"a{n}@example.com"} for n in range(2)]
    plan = {"tenantId": project.id, "source": {"rows": rows}}
    assert (await owner.do("planMemberImport", plan))["__typename"] == "PlanMemberImportPayload"


async def test_a_registered_document_has_the_same_limits(
    configure: Callable[..., Settings], owner: Person, tmp_path: Path
) -> None:
    """ADR 0038: at each request, and an operator hears beforehand of what nobody may send."""
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({"wide": "{ me { " + "login " * 60 + "} }", "me": ME}))
    with pytest.raises(Refused) as refused:
        await documents.register(file, SCHEMA)
    [fault] = refused.value.faults
    assert "40 repeats at most" in str(fault)
    file.write_text(json.dumps({"me": ME}))
    assert await documents.register(file, SCHEMA) == 1
    for deepest in (2, 1):
        configure(query_limits_person=f"depth={deepest}")
        answer = await owner.client.http.post("/graphql", json={"documentId": "me"})
        assert answer.status_code == (200 if deepest > 1 else 400)


def test_filters_are_typed_and_take_no_path() -> None:
    """CASES 44: filters are typed inputs; nothing takes a name of a column."""
    filters = [k for k in CORE.type_map.values() if k.name.endswith(("Filter", "Order"))]
    assert filters
    for kind in filters:
        assert isinstance(kind, GraphQLInputObjectType)
        assert not any("__" in name for name in kind.fields)
