"""Pictures made in memory, and how they travel."""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import httpx2
from PIL import Image

from tests.clients import Client

RED, BLUE = (220, 20, 20), (20, 20, 220)


def flat(width: int = 60, height: int = 40, colour: Any = RED, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height), colour)


def file(image: Image.Image | None = None, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file; a red one, if nothing else is said."""
    made = BytesIO()
    (image or flat()).save(made, kind, **options)
    return made.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header names that size, and which holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


async def put(
    client: Client,
    content: Any = None,
    media_type: str = "image/png",
    headers: Mapping[str, str] | None = None,
) -> httpx2.Response:
    """Upload a file, or a stream of one; a red picture, if nothing else is said."""
    return await client.http.put(
        "/avatar",
        content=file() if content is None else content,
        headers={"content-type": media_type, **(headers or {})},
    )


async def put_up(client: Client, colour: Any = RED) -> str:
    """Somebody has an avatar; its path."""
    answer = await put(client, file(flat(colour=colour)))
    assert answer.status_code == 200, answer.text
    return path(answer.json()["url"])


def path(url: str) -> str:
    """Of an address on this server."""
    return "/" + url.split("/", 3)[3]
