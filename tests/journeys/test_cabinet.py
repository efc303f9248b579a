"""One person's account from its beginning to its end: over HTTP on a socket, with mail as it
arrives (issue 4).
"""

from collections.abc import Callable

from models import Tenant
from settings import Settings
from tests.clients import Person
from tests.factories import PASSWORD
from tests.journeys.site import Site

EMAIL, LATER = "nora@example.com", "nora.later@example.com"
ACCOUNT = {"fullName": "Nora Lind", "login": "nora", "password": "a long enough one"}
CABINET = """{ me {
  login email phone phoneStatus locale rowsPerPage wantsNews wantsSms canChangeFullName
  canChangeEmail user { fullName }
  memberships { edges { node { isFirstUser role { code } tenant { name } } } }
} }"""


async def test_somebody_registers_a_tenant_and_sees_his_cabinet(
    site: Site, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 5; B: the user that comes with the account."""
    configure(registration=True)
    nora = site.browser()
    await nora.do("registerTenant", {"email": EMAIL, "tenantName": "Lotus"})
    letter = await site.letter(EMAIL)
    assert letter.link.startswith(f"{site.url}/register#tnt_reg_")
    done = await nora.do("completeRegistration", {"token": letter.token, "registration": ACCOUNT})
    assert done["__typename"] == "CompleteRegistrationPayload"
    place = {"isFirstUser": True, "role": {"code": "OWNER"}, "tenant": {"name": "Lotus"}}
    assert (await nora.ask(CABINET))["me"] == {
        "login": "nora",
        "email": EMAIL,
        "phone": None,
        "phoneStatus": None,
        "locale": "EN",
        "rowsPerPage": None,
        "wantsNews": False,
        "wantsSms": False,
        "canChangeFullName": False,
        "canChangeEmail": False,
        "user": {"fullName": "Nora Lind"},
        "memberships": {"edges": [{"node": place}]},
    }
    for mutation, given in (
        ("updateProfile", {"fullName": "Other"}),
        ("changeEmail", {"email": LATER, "password": ACCOUNT["password"]}),
        ("deleteMyAccount", {"password": ACCOUNT["password"]}),
    ):
        assert (await nora.do(mutation, given))["__typename"] == "ProviderOnly"


async def test_somebody_edits_himself_and_changes_his_settings(
    site: Site, stranger: Person
) -> None:
    """B: name, number, language, rows per page, news."""
    browser = await site.signed_in(stranger.login)
    await browser.do("updateProfile", {"fullName": "Stella Nova", "phone": "+77051250043"})
    await browser.do("updateSettings", {"locale": "KK", "rowsPerPage": 100, "wantsNews": True})
    found = (await browser.ask(CABINET))["me"]
    assert (found["user"], found["phone"], found["phoneStatus"]) == (
        {"fullName": "Stella Nova"},
        "+77051250043",
        "UNCONFIRMED",
    )
    assert (found["locale"], found["rowsPerPage"], found["wantsNews"]) == ("KK", 100, True)


async def test_a_forgotten_password_is_replaced_and_everybody_else_signed_out(
    site: Site, stranger: Person
) -> None:
    """Issue 4.1."""
    elsewhere, browser = await site.signed_in(stranger.login), site.browser()
    await browser.do("requestPasswordReset", {"login": stranger.email})
    letter = await site.letter(stranger.email)
    assert letter.link.startswith(f"{site.url}/reset-password#tnt_pwd_")
    given = {"token": letter.token, "newPassword": "a new long one"}
    assert (await browser.do("resetPassword", given, "login"))["login"] == stranger.login
    await browser.sign_in(stranger.login, "a new long one")
    assert await elsewhere.ask("{ me { login } }") == {"me": None}
    assert "password" in (await site.letter(stranger.email)).subject


async def test_an_address_changes_and_the_old_one_hears_of_it(site: Site, stranger: Person) -> None:
    """B: by a link to the new address, with a notice to the old."""
    browser = await site.signed_in(stranger.login)
    await browser.do("changeEmail", {"email": LATER, "password": PASSWORD})
    letter = await site.letter(LATER)
    assert letter.link.startswith(f"{site.url}/confirm-email#tnt_eml_")
    answer = await site.browser().do("confirmEmail", {"token": letter.token}, "email")
    assert answer["email"] == LATER
    assert "no***@example.com" in (await site.letter(stranger.email)).text
    await site.signed_in(LATER)


async def test_somebody_ends_his_account(site: Site, manager: Person, project: Tenant) -> None:
    """PRODUCT 5."""
    browser = await site.signed_in(manager.login)
    await browser.do("deleteMyAccount", {"password": PASSWORD})
    assert await browser.ask("{ me { login } }") == {"me": None}
    assert "ended" in (await site.letter(manager.email)).subject
