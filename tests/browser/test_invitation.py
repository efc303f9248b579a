"""The page behind the link of an invitation, on a phone (issue 6.1)."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.async_api import Route

from models import MemberStatus, Tenant, TenantBlock, User
from settings import Settings
from tests.browser import offers
from tests.browser.conftest import Visiting
from tests.browser.forms import BROWSERS, fault, send, shown, speaks
from tests.browser.offers import said
from tests.browser.visitors import Visitor
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.journeys.site import Site
from tests.resolvers import app_steps, steps
from tests.resolvers.steps import Invited

NEW = "twelve letters"
DEAD = "This link is not valid"
KNOWN = {"fullName": "Nina New", "login": "nina", "phone": "+77012345678"}


@pytest.fixture
async def nina(world: World) -> Person:
    return await world.person("nina")


@pytest.fixture
async def invited(owner: Person, project: Tenant) -> Invited:
    return await steps.invite(owner, project, newcomer=KNOWN)


@pytest.fixture
async def link(site: Site, invited: Invited) -> str:
    return (await site.letter(steps.NINA)).link


async def status(invited: Invited) -> MemberStatus:
    return (await steps.member(invited.member_id)).status


@pytest.mark.parametrize("locale", BROWSERS)
async def test_a_newcomer_registers_and_accepts_in_one_act(
    visiting: Visiting, invited: Invited, link: str, locale: str
) -> None:
    """PRODUCT 3.4: his data are filled in, he chooses a password."""
    async with visiting(locale=BROWSERS[locale]) as visitor:
        await visitor.open(link)
        await speaks(visitor, locale)
        for name, value in KNOWN.items():
            assert await (await shown(visitor, name)).input_value() == value
        assert await visitor.violations() == []
        await send(visitor, fullName="Nina Newer", password=NEW)
        await visitor.heading(said(locale, "Welcome to %(tenant)s", tenant="Acme"))
        assert await visitor.violations() == []
    assert await status(invited) is MemberStatus.JOINED
    [user] = await steps.stored(User.filter(login="nina"))
    assert (user.full_name, user.phone, user.locale) == ("Nina Newer", KNOWN["phone"], locale)


async def test_the_page_says_what_is_offered(
    visitor: Visitor, owner: Person, project: Tenant, site: Site
) -> None:
    """PRODUCT 3.4: by whom, to what, as what, with which apps, for whom, until when."""
    wiki = await app_steps.create(owner, project, "Wiki")
    mail = await app_steps.create(owner, project, "Mail")
    rights = {wiki: "LAUNCH", mail: "LAUNCH_AND_ADMINISTER"}
    given = [{"appId": app, "right": right} for app, right in rights.items()]
    await steps.invite(owner, project, apps=given)
    await visitor.open((await site.letter(steps.NINA)).link)
    await visitor.heading("Olga invites you to Acme")
    *terms, until = await offers.facts(visitor)
    assert terms == ["Accountant", "Mail (launch and administer)", "Wiki (launch)", steps.NINA]
    assert ":" in until


async def test_faults_stand_beside_their_fields_and_what_was_typed_stays(
    visitor: Visitor, world: World, invited: Invited, link: str
) -> None:
    """As the API says them, in one round or in two."""
    await world.person("nina", email="other@example.com")
    await visitor.open(link)
    await visitor.page.get_by_text("At least 12 characters.").wait_for()
    await send(visitor, password="short", phone="12")
    wrong = visitor.page.locator("[aria-invalid]")
    await wrong.first.wait_for()
    names = [await each.get_attribute("name") for each in await wrong.all()]
    assert names == ["password", "phone"]
    assert await visitor.violations() == []
    await send(visitor, password=NEW, phone="")
    await fault(visitor, "LOGIN_TAKEN")
    assert await wrong.get_attribute("name") == "login"
    assert await visitor.page.evaluate("document.activeElement.name") == "login"
    await send(visitor, login="nina.new")
    await visitor.heading("Welcome to Acme")
    assert await status(invited) is MemberStatus.JOINED


@pytest.mark.parametrize("locale", BROWSERS)
async def test_somebody_registered_signs_in_and_accepts(
    visiting: Visiting, nina: Person, invited: Invited, link: str, locale: str
) -> None:
    """PRODUCT 3.7: he sees the offer, and answers it once it is known that it is he."""
    async with visiting(locale=BROWSERS[locale], color_scheme="dark") as visitor:
        await visitor.open(link)
        assert await (await shown(visitor, "login")).input_value() == nina.email
        assert await visitor.page.get_by_role("button", name=said(locale, "Decline")).count() == 0
        assert await visitor.violations() == []
        await send(visitor, password=PASSWORD)
        await visitor.page.get_by_role("button", name=said(locale, "Decline")).wait_for()
        await speaks(visitor, locale)
        assert await visitor.violations() == []
        assert await status(invited) is MemberStatus.PENDING
        await visitor.press(said(locale, "Accept"))
        await visitor.heading(said(locale, "Welcome to %(tenant)s", tenant="Acme"))
        assert await visitor.violations() == []
    assert await status(invited) is MemberStatus.JOINED


async def test_who_is_signed_in_answers_at_once_and_goes_on_to_the_frontend(
    visitor: Visitor, nina: Person, link: str, configure: Callable[..., Settings]
) -> None:
    configure(home_url="https://app.example/start")
    await visitor.enter(nina)
    await visitor.open(link)
    await visitor.press("Accept")
    await visitor.heading("Welcome to Acme")
    await visitor.page.get_by_text("Your role: Accountant").wait_for()
    on = visitor.page.get_by_role("link", name="Go on")
    assert await on.get_attribute("href") == "https://app.example/start"
    await visitor.press("Русский")
    await visitor.page.get_by_text(said("RU", "Accountant")).wait_for()


@pytest.mark.parametrize("locale", BROWSERS)
async def test_somebody_else_signs_out_and_goes_on(
    visiting: Visiting, stranger: Person, link: str, locale: str
) -> None:
    """PRODUCT 3.9, ANCHORS 2: no dead end, and the invitation stays as it was."""
    before = await offers.everything()
    async with visiting(locale=BROWSERS[locale]) as visitor:
        await visitor.enter(stranger)
        await visitor.open(link)
        await visitor.heading(said(locale, "This invitation is for somebody else"))
        assert await offers.facts(visitor) == [steps.NINA, "Stella (stella)"]
        assert await visitor.violations() == []
        assert await offers.everything() == before
        await visitor.press(said(locale, "Sign out and go on"))
        await shown(visitor, "fullName")
        assert await visitor.context.cookies() == []
        await send(visitor, password=NEW)
        await visitor.heading(said(locale, "Welcome to %(tenant)s", tenant="Acme"))


@pytest.mark.parametrize("locale", BROWSERS)
async def test_a_newcomer_declines_in_two_presses_without_signing_in(
    visiting: Visiting,
    site: Site,
    owner: Person,
    project: Tenant,
    invited: Invited,
    link: str,
    locale: str,
) -> None:
    """PRODUCT 3.8, CASES 79: the first press changes nothing; the inviter hears of the second."""
    before = await offers.everything()
    decline = said(locale, "Decline")
    async with visiting(locale=BROWSERS[locale]) as visitor:
        await visitor.open(link)
        await visitor.press(decline)
        await visitor.heading(said(locale, "Decline to join %(tenant)s?", tenant="Acme"))
        assert await visitor.violations() == []
        await visitor.press(said(locale, "Back"))
        await shown(visitor, "password")
        await visitor.press(decline)
        await (await shown(visitor, "block")).check()
        assert await offers.everything() == before
        await visitor.press(decline)
        await visitor.heading(said(locale, "You have declined to join %(tenant)s.", tenant="Acme"))
        assert await visitor.violations() == []
        assert await offers.kept(visitor) == "{}"
    assert await status(invited) is MemberStatus.REMOVED
    [block] = await steps.stored(TenantBlock.filter())
    assert (block.tenant_id, block.email_key) == (project.id, steps.NINA)
    assert "Nina New has declined" in (await site.letter(owner.email)).text


async def test_somebody_registered_declines_and_blocks_nobody_unasked(
    visitor: Visitor, nina: Person, invited: Invited, link: str
) -> None:
    """PRODUCT 3.8."""
    await visitor.enter(nina)
    await visitor.open(link)
    await visitor.press("Decline")
    await visitor.heading("Decline to join Acme?")
    await visitor.press("Decline")
    await visitor.heading("You have declined to join Acme.")
    assert await status(invited) is MemberStatus.REMOVED
    assert await steps.stored(TenantBlock.filter()) == []


async def test_every_dead_link_opens_the_same_page(
    visitor: Visitor, owner: Person, invited: Invited, link: str, site: Site, clock: Clock
) -> None:
    """PRODUCT 3.5; it says what to do next, and no name of the tenant."""
    superseded, again = link, {"invitationId": invited.invitation_id}
    await owner.do("resendInvitation", again)
    expired = (await site.letter(steps.NINA)).link
    clock.move(timedelta(days=3))
    await owner.do("resendInvitation", again)
    revoked = (await site.letter(steps.NINA)).link
    await owner.do("revokeInvitation", again)
    unknown, no_token = f"{link}x", link.partition("#")[0]
    pages = [await dead_page(visitor, it) for it in (superseded, expired, revoked, unknown)]
    assert set(pages) == {await dead_page(visitor, no_token)}
    assert "Look for a newer mail." in pages[0]
    assert "Acme" not in pages[0]


async def dead_page(visitor: Visitor, link: str) -> str:
    """All that it says; its language is chosen beneath."""
    await visitor.open(link)
    await visitor.heading(DEAD)
    return await visitor.page.locator("body").inner_text()


@pytest.mark.parametrize("locale", BROWSERS)
async def test_a_used_link_is_dead_but_for_who_has_used_it(
    visiting: Visiting, nina: Person, link: str, locale: str
) -> None:
    """PRODUCT 3.5, ANCHORS 6."""
    await steps.accept(nina, token=link.partition("#")[2])
    async with visiting(locale=BROWSERS[locale]) as visitor:
        await visitor.open(link)
        await visitor.heading(said(locale, DEAD))
        assert await visitor.violations() == []
        await visitor.enter(nina)
        await visitor.open(link)
        member = said(locale, "You are a member of %(tenant)s already", tenant="Acme")
        await visitor.heading(member)
        assert await visitor.violations() == []


async def test_what_happens_while_the_page_is_open_is_told_when_it_matters(
    visitor: Visitor, world: World, owner: Person, invited: Invited, link: str
) -> None:
    """ANCHORS 11: somebody registers with the address meanwhile, and the offer is withdrawn."""
    await visitor.open(link)
    await world.person("nina")
    await send(visitor, password=NEW, login="nina2")
    await visitor.page.get_by_text("You have an account already.").wait_for()
    assert await (await shown(visitor, "login")).input_value() == steps.NINA
    await send(visitor, password=PASSWORD)
    await visitor.page.get_by_role("button", name="Decline").wait_for()
    await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})
    await visitor.press("Accept")
    await visitor.heading(DEAD)


async def test_too_many_links_are_told_to_come_back(
    visitor: Visitor, link: str, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 3.11."""
    configure(limit_links="1/minute")
    await visitor.open(link)
    await visitor.open(link)
    await visitor.heading("This did not work")
    await visitor.page.get_by_text("Too many attempts. Try again in").wait_for()
    assert await visitor.violations() == []
    configure(limit_links="120/minute")
    await visitor.press("Try again")
    await shown(visitor, "password")


