"""Round trips to PostgreSQL, counted on the line between: how often a server waits for one."""

import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from bench import databases, ours, rounds, serving
from bench.databases import Server
from bench.figures import Spread
from bench.handwritten.peer import Handwritten
from bench.ours import Ours
from bench.results import Section
from bench.rounds import Pace
from bench.work import WORKS, Peer

_WARM, _TIMES, _SOCKET = 12, 10, ".s.PGSQL.5432"
_OFFERS = 1_000
_PEERS = (Ours(), Handwritten(), Handwritten("hand-written, begun at once", at_once=True))
_SETTLES_IN = 0.05  # seconds; what is done behind an answer belongs to it


class Line:
    """Passes on what comes; `trips` counts the requests that went out after an answer came."""

    def __init__(self, database_url: str) -> None:
        self._parts = urlsplit(database_url)
        self._folder = parse_qs(self._parts.query)["host"][0]
        self.trips = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The address on this side of the line."""
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            server = await asyncio.start_unix_server(self._connect, Path(folder) / _SOCKET)
            async with server:
                yield urlunsplit(self._parts._replace(query=urlencode({"host": folder}, safe="/")))

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_unix_connection(str(Path(self._folder) / _SOCKET))
        waits = False

        async def pass_on(
            source: asyncio.StreamReader, target: asyncio.StreamWriter, *, asks: bool
        ) -> None:
            nonlocal waits
            while some := await source.read(65536):
                self.trips += asks and not waits
                waits = asks
                target.write(some)
                await target.drain()
            target.close()

        await asyncio.gather(
            pass_on(reader, there[1], asks=True),
            pass_on(there[0], writer, asks=False),
            return_exceptions=True,
        )


async def measure(on: Server, _: Pace) -> Section:
    """Of one request at a time, after the first ones, on connections that are open."""
    async with databases.copy(on) as copy:
        await ours.offer(copy, _OFFERS)
        counted = [(peer, await _of(peer, copy.url)) for peer in _PEERS]
    lines = [f"| | {' | '.join(WORKS)} |", f"| --- |{' --- |' * len(WORKS)}"]
    for peer, trips in counted:
        lines.append(f"| {peer.name} | {' | '.join(f'{trips[work]:g}' for work in WORKS)} |")
    figures = {f"trips {work}": Spread.of(trips) for work, trips in counted[0][1].items()}
    return Section("Round trips to PostgreSQL", lines, figures)


async def _of(peer: Peer, database_url: str) -> dict[str, float]:
    line, port = Line(database_url), serving.free_port()
    async with (
        line.open() as address,
        serving.started(*peer.command(port, address), port) as server,
    ):
        return {work: await _count(peer, work, server, line) for work in WORKS}


async def _count(peer: Peer, work: str, server: serving.Serving, line: Line) -> float:
    for _ in range(_WARM):
        await rounds.check(peer, work, server)
    await asyncio.sleep(_SETTLES_IN)
    counted = []
    for _ in range(_TIMES):
        before = line.trips
        await rounds.check(peer, work, server)
        await asyncio.sleep(_SETTLES_IN)
        counted.append(line.trips - before)
    return statistics.median(counted)
