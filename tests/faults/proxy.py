"""A proxy before PostgreSQL that does what networks do: cuts, resets, delays, drips, swallows; and
stops a connection at one message, as if time stood still there.

`tests/cutting.py` loses the answer to a commit; here the one who waits for it can be killed.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from models import database

_RESET = struct.pack("ii", 1, 0)


@dataclass
class Stop:
    """The first message with `at`, in a transaction that has said `said`, goes no further; or its
    answer does not, where it `passes`.
    """

    at: bytes
    said: bytes = b""
    passes: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Proxy:
    """`url` leads through it. `pause` is before each chunk, `size` the bytes of one; a proxy that
    `swallows` takes everything and passes nothing on; one that `refuses` ends who connects.
    """

    url: str
    behind: str
    pause: float = 0.0
    size: int = 65536
    swallows: bool = False
    refuses: bool = False
    stop: Stop | None = None
    lines: set["Line"] = field(default_factory=set)

    def cut(self, *, reset: bool = False) -> None:
        """All connections end, in order or by a reset."""
        for line in list(self.lines):
            line.end(reset=reset)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(self, writer)
        self.lines.add(line)
        try:
            if not self.refuses:
                await line.carry(reader)
        finally:
            self.lines.discard(line)
            line.end()


@dataclass(eq=False)
class Line:
    """One connection of a client's, and the one of ours that stands for it."""

    proxy: Proxy
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    has_said: bool = False
    is_mute: bool = False

    async def carry(self, asked: asyncio.StreamReader) -> None:
        """Until one of the two leaves."""
        answers, self.server = await asyncio.open_unix_connection(self.proxy.behind)
        ways = [asyncio.create_task(way) for way in (self._ask(asked), self._tell(answers))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    def end(self, *, reset: bool = False) -> None:
        if reset:
            line = self.client.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.client.transport.abort()
        for writer in (self.client, self.server):
            if writer is not None:
                writer.close()

    async def _ask(self, asked: asyncio.StreamReader) -> None:
        assert self.server is not None
        while data := await self._next(asked):
            if (stop := self.proxy.stop) is not None and self._meets(stop, data):
                self.proxy.stop, self.is_mute = None, True
                if stop.passes:
                    await self._pass(self.server, data)
                    await asyncio.sleep(0.2)  # until it has been done
                stop.reached.set()
                await self._wait(asked, stop)
                if stop.passes:
                    continue
            await self._pass(self.server, data)

    def _meets(self, stop: Stop, data: bytes) -> bool:
        if b"BEGIN" in data:
            self.has_said = False
        self.has_said = self.has_said or stop.said in data
        return self.has_said and stop.at in data

    async def _wait(self, asked: asyncio.StreamReader, stop: Stop) -> None:
        """For the client's end, or to go on."""
        ends = asyncio.create_task(asked.read(1))
        goes_on = asyncio.create_task(stop.released.wait())
        done, _ = await asyncio.wait({ends, goes_on}, return_when=asyncio.FIRST_COMPLETED)
        for task in (ends, goes_on):
            task.cancel()
        if ends in done:
            raise ConnectionResetError
        self.is_mute = False

    async def _tell(self, answers: asyncio.StreamReader) -> None:
        while data := await answers.read(65536):
            if not self.is_mute and not self.proxy.swallows:
                await self._pass(self.client, data)

    async def _next(self, asked: asyncio.StreamReader) -> bytes:
        """What is not swallowed."""
        while True:
            data = await asked.read(65536)
            if not data or not self.proxy.swallows:
                return data

    async def _pass(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        size = self.proxy.size
        for chunk in (data[at : at + size] for at in range(0, len(data), size)):
            if self.proxy.pause:
                await asyncio.sleep(self.proxy.pause)
            writer.write(chunk)
            await writer.drain()


@asynccontextmanager
async def before(url: str) -> AsyncIterator[Proxy]:
    """One on a port of its own, before the database at `url`, which listens on a unix socket."""
    parts = database.parse(url)
    behind = Path(parts["host"]) / f".s.PGSQL.{parts['port']}"
    proxy = Proxy("", str(behind))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            await proxy.serve(reader, writer)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    proxy.url = f"postgresql://{parts['user']}@127.0.0.1:{port}{urlsplit(url).path}?sslmode=disable"
    async with listener:
        yield proxy
        proxy.cut()
