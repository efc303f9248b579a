"""What a mailed link about an account tells whoever opens it, before he uses it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from settings import Settings
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.resolvers import steps

NEW = "nova@example.com"
DEAD = "LinkUnavailable"
LOOK = """query($token: String!) { accountLink(token: $token) {
  __typename
  ... on AccountLink { email locale expiresAt }
  ... on RateLimited { retryAfter } } }"""


@pytest.fixture(autouse=True)
def opened(configure: Callable[..., Settings]) -> None:
    configure(registration=True)


async def look(who: Client, token: str) -> dict[str, Any]:
    found: dict[str, Any] = (await who.ask(LOOK, token=token))["accountLink"]
    return found


async def kind(world: World, token: str) -> str:
    return str((await look(world.anonymous, token))["__typename"])


async def password_link(world: World, person: Person) -> tuple[str, str]:
    """The token, and when it ends."""
    given = {"login": person.login}
    answer = await world.anonymous.do("requestPasswordReset", given, "expiresAt")
    return await world.link_token(person.email), answer["expiresAt"]


async def email_link(world: World, person: Person, email: str = NEW) -> tuple[str, str]:
    given = {"email": email, "password": PASSWORD}
    answer = await person.do("changeEmail", given, "expiresAt")
    return await world.link_token(email), answer["expiresAt"]


async def registration_link(world: World, **given: str) -> tuple[str, str]:
    wanted = {"email": NEW, "tenantName": "Lotus"} | given
    answer = await world.anonymous.do("registerTenant", wanted, "expiresAt")
    return await world.link_token(NEW), answer["expiresAt"]


@pytest.mark.parametrize("locale", ["KK", None])
async def test_a_link_tells_its_address_the_language_of_the_account_and_its_end(
    world: World, locale: str | None
) -> None:
    """PRODUCT 8: the recipient's language comes first."""
    ann = await world.person("ann", locale=locale)
    made = {ann.email: await password_link(world, ann), NEW: await email_link(world, ann)}
    for email, (token, until) in made.items():
        assert await look(world.anonymous, token) == {
            "__typename": "AccountLink",
            "email": email,
            "locale": locale,
            "expiresAt": until,
        }


async def test_a_link_of_a_registration_speaks_the_language_that_was_asked_for(
    world: World,
) -> None:
    """PRODUCT 8: there is no account yet."""
    token, until = await registration_link(world, locale="RU")
    shown = await look(world.anonymous, token)
    assert (shown["email"], shown["locale"], shown["expiresAt"]) == (NEW, "RU", until)


async def test_looking_changes_nothing(world: World, stranger: Person) -> None:
    """CASES 78."""
    token, _ = await password_link(world, stranger)
    before = await steps.everything()
    assert [await kind(world, token) for _ in range(3)] == ["AccountLink"] * 3
    assert await steps.everything() == before


async def test_a_link_that_was_used_is_dead(world: World, stranger: Person) -> None:
    token, _ = await email_link(world, stranger)
    await world.anonymous.do("confirmEmail", {"token": token})
    assert await kind(world, token) == DEAD


async def test_a_link_that_was_overtaken_is_dead(world: World, stranger: Person) -> None:
    old, _ = await password_link(world, stranger)
    new, _ = await password_link(world, stranger)
    assert [await kind(world, old), await kind(world, new)] == [DEAD, "AccountLink"]


async def test_a_link_whose_time_is_over_is_dead(
    world: World, stranger: Person, clock: Clock
) -> None:
    token, _ = await password_link(world, stranger)
    clock.move(timedelta(days=2))
    assert await kind(world, token) == DEAD


async def test_the_links_of_an_account_that_has_ended_are_dead(
    world: World, stranger: Person
) -> None:
    token, _ = await password_link(world, stranger)
    await stranger.do("deleteMyAccount", {"password": PASSWORD})
    assert await kind(world, token) == DEAD


async def test_a_link_to_an_address_that_is_somebody_elses_by_now_is_dead(
    world: World, stranger: Person
) -> None:
    """As when it is used: CASES 91."""
    found = [await email_link(world, stranger), await registration_link(world)]
    await world.person("early", email=NEW)
    assert [await kind(world, token) for token, _ in found] == [DEAD, DEAD]


async def test_an_address_that_is_only_claimed_kills_no_link(
    world: World, stranger: Person
) -> None:
    """PRODUCT 3.7."""
    token, _ = await email_link(world, stranger)
    await world.person("claimant", email=NEW, verified=False)
    assert await kind(world, token) == "AccountLink"


@pytest.mark.parametrize("token", ["", "x", "tnt_pwd_guess", "tnt_inv_guess"])
async def test_an_unknown_token_is_dead_like_any_other(world: World, token: str) -> None:
    """CASES 83."""
    assert await look(world.anonymous, token) == {"__typename": DEAD}


async def test_links_are_counted_with_those_of_invitations(
    anonymous: Client, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 3.11; CASES 87."""
    configure(limit_links="2/minute")
    assert (await look(anonymous, "tnt_pwd_guess"))["__typename"] == DEAD
    await steps.look(anonymous, "tnt_inv_guess")
    refused = await look(anonymous, "tnt_pwd_guess")
    assert refused["__typename"] == "RateLimited"
    assert 0 < refused["retryAfter"] <= 60


async def test_a_link_is_not_looked_up_over_get(anonymous: Client) -> None:
    """CASES 80: addresses stand in logs."""
    query = '{ accountLink(token: "tnt_pwd_x") { __typename } }'
    answer = await anonymous.http.get("/graphql", params={"query": query})
    assert "Send this as POST" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("is_open", [True, False])
async def test_whether_tenants_may_be_registered_is_told_before_anybody_types(
    anonymous: Client, configure: Callable[..., Settings], *, is_open: bool
) -> None:
    configure(registration=is_open)
    assert await anonymous.ask("{ registrationIsOpen }") == {"registrationIsOpen": is_open}
