"""A proxy before PostgreSQL that cuts a connection at its commit, as a network may."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from models import database

_SOCKET = ".s.PGSQL.{port}"


@dataclass
class Cutter:
    """`url` leads through it. One commit is lost at most, and then `has_cut`."""

    url: str
    socket: str
    has_cut: bool = False
    _mark: bytes | None = None
    _before: bool = False

    def lose_commit_after(self, mark: bytes, *, before_it_arrives: bool = False) -> None:
        """The next COMMIT on a connection that has said `mark`: the server does it, and its word is
        lost; or it never hears of it.
        """
        self._mark, self._before = mark, before_it_arrives

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self.socket)
        cut = asyncio.Event()
        tasks = [
            asyncio.create_task(self._up(reader, up_writer, cut)),
            asyncio.create_task(_down(up_reader, writer, cut)),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in (writer, up_writer):
            each.close()
            with suppress(OSError):
                await each.wait_closed()

    async def _up(
        self, reader: asyncio.StreamReader, up: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        marked = False
        while data := await reader.read(65536):
            marked = marked or (self._mark is not None and self._mark in data)
            if marked and b"COMMIT" in data:
                self._mark, self.has_cut = None, True
                if self._before:
                    return
                cut.set()
            up.write(data)
            await up.drain()


async def _down(up: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event) -> None:
    while data := await up.read(65536):
        if cut.is_set():
            return
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def before(url: str) -> AsyncIterator[Cutter]:
    """One before the database at `url`, which listens on a unix socket."""
    parts = database.parse(url)
    name = _SOCKET.format(port=parts["port"])
    with tempfile.TemporaryDirectory() as folder:
        cutter = Cutter(url.replace(parts["host"], folder), str(Path(parts["host"]) / name))
        server = await asyncio.start_unix_server(cutter.serve, Path(folder) / name)
        async with server:
            yield cutter
