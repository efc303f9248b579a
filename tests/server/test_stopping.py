"""How a process takes its leave, and what it does when too many come at once."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import psutil
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from models import OutboxEntry, OutboxState
from models import database as db
from server import serving
from server.app import RequestId
from server.crowd import Crowd
from settings import Settings
from tests import databases, processes
from tests.clients import Person
from tests.listeners import ACCESS, Hall
from tests.mail import offers
from tests.mail import sink as sinks
from tests.mail.sink import Sink
from tests.production import PRODUCTION

BODY = json.dumps({"query": "{ __typename }"}).encode()


class Slow:
    """A request whose body comes when the test lets it."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self.address = host, int(port)

    async def begin(self, length: int = len(BODY)) -> None:
        self.reader, self.writer = await asyncio.open_connection(*self.address)
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {length}\r\n\r\n"
        )
        self.writer.write(head.encode())
        await self.writer.drain()

    async def end(self) -> str:
        """The answer."""
        self.writer.write(BODY)
        return await self.answer()

    async def answer(self) -> str:
        async with asyncio.timeout(30):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    def close(self) -> None:
        self.writer.close()


async def until_not_ready(http: httpx2.AsyncClient, url: str) -> None:
    async with asyncio.timeout(30):
        while (await http.get(f"{url}/readyz")).status_code == 200:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.02)


async def test_a_server_that_stops_is_first_not_ready_and_then_gone(
    tmp_path: Path, owner: Person
) -> None:
    """CASES 137: who is late is served, what is under way is finished, sockets end with 1001."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            processes.serving(
                "--no-worker",
                database_url=databases.address(),
                data_dir=tmp_path,
                stop_delay="00:00:03",
            )
        )
        http = await stack.enter_async_context(httpx2.AsyncClient())
        idle = await stack.enter_async_context(Hall(server.url).socket(owner))
        stream = await idle.subscribe(ACCESS)
        await stream.begun()
        slow = Slow(server.url)
        await slow.begin()
        server.process.send_signal(signal.SIGTERM)
        await until_not_ready(http, server.url)
        assert (await http.get(f"{server.url}/readyz")).json() == {"status": "STOPPING"}
        late = await http.post(f"{server.url}/graphql", content=BODY, headers=JSON)
        assert late.json() == {"data": {"__typename": "Query"}}
        assert idle.connection.close_code is None
        assert (await idle.closed())[0] == 1001
        assert "200 OK" in await slow.end()
        slow.close()
        async with asyncio.timeout(processes.STOPS_WITHIN):
            assert await server.process.wait() == 0


JSON = {"content-type": "application/json", "connection": "close"}


async def test_a_request_that_never_ends_holds_up_no_stop(tmp_path: Path, database: None) -> None:
    """CASES 137: within 15 seconds, and whoever waits is told."""
    async with processes.serving(
        "--no-worker", database_url=databases.address(), data_dir=tmp_path
    ) as server:
        slow = Slow(server.url)
        await slow.begin()
        await asyncio.sleep(0.1)
        assert await server.stop() == 0
        assert "503 Service Unavailable" in await slow.answer()
        slow.close()
    assert "Traceback" not in server.log


async def test_a_second_signal_ends_the_wait_for_load_balancers(
    tmp_path: Path, database: None
) -> None:
    async with processes.serving(
        "--no-worker", database_url=databases.address(), data_dir=tmp_path, stop_delay="00:00:30"
    ) as server:
        server.process.send_signal(signal.SIGINT)
        async with httpx2.AsyncClient() as http:
            await until_not_ready(http, server.url)
        assert await server.stop(signal.SIGINT) == 0


@asynccontextmanager
async def reached(sink: Sink) -> AsyncIterator[asyncio.Event]:
    """A mail server that never answers; set once a mail is there."""
    there, for_ever = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        there.set()
        await for_ever.wait()

    sink.before_reply = hang
    yield there
    for_ever.set()


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_a_mail_that_hangs_holds_up_no_stop_and_is_given_back(
    tmp_path: Path, database: None, command: str
) -> None:
    """CASES 137: outbox leases are released, exit within 15 seconds."""
    await offers.tell(1)
    async with sinks.listening(Sink()) as sink, reached(sink) as there:
        given = {
            "database_url": databases.address(),
            "data_dir": tmp_path,
            "smtp_url": sink.url,
        }
        process = await processes.start(command, *port(command), settings=given)
        async with asyncio.timeout(60):
            await there.wait()
        process.terminate()
        async with asyncio.timeout(processes.STOPS_WITHIN):
            printed, _ = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in printed
    async with db.transaction(db.SYSTEM):
        entry = await OutboxEntry.get()
    assert (entry.state, entry.lease) == (OutboxState.QUEUED, None)


def port(command: str) -> list[str]:
    if command == "worker":
        return []
    with socket.create_server(("127.0.0.1", 0)) as free:
        return ["--port", str(free.getsockname()[1])]


async def test_too_many_requests_are_refused_at_once_and_health_is_not(
    tmp_path: Path, database: None
) -> None:
    """CASES 138: 503 for who comes too late, 200 for probes, and memory stays flat."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            processes.serving(
                "--no-worker",
                database_url=databases.address(),
                data_dir=tmp_path,
                requests_at_once=100,
                live_connections=500,
                request_patience=timedelta(minutes=1),
            )
        )
        http = await stack.enter_async_context(httpx2.AsyncClient(timeout=30))
        slow = [Slow(server.url) for _ in range(2000)]
        for each in slow:
            await each.begin()
            stack.callback(each.close)
        refused = [await each.answer() for each in slow[100:]]
        assert {head.partition("\r\n")[0] for head in refused} == {
            "HTTP/1.1 503 Service Unavailable"
        }
        assert all("retry-after: 1" in head for head in refused)
        assert (await http.get(f"{server.url}/healthz")).status_code == 200
        assert (await http.get(f"{server.url}/readyz")).status_code == 200
        late = await http.post(f"{server.url}/graphql", content=BODY, headers=JSON)
        assert late.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert "200 OK" in await slow[0].end()
        again = await http.post(f"{server.url}/graphql", content=BODY, headers=JSON)
        assert again.status_code == 200
        used = psutil.Process(server.process.pid).memory_info().rss
        assert used < 400 * 1024 * 1024


