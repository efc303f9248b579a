"""What every test stands on: a real PostgreSQL, built by the migrations, fresh for each test."""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog

import settings as settings_module
from auth import provider_answers
from models import Catalog, Tenant, embedded, migrating
from models import clock as clock_module
from models import database as database_module
from settings import Settings
from tests import databases
from tests import provider as providers
from tests.clients import Client, Person
from tests.factories import World
from tests.production import PRODUCTION
from tests.provider import Provider
from tests.statements import recorded

pytest_plugins = ["tests.building", "tests.figures", "tests.reached", "tests.tracing"]


DEFAULTS = Settings()  # reading the environment takes longer than many a test


class Clock:
    """The process's clock, which tests move."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self._real = clock_module.now

    def now(self) -> datetime:
        return self._real() + self.offset

    def move(self, by: timedelta) -> None:
        self.offset += by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(clock_module, "now", moved.now)
    return moved


@pytest.fixture(scope="session")
def open_folders() -> Iterator[Path]:
    """For the data of embedded servers, which run as another user where root runs the tests.

    pytest closes its own folder to other users whenever another run begins beside this one.
    """
    with tempfile.TemporaryDirectory(prefix="tenantry-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def server(open_folders: Path) -> Iterator[embedded.Embedded]:
    """One embedded server; its `tenantry` database is migrated and serves as the template.

    It need not survive the machine, so it waits for no disk; a vacuum would hold the template.
    """
    running = asyncio.run(embedded.start(open_folders / "shared"))
    try:
        asyncio.run(migrating.migrate(running.migration_url, embedded.SERVING_ROLE))
        for setting in ("autovacuum", "fsync", "full_page_writes", "synchronous_commit"):
            asyncio.run(databases.administer(running, f"alter system set {setting} = off"))
        asyncio.run(databases.administer(running, "select pg_reload_conf()"))
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
async def migrated(open_folders: Path) -> Path:
    """The data directory of another embedded server; it has been migrated and stopped."""
    folder = open_folders / "migrated"
    running = await embedded.start(folder)
    await migrating.migrate(running.migration_url, embedded.SERVING_ROLE)
    await databases.administer(running, "alter system set fsync = off")
    running.stop()
    return folder


@pytest.fixture
def data_dir(migrated: Path, open_folders: Path) -> Iterator[Path]:
    """A migrated data directory of the test's own, for what starts and stops its server."""
    with tempfile.TemporaryDirectory(dir=open_folders) as folder:
        Path(folder).chmod(0o755)
        subprocess.run(["cp", "-a", migrated / "postgresql", folder], check=True)  # noqa: S603, S607
        yield Path(folder)


@pytest.fixture(scope="session")
async def shared(server: embedded.Embedded) -> AsyncIterator[embedded.Embedded]:
    """`server`, with what tests leave open to one another closed at the end."""
    yield server
    await databases.close()


@pytest.fixture
async def database_urls(shared: embedded.Embedded) -> AsyncIterator[tuple[str, str]]:
    """A fresh database: its address for the serving role and for the owner of its tables."""
    name = await databases.take(shared)
    yield tuple(  # type: ignore[misc]
        url.replace(f"/{embedded.DATABASE}?", f"/{name}?")
        for url in (shared.url, shared.migration_url)
    )
    await databases.give_back(shared, name)


@pytest.fixture(autouse=True)
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Settings]:
    """Change settings for one test: `configure(password_min_length=8)`."""
    values: dict[str, Any] = {"data_dir": tmp_path}
    plain = DEFAULTS.model_copy(update=values)

    def change(**changes: Any) -> Settings:
        values.update(changes)
        changed = Settings(**values)
        monkeypatch.setattr(settings_module, "load", lambda: changed)
        return changed

    monkeypatch.setattr(settings_module, "load", lambda: plain)
    return change


@pytest.fixture
def production(configure: Callable[..., Settings]) -> None:
    """The settings of one test are those of production."""
    configure(**PRODUCTION)


@pytest.fixture(autouse=True)
def _plain_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test makes of the logs, the next one finds them as structlog has them; loggers
    that were cached would stay as they are.
    """
    change, uncached = structlog.configure, {"cache_logger_on_first_use": False}
    monkeypatch.setattr(structlog, "configure", lambda **kwargs: change(**kwargs | uncached))
    yield
    structlog.reset_defaults()


@pytest.fixture
async def rival(database_urls: tuple[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else at the same database, who may do everything there."""
    address = database_module.parse(database_urls[1]) | {"user": "postgres"}
    connection = await asyncpg.connect(**address)
    yield connection
    await connection.close()


@pytest.fixture
async def database(database_urls: tuple[str, str]) -> None:
    """The pool is open on a fresh database."""
    await databases.open_pool(database_urls[0], DEFAULTS)


@pytest.fixture(scope="session")
async def provider_of_all() -> AsyncIterator[Provider]:
    async with providers.listening(Provider()) as provider:
        yield provider


@pytest.fixture
def provider(provider_of_all: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """An identity provider that behaves; what earlier tests were told by it is forgotten."""
    monkeypatch.setattr(provider_answers, "_remembered", {})
    provider_of_all.behave()
    return provider_of_all


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that goes to PostgreSQL, in order, without those that frame transactions.

    `clear()` it where counting begins.
    """
    with recorded(lambda sent: not sent.startswith(("BEGIN", "COMMIT", "ROLLBACK"))) as found:
        yield found


@pytest.fixture
def world(database: None) -> World:
    """A server on the fresh database, and whoever the test needs in it."""
    return World()


@pytest.fixture
async def project(world: World) -> Tenant:
    """A PROJECT; the people below are in it."""
    return await world.tenant(Catalog.PROJECT)


@pytest.fixture
async def owner(world: World, project: Tenant) -> Person:
    return await world.join(project, "OWNER", await world.person("olga"))


@pytest.fixture
async def manager(world: World, project: Tenant) -> Person:
    return await world.join(project, "MANAGER", await world.person("mark"))


@pytest.fixture
async def administrator(world: World, project: Tenant) -> Person:
    return await world.join(project, "ADMINISTRATOR", await world.person("ada"))


@pytest.fixture
async def accountant(world: World, project: Tenant) -> Person:
    return await world.join(project, "ACCOUNTANT", await world.person("carl"))


@pytest.fixture
async def stranger(world: World) -> Person:
    """Signed in, and in no tenant."""
    return await world.person("stella")


@pytest.fixture
def anonymous(world: World) -> Client:
    return world.anonymous
