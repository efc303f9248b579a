"""The site of a journey, once with real mail and once with the development mailbox."""

from collections.abc import AsyncIterator, Callable

import pytest

from settings import Settings
from tests.journeys.hosting import hosting
from tests.journeys.site import Site


@pytest.fixture(params=["smtp", "mailbox"])
async def site(
    request: pytest.FixtureRequest,
    database: None,
    configure: Callable[..., Settings],
) -> AsyncIterator[Site]:
    async with hosting(configure, smtp=request.param == "smtp") as site:
        yield site
