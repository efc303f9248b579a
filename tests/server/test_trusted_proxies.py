"""Through a server of its own, since uvicorn is who reads `X-Forwarded-For`."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).parents[2]
LOOK = {"query": '{ invitation(token: "tnt_inv_x") { __typename } }'}


@contextmanager
def serving(**environment: str) -> Iterator[str]:
    """A server until the block is left; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603 our own command
        [sys.executable, "-m", "server", "serve", "--no-worker", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(address := f"http://127.0.0.1:{port}")
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _wait(address: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            httpx2.get(f"{address}/readyz").raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not come up")


def look(address: str, forwarded_for: str) -> str:
    answer = httpx2.post(
        f"{address}/graphql", json=LOOK, headers={"x-forwarded-for": forwarded_for}
    )
    name: str = answer.json()["data"]["invitation"]["__typename"]
    return name


@pytest.fixture
def environment(database_urls: tuple[str, str], tmp_path: Path) -> dict[str, str]:
    """One look at a link an hour."""
    return {
        "TENANTRY_DATABASE_URL": database_urls[0],
        "TENANTRY_DATA_DIR": str(tmp_path),
        "TENANTRY_LIMIT_LINKS": "1/hour",
    }


async def test_a_stranger_does_not_choose_his_address(environment: dict[str, str]) -> None:
    """CASES 46."""
    with serving(**environment) as address:
        assert look(address, "192.0.2.1") == "InvitationUnavailable"
        assert look(address, "192.0.2.2") == "RateLimited"


async def test_a_trusted_proxy_says_who_asks(environment: dict[str, str]) -> None:
    """CASES 46."""
    with serving(**environment, TENANTRY_TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8") as address:
        assert look(address, "192.0.2.1") == "InvitationUnavailable"
        assert look(address, "192.0.2.2") == "InvitationUnavailable"
        assert look(address, "192.0.2.2") == "RateLimited"
        assert look(address, "192.0.2.3, 192.0.2.1") == "RateLimited"
