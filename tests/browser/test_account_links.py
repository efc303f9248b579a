"""The pages that links about an account open: a new password, an address, a registration."""

from collections.abc import Callable

import pytest

from settings import Settings
from tests.browser.conftest import Visiting
from tests.browser.forms import BROWSERS, fault, send, shown, speaks
from tests.browser.visitors import Visitor
from tests.clients import Client, Person
from tests.factories import PASSWORD, World
from tests.journeys.site import Site

DEAD = "This link is not valid"
NEW = "nova@example.com"
BETTER = "another long one"
PATHS = {"/reset-password": "tnt_pwd_", "/confirm-email": "tnt_eml_", "/register": "tnt_reg_"}
KEPT = """JSON.stringify([location.href, document.cookie, { ...localStorage }, history.state,
  document.documentElement.outerHTML])"""


@pytest.fixture(autouse=True)
def opened(site: Site, configure: Callable[..., Settings]) -> None:
    """Registration is off unless it is switched on."""
    configure(registration=True)


async def password_link(site: Site, client: Client, person: Person) -> str:
    await client.do("requestPasswordReset", {"login": person.login})
    return (await site.letter(person.email)).link


async def email_link(site: Site, person: Person) -> str:
    await person.do("changeEmail", {"email": NEW, "password": PASSWORD})
    return (await site.letter(NEW)).link


async def registration_link(site: Site, client: Client, locale: str = "EN") -> str:
    wanted = {"email": NEW, "tenantName": "Lotus", "locale": locale}
    await client.do("registerTenant", wanted)
    return (await site.letter(NEW)).link


async def is_nowhere(visitor: Visitor, link: str) -> None:
    """The token is in no address that was asked for, and in nothing that outlives the tab."""
    token = link.partition("#")[2]
    assert token not in await visitor.page.evaluate(KEPT)
    assert [url for url, _ in visitor.requests if token in url.partition("#")[0]] == []


@pytest.mark.parametrize("locale", BROWSERS)
async def test_a_forgotten_password_is_replaced(
    visiting: Visiting, site: Site, world: World, locale: str
) -> None:
    """B; PRODUCT 8: the page speaks its reader's language, whatever his browser speaks."""
    person = await world.person("ann", locale=locale)
    link = await password_link(site, world.anonymous, person)
    async with visiting(locale="ru-RU" if locale == "EN" else "en-GB") as visitor:
        await visitor.open(link)
        await shown(visitor, "newPassword")
        await speaks(visitor, locale)
        assert person.email in await visitor.page.locator("main").inner_text()
        assert await visitor.violations() == []
        await is_nowhere(visitor, link)
        await send(visitor, newPassword=BETTER)
        await shown(visitor, "login")
        assert await visitor.violations() == []
        assert await visitor.page.evaluate("sessionStorage.length") == 0
        await is_nowhere(visitor, link)
        await send(visitor, password=BETTER)
        await visitor.page.get_by_text("Ann").wait_for()


async def test_a_password_that_cannot_be_used_is_told_beside_its_field(
    visitor: Visitor, site: Site, world: World, stranger: Person
) -> None:
    await visitor.open(await password_link(site, world.anonymous, stranger))
    await send(visitor, newPassword="short")
    await visitor.page.get_by_role("alert").filter(has_text="At least 12").wait_for()
    assert await visitor.page.locator(":focus").get_attribute("name") == "newPassword"
    assert await visitor.violations() == []


@pytest.mark.parametrize("login", ["stella", "nobody"])
async def test_asking_for_a_link_has_one_answer_for_everybody(
    visitor: Visitor, site: Site, stranger: Person, login: str
) -> None:
    """CASES 85."""
    await visitor.open("/reset-password")
    assert await visitor.violations() == []
    await send(visitor, login=login)
    await visitor.heading("Look into your mail")
    assert await visitor.violations() == []
    if login == stranger.login:
        assert "/reset-password#tnt_pwd_" in (await site.letter(stranger.email)).link


