"""Queries by address: answered to who has asked, not to whose browser was made to ask."""

import pytest

import settings
from server import app
from tests.asking import assert_refused
from tests.clients import Client, Person
from tests.factories import PASSWORD, World

ME = "{ me { login } }"


@pytest.fixture
def nobody() -> Client:
    """An anonymous caller of a server that never comes to ask its database."""
    return Client(app.build(settings.load()))


@pytest.fixture
async def browser(world: World, owner: Person) -> Client:
    """The owner's, signed in by cookie."""
    browser = world.anonymous
    await browser.do("signIn", {"login": owner.login, "password": PASSWORD})
    return browser


SIMPLE = [
    {},
    {"accept": "application/json"},
    {"accept-language": "ru"},
    {"content-type": "text/plain"},
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": "multipart/form-data; boundary=x"},
]


@pytest.mark.parametrize("headers", SIMPLE)
async def test_what_a_page_elsewhere_can_make_a_browser_send_is_not_answered(
    browser: Client, headers: dict[str, str]
) -> None:
    """CASES 30, ADR 0037: the cookie and simple headers are no sign that somebody has asked."""
    answer = await browser.http.get("/graphql", params={"query": ME}, headers=headers)
    assert_refused(answer)
    assert "GraphQL-Require-Preflight" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-origin"},
        {"cookie": "whatever=1"},
    ],
)
async def test_nor_is_what_a_page_makes_a_browser_send_without_a_session(
    nobody: Client, headers: dict[str, str]
) -> None:
    """ADR 0037: the server may be where only that browser can reach it."""
    assert_refused(await nobody.http.get("/graphql", params={"query": ME}, headers=headers))


@pytest.mark.parametrize(
    "headers", [{"graphql-require-preflight": "1"}, {"content-type": "application/json"}]
)
async def test_with_a_header_that_browsers_ask_about_the_cookie_counts(
    browser: Client, headers: dict[str, str]
) -> None:
    """CASES 30."""
    answer = await browser.http.get("/graphql", params={"query": ME}, headers=headers)
    assert answer.json() == {"data": {"me": {"login": "olga"}}}


async def test_who_brings_no_authority_is_answered_by_address(world: World) -> None:
    """ADR 0037; GraphQL over HTTP, audits 5A70, D6D5 and 6A70."""
    answer = await world.anonymous.http.get("/graphql", params={"query": ME})
    assert answer.json() == {"data": {"me": None}}


async def test_an_address_that_says_a_thing_twice_is_refused(nobody: Client) -> None:
    """CASES 26: whatever stands before us may read the other one."""
    assert_refused(await nobody.http.get("/graphql?query={__typename}&query={a}"))
