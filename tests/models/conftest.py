"""An embedded server of its own, for tests that stop one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models import embedded, migrating


@pytest.fixture(scope="session")
async def data_dir(open_folders: Path) -> Path:
    """A data directory with a migrated database, whose server does not run."""
    folder = open_folders / "own"
    server = await embedded.start(folder)
    await migrating.migrate(server.migration_url, embedded.SERVING_ROLE)
    server.stop()
    return folder


@pytest.fixture
async def own_server(data_dir: Path) -> AsyncIterator[embedded.Embedded]:
    """It runs; nobody else uses it."""
    server = await embedded.start(data_dir)
    yield server
    server.stop()
