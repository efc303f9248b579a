"""A number's way into a profile and out of it: over HTTP, with SMS as they arrive."""

from datetime import timedelta
from typing import Any

from models import Catalog
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.journeys.site import Browser, Site

FIRST, SECOND = "+77051250043", "+77051250044"
MINUTE = timedelta(minutes=1)
PHONE = "me { phone phoneStatus wantsSms }"


async def phone(browser: Browser) -> dict[str, Any]:
    shown: dict[str, Any] = (await browser.ask(f"{{ {PHONE} }}"))["me"]
    return shown


async def code(site: Site, number: str) -> str:
    return (await site.letter(number)).text[:6]


async def test_a_number_is_filled_in_confirmed_told_of_changes_and_replaced(
    site: Site, world: World, clock: Clock, stranger: Person
) -> None:
    """PRODUCT 5, B."""
    browser = await site.signed_in(stranger.login)
    await browser.do("updateProfile", {"phone": "+7 705 125-00-43"})
    assert await phone(browser) == {"phone": FIRST, "phoneStatus": "UNCONFIRMED", "wantsSms": False}

    await browser.do("requestPhoneCode")
    sent = await code(site, FIRST)
    wrong = f"{(int(sent) + 1) % 10**6:06}"
    assert (await browser.do("confirmPhone", {"code": wrong}))["attemptsLeft"] == 4
    confirmed = await browser.do("confirmPhone", {"code": sent}, "me { phoneStatus }")
    assert confirmed["me"] == {"phoneStatus": "CONFIRMED"}

    await browser.do("updateSettings", {"wantsSms": True})
    tenant = await world.tenant(Catalog.PROJECT)
    owner = await world.join(tenant)
    member = await world.join(tenant, "MANAGER", stranger)
    await owner.do("changeRole", {"memberId": member.member_id, "role": "ACCOUNTANT"})
    assert "Acme: your role is now Accountant" in (await site.letter(FIRST)).text

    refused = await browser.do("updateProfile", {"phone": SECOND})
    assert [field["code"] for field in refused["fields"]] == ["CONFIRMED"]
    clock.move(MINUTE)
    await browser.do("requestPhoneRemoval")
    removed = await browser.do("removePhone", {"code": await code(site, FIRST)}, PHONE)
    assert removed["me"] == {"phone": None, "phoneStatus": None, "wantsSms": False}

    await browser.do("updateProfile", {"phone": SECOND})
    assert (await phone(browser))["phoneStatus"] == "UNCONFIRMED"
    await browser.do("requestPhoneCode")
    await browser.do("confirmPhone", {"code": await code(site, SECOND)})
    assert (await phone(browser))["phoneStatus"] == "CONFIRMED"
