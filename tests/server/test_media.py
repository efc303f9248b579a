"""Media types and status codes of GraphQL over HTTP, where the audits do not ask."""

import httpx2
import pytest
from starlette.datastructures import Headers

import settings
from server import app, media
from tests.clients import Client, Person

JSON, GRAPHQL = media.JSON, media.GRAPHQL
CREATE = 'mutation { createTenant(input: {name: "X", catalog: PROJECT}) { __typename } }'
COUNT = "{ tenants { totalCount } }"

ACCEPTED = {
    "": JSON,
    "*/*": JSON,
    "application/*": JSON,
    JSON: JSON,
    GRAPHQL: GRAPHQL,
    f"{GRAPHQL}, {JSON}": GRAPHQL,
    f"{JSON}, {GRAPHQL}": GRAPHQL,
    f"{GRAPHQL}, {JSON};q=0.9": GRAPHQL,
    f"{GRAPHQL};q=0.5, {JSON}": JSON,
    f"{GRAPHQL}, */*;q=0.1": GRAPHQL,
    f"{GRAPHQL};q=0, */*": JSON,
    f"{JSON};q=0, */*": GRAPHQL,
    f"{JSON}; charset=utf-8": JSON,
    "Application/JSON ; Q=0.3": JSON,
    "text/html,application/xhtml+xml,*/*;q=0.8": JSON,
    "text/html": None,
    "application/jsonl": None,
    f"{JSON};q=0": None,
    "*/*;q=0": None,
    "text/*": None,
    ", ,": JSON,
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_the_answer_has_the_media_type_that_its_reader_likes_best(accept: str) -> None:
    """CASES 32; RFC 9110, 12.5.1: the exactest range decides."""
    assert media.chosen(Headers({"accept": accept})) == ACCEPTED[accept]


def test_several_headers_are_one_list() -> None:
    headers = Headers(raw=[(b"accept", b"text/html"), (b"accept", GRAPHQL.encode())])
    assert media.chosen(headers) == GRAPHQL


async def send(client: Client, query: str, accept: str, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.http.post(
        "/graphql", json={"query": query}, headers={"accept": accept, **named}
    )


async def test_nothing_is_executed_for_who_could_not_read_the_answer(owner: Person) -> None:
    """CASES 32: 406."""
    for accept in ("text/html", "application/xml", f"{JSON};q=0"):
        answer = await send(owner.client, CREATE, accept)
        assert answer.status_code == 406
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await owner.ask(COUNT) == {"tenants": {"totalCount": 1}}


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("{", "BAD_USER_INPUT", 400),
        ("{ nothing }", "BAD_USER_INPUT", 400),
        ("query($a: Int!) { __typename }", "BAD_USER_INPUT", 400),
        ("{ " + " ".join(f"a{i}: __typename" for i in range(200)) + " }", "QUERY_TOO_COMPLEX", 400),
    ],
)
async def test_what_was_not_executed_has_a_status_of_its_own_where_that_is_asked_for(
    owner: Person, query: str, code: str, status: int
) -> None:
    """CASES 4, 32: with that media type, and no `data`."""
    plain, exact = [await send(owner.client, query, accept) for accept in (JSON, GRAPHQL)]
    assert plain.status_code == (status if code == "QUERY_TOO_COMPLEX" else 200)
    assert exact.status_code == status
    for answer, media_type in ((plain, JSON), (exact, GRAPHQL)):
        assert answer.headers["content-type"] == media_type
        assert "data" not in answer.json()
        assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {code}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_what_was_executed_in_part_is_a_success(owner: Person, accept: str) -> None:
    """CASES 33."""
    query = "{ me { login } tenants(first: 1, last: 1) { totalCount } }"
    answer = await send(owner.client, query, accept)
    assert answer.status_code == 200
    assert answer.json()["data"]["me"] == {"login": "olga"}
    assert answer.json()["errors"]


async def test_what_is_refused_before_has_that_media_type_as_well() -> None:
    nobody = Client(app.build(settings.load()))
    answer = await nobody.http.post("/graphql", json=[], headers={"accept": GRAPHQL})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == GRAPHQL


@pytest.mark.parametrize(
    "headers",
    [
        [("content-type", "application/json; charset=utf-16")],
        [("content-type", "application/json; charset=latin1")],
        [("content-type", "application/json-seq")],
        [("content-type", "xapplication/json")],
        [("content-type", "application/json"), ("content-type", "text/plain")],
        [("content-type", "text/plain, application/json")],
        [("content-type", "application/json"), ("content-encoding", "gzip")],
        [],
    ],
)
async def test_a_body_is_json_in_utf_8_or_is_not_read(
    owner: Person, headers: list[tuple[str, str]]
) -> None:
    """CASES 26, 28: 415."""
    content = f'{{"query": "{CREATE}"}}'.encode()
    answer = await owner.client.http.post(
        "/graphql", content=content, headers=httpx2.Headers(headers)
    )
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await owner.ask(COUNT) == {"tenants": {"totalCount": 1}}
