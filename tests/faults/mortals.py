"""Processes of ours that are killed, and start within a tenth of a second: they are forked from one
that has imported everything.

Nothing in them is a stand-in but the clock, which a test moves for all of them, and how long a
worker waits before it looks again.
"""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx2
import uvloop

import settings
from models import Channel, clock
from server import logging, running, serving, worker

QUICK = timedelta(seconds=0.02)
UP_WITHIN = 60
SERVER, WORKER = "server", "worker"

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.faults.mortals"])


@dataclass
class Clock:
    """So many seconds ahead of the machine's, in every process that has it."""

    ahead: Any = field(default_factory=lambda: _forks.Value("d", 0.0))

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead.value)

    def move(self, by: timedelta) -> None:
        self.ahead.value += by.total_seconds()


@dataclass
class Mortal:
    """A server or a worker, with settings by their names in `Settings`."""

    work: str
    settings: Mapping[str, object]
    log: Path
    clock: Clock
    lives: int = 0
    _process: ForkServerProcess | None = None

    async def start(self) -> None:
        environment = {f"TENANTRY_{name.upper()}": str(v) for name, v in self.settings.items()}
        arguments = (self.work, environment, str(self.log), self.clock)
        self._process = _forks.Process(target=_live, args=arguments, daemon=True)
        await asyncio.to_thread(self._process.start)
        self.lives += 1

    async def kill(self) -> None:
        """SIGKILL. It must have been alive: nothing is to end by itself."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """What it has in hand is finished first."""
        await self._end(signal.SIGTERM)

    async def _end(self, by: signal.Signals) -> None:
        process, self._process = self._process, None
        assert process is not None
        assert process.is_alive(), self.log.read_text()[-2000:]
        assert process.pid is not None
        os.kill(process.pid, by)
        await asyncio.to_thread(process.join)


@asynccontextmanager
async def alive(mortal: Mortal) -> AsyncIterator[Mortal]:
    """Until it is killed, at the end of the block at the latest."""
    await mortal.start()
    try:
        yield mortal
    finally:
        if mortal._process is not None:  # noqa: SLF001 our own
            await mortal.kill()


@asynccontextmanager
async def serving_at(url: str, folder: Path) -> AsyncIterator[tuple[Mortal, str]]:
    """A server on that database, without a worker, and its address; it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    given = {"database_url": url, "public_url": address, "data_dir": folder, "port": port}
    async with alive(Mortal(SERVER, given, folder / "server.log", Clock())) as server:
        async with httpx2.AsyncClient() as client, asyncio.timeout(UP_WITHIN):
            while not await _answers(client, address):  # noqa: ASYNC110 no event
                await asyncio.sleep(0.05)
        yield server, address


async def _answers(client: httpx2.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/healthz")).is_success
    except httpx2.TransportError:
        return False


def _live(work: str, environment: Mapping[str, str], log: str, moved: Clock) -> None:
    for name in [name for name in os.environ if name.startswith("TENANTRY_")]:
        del os.environ[name]
    os.environ.update(environment)
    settings.load.cache_clear()
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    clock.now = moved.now
    logging.configure(settings.load())
    uvloop.run(_serve() if work == SERVER else _deliver())


async def _serve() -> None:
    port = int(os.environ["TENANTRY_PORT"])
    await serving.serve(settings.load(), host="127.0.0.1", port=port, worker=False)


async def _deliver() -> None:
    """The mails alone: what else a worker does would only take its share of the machine."""
    stop, chosen = asyncio.Event(), settings.load()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    mails = [each for each in running.carriers(chosen) if each.channel is Channel.MAIL]
    async with running.pool(chosen):
        await worker.run(*mails, stop=stop, idle=QUICK, trouble=QUICK)
