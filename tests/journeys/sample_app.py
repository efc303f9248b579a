"""The sample app as a process, and browsers in it."""

import asyncio
import os
import re
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import httpx2

from settings import CHECKOUT

NOBODY = "Nobody is signed in"
NOTICES_WITHIN = 30


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@asynccontextmanager
async def running(
    tenantry: str, *, port: int, app_id: str, secret: str = ""
) -> AsyncIterator[None]:
    """`examples/app/app.py` as its README starts it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "examples/app/app.py", "--port", str(port)),
        *("--tenantry", tenantry, "--app-id", app_id),
        cwd=CHECKOUT,
        env=os.environ | {"SAMPLE_APP_SECRET": secret},
        stdin=DEVNULL,
        stderr=PIPE,
    )
    try:
        assert process.stderr is not None
        while b"Uvicorn running" not in (line := await process.stderr.readline()):
            assert line, "the sample app did not start"
        yield
    finally:
        process.terminate()
        _, printed = await process.communicate()
        print(printed.decode())  # noqa: T201 shown where the test fails


class Visit:
    """A browser in the sample app."""

    def __init__(self, url: str) -> None:
        self.http = httpx2.AsyncClient(base_url=url, follow_redirects=True)

    async def arrive(self, ticket: str) -> str:
        return text(await self.http.post("/", data={"ticket": ticket}))

    async def look(self) -> str:
        return text(await self.http.get("/"))

    async def sign_out(self) -> str:
        return text(await self.http.post("/sign-out"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()


def text(page: httpx2.Response) -> str:
    """What the page says, without its tags."""
    return " ".join(re.sub(r"<script>.*</script>|<[^>]+>", " ", page.text, flags=re.DOTALL).split())


async def notices_the_end(visit: Visit) -> None:
    async with asyncio.timeout(NOTICES_WITHIN):
        while NOBODY not in await visit.look():  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.05)
