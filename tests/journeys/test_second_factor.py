"""A second factor from beginning to end: over HTTP on a socket, with mail as it arrives."""

from datetime import timedelta

from tests.authenticator import STEP, Authenticator
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD
from tests.journeys.site import Browser, Site

MINE = "{ me { secondFactor { recoveryCodesLeft } } }"


async def signs_in(site: Site, person: Person, code: str | None = None) -> tuple[str, Browser]:
    """What the sign-in comes to, in a browser of its own."""
    browser = site.browser()
    pair = {"login": person.login, "password": PASSWORD}
    answer = await browser.do("signIn", pair | {"secondFactor": code})
    return answer["__typename"], browser


async def test_a_second_factor_is_set_up_asked_for_and_switched_off(
    site: Site, stranger: Person, clock: Clock
) -> None:
    """Issue 4.5."""
    browser = await site.signed_in(stranger.login)
    enrolled = await browser.do("enrolSecondFactor", {"password": PASSWORD}, "uri")
    app = Authenticator(enrolled["uri"])
    confirmed = await browser.do("confirmSecondFactor", {"code": app.code()}, "recoveryCodes")
    assert "is on" in (await site.letter(stranger.email)).subject
    await browser.ask("mutation { signOut { signedOut } }")

    clock.move(STEP)
    assert (await signs_in(site, stranger))[0] == "SecondFactorRequired"
    code = app.code()
    kind, browser = await signs_in(site, stranger, code)
    assert kind == "SignedIn"
    assert await browser.ask(MINE) == {"me": {"secondFactor": {"recoveryCodesLeft": 10}}}
    assert (await signs_in(site, stranger, code))[0] == "InvalidInput"

    recovery = confirmed["recoveryCodes"][0]
    assert (await signs_in(site, stranger, recovery))[0] == "SignedIn"
    assert "9 recovery codes" in (await site.letter(stranger.email)).text
    assert (await signs_in(site, stranger, recovery))[0] == "InvalidInput"

    clock.move(timedelta(hours=1))
    off = {"password": PASSWORD, "code": app.code()}
    await browser.do("disableSecondFactor", off)
    assert "is off" in (await site.letter(stranger.email)).subject
    assert await browser.ask(MINE) == {"me": {"secondFactor": None}}
    assert (await signs_in(site, stranger))[0] == "SignedIn"
