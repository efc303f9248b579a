import re
from collections.abc import AsyncIterator, Callable

import pytest
from pydantic import SecretStr

from server import app
from settings import Settings
from tests.clients import Client, Person
from tests.factories import World

LARGEST_BODY = 1024 * 1024
JSON = {"content-type": "application/json"}


async def test_a_request_keeps_the_id_it_came_with(world: World) -> None:
    answer = await world.anonymous.http.get("/healthz", headers={"x-request-id": "proxy-1.a_B"})
    assert answer.headers["x-request-id"] == "proxy-1.a_B"


@pytest.mark.parametrize("given", [None, "", "two words", "x" * 65, "a\\nb", "<b>"])
async def test_a_request_without_a_proper_id_is_given_one(world: World, given: str | None) -> None:
    headers = {} if given is None else {"x-request-id": given}
    answer = await world.anonymous.http.get("/healthz", headers=headers)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/invitation", "/mailbox", "/nothing"])
async def test_every_answer_names_its_request(world: World, path: str) -> None:
    answer = await world.anonymous.http.get(path)
    assert answer.headers["x-request-id"]


async def test_an_error_names_the_request_it_happened_in(world: World) -> None:
    """CASES 34: a client quotes it, the log has it."""
    answer = await world.anonymous.post("{ tenants { totalCount } }")
    [error] = answer.json()["errors"]
    assert error["extensions"] == {
        "code": "UNAUTHENTICATED",
        "requestId": answer.headers["x-request-id"],
    }


async def test_a_body_of_a_mebibyte_is_read(world: World) -> None:
    query = b'{"query": "{ __typename }"}'
    answer = await world.anonymous.http.post(
        "/graphql", content=query.ljust(LARGEST_BODY), headers=JSON
    )
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_a_larger_body_is_refused_unread(world: World) -> None:
    """CASES 24."""
    answer = await world.anonymous.http.post(
        "/graphql", content=b" " * (LARGEST_BODY + 1), headers=JSON
    )
    assert answer.status_code == 413
    assert answer.headers["x-request-id"]


async def test_a_larger_body_that_does_not_tell_its_length_is_refused_as_well(
    world: World,
) -> None:
    """CASES 24."""

    async def body() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_BODY // 1024 + 1):
            yield b" " * 1024

    answer = await world.anonymous.http.post("/graphql", content=body(), headers=JSON)
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD"])
async def test_other_methods_are_not_allowed(owner: Person, method: str) -> None:
    answer = await owner.client.http.request(method, "/graphql?query={__typename}")
    assert answer.status_code == 405


@pytest.mark.parametrize("leaving", [{}, {"smtp_url": SecretStr("smtp://localhost:25")}])
async def test_the_development_mailbox_is_served_while_anything_stays_in_it(
    configure: Callable[..., Settings], leaving: dict[str, SecretStr]
) -> None:
    """Codes by SMS as well, where only mail leaves."""
    client = Client(app.build(configure(**leaving)))
    assert (await client.http.get("/mailbox.json")).status_code == 200


async def test_the_development_mailbox_is_not_served_where_everything_leaves(
    configure: Callable[..., Settings],
) -> None:
    gateway = SecretStr("http://localhost:26")
    client = Client(app.build(configure(smtp_url="smtp://localhost:25", sms_url=gateway)))
    for path in ("/mailbox", "/mailbox.json", "/mailbox/eml_x.html"):
        assert (await client.http.get(path)).status_code == 404
