"""The way in, and what there is for who is in already."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from models import MemberStatus, Tenant
from settings import Settings
from tests import authenticator
from tests.authenticator import STEP
from tests.browser.conftest import Visiting
from tests.browser.forms import BROWSERS, fault, send, shown, speaks
from tests.browser.visitors import PHONE, Visitor
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.journeys.site import Site
from tests.resolvers import steps

ACCOUNT = "You are signed in"
NEW = "another long one"


async def session(visitor: Visitor) -> dict[str, Any] | None:
    """The session's cookie, as the browser keeps it."""
    found: list[Any] = await visitor.context.cookies()
    return next((cookie for cookie in found if cookie["name"] == "tenantry"), None)


async def signs_in(visitor: Visitor, login: str, password: str = PASSWORD) -> None:
    await visitor.open("/sign-in")
    await send(visitor, login=login, password=password)


@pytest.mark.parametrize("locale", BROWSERS)
async def test_the_right_pair_signs_in(visiting: Visiting, stranger: Person, locale: str) -> None:
    """Issue 6.2: as whom is told at once; in three languages."""
    async with visiting(locale=BROWSERS[locale]) as visitor:
        await visitor.open("/sign-in")
        await speaks(visitor, locale)
        assert await visitor.violations() == []
        await send(visitor, login=stranger.login, password=PASSWORD)
        await visitor.page.get_by_text("Stella").wait_for()
        await speaks(visitor, locale)
        assert await visitor.violations() == []


@pytest.mark.parametrize(("login", "password"), [("stella", "wrong"), ("nobody", PASSWORD)])
async def test_a_wrong_pair_is_refused_in_one_sentence_and_what_was_typed_stays(
    visitor: Visitor, stranger: Person, login: str, password: str
) -> None:
    """PRODUCT 5: it does not say which part was wrong."""
    assert stranger.login == "stella"
    await signs_in(visitor, login, password)
    await fault(visitor, "INVALID_CREDENTIALS")
    assert await visitor.page.locator("[name=login]").input_value() == login
    assert await visitor.violations() == []


async def test_the_session_is_out_of_reach_of_scripts_and_new_at_each_sign_in(
    visitor: Visitor, stranger: Person
) -> None:
    """CASES 110: nobody can hand somebody a session of his own choice."""
    await visitor.enter(stranger)
    await visitor.open("/sign-in")
    await visitor.press("Sign out")
    await shown(visitor, "login")
    assert await session(visitor) is None
    found = [stranger.token]
    for _ in range(2):
        await visitor.enter(stranger)
        await signs_in(visitor, "stella")
        await visitor.heading(ACCOUNT)
        cookie = await session(visitor)
        assert cookie is not None
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
        assert await visitor.page.evaluate("document.cookie") == ""
        found.append(cookie["value"])
        await visitor.press("Sign out")
        await shown(visitor, "login")
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("with_app", [True, False], ids=["app", "recovery code"])
async def test_a_second_factor_is_asked_for_where_there_is_one(
    visiting: Visiting, stranger: Person, clock: Clock, *, with_app: bool
) -> None:
    """Issue 6.2; what was typed before is kept, and not asked for again."""
    app, codes = await authenticator.switch_on(stranger)
    clock.move(STEP)
    async with visiting(color_scheme="dark") as visitor:
        await signs_in(visitor, "stella")
        await shown(visitor, "secondFactor")
        assert await visitor.violations() == []
        await send(visitor, secondFactor=app.wrong)
        await fault(visitor, "WRONG")
        assert await visitor.page.locator("[aria-invalid]").get_attribute("name") == "secondFactor"
        assert await visitor.violations() == []
        await send(visitor, secondFactor=app.code() if with_app else codes[0].lower())
        await visitor.heading(ACCOUNT)


async def test_a_password_that_somebody_else_knows_is_replaced(
    visitor: Visitor, world: World
) -> None:
    """PRODUCT 3.3."""
    await world.person("greta", password_expired=True)
    await signs_in(visitor, "greta")
    await shown(visitor, "newPassword")
    assert await visitor.violations() == []
    await send(visitor, newPassword=PASSWORD)
    await fault(visitor, "UNCHANGED")
    await send(visitor, newPassword=NEW)
    await visitor.heading(ACCOUNT)
    given = {"login": "greta", "password": NEW}
    assert (await world.anonymous.do("signIn", given))["__typename"] == "SignedIn"


async def test_a_code_that_runs_out_over_the_new_password_is_asked_for_again(
    visitor: Visitor, world: World, clock: Clock
) -> None:
    """Both at once: the code is taken once everything else is right."""
    greta = await world.person("greta", password_expired=True)
    app, _ = await authenticator.switch_on(greta)
    clock.move(STEP)
    await signs_in(visitor, "greta")
    await shown(visitor, "secondFactor")
    await send(visitor, secondFactor=app.code())
    await shown(visitor, "newPassword")
    clock.move(timedelta(minutes=5))
    await send(visitor, newPassword=NEW)
    await shown(visitor, "secondFactor")
    await send(visitor, secondFactor=app.code())
    await visitor.heading(ACCOUNT)


