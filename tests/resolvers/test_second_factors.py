"""An authenticator app beside the password, and codes for when it is lost (issue 4.5)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from pydantic import SecretStr

import errors
from models import AuditEvent, RecoveryCode, SecondFactor, Session, User, clock, database
from resolvers import second_factors
from settings import Settings
from tests.authenticator import STEP, Authenticator, enrol, sign_in, switch_on
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.resolvers import steps

MINE = "{ me { secondFactor { confirmedAt recoveryCodesLeft } } }"
WRONG = "This is wrong. Try again."
ANOTHER_SECRET = SecretStr("another secret of thirty-two characters")


def fault(answer: dict[str, Any]) -> tuple[list[str], str]:
    """Where the only wrong field stands, and its code."""
    assert answer["__typename"] == "InvalidInput", answer
    [field] = answer["fields"]
    return field["path"], field["code"]


async def left(person: Person) -> int | None:
    """How many recovery codes; None where no second factor is on."""
    found = (await person.ask(MINE))["me"]["secondFactor"]
    return found["recoveryCodesLeft"] if found else None


@pytest.fixture
async def app(stranger: Person, clock: Clock) -> Authenticator:
    """The stranger's, switched on; a step begins now, and its code has not been used."""
    made, _ = await switch_on(stranger)
    to_next_step(clock)
    return made


def to_next_step(moved: Clock) -> None:
    passed = clock.now().timestamp() % STEP.total_seconds()
    moved.move(STEP - timedelta(seconds=passed))


async def test_setting_one_up_asks_for_the_password(stranger: Person) -> None:
    """Issue 4.5: who finds an open session cannot lock its owner out."""
    answer = await stranger.do("enrolSecondFactor", {"password": "wrong"})
    assert fault(answer) == (["password"], "WRONG")


async def test_the_app_gets_a_secret_of_160_bits_and_the_names_of_server_and_account(
    stranger: Person, configure: Callable[..., Settings]
) -> None:
    """RFC 4226, 4: the address says the same as the secret to be typed."""
    configure(public_url="https://members.example.org")
    answer = await stranger.do("enrolSecondFactor", {"password": PASSWORD}, "secret uri")
    uri = urlsplit(answer["uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/members.example.org:stella"
    assert parse_qs(uri.query) == {
        "secret": [answer["secret"]],
        "issuer": ["members.example.org"],
    }
    assert re.fullmatch("[A-Z2-7]{32}", answer["secret"])


async def test_until_it_is_confirmed_nothing_is_asked_for(world: World, stranger: Person) -> None:
    """Issue 4.5: whoever's app did not take the secret is not locked out."""
    await enrol(stranger)
    assert await left(stranger) is None
    assert (await sign_in(world.anonymous, stranger.login))["__typename"] == "SignedIn"


async def test_a_code_of_the_app_switches_it_on_and_ends_no_session(
    world: World, stranger: Person
) -> None:
    other = world.client(await world.session(stranger.id))
    app = await enrol(stranger)
    refused = await stranger.do("confirmSecondFactor", {"code": app.wrong})
    assert fault(refused) == (["code"], "WRONG")
    answer = await stranger.do(
        "confirmSecondFactor",
        {"code": app.code()},
        "recoveryCodes me { secondFactor { recoveryCodesLeft } }",
    )
    assert answer["me"]["secondFactor"] == {"recoveryCodesLeft": 10}
    assert await other.ask("{ me { login } }") == {"me": {"login": stranger.login}}
    [mail] = await world.mails()
    assert (mail.to, mail.subject) == (stranger.email, "Your second factor is on")


async def test_of_two_secrets_only_the_later_one_can_be_confirmed(stranger: Person) -> None:
    former, app = await enrol(stranger), await enrol(stranger)
    answer = await stranger.do("confirmSecondFactor", {"code": former.code()})
    assert fault(answer) == (["code"], "WRONG")
    answer = await stranger.do("confirmSecondFactor", {"code": app.code()})
    assert answer["__typename"] == "ConfirmSecondFactorPayload"


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("mutation", "given"),
    [("enrolSecondFactor", {"password": PASSWORD}), ("confirmSecondFactor", {"code": "123456"})],
)
async def test_one_that_is_on_is_not_replaced(
    stranger: Person, mutation: str, given: dict[str, str]
) -> None:
    assert fault(await stranger.do(mutation, given)) == ([], "FACTOR_ON")
    assert await left(stranger) == 10


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("confirmSecondFactor", {"code": "123456"}),
        ("disableSecondFactor", {"password": PASSWORD, "code": "123456"}),
        ("renewRecoveryCodes", {"password": PASSWORD, "code": "123456"}),
    ],
)
async def test_where_there_is_none_it_says_so(
    stranger: Person, mutation: str, given: dict[str, str]
) -> None:
    assert fault(await stranger.do(mutation, given)) == ([], "NO_FACTOR")


