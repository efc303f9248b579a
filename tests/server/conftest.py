"""A hall to listen in."""

from collections.abc import AsyncIterator, Callable

import pytest

from settings import Settings
from tests import listeners
from tests.listeners import Hall


@pytest.fixture
async def hall(configure: Callable[..., Settings], database: None) -> AsyncIterator[Hall]:
    async with listeners.hall(configure) as there:
        yield there
