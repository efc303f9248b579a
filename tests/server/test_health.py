from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from models import database
from settings import Settings
from tests.clients import Client
from tests.factories import World

Configure = Callable[..., Settings]
NOWHERE = "postgresql://tenantry@/tenantry?host=/nowhere"


@pytest.fixture
async def away(configure: Configure) -> AsyncIterator[Client]:
    """A server whose database does not answer."""
    await database.start(NOWHERE, configure(database_url=NOWHERE))
    yield World().anonymous
    await database.stop()


@pytest.fixture
async def unmigrated(database_urls: tuple[str, str], configure: Configure) -> AsyncIterator[Client]:
    """A server whose database is there, without this version's tables."""
    owner = await asyncpg.connect(**database.parse(database_urls[1]))
    await owner.execute("drop table tortoise_migrations")
    await owner.close()
    await database.start(database_urls[0], configure())
    yield World().anonymous
    await database.stop()


async def status(client: Client, path: str) -> tuple[int, str]:
    answer = await client.http.get(path)
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["status"]


async def test_a_server_is_alive_and_ready_with_its_database(world: World) -> None:
    """CASES 140."""
    assert await status(world.anonymous, "/healthz") == (200, "ok")
    assert await status(world.anonymous, "/readyz") == (200, "ok")


async def test_a_server_without_its_database_is_alive_and_not_ready(away: Client) -> None:
    """CASES 140."""
    assert await status(away, "/healthz") == (200, "ok")
    assert await status(away, "/readyz") == (503, "SERVICE_UNAVAILABLE")


async def test_a_server_whose_tables_are_missing_is_alive_and_not_ready(
    unmigrated: Client,
) -> None:
    """CASES 140."""
    assert await status(unmigrated, "/healthz") == (200, "ok")
    assert await status(unmigrated, "/readyz") == (503, "NOT_MIGRATED")


async def test_readiness_tells_nothing_of_the_database(away: Client) -> None:
    assert "nowhere" not in (await away.http.get("/readyz")).text
