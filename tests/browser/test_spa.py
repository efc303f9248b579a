"""`examples/spa`, a frontend on an origin of its own, used by people."""

import fcntl
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from models import Tenant
from settings import Settings
from tests import authenticator
from tests.authenticator import STEP
from tests.browser import frontends, visitors
from tests.browser.visitors import DESK, Visitor
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.journeys.hosting import hosting
from tests.journeys.site import Site

Visiting = Callable[..., Any]
PREVIEW = "query ($token: String!) { invitation(token: $token) { __typename } }"


@pytest.fixture(scope="session")
def spa(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once; other test processes wait for the one that builds."""
    folder = tmp_path_factory.getbasetemp() / "spa"
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent.parent / "spa"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "index.html").exists():
            frontends.build(folder)
    return folder


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Where the frontend will be; the site must know before."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def origin_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
async def site(
    database: None, configure: Callable[..., Settings], listener: socket.socket
) -> AsyncIterator[Site]:
    async with hosting(configure, smtp=False, allowed_origins=(origin_of(listener),)) as site:
        yield site


@pytest.fixture
async def visiting_spa(
    spa: Path, chromium: Browser, site: Site, listener: socket.socket
) -> AsyncIterator[Visiting]:
    """Somebody opens the frontend, which asks the site."""

    @asynccontextmanager
    async def visit(**options: Any) -> AsyncIterator[Visitor]:
        url = origin_of(listener)
        async with visitors.visiting(chromium, url, origins=(site.url,), **options) as visitor:
            await visitor.open("/")
            yield visitor
            visitor.check()

    async with frontends.serving(spa, listener, site.url):
        yield visit


@pytest.fixture
async def visitor(visiting_spa: Visiting) -> AsyncIterator[Visitor]:
    async with visiting_spa() as visitor:
        yield visitor


async def sign_in(visitor: Visitor, person: Person) -> None:
    await visitor.fill(login=person.login, password=PASSWORD)
    await visitor.press("Sign in")


async def row(visitor: Visitor, name: str) -> str:
    return await visitor.page.get_by_role("row", name=name).inner_text()


async def state(site: Site, token: str) -> str:
    """What the link opens."""
    answer = await site.browser().ask(PREVIEW, token=token)
    kind: str = answer["invitation"]["__typename"]
    return kind


async def test_an_owner_signs_in_invites_resends_and_leaves(
    visitor: Visitor, site: Site, owner: Person, accountant: Person
) -> None:
    """Issue 6.7; PRODUCT 3.1, 3.6."""
    assert await visitor.violations() == []
    await sign_in(visitor, owner)
    await visitor.heading("Acme")
    assert "JOINED" in await row(visitor, accountant.full_name)

    await visitor.fill(email="nina@example.com")
    await visitor.page.get_by_label("Role").select_option("ACCOUNTANT")
    await visitor.press("Invite")
    await visitor.page.get_by_text("nina@example.com is invited.").wait_for()
    assert "PENDING" in await row(visitor, "nina@example.com")
    first = await site.letter("nina@example.com")
    assert await visitor.violations() == []

    await visitor.press("Send again to nina@example.com")
    await visitor.page.get_by_text("Sent again.").wait_for()
    second = await site.letter("nina@example.com")
    assert await state(site, first.token) == "InvitationUnavailable"
    assert await state(site, second.token) == "InvitationPreview"

    await visitor.press("Sign out")
    await visitor.heading("Sign in")
    await visitor.open("/")
    await visitor.heading("Sign in")


async def test_a_second_factor_is_asked_for(visitor: Visitor, owner: Person, clock: Clock) -> None:
    """Issue 4.5."""
    app, _ = await authenticator.switch_on(owner)
    clock.move(STEP)
    await sign_in(visitor, owner)
    await visitor.page.get_by_label("Code").wait_for()
    assert await visitor.violations() == []
    await visitor.fill(code=app.wrong)
    await visitor.press("Sign in")
    await visitor.page.get_by_text("Some fields need another value.").wait_for()
    await visitor.fill(code=app.code())
    await visitor.press("Sign in")
    await visitor.heading("Acme")


async def test_a_refusal_is_told_and_what_was_typed_stays(
    visitor: Visitor, owner: Person, accountant: Person
) -> None:
    """Every member of the union but the good one is an error with a message."""
    await visitor.fill(login=owner.login, password="wrong")
    await visitor.press("Sign in")
    await visitor.page.get_by_text("Login or password is wrong").wait_for()
    await sign_in(visitor, owner)
    await visitor.page.get_by_role("row", name=accountant.full_name).wait_for()
    for email, told in (
        (accountant.email, "This person is in the list already."),
        ("m@example.invalid,", "This value is not valid."),
    ):
        await visitor.page.evaluate("document.querySelector('form').noValidate = true")
        await visitor.fill(email=email)
        await visitor.press("Invite")
        await visitor.page.get_by_role("alert").get_by_text(told).wait_for()
        assert await visitor.page.locator("[name=email]").input_value() == email


async def test_what_somebody_may_not_do_is_not_offered(
    visitor: Visitor, accountant: Person
) -> None:
    """PRODUCT 2: an accountant sees the list and invites nobody."""
    await sign_in(visitor, accountant)
    await visitor.page.get_by_role("row", name=accountant.full_name).wait_for()
    assert await visitor.page.get_by_role("button", name="Invite").count() == 0


async def test_a_long_list_is_turned_page_by_page(
    visiting_spa: Visiting, world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: both ways."""
    for number in range(20):
        await world.join(project, "ACCOUNTANT", await world.person(f"person-{number:02}"))
    async with visiting_spa(viewport=DESK, color_scheme="dark") as visitor:
        await sign_in(visitor, owner)
        rows = visitor.page.locator("tbody tr")
        await visitor.page.get_by_text("21 people").wait_for()
        assert await rows.count() == 20
        assert await visitor.violations() == []
        await visitor.press("Next")
        await visitor.page.locator("button:enabled", has_text="Previous").wait_for()
        assert await rows.count() == 1
        await visitor.press("Previous")
        await visitor.page.locator("button:enabled", has_text="Next").wait_for()
        assert await rows.count() == 20


async def test_a_session_that_is_over_leads_back_to_the_form(
    visitor: Visitor, world: World, owner: Person
) -> None:
    """CASES 98: whether a change is refused, in its union, or a query."""
    other = await world.tenant(name="Globex")
    await world.join(other, "OWNER", owner)
    await sign_in(visitor, owner)
    await visitor.heading("Acme")
    await owner.do("endOtherSessions")
    await visitor.fill(email="nina@example.com")
    await visitor.press("Invite")
    await visitor.heading("Sign in")

    await sign_in(visitor, owner)
    await visitor.heading("Acme")
    await owner.do("endOtherSessions")
    await visitor.page.get_by_label("Tenant").select_option("Globex")
    await visitor.heading("Sign in")


async def test_from_an_unlisted_origin_it_gets_nothing(
    visitor: Visitor, spa: Path, site: Site, owner: Person
) -> None:
    """CASES 31: though a cookie knows no ports, so that the session would go along."""
    await sign_in(visitor, owner)
    await visitor.heading("Acme")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = origin_of(listener)
        async with frontends.serving(spa, listener, site.url):
            page = await visitor.context.new_page()
            await page.goto(url)
            await page.get_by_text("The server could not be reached").wait_for()
            assert owner.full_name not in await page.content()
    assert all("CORS policy" in told or "net::ERR_FAILED" in told for told in visitor.complaints)
    assert visitor.complaints
    visitor.complaints.clear()
    visitor.origins += (url,)
