"""Subscriptions over WebSockets: graphql-transport-ws and nothing else (issue 7.4)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from models import Tenant
from server import graphql
from server.authentication import cookie_name
from settings import Settings
from tests import listeners
from tests.clients import Person
from tests.listeners import ACCESS, MEMBERS, Hall

INIT = {"type": "connection_init"}


async def rename(person: Person, name: str) -> None:
    answer = await person.do("updateProfile", {"fullName": name})
    assert answer["__typename"] == "UpdateProfilePayload"


async def refused(hall: Hall, headers: dict[str, str]) -> tuple[int, str]:
    """The status and the code that a handshake is answered with."""
    with pytest.raises(InvalidStatus) as raised:
        async with hall.connection(headers):
            pass
    answer = raised.value.response
    return answer.status_code, json.loads(answer.body or b"")["errors"][0]["extensions"]["code"]


async def test_a_socket_carries_several_subscriptions_of_its_cookies_session(
    hall: Hall, project: Tenant, owner: Person, manager: Person
) -> None:
    """Each reads for itself (TRAPS 19), and one that is stopped leaves the others."""
    cookie = {"cookie": f"{cookie_name()}={owner.token}", "origin": hall.url}
    async with hall.connection(cookie) as socket:
        await socket.greet()
        stopped = await socket.subscribe(MEMBERS, id=project.id)
        kept = await socket.subscribe(MEMBERS, id=project.id)
        access = await socket.subscribe(ACCESS)
        for stream in (stopped, kept, access):
            await stream.begun()
        for name in ("Marcus", "Markus"):
            await rename(manager, name)
            assert (await kept.next())["member"]["fullName"] == name
            assert (await stopped.next())["member"]["fullName"] == name
        await stopped.stop()
        await owner.do("changeRole", {"memberId": manager.member_id, "role": "ACCOUNTANT"})
        assert (await kept.next())["member"]["role"] == {"code": "ACCOUNTANT"}


@pytest.mark.parametrize("key", ["token", "Authorization", "authorization"])
async def test_a_token_may_come_with_the_greeting(
    hall: Hall, project: Tenant, owner: Person, key: str
) -> None:
    """Browsers cannot set headers of a socket."""
    value = owner.token if key == "token" else f"Bearer {owner.token}"
    async with hall.connection() as socket:
        await socket.greet(**{key: value})
        await (await socket.subscribe(MEMBERS, id=project.id)).begun()


async def test_a_page_from_elsewhere_is_not_let_in(
    configure: Callable[..., Settings], owner: Person
) -> None:
    """CASES 37: 403; a listed one is."""
    cookie = {"cookie": f"{cookie_name()}={owner.token}"}
    listed = "https://app.example.com"
    async with listeners.hall(configure, allowed_origins=(listed,)) as hall:
        for origin in ("https://evil.example.com", "null"):
            answer = await refused(hall, cookie | {"origin": origin})
            assert answer == (403, "PERMISSION_DENIED")
        async with hall.connection(cookie | {"origin": listed}) as socket:
            await socket.greet()
            await (await socket.subscribe(ACCESS)).begun()


@pytest.mark.parametrize("token", [{}, {"token": "tnt_ses_of_nobody"}, {"token": 5}])
async def test_who_is_nobody_is_told_so_and_the_socket_closed(
    hall: Hall, token: dict[str, Any]
) -> None:
    async with hall.connection() as socket:
        await socket.greet(**token)
        assert await (await socket.subscribe(ACCESS)).end() == "UNAUTHENTICATED"
        assert await socket.closed() == (4403, "Sign in first.")
    await listeners.left()


async def test_a_socket_ends_with_its_session(hall: Hall, project: Tenant, owner: Person) -> None:
    """CASES 39."""
    async with hall.socket(owner) as socket:
        members = await socket.subscribe(MEMBERS, id=project.id)
        await members.begun()
        await owner.ask("mutation { signOut { signedOut } }")
        assert await members.end() == "UNAUTHENTICATED"
        assert await socket.closed() == (4403, "Sign in first.")


@pytest.mark.parametrize(
    "document", ["{ me { login } }", "mutation { it: signOut { signedOut } }", "subscription {", ""]
)
async def test_nothing_but_subscriptions_runs(hall: Hall, owner: Person, document: str) -> None:
    """TRAPS 19: a mutation over a socket is refused, and the socket stays."""
    async with hall.socket(owner) as socket:
        assert await (await socket.subscribe(document)).end() == "BAD_USER_INPUT"
        await (await socket.subscribe(ACCESS)).begun()


async def test_the_legacy_protocol_is_not_offered(hall: Hall) -> None:
    """CASES 36."""
    async with hall.connection(protocol="graphql-ws") as socket:
        assert socket.connection.subprotocol is None
        assert (await socket.closed())[0] == 4406


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "subscribe", "id": "1", "payload": {"query": ACCESS}}], 4401),
        ([INIT, INIT], 4429),
        (["not JSON"], 4400),
        ([b"{}"], 4400),
        (['{"type": "ping", "type": "ping"}'], 4400),
        (["[" * 5000], 4400),
        ([[1]], 4400),
        ([5], 4400),
        ([{"type": []}], 4400),
        ([{"type": "x" * 500}], 4400),
        ([INIT | {"payload": 5}], 4400),
        ([INIT, {"type": "subscribe", "id": {}, "payload": {"query": ACCESS}}], 4400),
        ([INIT, {"type": "subscribe", "id": "1"}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": {"query": 5}}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": {"query": "", "variables": 1}}], 4400),
        ([INIT, {"type": "subscribe", "id": "x" * 65, "payload": {"query": ""}}], 4400),
        ([INIT, *[{"type": "subscribe", "id": "1", "payload": {"query": ACCESS}}] * 2], 4409),
    ],
)
async def test_what_is_not_the_protocol_closes_the_socket(
    hall: Hall, owner: Person, messages: list[Any], code: int
) -> None:
    """As graphql-transport-ws says it; nothing is ever an error of ours."""
    async with hall.connection(listeners.bearer(owner)) as socket:
        for message in messages:
            sent = message if isinstance(message, str | bytes) else json.dumps(message)
            await socket.connection.send(sent)
        assert (await socket.closed())[0] == code
    await listeners.left()


async def test_a_message_may_not_be_large(hall: Hall, owner: Person) -> None:
    async with hall.socket(owner) as socket:
        await socket.send({"type": "ping", "payload": "x" * 64 * 1024})
        assert (await socket.closed())[0] == 1009


async def test_a_ping_is_answered(hall: Hall, owner: Person) -> None:
    async with hall.socket(owner) as socket:
        await socket.send({"type": "pong"})
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def test_who_does_not_greet_is_shown_out(
    monkeypatch: pytest.MonkeyPatch, configure: Callable[..., Settings], database: None
) -> None:
    monkeypatch.setattr(graphql, "GREETS_WITHIN", timedelta(milliseconds=1))
    async with listeners.hall(configure) as hall, hall.connection() as socket:
        assert (await socket.closed())[0] == 4408


async def test_a_socket_carries_so_many_subscriptions(
    configure: Callable[..., Settings], owner: Person
) -> None:
    """CASES 38: closed at the cap."""
    async with (
        listeners.hall(configure, live_streams_per_connection=3) as hall,
        hall.socket(owner) as socket,
    ):
        for _ in range(4):
            await socket.subscribe(ACCESS)
        assert (await socket.closed())[0] == 4429
    await listeners.left()


async def test_so_many_connections_are_kept_open(
    configure: Callable[..., Settings], owner: Person
) -> None:
    """Sockets and event streams alike; what is over makes room."""
    async with listeners.hall(configure, live_connections=1) as hall:
        async with hall.socket(owner):
            assert await refused(hall, {}) == (503, "RATE_LIMITED")
            headers = {"accept": "text/event-stream", **listeners.bearer(owner)}
            async with hall.request(ACCESS, headers) as answer:
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "60"
        await listeners.left()
        async with hall.listening(owner, ACCESS):
            pass
