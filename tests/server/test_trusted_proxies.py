"""Whom a request comes from: through servers, since uvicorn is who reads `X-Forwarded-For`."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from starlette.requests import HTTPConnection
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from server import authentication
from settings import Settings, proxies

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


TRUSTED = ("10.0.0.1", "10.1.0.0/16", "2001:db8:9::/48")
CHAINS = {
    # whoever sends, what the header says: by which address he is known
    ("192.0.2.1", "198.51.100.9"): "192.0.2.1",
    ("10.0.0.2", "198.51.100.9"): "10.0.0.2",
    ("10.0.0.1", "192.0.2.1"): "192.0.2.1",
    ("::ffff:10.0.0.1", "192.0.2.1"): "192.0.2.1",
    ("::ffff:10.1.2.3", "192.0.2.1"): "192.0.2.1",
    ("::ffff:10.2.2.3", "192.0.2.1"): "10.2.2.3",
    ("2001:db8:9::1", "192.0.2.1"): "192.0.2.1",
    ("10.0.0.1", "198.51.100.9, 192.0.2.1"): "192.0.2.1",
    ("10.0.0.1", "198.51.100.9, 192.0.2.1, 10.1.0.7"): "192.0.2.1",
    ("10.0.0.1", "10.0.0.1, 198.51.100.9, 192.0.2.1, 10.1.0.7"): "192.0.2.1",
    ("10.0.0.1", "10.1.0.8, 10.1.0.7"): "10.1.0.8",
    ("10.0.0.1", "192.0.2.1:4711"): "192.0.2.1",
    ("10.0.0.1", "[2001:db8:1:2:3::4]:4711"): "2001:db8:1:2::/64",
    ("10.0.0.1", "2001:db8:1:2:ffff::1"): "2001:db8:1:2::/64",
    ("10.0.0.1", "::ffff:192.0.2.1"): "192.0.2.1",
    ("10.0.0.1", "fe80::1%eth0"): "fe80::/64",
    ("10.0.0.1", "192.0.2.1, unknown"): "unknown",
    ("10.0.0.1", ""): "10.0.0.1",
}


async def known_as(peer: str, *forwarded: str) -> str:
    """The address that limits count by, behind uvicorn's own reading of these headers."""
    found = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        found.append(authentication.client(HTTPConnection(scope)).address)

    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    scope = {"type": "http", "client": (peer, 1), "headers": headers, "request_id": "test"}
    trusted = list(proxies.as_peers(Settings(trusted_proxies=TRUSTED).trusted_proxies))
    await ProxyHeadersMiddleware(app, trusted)(scope, None, None)  # type: ignore[arg-type]
    return str(found[0])


async def test_the_client_is_the_last_address_that_is_no_proxy_of_ours() -> None:
    """CASES 46: chains, what somebody wrote in front, IPv4 in IPv6, ports, zones, nonsense."""
    known = {(peer, said): await known_as(peer, said) for peer, said in CHAINS}
    assert known == CHAINS


async def test_a_header_that_is_sent_twice_is_one_chain() -> None:
    """CASES 46: what a client sends comes before what the proxy adds."""
    assert await known_as("10.0.0.1", "198.51.100.9", "192.0.2.1") == "192.0.2.1"


async def test_one_client_has_one_address_however_it_is_written() -> None:
    """CASES 46."""
    same = ("192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201", "0:0:0:0:0:ffff:192.0.2.1")
    assert {await known_as(peer) for peer in same} == {"192.0.2.1"}


@pytest.mark.parametrize(
    "named", ["*", "proxy.example.com", "10.0.0.1/8", "0.0.0.0/0", "::/0", "10.0.0.300"]
)
def test_only_addresses_and_networks_are_trusted_and_never_everybody(named: str) -> None:
    """CASES 46, 141: a mistake is told at the start, and not found in the counters later."""
    with pytest.raises(ValidationError):
        Settings(trusted_proxies=("10.0.0.1", named))
