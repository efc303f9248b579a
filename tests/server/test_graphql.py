"""The body and address of a request: what is executed, and what is refused and how."""

import json
import re
from urllib.parse import quote

import pytest

import settings
from models import Tenant, database
from server import app
from tests.asking import assert_refused, body, post
from tests.clients import Client, Person
from tests.factories import World

JSON = {"content-type": "application/json"}
CREATE = 'mutation { createTenant(input: {name: "X", catalog: PROJECT}) { __typename } }'
QUERY = b'"query": "{ __typename }"'
ME = "{ me { login } }"


@pytest.fixture
def nobody() -> Client:
    """An anonymous caller of a server that never comes to ask its database."""
    return Client(app.build(settings.load()))


MALFORMED = {
    "empty": b"",
    "blank": b"  ",
    "no JSON": b"query { __typename }",
    "cut off": b'{"query": "{ __type',
    "two values": b"{" + QUERY + b"} {}",
    "invalid UTF-8": b'{"query": "{ __typename \xff}"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{" + QUERY + b"}",
    "lone surrogate": b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
    "NaN": b"{" + QUERY + b', "variables": {"a": NaN}}',
    "Infinity": b"{" + QUERY + b', "variables": {"a": Infinity}}',
    "too large a number": b"{" + QUERY + b', "variables": {"a": 1e400}}',
    "too many digits": b"{" + QUERY + b', "variables": {"a": ' + b"9" * 5000 + b"}}",
    "duplicate keys": b'{"query": "{ __typename }", "query": "{ me { login } }"}',
    "duplicate keys inside": b"{" + QUERY + b', "variables": {"a": 1, "a": 2}}',
    "deep array": b"{" + QUERY + b', "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a thousand deep": b"{" + QUERY + b', "variables": {"a": ' + b"[" * 1000 + b"]" * 1000 + b"}}",
    "number": b"1",
    "string": b'"{ __typename }"',
    "null": b"null",
    "true": b"true",
    "array": b"[]",
    "no query": body(),
    "query null": body(query=None),
    "query empty": body(query=""),
    "query array": body(query=["{ __typename }"]),
    "query number": body(query=1),
    "query object": body(query={}),
    "operationName object": body(query="{ __typename }", operationName={}),
    "operationName number": body(query="{ __typename }", operationName=1),
    "operationName unknown": body(query="query A { __typename }", operationName="B"),
    "variables string": body(query="{ __typename }", variables="{}"),
    "variables array": body(query="{ __typename }", variables=[]),
    "variables number": body(query="{ __typename }", variables=1),
    "extensions array": body(query="{ __typename }", extensions=[]),
    "extensions string": body(query="{ __typename }", extensions="x"),
    "persisted query": body(extensions={"persistedQuery": {"version": 1, "sha256Hash": "a"}}),
    "only a fragment": body(query="fragment A on Query { __typename }"),
    "a type": body(query="type A { b: Int }"),
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_body_is_a_bad_request(nobody: Client, content: bytes) -> None:
    """CASES 26, 27, 41."""
    assert_refused(await post(nobody, content))


async def test_several_operations_in_one_body_are_refused(owner: Person) -> None:
    """CASES 7."""
    answer = await post(owner.client, body(query=CREATE).join([b"[", b"]"]))
    assert_refused(answer)
    assert answer.json()["errors"][0]["message"].startswith("Batching is not enabled")
    assert await owner.ask("{ tenants { totalCount } }") == {"tenants": {"totalCount": 1}}


async def test_only_json_is_executed(owner: Person) -> None:
    """CASES 28: what a foreign page can send without asking is not read."""
    for content_type in (
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "x",
    ):
        assert_refused(await post(owner.client, body(query=CREATE), content_type), status=415)
    assert await owner.ask("{ tenants { totalCount } }") == {"tenants": {"totalCount": 1}}


async def test_an_upload_is_not_executed(owner: Person) -> None:
    """CASES 28."""
    answer = await owner.client.http.post(
        "/graphql", data={"operations": json.dumps({"query": CREATE}), "map": "{}"}, files={}
    )
    assert_refused(answer, status=415)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
async def test_json_is_json_however_it_is_written(world: World, content_type: str) -> None:
    answer = await post(world.anonymous, b"{" + QUERY + b"}", content_type)
    assert answer.json() == {"data": {"__typename": "Query"}}


REFUSED_DOCUMENTS = {
    "unknown field": "{ nothing }",
    "unknown argument": '{ tenant(id: "a", x: 1) { id } }',
    "unknown input field": 'mutation { signIn(input: {login: "a", password: "b", role: "OWNER"})'
    " { __typename } }",
    "missing argument": "{ tenant { id } }",
    "no document": "#",
    "syntax": "{",
    "cycle of fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "deep selection": "{ a " * 400 + "}" * 400,
    "deep list": f"{{ tenants(filter: {{catalogs: {'[' * 3000}{']' * 3000}}}) {{ totalCount }} }}",
    "lone surrogate": '{ node(id: "\\ud800") { id } }',
    "number too large": "{ tenants(first: 99999999999) { totalCount } }",
    "code as number": 'mutation { changeRole(input: {memberId: "a", role: 1}) { __typename } }',
    "code as object": 'mutation { changeRole(input: {memberId: "a", role: {b: 1}})'
    " { __typename } }",
    "two of one-of": 'mutation { acceptInvitation(input: {invitation: {token: "a", id: "b"}})'
    " { __typename } }",
    "none of one-of": "mutation { acceptInvitation(input: {invitation: {}}) { __typename } }",
    "subscription": "subscription { a }",
    "two operations": "query A { __typename } query B { __typename }",
    "two operations, one a change": "query A { __typename } mutation B { signOut { signedOut } }",
}


@pytest.mark.parametrize("query", REFUSED_DOCUMENTS.values(), ids=REFUSED_DOCUMENTS.keys())
async def test_a_document_that_cannot_be_run_is_not_run(nobody: Client, query: str) -> None:
    """CASES 2, 15, 67."""
    answer = await nobody.execute(query)
    assert "data" not in answer
    [code] = {error["extensions"]["code"] for error in answer["errors"]}
    assert code in {"BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}


async def test_of_several_operations_the_named_one_is_run(owner: Person) -> None:
    query = "query A { me { login } } mutation B { signOut { signedOut } } query C { __typename }"
    answer = await post(owner.client, body(query=query, operationName="A"))
    assert answer.json() == {"data": {"me": {"login": "olga"}}}
    assert await owner.ask(ME) == {"me": {"login": "olga"}}


async def test_a_page_of_a_wrong_size_is_refused(owner: Person) -> None:
    """CASES 20."""
    query = "query($first: Int) { tenants(first: $first) { totalCount } }"
    for first in (0, -1, 101, 2_147_483_647):
        assert await owner.refusal(query, first=first) == "BAD_USER_INPUT"


TEXTS = {
    "query": (
        "node(id: $x) { id }",
        "tenant(id: $x) { id }",
        "members(tenantId: $x) { totalCount }",
        "tenants(filter: {search: $x}) { totalCount }",
        "tenants(after: $x) { totalCount }",
        "invitation(token: $x) { __typename }",
    ),
    "mutation": (
        "signIn(input: {login: $x, password: $x}) { __typename }",
        "createTenant(input: {name: $x, catalog: PROJECT}) { __typename }",
        'signIn(input: {login: "a", password: $x}) { __typename }',
        "updateTenant(input: {tenantId: $x}) { __typename }",
        'inviteMember(input: {tenantId: $x, invitee: {email: "a@example.com"}}) { __typename }',
        'changeRole(input: {memberId: $x, role: "OWNER"}) { __typename }',
        "removeMember(input: {memberId: $x}) { __typename }",
        "resendInvitation(input: {invitationId: $x}) { __typename }",
        "revokeInvitation(input: {invitationId: $x}) { __typename }",
        "setMemberEnabled(input: {memberId: $x, enabled: true}) { __typename }",
        "leaveTenant(input: {tenantId: $x}) { __typename }",
        "acceptInvitation(input: {invitation: {token: $x}}) { __typename }",
        "acceptInvitation(input: {invitation: {id: $x}}) { __typename }",
    ),
}


@pytest.mark.parametrize("kind", TEXTS)
async def test_no_text_makes_the_server_fail(owner: Person, kind: str) -> None:
    """CASES 26, 106: a code or a typed answer, whatever stands in the text."""
    for field in TEXTS[kind]:
        text = "ID!" if re.search(r"\b(\w+I|i)d: \$x", field) else "String!"
        for value in ("a\0b", "mem_a\0", "tnt_inv_\0", "", " ", "'", "%", "x" * 33, "x" * 10_000):
            answer = await owner.client.execute(f"{kind}($x: {text}) {{ {field} }}", x=value)
            codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
            assert codes <= {"BAD_USER_INPUT", "NOT_FOUND"}, (field, value)


async def test_a_query_comes_as_an_address_as_well(owner: Person) -> None:
    answer = await owner.client.http.get("/graphql", params={"query": ME})
    assert answer.json() == {"data": {"me": {"login": "olga"}}}


async def test_an_address_carries_variables_and_the_operations_name(
    owner: Person, project: Tenant
) -> None:
    answer = await owner.client.http.get(
        "/graphql",
        params={
            "query": "query A { __typename } query B($id: ID!) { tenant(id: $id) { name } }",
            "variables": json.dumps({"id": project.id}),
            "operationName": "B",
            "extensions": "{}",
        },
    )
    assert answer.json() == {"data": {"tenant": {"name": "Acme"}}}


async def test_a_change_is_not_made_by_an_address(owner: Person) -> None:
    """CASES 29."""
    for query in (CREATE, f"query A {{ __typename }} {CREATE.replace('mutation', 'mutation B')}"):
        params = {"query": query, "operationName": "B"} if "B" in query else {"query": query}
        answer = await owner.client.http.get("/graphql", params=params)
        assert_refused(answer, status=405)
        assert answer.headers["allow"] == "POST"
    assert await owner.ask("{ tenants { totalCount } }") == {"tenants": {"totalCount": 1}}


async def test_an_invitations_link_is_not_looked_at_by_an_address(world: World) -> None:
    """Contract: addresses are logged, and this one would hold a secret."""
    look = 'invitation(token: "a") { __typename }'
    for query in (
        f"{{ {look} }}",
        f"{{ me {{ login }} other: {look} }}",
        f"{{ ...A }} fragment A on Query {{ {look} }}",
    ):
        answer = await world.anonymous.http.get("/graphql", params={"query": query})
        [error] = answer.json()["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "data" not in answer.json()
    async with database.transaction(database.SYSTEM, read_only=True):
        assert await database.rows("select * from rate_limits") == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "?query=",
        "?variables={}",
        "?query={__typename}&variables=x",
        "?query={__typename}&variables=[]",
        "?query={__typename}&variables={",
        "?query={__typename}&extensions=1",
        "?query={__typename}&operationName=B",
        "?query={__typename}&variables=" + quote('{"a":1,"a":2}'),
    ],
)
async def test_a_malformed_address_is_a_bad_request(nobody: Client, address: str) -> None:
    """CASES 27."""
    assert_refused(await nobody.http.get(f"/graphql{address}"))