@pytest.mark.parametrize("mutation", ["disableSecondFactor", "renewRecoveryCodes"])
async def test_changing_one_asks_for_the_password(
    stranger: Person, app: Authenticator, mutation: str
) -> None:
    given = {"password": "wrong", "code": app.code()}
    assert fault(await stranger.do(mutation, given)) == (["password"], "WRONG")
    assert await left(stranger) == 10


@pytest.mark.parametrize("mutation", ["disableSecondFactor", "renewRecoveryCodes"])
async def test_changing_one_asks_for_a_code_as_well(
    stranger: Person, app: Authenticator, mutation: str
) -> None:
    """An open session and the password are not enough to be rid of it (ADR 0013)."""
    given = {"password": PASSWORD, "code": app.wrong}
    assert fault(await stranger.do(mutation, given)) == (["code"], "WRONG")
    assert await left(stranger) == 10


async def test_signing_in_asks_for_a_code(
    world: World, stranger: Person, app: Authenticator
) -> None:
    """Issue 4.5."""
    for missing in (None, "", " - "):
        answer = await sign_in(world.anonymous, stranger.login, missing)
        assert (answer["__typename"], answer["code"]) == (
            "SecondFactorRequired",
            "SECOND_FACTOR_REQUIRED",
        )
    answer = await sign_in(world.anonymous, stranger.login, app.code())
    assert await world.client(answer["token"]).ask("{ me { login } }") == {
        "me": {"login": stranger.login}
    }


@pytest.mark.usefixtures("app")
async def test_whoever_signs_somebody_in_asks_in_the_same_way(
    world: World, stranger: Person
) -> None:
    """Identity providers too: the use case itself says what is missing."""
    viewer = await world.viewer(stranger)
    with pytest.raises(errors.SecondFactorRequired):
        await second_factors.require(viewer, stranger.id, None)


@pytest.mark.parametrize("on", [False, True])
async def test_signing_in_looks_once_whether_a_second_factor_is_on(
    world: World, stranger: Person, clock: Clock, statements: list[str], *, on: bool
) -> None:
    """What is done at each sign-in costs no statement too many."""
    app = (await switch_on(stranger))[0] if on else None
    clock.move(STEP)
    statements.clear()
    answer = await sign_in(world.anonymous, stranger.login, app.code() if app else None)
    assert answer["__typename"] == "SignedIn"
    asked = [sql for sql in statements if sql.startswith('SELECT 1 FROM "second_factors"')]
    assert len(asked) == 1


async def test_codes_may_be_typed_with_blanks(
    world: World, stranger: Person, app: Authenticator
) -> None:
    """Apps show them in two halves."""
    code = app.code()
    answer = await sign_in(world.anonymous, stranger.login, f" {code[:3]} {code[3:]}")
    assert answer["__typename"] == "SignedIn"


@pytest.mark.parametrize("code", ["wrong", "12345", "1234567", "٣٣٣٣٣٣", "x" * 10_000, "1\0"])
@pytest.mark.usefixtures("app")
async def test_a_wrong_code_is_named_and_opens_nothing(
    world: World, stranger: Person, code: str
) -> None:
    answer = await sign_in(world.anonymous, stranger.login, code)
    assert fault(answer) == (["secondFactor"], "WRONG")
    assert len(await steps.stored(Session.filter(user_id=stranger.id))) == 1


async def test_a_right_code_does_not_help_a_wrong_password_and_is_not_used_up_by_it(
    world: World, stranger: Person, app: Authenticator
) -> None:
    """PRODUCT 5: a wrong pair gets one answer, whether or not the account asks for codes."""
    code = app.code()
    wrong = await sign_in(world.anonymous, stranger.login, code, password="wrong")
    unknown = await sign_in(world.anonymous, "nobody", code)
    assert wrong == unknown
    assert wrong["__typename"] == "InvalidCredentials"
    assert (await sign_in(world.anonymous, stranger.login, code))["__typename"] == "SignedIn"