async def test_asking_too_often_is_told(
    visitor: Visitor, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 3.11."""
    configure(limit_account_links_per_client="1/hour")
    for _ in range(2):
        await visitor.open("/reset-password")
        await send(visitor, login="nobody")
    await visitor.page.get_by_role("alert").filter(has_text="Too many attempts").wait_for()


@pytest.mark.parametrize("path", PATHS)
async def test_a_dead_link_is_told_before_anybody_types_a_password(
    visiting: Visiting, path: str
) -> None:
    """Issue 6.2; and what to do next, in both themes."""
    link = f"{path}#{PATHS[path]}dead"
    async with visiting(color_scheme="dark") as visitor:
        await visitor.open(link)
        await visitor.heading(DEAD)
        assert await visitor.page.locator("[type=password]").count() == 0
        assert await visitor.page.locator("section a, section form").count() > 0
        assert await visitor.violations() == []
        await is_nowhere(visitor, link)


async def test_a_link_that_dies_while_it_is_looked_at_is_told_when_it_is_used(
    visitor: Visitor, site: Site, world: World, stranger: Person
) -> None:
    """Each page; somebody was faster."""
    used = await password_link(site, world.anonymous, stranger)
    await visitor.open(used)
    await shown(visitor, "newPassword")
    given = {"token": used.partition("#")[2], "newPassword": BETTER}
    await world.anonymous.do("resetPassword", given)
    await send(visitor, newPassword=BETTER)
    await visitor.heading(DEAD)
    used = await registration_link(site, world.anonymous)
    await visitor.open(used)
    await shown(visitor, "fullName")
    await world.person("early", email=NEW)
    await send(visitor, fullName="Nora Lind", login="nora", password=BETTER)
    await visitor.heading(DEAD)


async def test_looking_up_too_many_links_is_told_and_can_be_repeated(
    visitor: Visitor, site: Site, stranger: Person, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 3.11: the link lives on, and so does its page."""
    link = await email_link(site, stranger)
    configure(limit_links="1/minute")
    await visitor.open(link)
    await visitor.heading("Confirm your new address")
    await visitor.page.reload()
    await visitor.page.get_by_role("alert").filter(has_text="Too many attempts").wait_for()
    assert await visitor.violations() == []
    configure(limit_links="100/minute")
    await visitor.press("Try again")
    await visitor.heading("Confirm your new address")


@pytest.mark.parametrize("locale", BROWSERS)
async def test_a_new_address_is_confirmed_by_a_press(
    visiting: Visiting, site: Site, world: World, locale: str
) -> None:
    """PRODUCT 5; CASES 78: opening alone confirms nothing."""
    person = await world.person("ann", locale=locale)
    link = await email_link(site, person)
    async with visiting(locale="ru-RU" if locale == "EN" else "en-GB") as visitor:
        await visitor.open(link)
        await visitor.page.get_by_text(NEW).wait_for()
        await speaks(visitor, locale)
        assert await visitor.violations() == []
        await is_nowhere(visitor, link)
        assert await person.ask("{ me { email } }") == {"me": {"email": person.email}}
        await send(visitor)
        await visitor.page.locator("form").wait_for(state="detached")
        assert await person.ask("{ me { email } }") == {"me": {"email": NEW}}
        assert await visitor.violations() == []


async def test_a_link_outlives_a_reload_and_not_its_tab(
    visitor: Visitor, site: Site, stranger: Person
) -> None:
    link = await email_link(site, stranger)
    await visitor.open(link)
    await visitor.page.reload()
    await visitor.heading("Confirm your new address")
    await is_nowhere(visitor, link)
    visitor.page = await visitor.context.new_page()
    await visitor.open("/confirm-email")
    await visitor.heading(DEAD)


async def test_another_link_in_the_same_tab_takes_the_place_of_the_first(
    visitor: Visitor, site: Site, stranger: Person
) -> None:
    """A browser loads nothing where only the fragment differs."""
    await visitor.open("/confirm-email#tnt_eml_dead")
    await visitor.heading(DEAD)
    await visitor.page.goto(await email_link(site, stranger))
    await visitor.heading("Confirm your new address")
    assert "#" not in visitor.page.url


async def test_a_registration_begins_with_an_address(visitor: Visitor, site: Site) -> None:
    """B; PRODUCT 5."""
    await visitor.open("/register")
    await shown(visitor, "tenantName")
    assert await visitor.violations() == []
    await send(visitor, email=NEW, tenantName="  ")
    await fault(visitor, "REQUIRED")
    await send(visitor, tenantName="Lotus")
    await visitor.heading("Look into your mail")
    assert "/register#tnt_reg_" in (await site.letter(NEW)).link


@pytest.mark.parametrize("locale", BROWSERS)
async def test_a_registration_makes_an_account_and_its_tenant(
    visiting: Visiting, site: Site, world: World, locale: str
) -> None:
    """B, in the language that was asked for; who registers is signed in."""
    link = await registration_link(site, world.anonymous, locale)
    async with visiting(locale="ru-RU" if locale == "EN" else "en-GB") as visitor:
        await visitor.open(link)
        await shown(visitor, "fullName")
        await speaks(visitor, locale)
        assert await visitor.violations() == []
        await is_nowhere(visitor, link)
        await send(visitor, fullName="Nora Lind", login="nora", password=BETTER)
        await visitor.page.locator("h1", has_text="Lotus").wait_for()
        await is_nowhere(visitor, link)
        assert await visitor.violations() == []
        await visitor.open("/sign-in")
        await visitor.page.get_by_text("Nora Lind").wait_for()
        await speaks(visitor, locale)


async def test_a_registration_names_every_field_that_is_wrong(
    visitor: Visitor, site: Site, world: World, stranger: Person
) -> None:
    link = await registration_link(site, world.anonymous)
    await visitor.open(link)
    await send(visitor, fullName="Nora", login="n o r a", password="short", phone="12")
    await visitor.page.get_by_role("alert").nth(2).wait_for()
    wrong = visitor.page.locator("[aria-invalid]")
    names = [await each.get_attribute("name") for each in await wrong.all()]
    assert names == ["login", "password", "phone"]
    assert await visitor.violations() == []
    await send(visitor, login=stranger.login, password=BETTER, phone="")
    await fault(visitor, "LOGIN_TAKEN")


@pytest.mark.parametrize("with_link", [True, False])
async def test_a_registration_that_is_closed_is_told_at_once(
    visitor: Visitor,
    site: Site,
    world: World,
    configure: Callable[..., Settings],
    *,
    with_link: bool,
) -> None:
    """PRODUCT 5: a setting, off by default."""
    link = await registration_link(site, world.anonymous) if with_link else "/register"
    configure(registration=False)
    await visitor.open(link)
    await visitor.page.get_by_text("Registration is closed here").wait_for()
    assert await visitor.page.locator("form").count() == 0
    assert await visitor.violations() == []
