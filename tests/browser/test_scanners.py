"""Mail scanners open every link, run its page and press what is on it (issue 6, ANCHORS 3)."""

from collections.abc import Callable

import httpx2
from playwright.async_api import Page

from mail import mailbox
from models import MemberStatus, Tenant
from settings import Settings
from tests.browser import offers
from tests.browser.conftest import Visiting
from tests.browser.forms import send
from tests.browser.visitors import Visitor
from tests.clients import Person
from tests.journeys.site import Site
from tests.resolvers import steps

TIMES = 50
SUBMIT = """
for (const form of document.forms) {
  form.requestSubmit();
  form.dispatchEvent(new SubmitEvent("submit", { cancelable: true }));
}
"""
PAST_THE_SCRIPT = "for (const form of document.forms) form.submit()"


async def test_a_link_outlives_fifty_scanners(
    visiting: Visiting,
    site: Site,
    owner: Person,
    project: Tenant,
    configure: Callable[..., Settings],
) -> None:
    """CASES 78, 79: whatever they do, the invitation waits for its reader, who still accepts."""
    configure(limit_links="10000/minute")
    known = {"fullName": "Nina New", "login": "nina"}
    invited = await steps.invite(owner, project, newcomer=known)
    letter = await site.letter(steps.NINA)
    before = await offers.everything()
    async with visiting() as scanner:
        for link in [found[0] for found in mailbox.links(letter.text)]:
            await _fetch(link)
            for _ in range(TIMES):
                await _render(scanner, link)
            await _press(scanner, link)
            await _submit(scanner, link)
        assert await offers.everything() == before
        assert {"form-action" in text for text in scanner.complaints} <= {True}
        scanner.complaints.clear()
    async with visiting() as visitor:
        await visitor.open(letter.link)
        await send(visitor, password="twelve letters")
        await visitor.heading("Welcome to Acme")
    assert (await steps.member(invited.member_id)).status is MemberStatus.JOINED


async def _fetch(link: str) -> None:
    async with httpx2.AsyncClient() as client:
        for method in ("GET", "HEAD") * TIMES:
            assert (await client.request(method, link)).status_code == 200


async def _render(visitor: Visitor, link: str) -> Page:
    """Up to where the page has asked the API and shows what came."""
    page = await visitor.open(link)
    await page.locator("[name=password]").wait_for()
    return page


async def _press(visitor: Visitor, link: str) -> None:
    """Every button as it is found, each on a page of its own."""
    page = await _render(visitor, link)
    for place in range(await page.get_by_role("button").count()):
        await _render(visitor, link)
        await page.get_by_role("button").nth(place).click()


async def _submit(visitor: Visitor, link: str) -> None:
    """Every form as it is: as a press would, without the browser's checks, and past the script."""
    page = await _render(visitor, link)
    await page.evaluate(SUBMIT)
    await page.get_by_role("alert").first.wait_for()
    await page.evaluate(PAST_THE_SCRIPT)
