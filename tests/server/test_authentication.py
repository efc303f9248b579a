"""What a request says of its sender: cookie or bearer token, and the address limits count by."""

from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest

from settings import Settings
from tests.clients import Client, Person
from tests.factories import PASSWORD, World

Configure = Callable[..., Settings]
ME = "{ me { login } }"
OLGA, NOBODY = {"data": {"me": {"login": "olga"}}}, {"data": {"me": None}}
SIGN_IN = (
    "mutation($login: String!, $password: String!, $transport: SessionTransport!) {"
    " signIn(input: {login: $login, password: $password, transport: $transport})"
    " { __typename ... on SignedIn { token me { login } } } }"
)


async def sign_in(client: Client, transport: str, password: str = PASSWORD) -> httpx2.Response:
    return await client.post(SIGN_IN, login="olga", password=password, transport=transport)


def cookie(answer: httpx2.Response) -> dict[str, Any]:
    """The only cookie of an answer: its name, its value and its attributes."""
    [header] = answer.headers.get_list("set-cookie")
    [(name, morsel)] = SimpleCookie(header).items()
    attributes = {key: value for key, value in morsel.items() if value}
    return {"name": name, "value": morsel.value, **attributes}


@pytest.fixture
async def browser(world: World, owner: Person) -> Client:
    """The owner's browser, signed in by cookie."""
    assert owner.login == "olga"
    browser = world.anonymous
    await sign_in(browser, "COOKIE")
    return browser


@pytest.mark.usefixtures("owner")
async def test_a_browser_gets_a_cookie_that_scripts_cannot_read_and_no_token(
    world: World,
) -> None:
    """CASES 110."""
    answer = await sign_in(world.anonymous, "COOKIE")
    assert answer.json()["data"]["signIn"] == {
        "__typename": "SignedIn",
        "token": None,
        "me": {"login": "olga"},
    }
    kept = cookie(answer)
    assert kept.pop("value").startswith("tnt_ses_")
    assert kept == {
        "name": "tenantry",
        "path": "/",
        "httponly": True,
        "samesite": "lax",
        "max-age": "31536000",
    }


@pytest.mark.usefixtures("owner")
async def test_over_https_the_cookie_is_bound_to_host_and_encryption(
    world: World, configure: Configure
) -> None:
    """CASES 110: `__Host-` wants Secure, the path `/` and no domain."""
    configure(public_url="https://tenantry.example")
    kept = cookie(await sign_in(world.anonymous, "COOKIE"))
    assert kept["name"] == "__Host-tenantry"
    assert kept["secure"] is True
    assert kept["path"] == "/"
    assert "domain" not in kept


@pytest.mark.usefixtures("owner")
async def test_over_https_only_the_bound_cookie_counts(world: World, configure: Configure) -> None:
    configure(public_url="https://tenantry.example")
    token = cookie(await sign_in(world.anonymous, "COOKIE"))["value"]
    for name, seen in (("__Host-tenantry", OLGA), ("tenantry", NOBODY)):
        answer = await world.anonymous.http.post(
            "/graphql", json={"query": ME}, headers={"cookie": f"{name}={token}"}
        )
        assert answer.json() == seen


@pytest.mark.usefixtures("owner")
async def test_who_asks_for_a_bearer_token_gets_it_and_no_cookie(world: World) -> None:
    answer = await sign_in(world.anonymous, "BEARER")
    assert "set-cookie" not in answer.headers
    token = answer.json()["data"]["signIn"]["token"]
    assert await world.client(token).ask(ME) == OLGA["data"]


@pytest.mark.usefixtures("owner")
async def test_a_failed_sign_in_sets_no_cookie(world: World) -> None:
    assert "set-cookie" not in (await sign_in(world.anonymous, "COOKIE", "wrong")).headers


async def test_signing_out_takes_the_cookie_away(browser: Client) -> None:
    assert await browser.ask(ME) == OLGA["data"]
    answer = await browser.post("mutation { signOut { signedOut } }")
    assert cookie(answer)["max-age"] == "0"
    assert await browser.ask(ME) == NOBODY["data"]


