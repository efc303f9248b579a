import asyncio
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from models import AuditEvent, Session, User, database
from resolvers import accounts
from resolvers.accounts import Registration
from server.cli import OPERATOR
from settings import Settings
from tests.auth.lags import LAG, ticking
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World

ME = "{ me { login } }"


async def sign_in(
    client: Client, login: str, password: str = PASSWORD, transport: str = "BEARER"
) -> dict[str, Any]:
    return await client.do(
        "signIn",
        {"login": login, "password": password, "transport": transport},
        "token expiresAt me { login }",
    )


async def fail(client: Client, times: int, *logins: str) -> list[str]:
    """The codes of as many attempts, by turns for each login."""
    names = [logins[number % len(logins)] for number in range(times)]
    return [(await sign_in(client, name, "wrong"))["code"] for name in names]


@pytest.mark.parametrize("name", ["olga", "OLGA", " olga ", "olga@example.com", "Olga@Example.COM"])
async def test_people_sign_in_by_login_or_e_mail_in_any_case(
    world: World, owner: Person, name: str
) -> None:
    """PRODUCT 5."""
    answer = await sign_in(world.anonymous, name)
    assert answer["me"] == {"login": owner.login}
    assert await world.client(answer["token"]).ask(ME) == {"me": {"login": "olga"}}


async def test_an_address_that_is_not_verified_signs_nobody_in(world: World) -> None:
    """PRODUCT 3.7."""
    await world.person("una", verified=False)
    assert (await sign_in(world.anonymous, "una@example.com"))["code"] == "INVALID_CREDENTIALS"
    assert (await sign_in(world.anonymous, "una"))["__typename"] == "SignedIn"


@pytest.mark.usefixtures("owner")
async def test_an_address_signs_in_who_has_verified_it_and_nobody_who_claims_it(
    world: World,
) -> None:
    """CASES 49."""
    await world.person("una", email="olga@example.com", verified=False)
    assert (await sign_in(world.anonymous, "olga@example.com"))["me"] == {"login": "olga"}