@pytest.fixture
async def crowded() -> AsyncIterator[httpx2.AsyncClient]:
    """Room for one; `/stream` begins and does not end, `/wait` ends when the next one has come."""
    for_ever, came = asyncio.Event(), asyncio.Event()

    async def stream(_: Request) -> StreamingResponse:
        async def events() -> AsyncIterator[str]:
            yield "data: x\n\n"
            came.set()
            await for_ever.wait()

        return StreamingResponse(events(), media_type="text/event-stream")

    async def wait(_: Request) -> PlainTextResponse:
        return PlainTextResponse("done")

    app = Starlette(
        routes=[Route("/stream", stream), Route("/wait", wait)],
        middleware=[Middleware(RequestId), Middleware(Crowd, Settings(requests_at_once=1))],
    )
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as http:
        listening = asyncio.create_task(http.get("/stream"))
        await came.wait()
        yield http
        for_ever.set()
        await listening


async def test_a_stream_that_has_begun_takes_nobodys_place(crowded: httpx2.AsyncClient) -> None:
    assert (await crowded.get("/wait")).text == "done"
    assert (await crowded.get("/wait")).text == "done"


def test_load_balancers_get_three_seconds_in_production_unless_told_otherwise() -> None:
    def delay(**given: object) -> float:
        return serving._delay(Settings(**given))  # type: ignore[arg-type]  # noqa: SLF001 its rule

    assert delay() == 0
    assert delay(**PRODUCTION) == 3
    assert delay(**PRODUCTION, stop_delay=timedelta()) == 0
    assert delay(stop_delay=timedelta(seconds=5)) == 5
