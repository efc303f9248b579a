"""The line that each request has in the log."""

import json
import logging as standard
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from server import logging
from server.access import Access
from server.app import RequestId
from settings import Settings
from tests import listeners
from tests.clients import Client, Person
from tests.factories import World
from tests.listeners import Hall
from tests.production import PRODUCTION

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """What has been logged as in production since it was asked last; asking begins it."""
    handlers, level = standard.root.handlers[:], standard.root.level

    def read() -> list[dict[str, Any]]:
        if standard.root.handlers[-1:] != begun:
            logging.configure(Settings(**PRODUCTION))
            begun[:] = standard.root.handlers
            capsys.readouterr()
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    begun: list[standard.Handler] = []
    yield read
    standard.root.handlers[:] = handlers
    standard.root.setLevel(level)


def plain(line: dict[str, Any]) -> dict[str, Any]:
    """Without what differs each time."""
    assert line.pop("timestamp")
    assert line.pop("request_id")
    assert 0 <= line.pop("ms") < 60_000
    assert line.pop("level") == "info"
    return line


async def test_a_request_has_one_line(lines: Lines, owner: Person) -> None:
    lines()
    await owner.ask("query Q { a: tenants { totalCount } tenants { totalCount } }")
    [line] = lines()
    assert plain(line) == {
        "event": "request",
        "method": "POST",
        "route": "/graphql",
        "status": 200,
        "operation": "query",
        "fields": ["tenants"],
    }


async def test_a_line_says_what_the_client_was_told(lines: Lines, anonymous: Client) -> None:
    lines()
    await anonymous.do("createTenant", {"name": "A", "catalog": "PROJECT"})
    await anonymous.execute("{ tenants { totalCount } me { __typename } }")
    assert [(line["fields"], line["codes"]) for line in lines()] == [
        (["createTenant"], ["UNAUTHENTICATED"]),
        (["tenants", "me"], ["UNAUTHENTICATED"]),
    ]


async def test_a_line_names_no_address_and_nobodys_words(lines: Lines, world: World) -> None:
    """CASES 82: neither ids, queries, bodies, nor headers, whoever refuses the request."""
    client, canary = world.anonymous.http, "canary"
    lines()
    headers = {"authorization": f"Bearer {canary}", "user-agent": canary, "referer": canary}
    await client.get(f"/avatars/{canary}/{canary}?{canary}={canary}", headers=headers)
    await client.get(f"/{canary}", headers=headers)
    await client.get(f"/graphql?query={{{canary}}}", headers=headers)
    await client.request("CANARY".title(), "/healthz/x", headers=headers)
    await client.post("/graphql", content=canary, headers=headers)
    body = {"query": f"query {canary} {{ {canary}: tenants {{ totalCount }} }}"}
    await client.post("/graphql", json=body | {"operationName": canary}, headers=headers)
    await world.anonymous.do("signIn", {"login": canary, "password": canary * 3})
    written = lines()
    assert len(written) == 7
    assert canary not in str(written).lower()


async def test_every_line_of_a_request_has_its_id(
    lines: Lines, world: World, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of whatever module, and of libraries."""

    async def fail(*_: object) -> None:
        standard.getLogger("a library").warning("of a library")
        structlog.get_logger("server").info("of ours")
        raise RuntimeError("postgres://u:p@h")

    monkeypatch.setattr("resolvers.nodes.get", fail)
    lines()
    await owner.client.http.post(
        "/graphql",
        json={"query": '{ node(id: "ten_1") { id } }'},
        headers={"x-request-id": "of-this-test"},
    )
    written = lines()
    assert {line["request_id"] for line in written} == {"of-this-test"}
    assert [line["event"] for line in written] == [
        "of a library",
        "of ours",
        "operation failed",
        "request",
    ]
    assert "postgres://***@h" in written[2]["exception"]
    assert "u:p" not in str(written)
    await owner.ask("{ __typename }")
    assert lines()[0]["request_id"] != "of-this-test"


async def test_probes_have_no_line(lines: Lines, anonymous: Client) -> None:
    """Several a second from each balancer would bury the others."""
    lines()
    await anonymous.http.get("/healthz")
    await anonymous.http.get("/readyz")
    assert lines() == []


async def test_a_socket_has_a_line_when_it_closes(lines: Lines, hall: Hall, owner: Person) -> None:
    lines()
    async with hall.socket(owner) as socket:
        stream = await socket.subscribe(listeners.ACCESS)
        await stream.begun()
    async with hall.events(owner, listeners.ACCESS) as events:
        await events.begun()
    found = [line for line in lines() if line["event"] in {"socket", "request"}]
    assert all(line["fields"] == ["myAccessChanged"] for line in found)
    assert all(line["operation"] == "subscription" for line in found)


class Failing:
    """What nobody foresaw, in a route outside GraphQL."""

    def __init__(self) -> None:
        async def fail(_: Request) -> Response:
            raise RuntimeError("postgres://u:p@h")

        async def break_off(_: Request) -> Response:
            async def text() -> Any:
                yield "half"
                raise RuntimeError("postgres://u:p@h")

            return StreamingResponse(text())

        async def shut(socket: WebSocket) -> None:
            await socket.accept()
            raise RuntimeError("postgres://u:p@h")

        self.app = Starlette(
            routes=[
                Route("/fail/{id}", fail),
                Route("/half", break_off),
                WebSocketRoute("/socket", shut),
            ],
            middleware=[Middleware(RequestId), Middleware(Access)],
        )

    def http(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url="http://x")


async def test_what_nobody_foresaw_is_logged_once_and_told_by_its_code(lines: Lines) -> None:
    """CASES 34: with the id that leads to the log, and nothing else."""
    lines()
    async with Failing().http() as http:
        answer = await http.get("/fail/1", headers={"x-request-id": "of-this-test"})
    assert answer.status_code == 500
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "of-this-test"}
    assert "u:p" not in answer.text
    failed, request = lines()
    assert failed["event"] == "request failed"
    assert failed["request_id"] == request["request_id"] == "of-this-test"
    assert "postgres://***@h" in failed["exception"]
    assert (request["status"], request["codes"]) == (500, ["INTERNAL"])
    assert request["route"] == "/fail/{id}"


async def test_an_answer_that_breaks_off_is_the_servers_to_log(lines: Lines) -> None:
    """uvicorn does, and cuts the connection; twice would look like two failures."""
    lines()
    async with Failing().http() as http:
        with pytest.raises(RuntimeError):
            await http.get("/half")
    [request] = lines()
    assert (request["status"], request["codes"]) == (200, ["INTERNAL"])
