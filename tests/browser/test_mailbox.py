"""The development mailbox in a browser: reading, searching, and what comes in the meantime."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.async_api import expect

import settings
from mail import mailbox
from mail.transport import MailboxTransport, mailbox_folder
from models import clock
from tests.browser.conftest import Visiting
from tests.browser.visitors import DESK, Visitor

ANN = "ann@example.org"
LINK = "http://127.0.0.1:8000/invitation#tnt_inv_x"
BLOCKED = re.compile(r"\bblocked\b|^Refused|^policy: ", re.IGNORECASE)
HOSTILE = """<meta http-equiv="refresh" content="0; url=http://evil.example/refresh">
<base href="http://evil.example/"><link rel="stylesheet" href="http://evil.example/style">
<script>parent.document.title = "owned"; fetch("http://evil.example/fetch")</script>
<img src="http://evil.example/img" onerror="top.location = 'http://evil.example/top'">
<iframe src="http://evil.example/frame"></iframe><object data="http://evil.example/object"></object>
<form action="http://evil.example/form"><button>Press me</button></form>
<a id="self" href="http://evil.example/self">here</a>
<p>Still readable</p>"""


async def keep(
    subject: str | None,
    text: str = "Hello.",
    html: str | None = None,
    *,
    to: str = ANN,
) -> str:
    """A mail, or without a subject an SMS, is in the mailbox; its id."""
    message = EmailMessage()
    if subject is not None:
        message["Subject"] = subject
    message["Date"] = clock.now()
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    await MailboxTransport(folder()).send(message, recipient=to)
    return mailbox.newest(folder(), limit=1)[0].id


def folder() -> Path:
    return mailbox_folder(settings.load())


async def rows(visitor: Visitor) -> list[str]:
    """What the list says, newest first."""
    return [
        await row.locator("strong").inner_text()
        for row in await visitor.page.locator(".mails li:visible").all()
    ]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_on_a_phone_the_list_and_a_mail_come_one_after_the_other(
    visiting: Visiting, color_scheme: str
) -> None:
    """Issue 6.4."""
    await keep("Hello", f"Follow {LINK} now.", "<p>Welcome</p>")
    await keep(None, "042017 confirms your number.", to="+77051250043")
    async with visiting(color_scheme=color_scheme) as visitor:
        page = await visitor.open("/mailbox")
        assert await rows(visitor) == ["042017 confirms your number.", "Hello"]
        assert await page.locator(".mails li").first.get_by_text("SMS").is_visible()
        assert await visitor.violations() == []
        await page.get_by_role("link", name="Hello").click()
        await visitor.heading("Hello")
        assert not await page.locator(".mails").is_visible()
        link = page.get_by_role("link", name=LINK).first
        assert await link.get_attribute("rel") == "noreferrer"
        assert await link.get_attribute("target") == "_blank"
        await page.frame_locator("iframe").get_by_text("Welcome").wait_for()
        assert await visitor.violations() == []
        await page.go_back()
        await page.locator(".mails").wait_for()
        assert not await page.locator("iframe").is_visible()


async def test_on_a_desk_they_stand_side_by_side_and_keys_suffice(visiting: Visiting) -> None:
    for subject in ("First", "Second", "Third"):
        await keep(subject)
    async with visiting(viewport=DESK) as visitor:
        page = await visitor.open("/mailbox")
        await page.locator(".mails a").first.focus()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await visitor.heading("Second")
        assert await rows(visitor) == ["Third", "Second", "First"]
        assert await page.locator("h2:focus").inner_text() == "Second"
        assert await visitor.violations() == []
        await page.keyboard.press("Escape")
        await page.locator("a:focus", has_text="Second").wait_for()
        await page.keyboard.press("ArrowUp")
        assert "Third" in await page.locator("a:focus").inner_text()


async def test_what_comes_meanwhile_is_announced_and_counted_until_it_is_opened(
    visitor: Visitor,
) -> None:
    """Issue 6.4: without losing what is open."""
    await keep("Old", html="<p>Old</p>")
    page = await visitor.open("/mailbox")
    await page.get_by_role("link", name="Old").click()
    await visitor.heading("Old")
    frame = await page.locator("iframe").element_handle()
    await keep("New")
    await expect(page).to_have_title("(1) Mailbox")
    assert await page.locator("h2").inner_text() == "Old"
    assert await page.evaluate("frame => frame.isConnected", frame)
    await page.get_by_role("link", name="Back to the list").click()
    assert await page.get_by_role("status").inner_text() == "1 new message, to ann@example.org"
    assert await rows(visitor) == ["New", "Old"]
    assert await visitor.violations() == []
    await page.locator(".unread a").click()
    await visitor.heading("New")
    await expect(page).to_have_title("Mailbox")


async def test_only_what_is_newer_is_asked_for(visitor: Visitor) -> None:
    """And no connection is held: every answer ends."""
    known = await keep("Old")
    page = await visitor.open("/mailbox")
    async with page.expect_response(f"**/mailbox.json?after={known}") as asked:
        pass
    assert await (await asked.value).json() == []


async def test_recipient_subject_and_text_are_searched(visitor: Visitor) -> None:
    await keep("Invitation", "Join Acme.", to="nina@example.org")
    await keep("Жаңа хат", "Қош келдіңіз", to="ann@example.org")
    page = await visitor.open("/mailbox")
    for words, found in [
        ("NINA", ["Invitation"]),
        ("acme invit", ["Invitation"]),
        ("қош", ["Жаңа хат"]),
        ("example", ["Жаңа хат", "Invitation"]),
        ("nobody", []),
    ]:
        await page.get_by_label("Search").fill(words)
        assert await rows(visitor) == found
    status = page.get_by_role("status")
    assert (await status.inner_text()).startswith("Nothing found.")
    await keep("Nobody's")
    await page.locator(".mails li:visible").wait_for()
    assert await rows(visitor) == ["Nobody's"]


async def test_an_empty_mailbox_says_what_to_do_until_a_mail_comes(visitor: Visitor) -> None:
    page = await visitor.open("/mailbox")
    assert (await page.get_by_role("status").inner_text()).startswith("No mail yet. Invite")
    assert await visitor.violations() == []
    await keep("Hello")
    await page.get_by_role("link", name="Hello").wait_for()


async def test_a_hostile_mail_does_nothing(visiting: Visiting) -> None:
    """CASES 75: neither in the frame nor opened alone, nor where somebody presses what it shows."""
    async with listening() as (evil, heard), visiting() as visitor:
        html = HOSTILE.replace("http://evil.example", evil)
        mail = await keep(" ".join(html.splitlines()), html, html)
        in_frame, alone = (f"{visitor.url}/mailbox{end}" for end in (f"#{mail}", f"/{mail}.html"))
        page = await visitor.open(in_frame)
        frame = page.frame_locator("iframe")
        await frame.get_by_text("Still readable").wait_for()
        await frame.get_by_role("button", name="Press me").click()
        await frame.locator("#self").click()
        assert (await page.title(), page.url) == ("Mailbox", in_frame)
        await page.goto(alone)
        await page.get_by_role("button", name="Press me").click()
        assert (await page.title(), page.url) == ("", alone)
        assert heard == []
        assert [each for each in visitor.complaints if not BLOCKED.search(each)] == []
        visitor.complaints.clear()
        visitor.requests.clear()  # those that were blocked among them


async def test_a_link_in_a_mail_opens_a_page_that_works(visitor: Visitor) -> None:
    """The frame's limits end with it, and the page is not told where the link stood."""
    link = f'<a href="{visitor.url}/sign-in" target="_blank">Go</a>'
    page = await visitor.open(f"/mailbox#{await keep('Hello', html=link)}")
    async with page.expect_popup() as opened:
        await page.frame_locator("iframe").get_by_role("link", name="Go").click()
    popup = await opened.value
    await popup.locator("h1").wait_for()
    assert await popup.evaluate("[window.opener, document.referrer]") == [None, ""]


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Another host, and all it hears."""
    heard: list[bytes] = []

    async def hear(reader: StreamReader, writer: StreamWriter) -> None:
        heard.append(await reader.readline())
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
