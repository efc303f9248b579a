"""An embedded server of its own, for tests that stop one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models import embedded


@pytest.fixture
async def own_server(data_dir: Path) -> AsyncIterator[embedded.Embedded]:
    """It runs; nobody else uses it."""
    server = await embedded.start(data_dir)
    yield server
    server.stop()