@pytest.mark.parametrize(
    ("later", "kind"),
    [(-2, "InvalidInput"), (-1, "SignedIn"), (1, "SignedIn"), (2, "InvalidInput")],
)
async def test_a_code_may_be_one_step_late_or_early(
    world: World, stranger: Person, app: Authenticator, clock: Clock, later: int, kind: str
) -> None:
    """RFC 6238, 5.2; those of before it was switched on are out of the way."""
    clock.move(3 * STEP)
    answer = await sign_in(world.anonymous, stranger.login, app.code(later))
    assert answer["__typename"] == kind


async def test_no_code_is_taken_twice_nor_one_from_before_the_last(
    world: World, stranger: Person, app: Authenticator
) -> None:
    """RFC 6238, 5.2: whoever looked over a shoulder comes too late."""
    codes = [app.code(), app.code(), app.code(-1), app.code(1), app.code(1)]
    answers = [await sign_in(world.anonymous, stranger.login, code) for code in codes]
    assert [answer["__typename"] for answer in answers] == [
        "SignedIn",
        "InvalidInput",
        "InvalidInput",
        "SignedIn",
        "InvalidInput",
    ]


async def test_the_code_that_switched_it_on_signs_nobody_in(world: World, stranger: Person) -> None:
    app = await enrol(stranger)
    code = app.code()
    await stranger.do("confirmSecondFactor", {"code": code})
    answer = await sign_in(world.anonymous, stranger.login, code)
    assert fault(answer) == (["secondFactor"], "WRONG")


async def test_recovery_codes_are_ten_of_80_bits_each_and_readable(stranger: Person) -> None:
    """Issue 4.5: no I, L, O or U, which look like others."""
    _, codes = await switch_on(stranger)
    group = "[0-9A-HJKMNP-TV-Z]{4}"
    assert len(set(codes)) == 10
    assert all(re.fullmatch("-".join([group] * 4), code) for code in codes)


