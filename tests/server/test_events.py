"""Subscriptions as server-sent events, and whoever does not read them (issue 7.4)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from models import Tenant
from server import protocols
from server.authentication import cookie_name
from settings import Settings
from tests import listeners
from tests.clients import Person
from tests.factories import World
from tests.listeners import ACCESS, Hall

EVENTS = {"accept": "text/event-stream"}
LENGTHY = "subscription($id: ID!) { it: memberChanged(tenantId: $id) { id: memberId member {"
LENGTHY += " ".join(f"n{number}:fullName" for number in range(2000)) + "}}}"
"""Its messages are longer than what a connection takes at once."""
ROOMY = "characters=50000 tokens=10000 selections=3000 aliases=3000 fields=3000"  # for `LENGTHY`


async def test_events_say_that_nobody_is_to_keep_or_buffer_them(hall: Hall, owner: Person) -> None:
    """A cookie suffices: only JSON is taken, which no foreign page sends unasked."""
    headers = EVENTS | {"cookie": f"{cookie_name()}={owner.token}", "origin": hall.url}
    async with hall.request(ACCESS, headers) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        assert "x-request-id" in answer.headers
        events = listeners.Events(answer, answer.aiter_lines())
        await events.begun()


async def test_the_cookie_of_a_page_elsewhere_does_not_listen(hall: Hall, owner: Person) -> None:
    headers = EVENTS | {"cookie": f"{cookie_name()}={owner.token}", "origin": "https://evil.test"}
    async with hall.request(ACCESS, headers) as answer:
        assert answer.status_code == 403


@pytest.mark.parametrize("document", ["{ me { login } }", "mutation { signOut { signedOut } }"])
async def test_nothing_but_subscriptions_is_streamed(
    hall: Hall, owner: Person, document: str
) -> None:
    async with hall.events(owner, document) as events:
        assert await events.end() == "BAD_USER_INPUT"
    assert await owner.ask("{ me { login } }") == {"me": {"login": owner.login}}


@pytest.mark.parametrize(
    "accept", ["application/json, text/event-stream", "text/event-stream, application/json;q=0.5"]
)
async def test_who_understands_json_as_well_gets_json(
    hall: Hall, owner: Person, accept: str
) -> None:
    """Some clients list all they understand, whatever they ask."""
    headers = listeners.bearer(owner) | {"accept": accept}
    async with hall.request("{ me { login } }", headers) as answer:
        assert json.loads(await answer.aread()) == {"data": {"me": {"login": owner.login}}}


async def test_a_subscription_needs_a_way_to_be_told(hall: Hall, owner: Person) -> None:
    """Plain JSON is none, and neither is GET."""
    answer = await owner.client.execute(ACCESS)
    [error] = answer["errors"]
    assert "text/event-stream" in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    got = await owner.client.http.get("/graphql", params={"query": ACCESS}, headers=EVENTS)
    assert got.status_code == 405


async def test_who_goes_leaves_nothing_behind(hall: Hall, owner: Person) -> None:
    async with hall.listening(owner, ACCESS):
        pass
    await listeners.left()


async def change_others(project: Tenant, world: World) -> None:
    """Messages that fill a connection, and others that wait behind them."""
    for _ in range(5):
        await world.join(project, "ACCOUNTANT", await world.person(full_name="x" * 200))


@asynccontextmanager
async def unread(
    hall: Hall, person: Person, **variables: Any
) -> AsyncIterator[asyncio.StreamReader]:
    """A stream of long events, of which nothing is read before it is asked for."""
    reader, writer = await asyncio.open_connection(sock=await hall.slow(), limit=1024)
    body = json.dumps({"query": LENGTHY, "variables": variables}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: Bearer {person.token}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await reader.readuntil(b'"id":null')
    try:
        yield reader
    finally:
        writer.transport.abort()


async def test_who_does_not_read_for_too_long_is_cut_off(
    configure: Callable[..., Settings], world: World, project: Tenant, owner: Person
) -> None:
    """And costs nothing any more; what he has not read does not pile up before."""
    patience = timedelta(milliseconds=200)
    async with (
        listeners.hall(configure, live_patience=patience, query_limits_person=ROOMY) as hall,
        unread(hall, owner, id=project.id),
        hall.connection(
            listeners.bearer(owner), max_queue=1, close_timeout=0, sock=await hall.slow()
        ) as silent,
    ):
        await silent.greet()
        await (await silent.subscribe(LENGTHY, id=project.id)).begun()
        await change_others(project, world)
        await listeners.left()


async def test_who_reads_on_is_told_that_he_was_too_slow(
    monkeypatch: pytest.MonkeyPatch,
    configure: Callable[..., Settings],
    world: World,
    project: Tenant,
    owner: Person,
) -> None:
    """With a way to come back: read again, then subscribe anew."""
    for name in ("http", "ws"):
        monkeypatch.delitem(protocols.OPTIONS, name)  # so that nothing is cut meanwhile
    patience = timedelta(milliseconds=1)
    async with (
        listeners.hall(configure, live_patience=patience, query_limits_person=ROOMY) as hall,
        unread(hall, owner, id=project.id) as events,
        hall.connection(
            listeners.bearer(owner), max_queue=1, close_timeout=0, sock=await hall.slow()
        ) as silent,
    ):
        await silent.greet()
        await (await silent.subscribe(LENGTHY, id=project.id)).begun()
        await change_others(project, world)
        async with asyncio.timeout(listeners.WITHIN):
            read = b""
            while b"INTERRUPTED" not in read:
                read = read[-100:] + await events.read(1024)
        assert (await silent.closed())[0] == 1013