async def test_accepting_as_a_newcomer_signs_in_as_one_asks(
    world: World, project: Any, owner: Person
) -> None:
    for number, transport in enumerate(("COOKIE", "BEARER")):
        email = f"new{number}@example.com"
        await owner.do(
            "inviteMember",
            {"tenantId": project.id, "invitee": {"email": email}, "role": "MANAGER"},
        )
        answer = await world.anonymous.post(
            "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input)"
            " { ... on AcceptInvitationPayload { session { token me { login } } } } }",
            input={
                "invitation": {"token": await world.link_token(email)},
                "registration": {"fullName": "N", "login": f"new{number}", "password": PASSWORD},
                "transport": transport,
            },
        )
        session = answer.json()["data"]["acceptInvitation"]["session"]
        assert session["me"] == {"login": f"new{number}"}
        assert ("set-cookie" in answer.headers) is (transport == "COOKIE")
        assert (session["token"] is None) is (transport == "COOKIE")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
async def test_a_cookie_authorises_what_a_foreign_page_cannot_post(
    browser: Client, content_type: str
) -> None:
    """CASES 28: JSON needs a preflight."""
    answer = await browser.http.post(
        "/graphql", content=f'{{"query": "{ME}"}}', headers={"content-type": content_type}
    )
    assert answer.json() == OLGA


async def test_a_cookie_alone_authorises_no_address(browser: Client) -> None:
    """CASES 30."""
    answer = await browser.http.get("/graphql", params={"query": ME})
    assert answer.status_code == 400
    assert "GraphQL-Require-Preflight" in answer.json()["errors"][0]["message"]


async def test_an_address_with_the_preflight_header_is_authorised_by_the_cookie(
    browser: Client,
) -> None:
    """CASES 30."""
    answer = await browser.http.get(
        "/graphql", params={"query": ME}, headers={"graphql-require-preflight": "1"}
    )
    assert answer.json() == OLGA


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_bearer_token_authorises_addresses_as_well(
    world: World, owner: Person, scheme: str
) -> None:
    """CASES 30."""
    answer = await world.anonymous.http.get(
        "/graphql", params={"query": ME}, headers={"authorization": f"{scheme}  {owner.token}"}
    )
    assert answer.json() == OLGA


async def test_a_bearer_token_goes_before_a_cookie(browser: Client, stranger: Person) -> None:
    for token, seen in ((stranger.token, {"login": "stella"}), ("wrong", None)):
        answer = await browser.http.post(
            "/graphql", json={"query": ME}, headers={"authorization": f"Bearer {token}"}
        )
        assert answer.json() == {"data": {"me": seen}}


@pytest.mark.parametrize("header", ["Basic b2xnYTp4", "Bearer", "Bearer ", "Token x", "\x7f"])
async def test_whatever_else_is_in_the_header_is_nobody(world: World, header: str) -> None:
    answer = await world.anonymous.http.post(
        "/graphql", json={"query": ME}, headers={"authorization": header}
    )
    assert answer.json() == NOBODY


LOOK = '{ invitation(token: "tnt_inv_x") { __typename } }'


async def looked(world: World, *addresses: str, **headers: str) -> list[str]:
    """What looking at a link comes to, one look from each address, where one is allowed."""
    answers = []
    for address in addresses:
        client = world.client(address=address)
        answer = await client.http.post("/graphql", json={"query": LOOK}, headers=headers)
        answers.append(answer.json()["data"]["invitation"]["__typename"])
    return answers


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("", "", True),
        ("unix", "unix", True),
    ],
)
async def test_limits_count_by_address_and_of_ipv6_by_the_customers_network(
    world: World, configure: Configure, first: str, second: str, *, together: bool
) -> None:
    configure(limit_links="1/hour")
    refused = "RateLimited" if together else "InvitationUnavailable"
    assert await looked(world, first, second) == ["InvitationUnavailable", refused]


async def test_a_header_of_the_callers_own_changes_nothing(
    world: World, configure: Configure
) -> None:
    """CASES 46, 107."""
    configure(limit_links="1/hour")
    await looked(world, "192.0.2.1")
    for name in ("x-forwarded-for", "x-real-ip", "forwarded", "x-tenant-id"):
        assert await looked(world, "192.0.2.1", **{name: "192.0.2.9"}) == ["RateLimited"]
