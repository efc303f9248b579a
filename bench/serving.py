"""Servers as processes of their own: started, watched and stopped with whatever they started."""

import asyncio
import os
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from settings import CHECKOUT

HOST = "127.0.0.1"
_STARTS_WITHIN, _STOPS_WITHIN, _LOOKS_EVERY = 60.0, 15.0, 0.01  # seconds
_LAST_WORDS = 2_000


class NotStarted(Exception):
    """It does not listen; the message says what it printed last."""


@dataclass(frozen=True)
class Serving:
    """A server that listens; `started_in` seconds."""

    port: int
    pid: int
    started_in: float

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def memory(self) -> float:
        """MiB of the process and its children that are in memory."""
        process = psutil.Process(self.pid)
        every = [process, *process.children(recursive=True)]
        return float(sum(each.memory_info().rss for each in every)) / 2**20

    @property
    def cpu_seconds(self) -> float:
        """What it has computed so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        return int(free.getsockname()[1])


@asynccontextmanager
async def started(
    arguments: Sequence[str], environment: Mapping[str, str], port: int
) -> AsyncIterator[Serving]:
    """The process, once its port answers; it is gone at the end, however the block ends.

    Raises:
        NotStarted: it ended, or does not listen in time.
    """
    begun = time.perf_counter()
    with _log() as log:
        process = await _process(arguments, environment, log)
        try:
            await _listens(process, port, log)
            yield Serving(port, process.pid, time.perf_counter() - begun)
        finally:
            await asyncio.shield(_stop(process))


@contextmanager
def _log() -> Iterator[Path]:
    """A file takes whatever is printed; nobody has to read it meanwhile."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder) / "log"
        log.touch()
        yield log


async def _process(
    arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> asyncio.subprocess.Process:
    """In a group of its own, so that Ctrl-C reaches only us. No setting of ours is inherited."""
    inherited = {name: value for name, value in os.environ.items() if not _is_ours(name)}
    with log.open("wb") as output:
        try:
            return await asyncio.create_subprocess_exec(
                *arguments,
                cwd=CHECKOUT,
                env=inherited | dict(environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as problem:
            raise NotStarted(str(problem)) from None


def _is_ours(name: str) -> bool:
    return name.startswith("TENANTRY_")


async def _listens(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    until = time.perf_counter() + _STARTS_WITHIN
    while not await _answers(port):
        if process.returncode is not None or time.perf_counter() > until:
            raise NotStarted(_last_words(log))
        await asyncio.sleep(_LOOKS_EVERY)


def _last_words(log: Path) -> str:
    return log.read_text(errors="replace")[-_LAST_WORDS:].strip()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


async def _stop(process: asyncio.subprocess.Process) -> None:
    """The whole group, patiently at first."""
    for by in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, by)
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOPS_WITHIN):
                await process.wait()
            if by is signal.SIGKILL:
                return
