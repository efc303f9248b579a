"""Every answer protects the browser that gets it, whatever it answers and to which method."""

from collections.abc import Callable, Iterator

import pytest
from starlette.routing import Mount, Route

from resolvers import signing_keys
from server import app
from settings import Settings
from tests.clients import Client

Configure = Callable[..., Settings]


def addresses(settings: Settings) -> Iterator[str]:
    """One of each route, with something where it wants a name; one that nobody serves."""
    for route in app.build(settings).routes:
        if isinstance(route, Mount):
            yield f"{route.path}/nothing"
        elif isinstance(route, Route):
            yield route.path.replace("{", "").replace("}", "").replace(":path", "")
    yield "/nothing"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
async def test_nothing_is_answered_without_them(
    database: None, built: None, configure: Configure, method: str
) -> None:
    """Issue 8.10, CASES 80; ASVS 3.4."""
    settings = configure(public_url="https://tenantry.example")
    client = Client(app.build(settings))
    for address in addresses(settings):
        headers = (await client.http.request(method, address)).headers
        assert headers["x-content-type-options"] == "nosniff", address
        assert headers["referrer-policy"] == "no-referrer", address
        assert headers["strict-transport-security"] == "max-age=31536000", address
        policy = headers["content-security-policy"].split("; ")
        assert "default-src 'none'" in policy, address
        assert {"frame-ancestors 'none'", "frame-ancestors 'self'"} & set(policy), address


async def test_a_browser_is_not_bound_to_https_where_pages_come_without(
    configure: Configure,
) -> None:
    client = Client(app.build(configure(public_url="http://127.0.0.1:8000")))
    assert "strict-transport-security" not in (await client.http.get("/healthz")).headers


async def test_a_failure_of_ours_is_answered_with_them(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CASES 34."""

    async def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(signing_keys, "published", fail)
    client = Client(app.build(configure()))
    answer = await client.http.get("/.well-known/jwks.json")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
