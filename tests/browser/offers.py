"""Steps of somebody who opens the link of an invitation, and what his browser keeps of it."""

import asyncio
from typing import Any

from locales import Locale, translations
from models import OutboxEntry, OutboxState
from tests.browser.visitors import Visitor
from tests.journeys.site import ARRIVES_WITHIN
from tests.resolvers import steps


def said(locale: str, message: str, **values: str) -> str:
    """A sentence of a page in that language."""
    return translations(Locale(locale)).gettext(message) % values


async def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row there is, once the worker has noted what it has sent."""
    async with asyncio.timeout(ARRIVES_WITHIN):
        while await steps.stored(OutboxEntry.filter(state=OutboxState.QUEUED)):  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.01)
    return await steps.everything()


async def kept(visitor: Visitor) -> str:
    """All that the tab keeps until it is closed."""
    found: str = await visitor.page.evaluate("JSON.stringify(sessionStorage)")
    return found


async def kept_for_good(visitor: Visitor) -> str:
    """All that the browser keeps, and the addresses it goes back to."""
    devtools = await visitor.context.new_cdp_session(visitor.page)
    history: dict[str, Any] = await devtools.send("Page.getNavigationHistory")
    addresses = [entry["url"] for entry in history["entries"]]
    return f"{addresses} {await visitor.page.evaluate('JSON.stringify(localStorage)')}"


async def facts(visitor: Visitor) -> list[str]:
    """What is offered, as the page says it."""
    return await visitor.page.locator("dd").all_inner_texts()