async def test_without_a_server_nothing_is_lost(visitor: Visitor, link: str) -> None:
    """A phone in a tunnel."""

    async def away(route: Route) -> None:
        await route.abort()

    await visitor.page.route("**/graphql", away)
    await visitor.open(link)
    await visitor.page.get_by_text("The server could not be reached.").wait_for()
    await visitor.page.unroute("**/graphql")
    await visitor.press("Try again")
    await shown(visitor, "password")
    visitor.complaints = [text for text in visitor.complaints if "ERR_FAILED" not in text]


async def test_the_page_speaks_the_recipients_language_until_he_chooses_another(
    visitor: Visitor, owner: Person, project: Tenant, site: Site
) -> None:
    """PRODUCT 8: the roles too, and what was typed stays."""
    await steps.invite(owner, project, role="MANAGER", locale="RU")
    link = (await site.letter(steps.NINA)).link
    await visitor.open(link)
    await speaks(visitor, "RU")
    role = visitor.page.locator("dd").first
    assert await role.inner_text() == said("RU", "Manager")
    await visitor.fill(fullName="Нина")
    await visitor.press("Қазақша")
    await role.filter(has_text=said("KK", "Manager")).wait_for()
    assert await visitor.page.locator("[name=fullName]").input_value() == "Нина"
    assert await visitor.page.locator("[aria-pressed=true]").inner_text() == "Қазақша"
    await visitor.page.reload()
    await shown(visitor, "password")
    await speaks(visitor, "KK")


async def test_the_token_of_a_link_leaves_no_trace(
    visitor: Visitor,
    site: Site,
    link: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """CASES 80, 82: the tab keeps it for a reload, until it has done its work."""
    caplog.set_level(logging.DEBUG)
    token = link.partition("#")[2]
    await visitor.open(link)
    await visitor.page.reload()
    await shown(visitor, "password")
    assert token in await offers.kept(visitor)
    await send(visitor, password=NEW)
    await visitor.heading("Welcome to Acme")
    left = [visitor.page.url, await offers.kept(visitor), await offers.kept_for_good(visitor)]
    assert f"{site.url}/invitation" in left[2]
    written = [*capfd.readouterr(), caplog.text]
    assert "POST /graphql" in written[2]
    asked = [part for request in visitor.requests for part in request]
    assert token not in str([*left, *written, *asked])
