"""Chromium as the distribution has it, and a site whose pages it opens."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from settings import Settings
from tests.browser import visitors
from tests.browser.visitors import Visitor
from tests.journeys.hosting import hosting
from tests.journeys.site import Site

NAMES = ("chromium", "chromium-browser", "google-chrome")
Visiting = Callable[..., Any]


@pytest.fixture(scope="session")
async def chromium(built: None) -> AsyncIterator[Browser]:
    """One for all tests of the process; each visitor has a profile of his own."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip(
            f"No browser: none of {', '.join(NAMES)}. `apt-get install chromium` brings one."
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def site(database: None, configure: Callable[..., Settings]) -> AsyncIterator[Site]:
    async with hosting(configure, smtp=False) as site:
        yield site


@pytest.fixture
def visiting(chromium: Browser, site: Site) -> Visiting:
    """Somebody comes: `visiting(locale="ru-RU")`. What he has seen is checked at the end."""

    @asynccontextmanager
    async def visit(**options: Any) -> AsyncIterator[Visitor]:
        async with visitors.visiting(chromium, site.url, **options) as visitor:
            yield visitor
            visitor.check()

    return visit


@pytest.fixture
async def visitor(visiting: Visiting) -> AsyncIterator[Visitor]:
    """With a phone, in English."""
    async with visiting() as visitor:
        yield visitor
