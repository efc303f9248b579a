"""Issue 5.3: the keys that apps check tickets with."""

from collections.abc import AsyncIterator, Callable

import pytest
from joserfc.jwk import KeySet

from auth import tickets
from models import Tenant, database
from resolvers import signing_keys
from settings import Settings
from tests.clients import Client, Person
from tests.factories import World
from tests.resolvers.app_steps import create

PATH = "/.well-known/jwks.json"
NOWHERE = "postgresql://tenantry@/tenantry?host=/nowhere"


@pytest.fixture
async def away(configure: Callable[..., Settings]) -> AsyncIterator[Client]:
    """A server whose database does not answer."""
    await database.start(NOWHERE, configure(database_url=NOWHERE))
    yield World().anonymous
    await database.stop()


async def test_a_ticket_is_checked_with_what_is_shown_there(
    anonymous: Client, owner: Person, project: Tenant
) -> None:
    app = await create(owner, project)
    launched = await owner.do("launchApp", {"appId": app}, "ticket")
    answer = await anonymous.http.get(PATH)
    assert answer.status_code == 200
    assert tickets.read(launched["ticket"], answer.json()["keys"])["aud"] == app


async def test_only_public_halves_are_shown(anonymous: Client) -> None:
    """DESIGN 3."""
    await signing_keys.current()
    await signing_keys.rotate()
    keys = (await anonymous.http.get(PATH)).json()["keys"]
    assert len(keys) == 2
    for key in keys:
        assert key.keys() == {"kty", "crv", "x", "use", "alg", "kid"}
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == (
            "OKP",
            "Ed25519",
            "EdDSA",
            "sig",
        )
    assert not any(key.is_private for key in KeySet.import_key_set({"keys": keys}).keys)


async def test_any_site_may_read_and_keep_them_for_five_minutes(anonymous: Client) -> None:
    """And it is no matter who asks: the answer sets no cookie and varies with nothing."""
    headers = (await anonymous.http.get(PATH)).headers
    assert headers["content-type"] == "application/jwk-set+json"
    assert headers["cache-control"] == "public, max-age=300"
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    assert "set-cookie" not in headers
    assert "vary" not in headers


async def test_a_database_that_is_away_is_not_remembered(away: Client) -> None:
    """CASES 132."""
    answer = await away.http.get(PATH)
    assert (answer.status_code, answer.json()) == (503, {"status": "SERVICE_UNAVAILABLE"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_they_are_only_read(anonymous: Client, method: str) -> None:
    assert (await anonymous.http.request(method, PATH)).status_code == 405
