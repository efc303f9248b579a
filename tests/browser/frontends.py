"""A frontend of somebody else's: `examples/spa`, built, and served from an origin of its own."""

import os
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from settings import CHECKOUT
from tests.journeys.hosting import listening

SOURCES = CHECKOUT / "examples" / "spa"
_API = "http://api.invalid"


def build(folder: Path) -> None:
    """As its README says, with the versions of its lock."""
    path = f"{CHECKOUT}/.venv/bin:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "VITE_API_URL": _API}
    for command in (
        f"{CHECKOUT}/scripts/packages examples/spa",
        f"npm run --silent build -- --outDir {folder} --emptyOutDir",
    ):
        subprocess.run(command.split(), cwd=SOURCES, env=environment, check=True)  # noqa: S603 ours


@asynccontextmanager
async def serving(folder: Path, listener: socket.socket, api: str) -> AsyncIterator[None]:
    """What is built asks the API at the address in its page, so one build serves all tests."""
    html = (folder / "index.html").read_text(encoding="utf-8").replace(_API, api)
    policy = f"default-src 'self'; connect-src {api}; require-trusted-types-for 'script'"

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(html, headers={"content-security-policy": policy})

    rest = Mount("/", StaticFiles(directory=folder))
    application = Starlette(routes=[Route("/", page), rest])
    async with listening(application, listener):
        yield
