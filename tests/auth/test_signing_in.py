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


async def test_an_international_address_signs_in_as_it_was_typed_or_as_it_is_kept(
    world: World,
) -> None:
    """CASES 70: both forms of the domain, in any case; so does the mail for a new password."""
    await world.person("uma", email="Uma@xn--80a1acny.xn--p1ai")
    for name in ("uma@почта.рф", " UMA@ПОЧТА.РФ ", "uma@XN--80A1ACNY.xn--p1ai"):
        assert (await sign_in(world.anonymous, name))["me"] == {"login": "uma"}, name
        await world.anonymous.do("requestPasswordReset", {"login": name})
    assert [mail.to for mail in await world.mails()] == ["Uma@xn--80a1acny.xn--p1ai"]


async def test_what_is_no_address_and_no_login_is_nobodys(world: World) -> None:
    """CASES 26: however long or odd, and without counting as somebody else."""
    for name in ("@", "a@@b", "@example.com", "a" * 99 + "@example.com", "olga@", "\u202e@x.com"):
        answer = await sign_in(world.anonymous, name)
        assert answer["code"] == "INVALID_CREDENTIALS", name


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
    minute = timedelta(minutes=1)
    patient = configure(
        database_acquire_timeout=minute,
        request_timeout=minute,
        limit_failed_sign_ins_per_account="100/day",
    )
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


async def test_one_request_is_one_attempt_however_many_it_writes(
    world: World, owner: Person
) -> None:
    """CASES 5: more than one are refused as they stand, and one by one they count."""
    tries = [
        f'a{number}: signIn(input: {{login: "{owner.login}", password: "wrong"}}) {{ __typename }}'
        for number in range(2)
    ]
    document = f"mutation {{ {' '.join(tries)} }}"
    assert await world.anonymous.refusal(document) == "QUERY_TOO_COMPLEX"
    assert (await fail(world.anonymous, 11, owner.login))[9:] == [
        "INVALID_CREDENTIALS",
        "RATE_LIMITED",
    ]


async def guess_from_everywhere(world: World, times: int, *logins: str) -> list[str]:
    """The codes of as many failures, each from an address of its own."""
    codes = []
    for number in range(times):
        client = world.client(address=f"198.51.{number // 250}.{number % 250}")
        codes += await fail(client, 1, logins[number % len(logins)])
    return codes


async def test_many_clients_guess_at_one_account_no_more_than_the_account_bears(
    world: World, owner: Person, configure: Callable[..., Settings], clock: Clock
) -> None:
    """ADR 0041; a day later they may go on."""
    configure(limit_failed_sign_ins_per_account="5/day")
    codes = await guess_from_everywhere(world, 7, owner.login)
    assert codes == [*["INVALID_CREDENTIALS"] * 5, *["RATE_LIMITED"] * 2]
    refused = await sign_in(world.client(address="192.0.2.77"), owner.login)
    assert refused["__typename"] == "RateLimited"
    assert 23 * 3600 < refused["retryAfter"] <= 24 * 3600
    clock.move(timedelta(days=1))
    assert await guess_from_everywhere(world, 1, owner.login) == ["INVALID_CREDENTIALS"]


async def test_by_all_its_names_an_account_never_bears_more_than_a_hundred_failures(
    world: World, owner: Person
) -> None:
    """CASES 88; NIST 800-63B: as the settings are, by login and address together."""
    codes = await guess_from_everywhere(world, 110, owner.login, owner.email)
    assert codes.count("INVALID_CREDENTIALS") == 100
    assert set(codes[100:]) == {"RATE_LIMITED"}


async def test_a_name_that_nobody_has_bears_as_many_failures_as_one_that_somebody_has(
    world: World, owner: Person, configure: Callable[..., Settings]
) -> None:
    """CASES 85: being shut out tells nothing."""
    configure(limit_failed_sign_ins_per_account="3/day")
    unknown = await guess_from_everywhere(world, 5, "nobody")
    assert unknown == await guess_from_everywhere(world, 5, owner.login)


async def test_two_hundred_failures_elsewhere_shut_nobody_out_where_he_has_signed_in_before(
    world: World, owner: Person, clock: Clock
) -> None:
    """CASES 88: also after another day of them, and by each of his names."""
    home = world.client(address="192.0.2.1")
    assert (await sign_in(home, owner.login))["__typename"] == "SignedIn"
    for _ in range(2):
        await fail(world.client(address="198.51.100.1"), 100, owner.login, owner.email)
        await guess_from_everywhere(world, 100, owner.login, owner.email)
        assert (await sign_in(home, owner.email))["__typename"] == "SignedIn"
        assert (await sign_in(home, owner.login))["__typename"] == "SignedIn"
        clock.move(timedelta(days=1))


async def test_where_one_person_has_signed_in_nobody_guesses_more_at_another(
    world: World, owner: Person, stranger: Person, configure: Callable[..., Settings]
) -> None:
    """An attacker's own account opens no door to others."""
    configure(limit_failed_sign_ins_per_account="2/day")
    his = world.client(address="198.51.100.1")
    assert (await sign_in(his, stranger.login))["__typename"] == "SignedIn"
    await guess_from_everywhere(world, 2, owner.login)
    assert await fail(his, 1, owner.login) == ["RATE_LIMITED"]


async def test_ninety_days_after_the_last_time_a_client_is_a_stranger_again(
    world: World, owner: Person, configure: Callable[..., Settings], clock: Clock
) -> None:
    configure(limit_failed_sign_ins_per_account="2/day")
    home = world.client(address="192.0.2.1")
    for _ in range(2):
        assert (await sign_in(home, owner.login))["__typename"] == "SignedIn"
        clock.move(timedelta(days=89))
    clock.move(timedelta(days=1))
    await guess_from_everywhere(world, 2, owner.login)
    assert (await sign_in(home, owner.login))["__typename"] == "RateLimited"


async def test_who_is_shut_out_at_a_new_address_opens_it_by_a_mailed_link(
    world: World, stranger: Person, configure: Callable[..., Settings]
) -> None:
    """ADR 0041."""
    configure(limit_failed_sign_ins_per_account="2/day")
    await guess_from_everywhere(world, 3, stranger.login)
    assert (await sign_in(world.anonymous, stranger.login))["__typename"] == "RateLimited"
    await world.anonymous.do("requestPasswordReset", {"login": stranger.login})
    given = {"token": await world.link_token(stranger.email), "newPassword": "a loaf of rye bread"}
    assert (await world.anonymous.do("resetPassword", given))["__typename"] == (
        "ResetPasswordPayload"
    )
    answer = await sign_in(world.anonymous, stranger.login, given["newPassword"])
    assert answer["__typename"] == "SignedIn"


async def test_guessing_at_sign_in_keeps_nobody_from_what_asks_for_his_password_again(
    world: World, stranger: Person, configure: Callable[..., Settings]
) -> None:
    """A session passes; it guesses as often as all strangers together, from wherever it is used."""
    configure(limit_failed_sign_ins_per_account="3/day")
    await guess_from_everywhere(world, 4, stranger.login)
    codes = []
    for number in range(4):
        used = world.client(stranger.token, address=f"192.0.2.{number}")
        wanted = {"password": "wrong", "newPassword": "a loaf of rye bread"}
        codes.append((await used.do("changePassword", wanted))["__typename"])
    assert codes == [*["InvalidInput"] * 3, "RateLimited"]
