"""Processes that are killed in the middle of their work and started again, as machines are."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from settings import CHECKOUT

UP_WITHIN = 180


@dataclass
class Mortal:
    """A command that has no say in when it ends; `log` gets what it prints in all its lives."""

    command: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    lives: int = 0
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TENANTRY_")}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *self.command),
                cwd=CHECKOUT,
                env=inherited | self.environment,
                stdout=log,
                stderr=log,
            )
        self.lives += 1

    async def kill(self) -> None:
        """SIGKILL. It must have been alive: nothing is to end by itself."""
        assert self._process is not None
        assert self._process.returncode is None, self.log.read_text()[-2000:]
        self._process.kill()
        await self._process.wait()


@dataclass
class Server(Mortal):
    url: str = ""

    async def start(self) -> None:
        await super().start()
        async with httpx2.AsyncClient() as client, asyncio.timeout(UP_WITHIN):
            while True:
                try:
                    if (await client.get(f"{self.url}/healthz")).is_success:
                        return
                except httpx2.TransportError:
                    await asyncio.sleep(0.1)


def server(folder: Path, settings: Mapping[str, object]) -> Server:
    """A `serve` that keeps its port over its lives; `settings` by their names in `Settings`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    given = {"public_url": url, "data_dir": folder} | dict(settings)
    return Server(
        ("-m", "server", "serve", "--no-worker", "--port", port),
        {f"TENANTRY_{name.upper()}": str(value) for name, value in given.items()},
        folder / f"server-{port}.log",
        url=url,
    )


@asynccontextmanager
async def alive(*mortals: Mortal) -> AsyncIterator[None]:
    """They live, each by the time the block begins, and are killed at its end."""
    await asyncio.gather(*[each.start() for each in mortals])
    try:
        yield
    finally:
        for each in mortals:
            await each.kill()