async def test_too_many_attempts_are_told_with_when_to_come_back(
    visitor: Visitor, stranger: Person, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 3.11."""
    configure(limit_failed_sign_ins="1/hour")
    await signs_in(visitor, stranger.login, "wrong")
    await fault(visitor, "INVALID_CREDENTIALS")
    await send(visitor, password=PASSWORD)
    await visitor.page.get_by_role("alert").filter(has_text="Too many attempts").wait_for()
    assert await session(visitor) is None


HOSTILE = [
    "//evil.example",
    "https:/\\evil.example",
    "/\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/.//evil.example",
    "/\t/evil.example",
    "evil.example",
    "/\\\n/evil.example",
    " //evil.example",
    "",
]


async def test_nobody_is_sent_to_another_site(visitor: Visitor, stranger: Person) -> None:
    """CASES 81. `check` sees every address that is asked for."""
    await visitor.enter(stranger)
    for path in HOSTILE:
        query = urlencode({"next": path})
        await visitor.open(f"/sign-in?{query}")
        await visitor.heading(ACCOUNT)
        assert visitor.page.url == f"{visitor.url}/sign-in?{query}"


async def test_somebody_goes_on_to_the_page_that_has_sent_him(
    visitor: Visitor, stranger: Person
) -> None:
    """Just signed in, and when he is so already."""
    there = "/reset-password?from=here"
    await visitor.open("/sign-in?next=%2Freset-password%3Ffrom%3Dhere")
    await send(visitor, login=stranger.login, password=PASSWORD)
    await visitor.page.wait_for_url(f"**{there}")
    await visitor.open("/sign-in?next=%2Freset-password%3Ffrom%3Dhere")
    await visitor.page.wait_for_url(f"**{there}")


async def test_who_has_signed_in_is_sent_home_where_the_provider_names_one(
    visitor: Visitor, stranger: Person, configure: Callable[..., Settings]
) -> None:
    """And may come back to see as whom."""
    configure(home_url=f"{visitor.url}/confirm-email")
    await signs_in(visitor, stranger.login)
    await visitor.page.wait_for_url("**/confirm-email")
    await visitor.open("/sign-in")
    await visitor.page.locator(f"a[href='{visitor.url}/confirm-email']").wait_for()


async def test_who_is_signed_in_sees_what_is_his_in_his_own_language(
    visitor: Visitor, world: World, project: Tenant
) -> None:
    """PRODUCT 8; disabled places are told as such."""
    mira = await world.join(project, "MANAGER", await world.person("mira", locale="RU"))
    other = await world.tenant(name="Globex-" * 12)
    await world.join(other, "ACCOUNTANT", mira, status=MemberStatus.DISABLED)
    await visitor.enter(mira)
    await visitor.open("/sign-in")
    await visitor.page.locator("dd").nth(1).wait_for()
    await speaks(visitor, "RU")
    assert await visitor.page.locator("dt").first.inner_text() == "Acme"
    joined, disabled = await visitor.page.locator("dd").all_inner_texts()
    assert joined == "Руководитель"
    assert disabled != joined
    assert await visitor.page.locator("a[href='/graphql']").is_visible()
    assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert await visitor.violations() == []


async def test_an_invitation_of_mine_is_accepted_there(
    visitor: Visitor, owner: Person, stranger: Person, project: Tenant
) -> None:
    """PRODUCT 3.7."""
    await steps.invite(owner, project, stranger.email, role="MANAGER")
    await visitor.enter(stranger)
    await visitor.open("/sign-in")
    offer = visitor.page.locator("article")
    await offer.wait_for()
    text = await offer.inner_text()
    assert all(fact in text for fact in ("Acme", "Olga", "Manager")), text
    assert await visitor.violations() == []
    await visitor.press("Accept")
    await visitor.page.get_by_role("status").wait_for()
    assert await visitor.page.locator("dt").all_inner_texts() == ["Acme"]
    assert await offer.count() == 0


async def test_an_invitation_of_mine_is_declined_once_i_have_confirmed_it(
    visitor: Visitor, site: Site, owner: Person, stranger: Person, project: Tenant
) -> None:
    """PRODUCT 3.8: the inviter is told, with the reason."""
    await steps.invite(owner, project, stranger.email, role="MANAGER")
    await visitor.enter(stranger)
    await visitor.open("/sign-in")
    await visitor.press("Decline")
    await shown(visitor, "reason")
    assert await visitor.violations() == []
    await visitor.press("Back")
    await visitor.press("Decline")
    await send(visitor, reason="No time")
    await visitor.page.get_by_role("status").wait_for()
    assert await visitor.page.locator("article").count() == 0
    assert "No time" in (await site.letter(owner.email)).text


async def test_another_language_keeps_what_was_typed_in_this_step_and_before(
    visitor: Visitor, stranger: Person, clock: Clock
) -> None:
    """Issue 6.6: switchable, and remembered."""
    app, _ = await authenticator.switch_on(stranger)
    clock.move(STEP)
    await visitor.open("/sign-in")
    await visitor.fill(login="stella", password=PASSWORD)
    await visitor.press("Русский")
    await speaks(visitor, "RU")
    await send(visitor)
    await (await shown(visitor, "secondFactor")).fill(app.code())
    await visitor.press("Қазақша")
    await speaks(visitor, "KK")
    await send(visitor)
    await visitor.page.get_by_text("Stella").wait_for()
    await visitor.open("/sign-in")
    await speaks(visitor, "KK")
