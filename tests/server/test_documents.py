"""Requests that name a registered document, and servers that run no others (ADR 0032)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import parse, validate

from models import Tenant
from resolvers import documents
from server.graphql import SCHEMA
from server.pages import page
from settings import Settings
from settings.documents import Accepted
from tests import listeners
from tests.clients import Client, Person
from tests.factories import World
from tests.listeners import Hall
from tests.production import PRODUCTION

Configure = Callable[..., Settings]

ME, CREATE = "{ me { login } }", 'mutation { createTenant(input: {name: "New", catalog: PROJECT}) {'
CREATE += " __typename } }"
WEB = Path(__file__).parents[2] / "web"


@pytest.fixture
async def registered(world: World) -> None:
    await documents.add({"me": ME, "create": CREATE, "members": listeners.MEMBERS})


@pytest.fixture
def only_registered(configure: Configure) -> Configure:
    configure(**PRODUCTION, documents=Accepted.REGISTERED)
    return configure


async def post(client: Client, **body: Any) -> httpx2.Response:
    return await client.http.post("/graphql", json=body)


def refusal(answer: httpx2.Response) -> str:
    """The code of the only error of an answer that says 400."""
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert list(answer.json()) == ["errors"]
    assert error["message"]
    return str(error["extensions"]["code"])


@pytest.mark.usefixtures("registered")
async def test_a_document_is_named_by_post_and_by_get(owner: Person) -> None:
    expected = {"data": {"me": {"login": "olga"}}}
    assert (await post(owner.client, documentId="me")).json() == expected
    named = await owner.client.http.get("/graphql?documentId=me&variables=%7B%7D")
    assert named.json() == expected


@pytest.mark.usefixtures("registered")
async def test_a_named_mutation_is_not_made_by_get(owner: Person) -> None:
    """GraphQL over HTTP: 405."""
    answer = await owner.client.http.get("/graphql?documentId=create")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    made = await post(owner.client, documentId="create")
    assert made.json()["data"]["createTenant"] == {"__typename": "CreateTenantPayload"}


@pytest.mark.usefixtures("registered")
async def test_a_document_that_nobody_registered_is_not_found(owner: Person) -> None:
    for id_ in ("you", "", "sha256:" + "0" * 64, "me\0", "x" * 10_000):
        assert refusal(await post(owner.client, documentId=id_)) == "DOCUMENT_NOT_FOUND"
    await documents.remove("me")
    assert refusal(await post(owner.client, documentId="me")) == "DOCUMENT_NOT_FOUND"


@pytest.mark.usefixtures("registered")
async def test_a_request_names_a_document_or_brings_one(owner: Person) -> None:
    for body in (
        {"documentId": "me", "query": ME},
        {"documentId": "me", "query": ""},
        {"documentId": 5},
        {"documentId": ["me"]},
        {"documentId": None},
    ):
        assert refusal(await post(owner.client, **body)) == "BAD_USER_INPUT"
    null = await post(owner.client, documentId=None, query=ME)
    assert null.json() == {"data": {"me": {"login": "olga"}}}
    both = await owner.client.http.get("/graphql?documentId=me&query={me{login}}")
    assert refusal(both) == "BAD_USER_INPUT"


@pytest.mark.usefixtures("registered")
async def test_naming_costs_one_statement(owner: Person, statements: list[str]) -> None:
    await owner.ask(ME)
    sent = len(statements)
    statements.clear()
    await post(owner.client, documentId="me")
    assert len(statements) == sent + 1


async def test_automatic_persisted_queries_are_not_spoken(owner: Person) -> None:
    """CASES 41: nobody registers anything by asking for it."""
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    answer = await post(owner.client, query=ME, extensions=extensions)
    assert answer.json() == {"data": {"me": {"login": "olga"}}}
    assert refusal(await post(owner.client, extensions=extensions)) == "BAD_USER_INPUT"
    assert await documents.listed() == []


@pytest.mark.usefixtures("registered")
async def test_a_named_mutation_has_the_key_of_the_same_one_in_full(owner: Person) -> None:
    """What is sent under an `Idempotency-Key` is the document, however it is named."""
    headers = {"idempotency-key": "one"}
    first = await owner.client.http.post("/graphql", json={"documentId": "create"}, headers=headers)
    second = await owner.client.http.post("/graphql", json={"query": CREATE}, headers=headers)
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"


@pytest.mark.usefixtures("registered", "only_registered")
async def test_where_only_registered_documents_are_run_others_are_refused(
    accountant: Person, anonymous: Client
) -> None:
    assert refusal(await post(anonymous, query=ME)) == "DOCUMENT_REQUIRED"
    assert refusal(await post(accountant.client, query=ME)) == "DOCUMENT_REQUIRED"
    assert refusal(await post(accountant.client, query=ME + " ")) == "DOCUMENT_REQUIRED"
    answer = await accountant.client.http.get("/graphql?query={me{login}}")
    assert refusal(answer) == "DOCUMENT_REQUIRED"
    assert (await post(anonymous, documentId="me")).json() == {"data": {"me": None}}


@pytest.mark.usefixtures("registered", "only_registered")
async def test_who_may_explore_the_api_sends_what_he_likes(world: World, owner: Person) -> None:
    """GraphiQL works for him: provider staff, and holders of `tenant:edit`."""
    assert await owner.ask(ME) == {"me": {"login": "olga"}}
    assert (await (await world.staff()).ask(ME))["me"]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pages that ask these documents."""
    monkeypatch.setattr(page, "WEB", tmp_path)

    def make(*asked: str) -> None:
        (tmp_path / "dist").mkdir()
        (tmp_path / "dist" / "documents.json").write_text(json.dumps(asked))

    return make


