"""The site of a journey: with real mail, with the development mailbox, and on several machines."""

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from models import database as database_module
from settings import Settings
from tests.journeys import machines as several
from tests.journeys import surroundings
from tests.journeys.hosting import hosting
from tests.journeys.machines import MACHINES, Machines
from tests.journeys.site import Site, Smtp
from tests.mail import gateway as gateways
from tests.mail import sink as sinks
from tests.mail.gateway import Gateway
from tests.mail.sink import Sink

_ELSEWHERE = {
    "clock": "processes elsewhere have clocks of their own",
    "acme": "an identity provider is read from the settings at the start",
}


@pytest.fixture(params=["smtp", "mailbox", MACHINES])
async def site(
    request: pytest.FixtureRequest,
    database: None,
    configure: Callable[..., Settings],
    behind: Machines | None,
) -> AsyncIterator[Site]:
    opened: AbstractAsyncContextManager[Site]
    if behind is None:
        opened = hosting(configure, smtp=request.param == "smtp")
    else:
        configure(public_url=behind.url)
        opened = Site(behind.url, Smtp(behind.sink, behind.gateway))
    async with opened as site:
        yield site


@pytest.fixture
def behind(request: pytest.FixtureRequest) -> Machines | None:
    """The machines of a test whose site is theirs."""
    call = getattr(request.node, "callspec", None)
    if call is None or call.params.get("site") != "machines":
        return None
    for name, reason in _ELSEWHERE.items():
        if name in request.fixturenames:
            pytest.skip(reason)
    machines: Machines = request.getfixturevalue("machines")
    return machines


@pytest.fixture
def database_urls(request: pytest.FixtureRequest, behind: Machines | None) -> tuple[str, str]:
    """A fresh database, or that of the machines."""
    if behind is None:
        urls: tuple[str, str] = request.getfixturevalue("database_urls")
        return urls
    return behind.primary.url, behind.primary.migration_url


@pytest.fixture
async def machines(started: Machines) -> AsyncIterator[Machines]:
    """As they were started, whatever the test before has done with them."""
    await started.mend()
    yield started
    await started.empty()


@pytest.fixture(scope="session")
async def started(migrated: Path, open_folders: Path) -> AsyncIterator[Machines]:
    """Once for all tests: it takes seconds."""
    if missing := surroundings.missing():
        pytest.skip(f"not installed: {', '.join(missing)}")
    async with (
        _folder(open_folders) as folder,
        sinks.listening(Sink()) as sink,
        gateways.listening(Gateway()) as gateway,
        several.running(migrated, folder, sink, gateway) as machines,
    ):
        yield machines
        await database_module.stop()


@asynccontextmanager
async def _folder(within: Path) -> AsyncIterator[Path]:
    """Open to the users that servers run as."""
    with tempfile.TemporaryDirectory(dir=within) as name:
        folder = Path(name)
        folder.chmod(0o755)  # noqa: ASYNC240 one call
        yield folder
