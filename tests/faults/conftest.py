"""A proxy before the database, which a test breaks."""

from collections.abc import AsyncIterator

import pytest
import structlog

from tests.faults import proxy as proxies
from tests.faults.proxy import Proxy


@pytest.fixture
async def proxy(database_urls: tuple[str, str]) -> AsyncIterator[Proxy]:
    """Before the test's database; nobody goes through it yet."""
    async with proxies.before(database_urls[0]) as between:
        yield between


@pytest.fixture(autouse=True)
def _logged() -> None:
    """As servers log: structlog's own way to show an exception takes seconds, and here are many."""
    processors = structlog.processors
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            processors.add_log_level,
            processors.format_exc_info,
            processors.JSONRenderer(default=repr),
        ]
    )
