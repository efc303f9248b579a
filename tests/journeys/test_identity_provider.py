"""An identity from linking to unlinking, with a provider that is a process of its own."""

from collections.abc import AsyncIterator, Callable

import pytest

from settings import Settings
from tests import provider as far_end
from tests import visits
from tests.clients import Person
from tests.journeys.machines import MACHINES
from tests.journeys.site import Browser, Site
from tests.provider import Provider

LOGIN = "{ me { login } }"


@pytest.fixture(scope="module")
async def process() -> AsyncIterator[Provider]:
    async with far_end.running() as provider:
        yield provider


@pytest.fixture
def acme(site: Site, process: Provider, configure: Callable[..., Settings]) -> None:
    """Listed by the site."""
    configure(identity_providers=[process.settings()])


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("site", ["mailbox", MACHINES], indirect=True)
@pytest.mark.parametrize("transport", ["COOKIE", "BEARER"])
async def test_somebody_links_an_identity_and_signs_in_with_it_until_he_unlinks_it(
    site: Site, stranger: Person, transport: str
) -> None:
    """Issue 4.4; PRODUCT 5."""
    browser = await site.signed_in(stranger.login)
    assert (await visits.sign_in(site.browser()))["__typename"] == "IdentityNotLinked"
    linked = await visits.link(browser)
    assert linked["identity"]["provider"] == {"name": "acme", "title": "Acme ID"}
    assert "Acme ID is on" in (await site.letter(stranger.email)).subject
    await browser.ask("mutation { signOut { signedOut } }")
    assert await browser.ask(LOGIN) == {"me": None}

    token = await signed_in(browser, transport)
    assert (token is None) == (transport == "COOKIE")
    if token is not None:
        browser.http.headers["authorization"] = f"Bearer {token}"
    assert await browser.ask(LOGIN) == {"me": {"login": stranger.login}}

    await browser.do("unlinkIdentity", {"identityId": linked["identity"]["id"]})
    assert "Acme ID is off" in (await site.letter(stranger.email)).subject
    assert (await visits.sign_in(site.browser()))["__typename"] == "IdentityNotLinked"
    assert await browser.ask(LOGIN) == {"me": {"login": stranger.login}}


async def signed_in(browser: Browser, transport: str) -> str | None:
    """The token of the new session, where it is told."""
    answer = await visits.sign_in(browser, transport=transport)
    assert answer["__typename"] == "SignedIn", answer
    token: str | None = answer["token"]
    return token
