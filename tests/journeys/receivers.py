"""`examples/webhooks` as a process, and what it prints."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from settings import CHECKOUT


class Receiver:
    """What it has done, as it prints it."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def next(self) -> dict[str, Any]:
        """The next event it does something about."""
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            line = await self._process.stdout.readline()
        found: dict[str, Any] = json.loads(line)
        return found


@asynccontextmanager
async def receiving(secret: str, *, port: int) -> AsyncIterator[Receiver]:
    """As its README starts it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "examples/webhooks/receiver.py", "--port", str(port)),
        cwd=CHECKOUT,
        env=os.environ | {"WEBHOOK_SECRET": secret},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        assert process.stderr is not None
        while b"Uvicorn running" not in (line := await process.stderr.readline()):
            assert line, "the receiver did not start"
        yield Receiver(process)
    finally:
        process.terminate()
        await process.communicate()