@pytest.mark.usefixtures("only_registered")
async def test_what_our_own_pages_ask_needs_no_registering(
    anonymous: Client, build: Callable[..., None]
) -> None:
    """As `scripts/build` lists it, also while the server is up; nothing while it is not built."""
    assert refusal(await post(anonymous, query=ME)) == "DOCUMENT_REQUIRED"
    build(ME)
    assert (await post(anonymous, query=ME)).json() == {"data": {"me": None}}
    assert refusal(await post(anonymous, query=ME + " ")) == "DOCUMENT_REQUIRED"


@pytest.mark.usefixtures("built")
def test_the_build_lists_every_document_of_the_pages() -> None:
    listed = json.loads((WEB / "dist" / "documents.json").read_bytes())
    sources = [*(WEB / "src").rglob("*.ts"), *(WEB / "src").rglob("*.tsx")]
    assert len(listed) == sum(file.read_text().count("/* GraphQL */") for file in sources) > 10
    for document in listed:
        assert not validate(SCHEMA._schema, parse(document))  # noqa: SLF001


@pytest.mark.parametrize("over", ["sockets", "events"])
async def test_a_subscription_is_named_as_well(
    hall: Hall, world: World, project: Tenant, owner: Person, over: str
) -> None:
    """Over a socket in `extensions`, as its protocol has no other place."""
    await documents.add({"members": listeners.MEMBERS})
    answers = await (named_by_socket if over == "sockets" else named_by_events)(
        hall, owner, "members", project.id
    )
    assert answers["data"]["it"] == {"id": None, "member": None}


@pytest.mark.parametrize("over", ["sockets", "events"])
async def test_a_subscription_that_nobody_registered_is_refused(
    hall: Hall, owner: Person, over: str
) -> None:
    naming = named_by_socket if over == "sockets" else named_by_events
    told = await naming(hall, owner, "members", "ten_x")
    [error] = told["errors"]
    assert error["extensions"]["code"] == "DOCUMENT_NOT_FOUND"


async def named_by_events(hall: Hall, person: Person, name: str, tenant_id: str) -> dict[str, Any]:
    """The first answer."""
    headers = {"accept": "text/event-stream", **listeners.bearer(person)}
    body = {"documentId": name, "variables": {"id": tenant_id}}
    async with (
        httpx2.AsyncClient(base_url=hall.url, timeout=listeners.WITHIN) as http,
        http.stream("POST", "/graphql", json=body, headers=headers) as response,
    ):
        if response.status_code == 400:
            return dict(json.loads(await response.aread()))
        return await listeners.Events(response, response.aiter_lines()).answer() or {}


async def named_by_socket(hall: Hall, person: Person, name: str, tenant_id: str) -> dict[str, Any]:
    """The first answer, in the shape of the other way."""
    payload = {"query": "", "variables": {"id": tenant_id}, "extensions": {"documentId": name}}
    async with hall.socket(person) as socket:
        await socket.send({"type": "subscribe", "id": "1", "payload": payload})
        told = await socket.receive()
    return {"errors": told["payload"]} if told["type"] == "error" else dict(told["payload"])