@pytest.mark.parametrize(
    "typed", [str, str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "]
)
async def test_a_recovery_code_signs_in_once_however_it_is_typed(
    world: World, stranger: Person, typed: Callable[[str], str]
) -> None:
    """Issue 4.5."""
    _, codes = await switch_on(stranger)
    answer = await sign_in(world.anonymous, stranger.login, typed(codes[3]))
    assert answer["__typename"] == "SignedIn"
    assert await left(stranger) == 9
    again = await sign_in(world.anonymous, stranger.login, codes[3])
    assert fault(again) == (["secondFactor"], "WRONG")


async def test_its_owner_is_told_of_each_recovery_code_and_how_many_are_left(
    world: World, stranger: Person
) -> None:
    _, codes = await switch_on(stranger)
    for code in codes[:9]:
        await sign_in(world.anonymous, stranger.login, code)
    mails = await world.mails()
    told = [mail for mail in mails if mail.subject == "A recovery code was used"]
    assert [mail.to for mail in told] == [stranger.email] * 9
    assert "You have 1 recovery code left." in told[0].text
    assert "You have 9 recovery codes left." in told[-1].text


async def test_a_recovery_code_is_good_for_its_own_account_only(
    world: World, stranger: Person, owner: Person
) -> None:
    _, codes = await switch_on(stranger)
    await switch_on(owner)
    answer = await sign_in(world.anonymous, owner.login, codes[0])
    assert fault(answer) == (["secondFactor"], "WRONG")
    assert await left(stranger) == 10


async def test_new_recovery_codes_take_the_place_of_the_old_ones(
    world: World, stranger: Person
) -> None:
    _, old = await switch_on(stranger)
    answer = await stranger.do(
        "renewRecoveryCodes",
        {"password": PASSWORD, "code": old[1]},
        "recoveryCodes me { secondFactor { recoveryCodesLeft } }",
    )
    assert answer["me"]["secondFactor"] == {"recoveryCodesLeft": 10}
    new = answer["recoveryCodes"]
    assert len({*old, *new}) == 20
    assert fault(await sign_in(world.anonymous, stranger.login, old[0]))[1] == "WRONG"
    assert (await sign_in(world.anonymous, stranger.login, new[0]))["__typename"] == "SignedIn"


@pytest.mark.parametrize("lost", [False, True], ids=["code", "recovery code"])
async def test_it_is_switched_off_with_the_password_and_a_code(
    world: World, stranger: Person, clock: Clock, *, lost: bool
) -> None:
    """By a recovery code where the app is lost; nothing of it is left behind."""
    app, codes = await switch_on(stranger)
    clock.move(STEP)
    given = {"password": PASSWORD, "code": codes[0] if lost else app.code()}
    refused = await stranger.do("disableSecondFactor", given | {"code": app.wrong})
    assert fault(refused) == (["code"], "WRONG")
    answer = await stranger.do("disableSecondFactor", given, "me { secondFactor { confirmedAt } }")
    assert answer["me"] == {"secondFactor": None}
    assert (await sign_in(world.anonymous, stranger.login))["__typename"] == "SignedIn"
    assert await steps.stored(SecondFactor.filter()) == []
    assert await steps.stored(RecoveryCode.filter()) == []
    mails = await world.mails()
    assert [mail.subject for mail in mails] == [
        "Your second factor is off",
        "Your second factor is on",
    ]


async def test_what_is_asked_for_elsewhere_is_a_thing_of_each_account(
    world: World, stranger: Person, owner: Person, app: Authenticator
) -> None:
    """Who has none signs in by the password, whatever code he sends along."""
    assert (await sign_in(world.anonymous, owner.login))["__typename"] == "SignedIn"
    assert (await sign_in(world.anonymous, owner.login, app.code()))["__typename"] == "SignedIn"
    assert await left(owner) is None
    assert await left(stranger) == 10


async def test_the_eleventh_wrong_code_in_a_quarter_of_an_hour_is_refused_whatever_it_is(
    world: World, stranger: Person, app: Authenticator, clock: Clock
) -> None:
    """Issue 4.5; CASES 87: from wherever they come."""
    for number in range(10):
        client = world.client(address=f"192.0.2.{number}")
        assert fault(await sign_in(client, stranger.login, app.wrong))[1] == "WRONG"
    refused = await sign_in(world.anonymous, stranger.login, app.code())
    assert refused["__typename"] == "RateLimited"
    clock.move(timedelta(seconds=refused["retryAfter"]))
    answer = await sign_in(world.anonymous, stranger.login, app.code())
    assert answer["__typename"] == "SignedIn"


async def test_a_password_without_its_code_neither_counts_nor_forgives(
    world: World, stranger: Person, app: Authenticator
) -> None:
    """Clients come once without the code to be asked for it; nobody guesses on by doing so."""
    for _ in range(9):
        await sign_in(world.anonymous, stranger.login, app.wrong)
    for _ in range(12):
        answer = await sign_in(world.anonymous, stranger.login)
        assert answer["__typename"] == "SecondFactorRequired"
    await sign_in(world.anonymous, stranger.login, app.wrong)
    refused = await sign_in(world.anonymous, stranger.login, app.code())
    assert refused["__typename"] == "RateLimited"


async def test_codes_that_were_taken_do_not_count(
    world: World, stranger: Person, app: Authenticator, clock: Clock
) -> None:
    for _ in range(12):
        answer = await sign_in(world.anonymous, stranger.login, app.code())
        assert answer["__typename"] == "SignedIn"
        clock.move(STEP)


async def test_wrong_codes_are_failed_sign_ins_of_their_client(
    world: World, stranger: Person, app: Authenticator, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 3.11: for whichever accounts."""
    configure(limit_failed_sign_ins_per_client="2/hour")
    for _ in range(2):
        await sign_in(world.anonymous, stranger.login, app.wrong)
    assert (await sign_in(world.anonymous, "nobody"))["__typename"] == "RateLimited"


async def test_where_the_password_has_expired_the_code_is_taken_last(
    world: World, stranger: Person, app: Authenticator
) -> None:
    """So one code is enough for the answer to PasswordChangeRequired and to what follows it."""
    async with database.transaction(database.SYSTEM):
        await User.filter(id=stranger.id).update(password_expired=True)
    code, new = app.code(), "a new password of a test"
    tries: list[dict[str, str]] = [{}, {"newPassword": "short"}, {"newPassword": new}]
    assert (await sign_in(world.anonymous, stranger.login))["__typename"] == "SecondFactorRequired"
    answers = [await sign_in(world.anonymous, stranger.login, code, **more) for more in tries]
    assert [answer["__typename"] for answer in answers] == [
        "PasswordChangeRequired",
        "InvalidInput",
        "SignedIn",
    ]


async def test_with_a_wrong_code_an_expired_password_stays_what_it_is(
    world: World, stranger: Person, app: Authenticator
) -> None:
    async with database.transaction(database.SYSTEM):
        await User.filter(id=stranger.id).update(password_expired=True)
    new = {"newPassword": "a new password of a test"}
    answer = await sign_in(world.anonymous, stranger.login, app.wrong, **new)
    assert fault(answer) == (["secondFactor"], "WRONG")
    [user] = await steps.stored(User.filter(id=stranger.id))
    assert user.password_expired


async def test_neither_the_secret_nor_a_recovery_code_stands_in_the_database(
    stranger: Person,
) -> None:
    """ADR 0013."""
    app, codes = await switch_on(stranger)
    kept = [row.secret for row in await steps.stored(SecondFactor.filter())]
    kept += [row.digest for row in await steps.stored(RecoveryCode.filter())]
    plain = {app.app.secret, *codes, *(code.replace("-", "") for code in codes)}
    assert len(kept) == 11
    assert not any(secret in row for secret in plain for row in kept)


async def test_the_servers_former_secret_is_needed_until_a_code_was_taken_under_the_new_one(
    world: World,
    stranger: Person,
    app: Authenticator,
    clock: Clock,
    configure: Callable[..., Settings],
) -> None:
    """ADR 0013: changing the server's secret comes to an end."""
    former = configure().secret
    configure(secret=(ANOTHER_SECRET, *former))
    assert (await sign_in(world.anonymous, stranger.login, app.code()))["__typename"] == "SignedIn"
    configure(secret=(ANOTHER_SECRET,))
    clock.move(STEP)
    assert (await sign_in(world.anonymous, stranger.login, app.code()))["__typename"] == "SignedIn"


async def test_without_the_servers_secret_of_that_time_recovery_codes_still_work(
    world: World, stranger: Person, clock: Clock, configure: Callable[..., Settings]
) -> None:
    """ADR 0013."""
    app, codes = await switch_on(stranger)
    clock.move(STEP)
    configure(secret=(ANOTHER_SECRET,))
    assert fault(await sign_in(world.anonymous, stranger.login, app.code()))[1] == "WRONG"
    answer = await sign_in(world.anonymous, stranger.login, codes[0])
    assert answer["__typename"] == "SignedIn"


async def test_every_change_of_it_is_recorded_without_anything_secret(
    world: World, stranger: Person
) -> None:
    """PRODUCT 4, CASES 143."""
    _, codes = await switch_on(stranger)
    await sign_in(world.anonymous, stranger.login, codes[0])
    renew = {"password": PASSWORD, "code": codes[1]}
    new = await stranger.do("renewRecoveryCodes", renew, "recoveryCodes")
    off = {"password": PASSWORD, "code": new["recoveryCodes"][0]}
    await stranger.do("disableSecondFactor", off)
    used = "use_recovery_code"
    verbs = ["enable", used, used, "renew", used, "disable"]
    rows = await steps.stored(AuditEvent.filter(action__startswith="second_factor.").order_by("id"))
    assert [row.action for row in rows] == [f"second_factor.{verb}" for verb in verbs]
    assert {(row.actor_id, row.subject_id) for row in rows} == {(stranger.id, stranger.id)}
    assert [row.changes for row in rows] == [{}] * len(rows)


async def test_nobody_hears_of_somebody_elses(
    stranger: Person, anonymous: Client, app: Authenticator
) -> None:
    assert await anonymous.ask(MINE) == {"me": None}
    refused = await anonymous.do("disableSecondFactor", {"password": PASSWORD, "code": app.code()})
    assert refused["code"] == "UNAUTHENTICATED"
    assert await left(stranger) == 10


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("enrolSecondFactor", {"password": PASSWORD}),
        ("confirmSecondFactor", {"code": "123456"}),
        ("disableSecondFactor", {"password": PASSWORD, "code": "123456"}),
        ("renewRecoveryCodes", {"password": PASSWORD, "code": "123456"}),
    ],
)
async def test_who_has_failed_too_often_waits_with_it(
    stranger: Person, configure: Callable[..., Settings], mutation: str, given: dict[str, str]
) -> None:
    """PRODUCT 3.11: failed sign-ins of the client count."""
    configure(limit_failed_sign_ins_per_client="1/hour")
    await stranger.do("changePassword", {"password": "wrong", "newPassword": "a new long one"})
    answer = await stranger.do(mutation, given)
    assert answer["__typename"] == "RateLimited"
    assert answer["retryAfter"] > 0
