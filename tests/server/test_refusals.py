"""What is refused outside GraphQL, on any path and by any method: one shape of errors."""

from collections.abc import Iterator

import httpx2
import pytest
from starlette.routing import BaseRoute, Mount, Route

import settings
from server import app
from tests.clients import Client

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
HERE = {"text/html", "text/css", "text/event-stream"}


@pytest.fixture
def nobody() -> Client:
    """An anonymous caller of a server that never comes to ask its database."""
    return Client(app.build(settings.load()))


def code(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/json"
    [error] = answer.json()["errors"]
    assert error["message"]
    found: str = error["extensions"]["code"]
    return found


@pytest.mark.parametrize("path", ["/", "/nothing", "/graphql/x", "/static/nothing", "/%00", "/й"])
async def test_what_is_not_there_is_said_in_json(nobody: Client, path: str) -> None:
    for method in set(METHODS) - {"OPTIONS"}:
        answer = await nobody.http.request(method, path)
        assert answer.status_code in {404, 405}
        if method != "HEAD":
            assert code(answer) in {"NOT_FOUND", "BAD_USER_INPUT"}


def addresses() -> Iterator[tuple[str, set[str]]]:
    """Of every route, with all methods that are there at its address."""
    routes: list[BaseRoute] = app.build(settings.load()).routes
    found: dict[str, set[str]] = {}
    for route in routes:
        if isinstance(route, Route):
            found.setdefault(route.path, set()).update(route.methods or ())
        elif isinstance(route, Mount):
            found[f"{route.path}/x"] = {"GET", "HEAD"}
    yield from found.items()


async def test_whoever_uses_another_method_hears_which_there_are(nobody: Client) -> None:
    """GraphQL over HTTP, RFC 9110: 405 with `Allow`, in JSON."""
    for path, methods in addresses():
        for method in set(METHODS) - methods - {"OPTIONS"}:
            answer = await nobody.http.request(method, path)
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["allow"].split(", ")) == methods | {"OPTIONS"}, path
            assert method == "HEAD" or code(answer) == "BAD_USER_INPUT"


async def test_whoever_asks_which_methods_there_are_is_told(nobody: Client) -> None:
    for path, methods in addresses():
        answer = await nobody.http.options(path)
        assert (answer.status_code, answer.content) == (204, b"")
        assert set(answer.headers["allow"].split(", ")) == methods | {"OPTIONS"}


async def test_a_head_of_graphql_is_refused_and_not_executed(nobody: Client) -> None:
    """It would be executed for nobody."""
    answer = await nobody.http.head("/graphql?query={__typename}")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


async def test_a_preflight_that_is_refused_is_refused_in_json(nobody: Client) -> None:
    """CASES 31."""
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = await nobody.http.options("/graphql", headers=asked)
    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")
    assert "access-control-allow-origin" not in answer.headers


async def test_a_listed_page_can_read_why_it_was_refused(nobody: Client) -> None:
    """Whoever replaces an answer keeps what it says to browsers."""
    origin = settings.load().public_origin
    page = Client(app.build(settings.load().model_copy(update={"allowed_origins": (origin,)})))
    answer = await page.http.post(
        "/graphql", content=b" " * (1024 * 1024 + 1), headers={"origin": origin}
    )
    assert (answer.status_code, code(answer)) == (413, "BAD_USER_INPUT")
    assert answer.headers["access-control-allow-origin"] == origin
