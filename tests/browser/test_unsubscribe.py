"""The page that a mail with news leads to, in a browser."""

import pytest

from auth import tokens
from models import User
from tests.browser.conftest import Visiting
from tests.browser.visitors import Visitor
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps


def path(reader: Person) -> str:
    return f"/unsubscribe/{reader.id}/{tokens.derive(tokens.UNSUBSCRIBE, reader.id)}"


async def wants_news(reader: Person) -> bool:
    [user] = await steps.stored(User.filter(id=reader.id))
    return user.wants_news


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_the_news_end_in_the_readers_language_without_scripts(
    visiting: Visiting, world: World, color_scheme: str
) -> None:
    """PRODUCT 8, issue 6.2: the browser speaks English."""
    reader = await world.person(wants_news=True, locale="RU")
    async with visiting(java_script_enabled=False, color_scheme=color_scheme) as visitor:
        await visitor.open(path(reader))
        assert await visitor.page.locator("html").get_attribute("lang") == "ru"
        assert await wants_news(reader)
        await visitor.page.locator("button").click()
        await visitor.page.locator("button").wait_for(state="detached")
        assert not await wants_news(reader)


async def test_another_language_is_a_press_away_and_stays(visitor: Visitor, world: World) -> None:
    """Issue 6.6: over what is posted as well, and what was posted is not posted again."""
    reader = await world.person(wants_news=True, locale="RU")
    page = await visitor.open(path(reader))
    await page.get_by_role("link", name="English").click()
    await visitor.heading("No more news?")
    assert await visitor.violations() == []
    await visitor.press("Stop the news")
    await visitor.heading("You get no more news")
    assert await visitor.violations() == []
    await page.get_by_role("link", name="Қазақша").click()
    await page.locator("html[lang=kk]").wait_for()
    assert await page.locator("button").count() == 0
    assert not await wants_news(reader)


async def test_a_dead_link_says_what_to_do(visiting: Visiting) -> None:
    async with visiting(color_scheme="dark") as visitor:
        await visitor.open("/unsubscribe/usr_0/tnt_uns_dead")
        await visitor.heading("This link is not valid")
        assert await visitor.violations() == []
        visitor.complaints.clear()  # Chromium notes the 404
