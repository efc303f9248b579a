"""What clients may send that no HTTP library lets them: bytes, as they like, when they like."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

WITHIN = 30


@dataclass(frozen=True)
class Answer:
    """What came before the server hung up, or nothing; `head` with its status line."""

    head: str
    body: bytes

    @property
    def status(self) -> int:
        """0 where nothing was said."""
        return int(self.head.split()[1]) if self.head else 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of its only error."""
        [error] = self.json["errors"]
        code: str = error["extensions"]["code"]
        return code


async def exchange(url: str, parts: Iterable[bytes], *, pause: float = 0) -> Answer:
    """Send each part, with a pause behind it, until the server hangs up; what it said by then.

    Raises:
        TimeoutError: it did not hang up.
    """
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    sending = asyncio.create_task(_send(writer, parts, pause))
    try:
        async with asyncio.timeout(WITHIN):
            return _read(await _all(reader))
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await sending
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _send(writer: asyncio.StreamWriter, parts: Iterable[bytes], pause: float) -> None:
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)


async def _all(reader: asyncio.StreamReader) -> bytes:
    told = b""
    with suppress(OSError):  # it hung up before it had read everything
        while more := await reader.read(65536):
            told += more
    return told


def _read(told: bytes) -> Answer:
    head, _, body = told.partition(b"\r\n\r\n")
    return Answer(head.decode("latin-1"), body)
