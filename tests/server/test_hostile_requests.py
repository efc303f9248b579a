"""Requests that no client sends: none of them is a failure of ours, or leaves something behind."""

import asyncio
import ctypes
import gc
import json
import os
import random
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2
import psutil
import pytest

from models import Tenant
from server import app
from server.pages import page, shells
from settings import Settings
from tests import databases, hostility, processes, wires
from tests.clients import Person
from tests.figures import Measured
from tests.hostility import Hostile
from tests.journeys.hosting import listening

Configure = Callable[..., Settings]

LONG = 1000
"""From so many requests on it is a long run, and memory is measured."""
MIB = 1024 * 1024
AT_ONCE = 50
LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass
class Memory:
    """Of a process: how much it has grown since it was warm."""

    process: psutil.Process = field(default_factory=psutil.Process)
    begun: int = 0

    def mark(self) -> None:
        self.begun = self._used()

    @property
    def growth(self) -> float:
        """In MiB."""
        return round((self._used() - self.begun) / MIB, 1)

    def _used(self) -> int:
        """What the allocator holds back for later is not in use."""
        if self.process.pid == os.getpid():
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)
        used: int = self.process.memory_info().rss
        return used


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pages that have been built; what they consist of does not matter here."""
    names = [path.strip("/").replace("/", "-") + ".ts" for path in shells._TITLES]  # noqa: SLF001
    names += ["graphiql.tsx", "mailbox.ts"]
    files = {f"src/pages/{name}": {"file": "x.js"} for name in names}
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "manifest.json").write_text(json.dumps(files))
    monkeypatch.setattr(page, "WEB", tmp_path)


def is_well_answered(sent: Hostile, answer: httpx2.Response) -> bool:
    """Without a failure of ours; what is refused, in JSON with a code, or by a page."""
    if answer.status_code >= 500:
        return False
    kind = answer.headers.get("content-type", "")
    if answer.status_code < 400 or sent.method == "HEAD" or kind.startswith("text/html"):
        return True
    told = answer.json()["errors"]
    return all(error["message"] and error["extensions"]["code"] for error in told)


@pytest.mark.parametrize("count", [300, pytest.param(50_000, marks=pytest.mark.soak)])
async def test_no_request_makes_the_server_fail(
    project: Tenant, owner: Person, measured: Measured, count: int
) -> None:
    """CASES, figures: hostile requests, method, path, address, headers and body."""
    chance, every = random.Random(count), hostility.requests(project, owner)  # noqa: S311 no secret
    memory, failed = Memory(), 0
    for number in range(count):
        if number == count // 5:
            memory.mark()
        sent = hostility.hostile(chance, every)
        answer = await owner.client.http.request(
            sent.method,
            f"{sent.path}?{sent.query}" if sent.query else sent.path,
            content=sent.body,
            headers=[(name.encode(), value.encode()) for name, value in sent.headers],
        )
        if not is_well_answered(sent, answer):
            failed += 1
            print(sent, answer.status_code, answer.text[:500])  # noqa: T201 for whoever mends it
    assert failed == 0
    measured(f"answers of 5xx in {count:,} hostile requests", failed)
    if count > LONG:
        measured(f"memory that {count:,} hostile requests left behind, MiB", memory.growth)
        assert memory.growth <= 20


@asynccontextmanager
async def served(
    folder: Path, configure: Configure, *, apart: bool
) -> AsyncIterator[tuple[str, int, list[str]]]:
    """A server on a socket, its process and what it has printed: in this one, or `apart`."""
    patience = timedelta(seconds=0.5)
    if apart:
        options = {"database_url": databases.address(), "data_dir": folder}
        async with processes.serving("--no-worker", request_patience=patience, **options) as there:
            printed: list[str] = []
            yield there.url, there.process.pid, printed
            printed.append(there.log)
        return
    settings = configure(request_patience=patience)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with listening(app.build(settings), listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", os.getpid(), []


async def said(url: str, parts: list[bytes]) -> list[bytes] | None:
    """Every status; None where the server does not hang up."""
    try:
        answer = await wires.exchange(url, [*parts, LAST])
    except TimeoutError:
        return None
    return STATUS.findall(answer.head.encode() + b"\r\n" + answer.body)


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_no_bytes_make_the_server_fail(
    built: None,
    project: Tenant,
    owner: Person,
    measured: Measured,
    tmp_path: Path,
    configure: Configure,
    count: int,
) -> None:
    """CASES, figures: torn heads, chunks that are none, several requests at once, no HTTP at all.

    Every connection comes to its end by itself.
    """
    chance, every = random.Random(count), hostility.requests(project, owner)  # noqa: S311 no secret
    failed = 0
    async with served(tmp_path, configure, apart=count > LONG) as (url, pid, printed):
        memory = Memory(psutil.Process(pid))
        for number in range(0, count, AT_ONCE):
            if number >= count // 5 and not memory.begun:
                memory.mark()
            sent = [hostility.broken(chance, every) for _ in range(AT_ONCE)]
            answers = await asyncio.gather(*(said(url, parts) for parts in sent))
            for parts, statuses in zip(sent, answers, strict=True):
                if statuses is None or any(status >= b"500" for status in statuses):
                    failed += 1
                    print(parts, statuses)  # noqa: T201 for whoever mends it
        growth = memory.growth
        assert (await wires.exchange(url, [LAST])).status == 200
    assert failed == 0
    assert "Traceback" not in "".join(printed)
    measured(f"answers of 5xx to {count:,} times hostile bytes on a socket", failed)
    if count > LONG:
        measured(f"memory that {count:,} times hostile bytes left behind, MiB", growth)
        assert growth <= 20
