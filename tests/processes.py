"""`python -m server ...` as its operators run it: a process of its own with its own settings."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from settings import CHECKOUT

STOPS_WITHIN = 15


@dataclass(frozen=True)
class Done:
    """How a command ended, and everything it printed."""

    status: int
    printed: str


@dataclass
class Serving:
    """A `serve` that listens; `log` holds what it has printed.

    It is read all the time: a process whose pipe is full stands still.
    """

    url: str
    process: Process
    log: str = ""
    _reading: asyncio.Task[None] | None = None

    async def announced(self) -> None:
        """Once it says so, it listens."""
        while "Tenantry is up" not in self.log:
            assert await self._read_some(), self.log
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while await self._read_some():
            pass

    async def _read_some(self) -> bool:
        assert self.process.stdout is not None
        printed = await self.process.stdout.read(65536)
        self.log += printed.decode(errors="replace")
        return bool(printed)

    async def end(self) -> None:
        """Wait until it is gone and everything it has printed is read."""
        await self.process.wait()
        await (self._reading or self._read())

    async def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Its exit status.

        Raises:
            TimeoutError: it took longer than DESIGN allows.
        """
        self.process.send_signal(by)
        async with asyncio.timeout(STOPS_WITHIN):
            await self.end()
        assert self.process.returncode is not None
        return self.process.returncode


async def start(*arguments: str, settings: Mapping[str, object]) -> Process:
    """`settings` by their names in `Settings`; nothing else of ours is in the environment."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TENANTRY_")}
    environment |= {f"TENANTRY_{name.upper()}": str(value) for name, value in settings.items()}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", *arguments),
        cwd=CHECKOUT,
        env=environment,
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
    )


async def run(*arguments: str, typed: str = "", **settings: object) -> Done:
    """A command that ends by itself; `typed` is its standard input."""
    process = await start(*arguments, settings=settings)
    printed, _ = await process.communicate(typed.encode())
    assert process.returncode is not None
    return Done(process.returncode, printed.decode())


@asynccontextmanager
async def serving(*arguments: str, **settings: object) -> AsyncIterator[Serving]:
    """`serve` on a free port; it is stopped at the end, if the block has not done so."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {"public_url": url} | settings
    process = await start("serve", "--port", str(port), *arguments, settings=settings)
    server = Serving(url, process)
    try:
        await server.announced()
        yield server
    finally:
        if process.returncode is None:
            await server.stop()
        await server.end()


@asynccontextmanager
async def working(**settings: object) -> AsyncIterator[Process]:
    """A `worker`, until SIGTERM at the end of the block."""
    process = await start("worker", settings=settings)
    reading = asyncio.create_task(process.communicate())
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await reading


def databases(data_dir: Path) -> list[int]:
    """The processes of an embedded server on that data directory."""
    folder = str(data_dir / "postgresql")
    return [p.pid for p in psutil.process_iter(["cmdline"]) if folder in (p.info["cmdline"] or [])]
