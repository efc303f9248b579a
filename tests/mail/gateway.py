"""The far end of SMS: a real HTTP server on a free port that answers as a test tells it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from mail.sms import GatewayTransport
from settings import Settings

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """`headers` by their names in small letters."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Gateway:
    """`received` holds every request; `answers` how to answer the next ones instead of 200."""

    def __init__(self) -> None:
        self.received: list[Request] = []
        self.answers: list[Answer] = []
        self.port = 0
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/messages?version=2"

    @property
    def transport(self) -> GatewayTransport:
        """To this gateway, with the body that is the default."""
        return GatewayTransport.at(Settings(sms_url=SecretStr(self.url)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (f.partition(": ") for f in fields)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.received.append(Request(line, headers, body))
        await (self.answers.pop(0) if self.answers else replying(200))(writer)


def replying(status: int, *, body: bytes = b"ok", head: str = "") -> Answer:
    """A proper answer."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        length = f"Content-Length: {len(body)}\r\n"
        writer.write(f"HTTP/1.1 {status} So\r\n{length}{head}\r\n".encode() + body)
        await writer.drain()

    return answer


def sending(*parts: bytes, pause: float = 0, then_hang: bool = False) -> Answer:
    """Just these bytes, with a pause after each; then the connection is closed, or nothing."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        if then_hang:
            await asyncio.sleep(60)

    return answer


@asynccontextmanager
async def listening(
    gateway: Gateway, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Gateway]:
    """`tls` encrypts from the first byte."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await gateway.serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", gateway.port, ssl=tls)
    gateway.port = server.sockets[0].getsockname()[1]
    gateway.scheme = "https" if tls else "http"
    try:
        yield gateway
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        server.close()