async def test_every_wrong_pair_gets_the_same_answer(world: World, owner: Person) -> None:
    """PRODUCT 5, CASES 85."""
    without = await world.person("nopassword")
    async with database.transaction(database.SYSTEM):
        await User.filter(id=without.id).update(password_hash=None)
    pairs = [
        (owner.login, "wrong"),
        (owner.email, "wrong"),
        (owner.login, ""),
        (owner.login, PASSWORD.upper()),
        (without.login, PASSWORD),
        ("nobody", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("not a login", PASSWORD),
        ("", ""),
    ]
    answers = [await sign_in(world.anonymous, *pair) for pair in pairs]
    assert answers == [
        {
            "__typename": "InvalidCredentials",
            "code": "INVALID_CREDENTIALS",
            "message": "Login or password is wrong. Try again.",
        }
    ] * len(pairs)


async def test_an_unknown_name_takes_as_long_as_a_wrong_password(world: World) -> None:
    """CASES 85."""
    await accounts.create(OPERATOR, Registration("Kim", "kim", PASSWORD), email="kim@example.com")
    taken: dict[str, list[float]] = {"kim": [], "nobody": [], "nobody@example.com": []}
    for _ in range(5):
        for name, times in taken.items():
            begun = time.perf_counter()
            await sign_in(world.anonymous, name, "wrong")
            times.append(time.perf_counter() - begun)
    known, *unknown = (min(times) for times in taken.values())
    assert min(unknown) > known / 2
    assert max(unknown) < known * 2


async def test_a_hundred_people_sign_in_at_once_and_the_event_loop_stays_free(
    database_urls: tuple[str, str], configure: Callable[..., Settings]
) -> None:
    """CASES 90; nobody is turned away for want of a connection, however slow the machine."""
    patient = configure(database_acquire_timeout=timedelta(minutes=1))
    await database.start(database_urls[0], patient)
    await accounts.create(OPERATOR, Registration("Kim", "kim", PASSWORD), email="kim@example.com")
    clients = [World().client(address=f"192.0.2.{number}") for number in range(100)]
    lags: list[float] = []
    ticker = asyncio.create_task(ticking(lags))
    answers = await asyncio.gather(*(sign_in(client, "kim") for client in clients))
    ticker.cancel()
    await database.stop()
    assert {answer["__typename"] for answer in answers} == {"SignedIn"}
    assert statistics.median(lags) < LAG


async def test_a_session_is_announced_with_its_end(world: World, owner: Person) -> None:
    begun = time.time()
    answer = await sign_in(world.anonymous, owner.login)
    async with database.transaction(database.SYSTEM, read_only=True):
        session = await Session.filter(user_id=owner.id).order_by("-created_at").first()
        event = await AuditEvent.filter(action="session.open").get()
    assert session is not None
    assert answer["expiresAt"] == (session.last_used_at + timedelta(days=30)).isoformat()
    assert session.created_at.timestamp() == pytest.approx(begun, abs=60)
    assert (event.actor_id, event.subject_id) == (owner.id, session.id)


async def test_signing_in_gives_a_new_session_each_time(world: World, owner: Person) -> None:
    """CASES 110: nothing of what was there before signing in lives on as the session."""
    first = await sign_in(world.anonymous, owner.login)
    second = await sign_in(owner.client, owner.login)
    assert len({first["token"], second["token"], owner.token}) == 3


async def test_me_is_null_for_nobody(world: World) -> None:
    assert await world.anonymous.ask("{ me { login } viewer { displayName } }") == {
        "me": None,
        "viewer": None,
    }


async def test_signing_out_twice_ends_one_session(owner: Person) -> None:
    out = "mutation { signOut { signedOut } }"
    assert await owner.ask(out) == {"signOut": {"signedOut": True}}
    assert await owner.ask(out) == {"signOut": {"signedOut": False}}


async def test_the_eleventh_failure_in_a_quarter_of_an_hour_is_refused_whatever_the_password(
    world: World, owner: Person, clock: Clock
) -> None:
    """PRODUCT 3.11."""
    assert await fail(world.anonymous, 11, owner.login) == [
        *["INVALID_CREDENTIALS"] * 10,
        "RATE_LIMITED",
    ]
    refused = await sign_in(world.anonymous, owner.login)
    assert refused["__typename"] == "RateLimited"
    assert 0 < refused["retryAfter"] <= 15 * 60
    clock.move(timedelta(seconds=refused["retryAfter"]))
    assert (await sign_in(world.anonymous, owner.login))["__typename"] == "SignedIn"


async def test_other_spellings_of_a_login_are_the_same_account(world: World, owner: Person) -> None:
    codes = await fail(world.anonymous, 11, owner.login, "OLGA", " Olga ")
    assert codes[-1] == "RATE_LIMITED"


async def test_whoever_fails_locks_nobody_out_who_comes_from_elsewhere(
    world: World, owner: Person
) -> None:
    """CASES 88."""
    await fail(world.client(address="192.0.2.1"), 12, owner.login)
    elsewhere = world.client(address="192.0.2.2")
    assert (await sign_in(elsewhere, owner.login))["__typename"] == "SignedIn"


async def test_whoever_fails_for_one_account_may_still_sign_in_to_another(
    world: World, owner: Person, stranger: Person
) -> None:
    await fail(world.anonymous, 11, owner.login)
    assert (await sign_in(world.anonymous, stranger.login))["__typename"] == "SignedIn"


async def test_a_hundred_failures_an_hour_are_all_that_one_client_gets(
    world: World, owner: Person, clock: Clock
) -> None:
    """PRODUCT 3.11: for whichever accounts."""
    names = [f"guess{number}" for number in range(10)]
    assert "RATE_LIMITED" not in await fail(world.anonymous, 100, *names)
    assert (await sign_in(world.anonymous, owner.login))["code"] == "RATE_LIMITED"
    clock.move(timedelta(hours=1))
    assert (await sign_in(world.anonymous, owner.login))["__typename"] == "SignedIn"


async def test_signing_in_does_not_count_as_a_failure(world: World, owner: Person) -> None:
    for _ in range(12):
        assert (await sign_in(world.anonymous, owner.login))["__typename"] == "SignedIn"


async def test_every_attempt_of_one_request_counts(world: World, owner: Person) -> None:
    """CASES 5."""
    tries = " ".join(
        f'a{number}: signIn(input: {{login: "{owner.login}", password: "wrong"}}) {{ __typename }}'
        for number in range(11)
    )
    data = await world.anonymous.ask(f"mutation {{ {tries} }}")
    assert [answer["__typename"] for answer in data.values()] == [
        *["InvalidCredentials"] * 10,
        "RateLimited",
    ]
