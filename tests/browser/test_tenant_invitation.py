"""The page behind the link of who is to own a new tenant, on a phone (issues 5.6 and 6.1)."""

import pytest

from models import Tenant, TenantInvitation
from tests.browser import offers
from tests.browser.conftest import Visiting
from tests.browser.forms import BROWSERS, send, shown, speaks
from tests.browser.offers import said
from tests.browser.visitors import Visitor
from tests.clients import Person
from tests.factories import PASSWORD, World
from tests.journeys.site import Site
from tests.resolvers import steps, tenant_steps

NEWCOMER = {"fullName": "Nina New", "login": "nina", "password": "twelve letters"}
DEAD = "This link is not valid"


@pytest.fixture
async def operator(world: World) -> Person:
    servio = await tenant_steps.organization(world, tenant_steps.INVITES)
    oscar = await world.join(servio, "OPERATOR", await world.person("oscar"))
    await tenant_steps.invite(oscar, servio)
    return oscar


@pytest.fixture
async def link(site: Site, operator: Person) -> str:
    assert operator.login == "oscar"
    return (await site.letter(steps.NINA)).link


async def founded() -> bool:
    return bool(await steps.stored(Tenant.filter(name="Lotus")))


@pytest.mark.parametrize("locale", BROWSERS)
async def test_a_newcomer_registers_and_owns_the_tenant(
    visiting: Visiting, world: World, locale: str, site: Site
) -> None:
    """PRODUCT 6.3; in the language that the inviter has named (PRODUCT 8)."""
    servio = await tenant_steps.organization(world, tenant_steps.INVITES)
    oscar = await world.join(servio, "OPERATOR", await world.person("oscar"))
    await tenant_steps.invite(oscar, servio, locale=locale)
    async with visiting() as visitor:
        await visitor.open((await site.letter(steps.NINA)).link)
        await shown(visitor, "password")
        await speaks(visitor, locale)
        assert (await offers.facts(visitor))[0] == "ni***@example.com"
        assert await visitor.violations() == []
        await send(visitor, **NEWCOMER)
        await visitor.heading(said(locale, "Welcome to %(tenant)s", tenant="Lotus"))
        assert await visitor.page.get_by_text(said(locale, "Owner")).count() == 1
        assert await visitor.violations() == []
        assert await offers.kept(visitor) == "{}"
    assert await founded()


async def test_nothing_exists_until_somebody_registered_has_signed_in_and_accepts(
    visiting: Visiting, world: World, link: str
) -> None:
    """The page says who is going to serve, and names the address masked; nobody declines here."""
    await world.person("nina")
    async with visiting(color_scheme="dark") as visitor:
        await visitor.open(link)
        await visitor.heading("Servio invites you to own Lotus")
        await visitor.page.get_by_text("which Servio is going to serve").wait_for()
        assert await visitor.violations() == []
        await send(visitor, login="nina", password=PASSWORD)
        await visitor.page.get_by_role("button", name="Accept").wait_for()
        assert await visitor.page.get_by_role("button", name="Decline").count() == 0
        assert not await founded()
        await visitor.press("Accept")
        await visitor.heading("Welcome to Lotus")
    assert await founded()


async def test_somebody_else_signs_out_and_goes_on(
    visitor: Visitor, operator: Person, link: str
) -> None:
    """PRODUCT 3.9."""
    await visitor.enter(operator)
    await visitor.open(link)
    await visitor.heading("This invitation is for somebody else")
    assert await offers.facts(visitor) == ["ni***@example.com", "Oscar (oscar)"]
    await visitor.press("Sign out and go on")
    await shown(visitor, "fullName")
    assert not await founded()


@pytest.mark.parametrize("locale", BROWSERS)
async def test_a_used_link_is_dead_also_for_who_has_used_it(
    visiting: Visiting, world: World, link: str, locale: str
) -> None:
    """PRODUCT 3.5: he is a member of what it made, and invited to nothing else."""
    nina, token = await world.person("nina"), link.partition("#")[2]
    await tenant_steps.accept(nina, token)
    async with visiting(locale=BROWSERS[locale]) as visitor:
        await visitor.enter(nina)
        for address in (link, link.partition("#")[0]):
            await visitor.open(address)
            await visitor.heading(said(locale, DEAD))
        assert await visitor.violations() == []


async def test_what_changes_while_the_page_is_open_is_told_when_it_matters(
    visitor: Visitor, world: World, operator: Person, link: str
) -> None:
    """Somebody registers with the address meanwhile, and the invitation is withdrawn."""
    await visitor.open(link)
    await shown(visitor, "fullName")
    await world.person("nina")
    await send(visitor, **NEWCOMER | {"login": "nina2"})
    await visitor.page.get_by_text("You have an account already.").wait_for()
    await send(visitor, login="nina", password=PASSWORD)
    await visitor.page.get_by_role("button", name="Accept").wait_for()
    [invitation] = await steps.stored(TenantInvitation.filter())
    await operator.do("revokeTenantInvitation", {"invitationId": invitation.id})
    await visitor.press("Accept")
    await visitor.heading(DEAD)
    assert not await founded()
