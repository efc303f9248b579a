"""Who listens: subscribers over server-sent events and WebSockets, to a server on a real socket."""

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from models import announcements, inbox
from server import app, live
from settings import Settings
from tests import databases
from tests.journeys import hosting

WITHIN = 30
PROTOCOL = "graphql-transport-ws"

MEMBERS = """
subscription($id: ID!) {
  it: memberChanged(tenantId: $id) {
    id: memberId member { status login phone fullName role { code } }
  }
}
"""
DELIVERIES = """
subscription($id: ID!) {
  it: invitationDelivery(tenantId: $id) { id: invitationId invitation { delivery } }
}
"""
ACCESS = "subscription { it: myAccessChanged { id: tenantId member { status role { code } } } }"


class Listener(Protocol):
    """Somebody with a token, or an API key."""

    @property
    def token(self) -> str: ...


class Ended(Exception):
    """The stream has ended, with `code` if it said why."""

    def __init__(self, code: str | None = None) -> None:
        super().__init__(code)
        self.code = code


class Stream:
    """What one subscription tells, however it travels."""

    async def answer(self) -> dict[str, Any] | None:
        """The next one; None at the end."""
        raise NotImplementedError

    async def next(self) -> dict[str, Any]:
        """What the field `it` says next.

        Raises:
            Ended
        """
        async with asyncio.timeout(WITHIN):
            answer = await self.answer()
        if answer is None:
            raise Ended
        if "errors" in answer:
            [error] = answer["errors"]
            assert error["message"]
            raise Ended(error["extensions"]["code"])
        told: dict[str, Any] = answer["data"]["it"]
        return told

    async def begun(self) -> None:
        """From now on nothing is missed."""
        assert (await self.next())["id"] is None

    async def end(self) -> str | None:
        """The code it ends with; nothing else comes before."""
        try:
            told = await self.next()
        except Ended as ended:
            if ended.code is not None:
                async with asyncio.timeout(WITHIN):
                    assert await self.answer() is None
            return ended.code
        raise AssertionError(told)


@dataclass
class Events(Stream):
    response: httpx2.Response
    _lines: AsyncIterator[str]

    async def answer(self) -> dict[str, Any] | None:
        event = ""
        async for line in self._lines:
            kind, _, value = line.partition(":")
            if kind == "event":
                event = value.strip()
            elif kind == "data" and event == "next":
                answer: dict[str, Any] = json.loads(value)
                return answer
            elif kind == "data":
                return None
        raise EOFError


@dataclass
class Socket:
    """A connection that has been greeted; it carries several subscriptions."""

    connection: ClientConnection
    _waiting: dict[str, asyncio.Queue[dict[str, Any]]] = field(default_factory=dict)
    _ids: Any = field(default_factory=itertools.count)

    async def greet(self, **payload: object) -> None:
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.receive() == {"type": "connection_ack"}

    async def send(self, message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(WITHIN):
            text = await self.connection.recv()
        assert isinstance(text, str)
        message: dict[str, Any] = json.loads(text)
        return message

    async def subscribe(self, document: str, **variables: Any) -> "Subscription":
        made = Subscription(self, str(next(self._ids)))
        self._waiting[made.id] = asyncio.Queue()
        payload = {"query": document, "variables": variables}
        await self.send({"type": "subscribe", "id": made.id, "payload": payload})
        return made

    async def message_for(self, id_: str) -> dict[str, Any]:
        while self._waiting[id_].empty():
            message = await self.receive()
            await self._waiting[message["id"]].put(message)
        return await self._waiting[id_].get()

    async def closed(self) -> tuple[int, str]:
        """How the server closes it, after whatever it sends before."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(WITHIN):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


@dataclass
class Subscription(Stream):
    socket: Socket
    id: str

    async def answer(self) -> dict[str, Any] | None:
        message = await self.socket.message_for(self.id)
        if message["type"] == "error":
            self.socket._waiting[self.id].put_nowait({"type": "complete"})  # noqa: SLF001 as one end
            return {"errors": message["payload"]}
        return message["payload"] if message["type"] == "next" else None

    async def stop(self) -> None:
        await self.socket.send({"type": "complete", "id": self.id})


@dataclass
class Hall:
    """A server on a socket."""

    url: str

    @asynccontextmanager
    async def request(
        self, document: str, headers: Mapping[str, str], **variables: Any
    ) -> AsyncIterator[httpx2.Response]:
        body = {"query": document, "variables": variables}
        async with (
            httpx2.AsyncClient(base_url=self.url, timeout=WITHIN) as http,
            http.stream("POST", "/graphql", json=body, headers=headers) as response,
        ):
            yield response

    async def slow(self) -> socket.socket:
        """A connection that takes little at once."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        made = short(socket.socket())
        made.setblocking(False)  # noqa: FBT003 as it is called
        await asyncio.get_running_loop().sock_connect(made, (host, int(port)))
        return made

    @asynccontextmanager
    async def events(
        self, person: Listener | None, document: str, **variables: Any
    ) -> AsyncIterator[Events]:
        headers = {"accept": "text/event-stream", **bearer(person)}
        async with self.request(document, headers, **variables) as response:
            assert response.headers["content-type"] == "text/event-stream"
            yield Events(response, response.aiter_lines())

    @asynccontextmanager
    async def listening(
        self, person: Listener, document: str, **variables: Any
    ) -> AsyncIterator[Events]:
        """As `events`, once the stream has begun."""
        async with self.events(person, document, **variables) as events:
            await events.begun()
            yield events

    @asynccontextmanager
    async def connection(
        self, headers: Mapping[str, str] | None = None, protocol: str = PROTOCOL, **more: Any
    ) -> AsyncIterator[Socket]:
        """A socket that has not been greeted."""
        address = f"{self.url.replace('http', 'ws', 1)}/graphql"
        async with connect(
            address,
            subprotocols=[protocol],  # type: ignore[list-item]  # a plain name
            additional_headers=headers,
            proxy=None,
            compression=None,
            **more,
        ) as made:
            yield Socket(made)

    @asynccontextmanager
    async def socket(self, person: Listener | None) -> AsyncIterator[Socket]:
        async with self.connection(bearer(person)) as socket:
            await socket.greet()
            yield socket


def bearer(person: Listener | None) -> dict[str, str]:
    return {"authorization": f"Bearer {person.token}"} if person else {}


async def left() -> None:
    """Wait until the process keeps nothing open for anybody."""
    async with asyncio.timeout(WITHIN):
        while live.count() or inbox.count():  # noqa: ASYNC110 nothing tells of it
            await asyncio.sleep(0.01)


def short(made: socket.socket) -> socket.socket:
    """It takes little at once, so that who does not read is soon noticed."""
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        made.setsockopt(socket.SOL_SOCKET, option, 4096)
    return made


@asynccontextmanager
async def hall(configure: Callable[..., Settings], **more: object) -> AsyncIterator[Hall]:
    """In this process, so that tests move its clock and count what it holds."""
    with short(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        chosen = configure(public_url=url, **more)
        async with (
            announcements.listening(databases.address(), chosen),
            hosting.listening(app.build(chosen), listener),
        ):
            yield Hall(url)
