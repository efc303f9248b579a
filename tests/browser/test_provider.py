"""Signing in with an identity provider: away to it, and back to where one set off."""

from collections.abc import AsyncIterator, Callable

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from settings import Settings
from tests import authenticator, visits
from tests.authenticator import STEP
from tests.browser.conftest import Visiting
from tests.browser.forms import BROWSERS, fault, send, shown, speaks
from tests.browser.visitors import Visitor
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.journeys.site import Site
from tests.provider import Provider

ACCOUNT = "You are signed in"
BUTTON = "Sign in with Acme ID"
LEFT = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])"


@pytest.fixture(autouse=True)
def acme(site: Site, provider: Provider, configure: Callable[..., Settings]) -> None:
    """Listed by the site."""
    configure(identity_providers=[provider.settings()])


@pytest.fixture
async def visitor(visiting: Visiting, provider: Provider) -> AsyncIterator[Visitor]:
    """Who may leave for the provider, and for nobody else."""
    async with visiting(origins=(provider.url,)) as visitor:
        yield visitor


async def go(visitor: Visitor, path: str = "/sign-in") -> None:
    """To the provider, where everybody agrees at once, and back."""
    await visitor.open(path)
    await visitor.press(BUTTON)


def nothing_is_left_of_it(visitor: Visitor) -> bool:
    return "?" not in visitor.page.url and "#" not in visitor.page.url


@pytest.mark.parametrize("locale", BROWSERS)
async def test_somebody_signs_in_with_an_identity_that_he_has_linked(
    visiting: Visiting, provider: Provider, stranger: Person, locale: str
) -> None:
    """Issue 6.2, in three languages."""
    await visits.link(stranger)
    async with visiting(locale=BROWSERS[locale], origins=(provider.url,)) as visitor:
        await visitor.open("/sign-in")
        await speaks(visitor, locale)
        button = visitor.page.locator(".providers button")
        await button.wait_for()
        assert await visitor.violations() == []
        await button.click()
        await visitor.page.get_by_text("Stella").wait_for()
        await speaks(visitor, locale)
        assert visitor.page.url == f"{visitor.url}/sign-in"
        assert await visitor.page.evaluate(LEFT) == "[{},{},null]"


async def test_he_comes_back_to_where_he_set_off(visitor: Visitor, stranger: Person) -> None:
    await visits.link(stranger)
    await go(visitor, "/sign-in?next=%2Freset-password")
    await visitor.page.wait_for_url("**/reset-password")


async def test_a_second_factor_is_asked_for_here_as_well(
    visitor: Visitor, stranger: Person, clock: Clock
) -> None:
    """Issue 4.5; what the provider has sent is kept in memory."""
    await visits.link(stranger)
    app, _ = await authenticator.switch_on(stranger)
    clock.move(STEP)
    await go(visitor)
    await shown(visitor, "secondFactor")
    assert nothing_is_left_of_it(visitor)
    assert await visitor.page.evaluate(LEFT) == "[{},{},null]"
    await send(visitor, secondFactor=app.wrong)
    await fault(visitor, "WRONG")
    await visitor.press("Русский")
    await speaks(visitor, "RU")
    await send(visitor, secondFactor=app.code())
    await visitor.page.get_by_text("Stella").wait_for()


async def test_an_identity_that_nobody_has_linked_opens_nothing(visitor: Visitor) -> None:
    """ADR 0012: the address that the provider gives finds no account."""
    await go(visitor)
    await visitor.heading("No account is linked to this identity")
    assert await visitor.violations() == []
    await visitor.page.get_by_role("link").click()
    await shown(visitor, "login")


async def test_a_provider_that_says_nonsense_has_confirmed_nobody(
    visitor: Visitor, provider: Provider, stranger: Person
) -> None:
    await visits.link(stranger)
    provider.claims = {"aud": "somebody else"}
    await go(visitor)
    await visitor.heading("You have not signed in")
    assert nothing_is_left_of_it(visitor)


async def test_a_provider_that_is_away_is_told_before_anybody_leaves(
    visitor: Visitor, provider: Provider
) -> None:
    async def away(_: Request) -> Response:
        return JSONResponse({}, 503)

    provider.replies["/.well-known/openid-configuration"] = away
    await go(visitor)
    await fault(visitor, "IDENTITY_PROVIDER_FAILED")
    assert await visitor.violations() == []


@pytest.mark.parametrize(
    ("error", "told"),
    [("access_denied", "was not allowed to say"), ("server_error", "did not confirm")],
)
async def test_what_a_provider_says_of_an_error_is_not_repeated(
    visitor: Visitor, provider: Provider, error: str, told: str
) -> None:
    """Anybody can write such an address."""

    async def refuse(request: Request) -> Response:
        given = request.query_params
        back = f"error={error}&error_description=Call+the+helpline&state={given['state']}"
        return RedirectResponse(f"{given['redirect_uri']}?{back}", 302)

    provider.replies["/authorize"] = refuse
    await go(visitor)
    await visitor.page.get_by_text(told).wait_for()
    assert "helpline" not in await visitor.page.content()
    assert nothing_is_left_of_it(visitor)
    assert await visitor.violations() == []


@pytest.mark.parametrize("query", ["", "?code=x&state=y", "?code=x"])
async def test_what_this_tab_has_not_begun_it_does_not_finish(visitor: Visitor, query: str) -> None:
    """Else somebody could be signed in to an account that is not his."""
    await visitor.open(f"/sign-in/provider{query}")
    await visitor.heading("Nothing to finish here")
    assert nothing_is_left_of_it(visitor)


async def test_a_state_that_is_not_the_visits_own_is_refused(
    visitor: Visitor, provider: Provider, stranger: Person
) -> None:
    """As above, in a tab that has begun."""
    await visits.link(stranger)

    async def swap(request: Request) -> Response:
        answer = await provider.authorize(request)
        answer.headers["location"] = answer.headers["location"].replace("state=", "state=x")
        return answer

    provider.replies["/authorize"] = swap
    await go(visitor)
    await visitor.heading("This attempt is not valid any more")
    assert await visitor.violations() == []


async def test_a_path_that_leads_elsewhere_is_not_gone_back_to(
    visitor: Visitor, stranger: Person
) -> None:
    """CASES 81: whatever has written it there."""
    await visits.link(stranger)
    await visitor.open("/sign-in")
    await visitor.context.add_init_script(
        """if (sessionStorage.visit) sessionStorage.visit =
        JSON.stringify({ ...JSON.parse(sessionStorage.visit), path: "//evil.example" })"""
    )
    await visitor.press(BUTTON)
    await visitor.heading(ACCOUNT)


async def test_where_nobody_else_says_who_somebody_is_there_is_only_the_form(
    visitor: Visitor, world: World, configure: Callable[..., Settings]
) -> None:
    configure(identity_providers=[])
    await visitor.open("/sign-in")
    await visitor.page.wait_for_load_state("networkidle")
    assert await visitor.page.locator(".providers button").count() == 0
