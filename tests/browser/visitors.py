"""Somebody in a real Chromium, and what no page of ours may do while he is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
)

from settings import CHECKOUT
from tests.clients import Person

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}
AXE = CHECKOUT / "web" / "tools" / "node_modules" / "axe-core" / "axe.min.js"
_BUILT = """() => {
  const built = document.documentElement.cloneNode(true);
  const walker = document.createTreeWalker(built, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) text.data = text.data.trim() && "text";
  built.lang = "";
  return [built.outerHTML.replace(/ (value|content|href|src)="[^"]*"/g, ""), innerWidth,
    matchMedia("(prefers-color-scheme: dark)").matches].join();
}"""
"""A page without what it says: the same in every language."""

_WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""

_found_right: set[str] = set()


@dataclass
class Visitor:
    """`requests` are the addresses asked for, with the header that would tell where from;
    `complaints` what the console, the policy and scripts have reported; `origins` those that may
    be asked beside `url`.
    """

    url: str
    context: BrowserContext
    page: Page
    origins: tuple[str, ...] = ()
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Page:
        """The page at a path of the server, or at a whole address, once it has settled."""
        await self.page.goto("about:blank")  # another fragment alone would load nothing
        await self.page.goto(path if "://" in path else self.url + path)
        await self.page.locator("h1").first.wait_for()
        return self.page

    async def enter(self, person: Person) -> None:
        """Be signed in by a session that was opened elsewhere."""
        await self.context.add_cookies(
            [{"name": "tenantry", "value": person.token, "url": self.url}]
        )

    async def heading(self, text: str) -> None:
        """Wait until the page says this."""
        await self.page.get_by_role("heading", name=text, exact=True).wait_for()

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def fill(self, **fields: str) -> None:
        """Fields by the names that the API knows them by."""
        for name, value in fields.items():
            await self.page.locator(f"[name={name}]").fill(value)

    async def violations(self) -> list[str]:
        """What axe-core finds wrong with the page as it is; nothing in one built like one that was
        found right, which another language says.
        """
        built = await self.page.evaluate(_BUILT)
        if built in _found_right:
            return []
        await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = await self.page.evaluate("axe.run()")
        wrong = [
            f"{each['id']}: {n['html']}" for each in found["violations"] for n in each["nodes"]
        ]
        if not wrong:
            _found_right.add(built)
        return wrong

    def heard(self, request: Request) -> None:
        self.requests.append((request.url, request.headers.get("referer")))

    def noted(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def check(self) -> None:
        """No foreign host was asked, no page told another where it was, nothing was reported."""
        known = (f"{self.url}/", *[f"{origin}/" for origin in self.origins], "data:")
        foreign = [url for url, _ in self.requests if not url.startswith(known)]
        assert foreign == []
        assert [referer for _, referer in self.requests if referer] == []
        assert self.complaints == []


@asynccontextmanager
async def visiting(
    browser: Browser, url: str, *, origins: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[Visitor]:
    """A visitor with a profile of his own; `options` are those of playwright's contexts."""
    options = {"locale": "en-GB", "viewport": PHONE, "timezone_id": "UTC"} | options
    context = await browser.new_context(**options)
    context.set_default_timeout(20_000)
    await context.add_init_script(_WATCH)
    visitor = Visitor(url, context, await context.new_page(), origins)
    context.on("request", visitor.heard)
    context.on("weberror", lambda each: visitor.complaints.append(str(each.error)))
    context.on("console", visitor.noted)
    try:
        yield visitor
    finally:
        await context.close()
