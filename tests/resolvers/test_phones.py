"""The phone of the profile: confirmed and taken out by codes sent to it (PRODUCT 5, B)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

import errors
from mail.mailbox import Mail
from models import OutboxEntry, OutboxState, PhoneCode, User
from models import database as db
from resolvers import phones
from settings import Settings
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.production import PRODUCTION
from tests.resolvers import steps

NUMBER, OTHER = "+77051250043", "+77051250044"
MINUTE = timedelta(minutes=1)
DEAD = "CodeUnavailable"
PHONE = "{ me { phone phoneStatus } }"


async def holder(world: World, *, confirmed: bool = False, **values: Any) -> Person:
    """Somebody whose profile holds the number."""
    at = datetime.fromisoformat("2026-11-21T12:00:00+00:00") if confirmed else None
    return await world.person(phone=NUMBER, phone_confirmed_at=at, **values)


async def texts(world: World, to: str = NUMBER) -> list[Mail]:
    """The SMS to that number, newest first."""
    return [mail for mail in await world.mails() if mail.to == to]


async def code(world: World, person: Person, mutation: str = "requestPhoneCode") -> str:
    """Ask for a code, and read it in the SMS."""
    answer = await person.do(mutation)
    assert answer["__typename"] != "InvalidInput", answer
    newest = (await texts(world))[0]
    return newest.text[:6]


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 10**6:06}"


async def confirm(person: Person, digits: str) -> dict[str, Any]:
    return await person.do("confirmPhone", {"code": digits}, "me { phone phoneStatus }")


async def remove(person: Person, digits: str) -> dict[str, Any]:
    return await person.do("removePhone", {"code": digits}, "me { phone phoneStatus }")


async def account(person: Person) -> User:
    [row] = await steps.stored(User.filter(id=person.id))
    return row


async def edit(person: Person, **values: object) -> None:
    async with db.transaction(db.SYSTEM):
        await User.filter(id=person.id).update(**values)


async def test_the_code_that_was_sent_confirms_the_number(world: World) -> None:
    """PRODUCT 5, B."""
    ann = await holder(world)
    assert await ann.ask(PHONE) == {"me": {"phone": NUMBER, "phoneStatus": "UNCONFIRMED"}}
    answer = await confirm(ann, await code(world, ann))
    assert answer == {
        "__typename": "ConfirmPhonePayload",
        "me": {"phone": NUMBER, "phoneStatus": "CONFIRMED"},
    }
    assert (await account(ann)).phone_confirmed_at is not None


async def test_the_code_sent_to_a_confirmed_number_empties_the_field(world: World) -> None:
    """PRODUCT 5, B: and nobody without a number wants SMS."""
    ann = await holder(world, confirmed=True, wants_sms=True)
    answer = await remove(ann, await code(world, ann, "requestPhoneRemoval"))
    assert answer["me"] == {"phone": None, "phoneStatus": None}
    row = await account(ann)
    assert (row.phone, row.phone_confirmed_at, row.wants_sms) == (None, None, False)


async def test_an_sms_begins_with_the_code_and_says_what_it_is_for_and_how_long(
    world: World,
) -> None:
    """Issue 4.2; in one SMS of 160 characters."""
    await code(world, await holder(world))
    await code(world, await holder(world, confirmed=True), "requestPhoneRemoval")
    removal, confirmation = (mail.text.strip() for mail in await texts(world))
    assert re.fullmatch(
        r"\d{6} confirms your number in Tenantry\. Give this code to nobody\."
        r" It works for 10 minutes\.",
        confirmation,
    )
    assert re.fullmatch(
        r"\d{6} takes this number out of your profile in Tenantry\. Give this code to nobody\."
        r" It works for 10 minutes\.",
        removal,
    )
    assert max(len(removal), len(confirmation)) <= 160


async def test_blanks_in_a_code_do_not_matter(world: World) -> None:
    ann = await holder(world)
    digits = await code(world, ann)
    answer = await confirm(ann, f" {digits[:3]} {digits[3:]}\n")
    assert answer["__typename"] == "ConfirmPhonePayload"


async def test_who_asks_for_a_code_is_told_until_when_it_works(world: World, clock: Clock) -> None:
    """Issue 4.2: ten minutes."""
    answer = await (await holder(world)).do("requestPhoneCode", select="expiresAt")
    left = datetime.fromisoformat(answer["expiresAt"]) - clock.now()
    assert timedelta(minutes=9, seconds=50) < left <= 10 * MINUTE


@pytest.mark.parametrize(("minutes", "works"), [(9.9, True), (10, False)])
async def test_a_code_works_for_ten_minutes(
    world: World, clock: Clock, minutes: float, *, works: bool
) -> None:
    """Issue 4.2."""
    ann = await holder(world)
    digits = await code(world, ann)
    clock.move(minutes * MINUTE)
    answer = await confirm(ann, digits)
    assert (answer["__typename"] == DEAD) is not works


async def test_a_wrong_code_counts_down_and_the_fifth_kills_the_code(world: World) -> None:
    """Issue 4, bad input: the code is dead, the account is not."""
    ann = await holder(world)
    digits = await code(world, ann)
    left = [(await confirm(ann, wrong(digits))).get("attemptsLeft") for _ in range(5)]
    assert left == [4, 3, 2, 1, None]
    assert (await confirm(ann, digits))["__typename"] == DEAD
    assert (await account(ann)).phone_confirmed_at is None


async def test_a_wrong_code_takes_no_number_out(world: World) -> None:
    """B: and counts down as well."""
    ann = await holder(world, confirmed=True)
    digits = await code(world, ann, "requestPhoneRemoval")
    assert (await remove(ann, wrong(digits)))["attemptsLeft"] == 4
    assert (await account(ann)).phone == NUMBER


async def test_after_a_dead_code_a_new_one_works(world: World, clock: Clock) -> None:
    """Issue 4, bad input: the code is dead, the account is not."""
    ann = await holder(world)
    digits = await code(world, ann)
    for _ in range(5):
        await confirm(ann, wrong(digits))
    clock.move(MINUTE)
    answer = await confirm(ann, await code(world, ann))
    assert answer["__typename"] == "ConfirmPhonePayload"


async def test_the_fifth_try_still_counts_if_it_is_right(world: World) -> None:
    ann = await holder(world)
    digits = await code(world, ann)
    for _ in range(4):
        await confirm(ann, wrong(digits))
    assert (await confirm(ann, digits))["__typename"] == "ConfirmPhonePayload"


@pytest.mark.parametrize("given", ["", "12345", "1234567", "١٢٣٤٥٦", "x" * 5000])
async def test_what_is_no_code_is_a_wrong_one(world: World, given: str) -> None:
    """CASES 26: and breaks nothing."""
    ann = await holder(world)
    await ann.do("requestPhoneCode")
    assert (await confirm(ann, given))["attemptsLeft"] == 4


async def test_a_code_works_once(world: World, clock: Clock) -> None:
    ann = await holder(world)
    digits = await code(world, ann)
    await confirm(ann, digits)
    assert (await confirm(ann, digits))["__typename"] == DEAD
    await edit(ann, phone_confirmed_at=None)
    assert (await confirm(ann, digits))["__typename"] == DEAD


async def test_only_the_newest_code_lives(world: World, clock: Clock) -> None:
    ann = await holder(world)
    first = await code(world, ann)
    clock.move(MINUTE)
    second = await code(world, ann)
    assert first != second
    assert (await confirm(ann, first))["__typename"] == "WrongCode"
    assert (await confirm(ann, second))["__typename"] == "ConfirmPhonePayload"


async def test_an_older_code_that_waits_is_not_sent_any_more(world: World, clock: Clock) -> None:
    ann = await holder(world)
    await ann.do("requestPhoneCode")
    clock.move(MINUTE)
    await ann.do("requestPhoneCode")
    assert len(await texts(world)) == 1
    states = [entry.state for entry in await steps.stored(OutboxEntry.filter().order_by("id"))]
    assert states == [OutboxState.CANCELLED, OutboxState.SENT]


async def test_a_code_for_the_one_purpose_does_not_serve_the_other(
    world: World, clock: Clock
) -> None:
    """What confirms a number does not take it out, though both were sent to it."""
    ann = await holder(world)
    digits = await code(world, ann)
    await edit(ann, phone_confirmed_at=clock.now())
    assert (await remove(ann, digits))["__typename"] == DEAD
    clock.move(MINUTE)
    digits = await code(world, ann, "requestPhoneRemoval")
    assert (await confirm(ann, digits))["__typename"] == DEAD
    assert (await account(ann)).phone == NUMBER


async def test_a_code_dies_with_its_number(world: World) -> None:
    """It proves the number that it was sent to."""
    ann = await holder(world)
    digits = await code(world, ann)
    await edit(ann, phone=OTHER)
    assert (await confirm(ann, digits))["__typename"] == DEAD
    assert (await account(ann)).phone_confirmed_at is None


async def test_a_number_that_changes_while_a_code_is_asked_for_gets_none(
    world: World,
) -> None:
    """The limits were counted for the other one."""
    ann = await holder(world)
    viewer = await world.viewer(ann)
    await edit(ann, phone=OTHER)
    with pytest.raises(errors.Conflict):
        await phones.request_code(viewer)
    assert await steps.queued() == []


async def test_somebody_elses_code_is_of_no_use(world: World) -> None:
    ann, bob = await holder(world), await holder(world)
    digits = await code(world, ann)
    assert (await confirm(bob, digits))["__typename"] == DEAD
    assert (await confirm(ann, digits))["__typename"] == "ConfirmPhonePayload"


async def test_without_having_asked_there_is_no_code(world: World) -> None:
    ann = await holder(world)
    assert (await confirm(ann, "000000"))["__typename"] == DEAD
    assert (await remove(ann, "000000"))["__typename"] == DEAD


@pytest.mark.parametrize(
    ("mutation", "profile", "fault"),
    [
        ("requestPhoneCode", {}, "NO_PHONE"),
        ("requestPhoneRemoval", {}, "NO_PHONE"),
        ("requestPhoneCode", {"phone": NUMBER, "confirmed": True}, "CONFIRMED_ALREADY"),
        ("requestPhoneRemoval", {"phone": NUMBER}, "NOT_CONFIRMED"),
    ],
)
async def test_a_code_is_sent_only_where_it_is_of_use(
    world: World, clock: Clock, mutation: str, profile: dict[str, Any], fault: str
) -> None:
    """Issue 4, bad input: says what to do next. What is refused is not counted."""
    at = clock.now() if profile.pop("confirmed", False) else None
    ann = await world.person(phone_confirmed_at=at, **profile)
    for _ in range(2):
        answer = await ann.do(mutation)
        [field] = answer["fields"]
        assert (field["path"], field["code"]) == (["phone"], fault)
    assert await steps.queued() == []


async def test_where_no_sms_are_sent_nobody_waits_for_a_code(
    world: World, configure: Callable[..., Settings]
) -> None:
    """Production without a gateway."""
    ann = await holder(world)
    configure(**PRODUCTION)
    [field] = (await ann.do("requestPhoneCode"))["fields"]
    assert (field["code"], field["message"]) == ("SMS_OFF", "No SMS are sent here. Ask support.")


async def test_one_code_a_minute_is_sent(world: World, clock: Clock) -> None:
    """Issue 4.2."""
    ann = await holder(world)
    await ann.do("requestPhoneCode")
    refused = await ann.do("requestPhoneCode")
    assert refused["__typename"] == "RateLimited"
    assert 0 < refused["retryAfter"] <= 60
    clock.move(MINUTE)
    assert (await ann.do("requestPhoneCode"))["__typename"] == "RequestPhoneCodePayload"
    assert (await steps.stored(PhoneCode.filter(closed_at=None)))[0].attempts == 0


async def test_codes_to_take_a_number_out_are_counted_along(world: World) -> None:
    ann = await holder(world, confirmed=True)
    await ann.do("requestPhoneRemoval")
    assert (await ann.do("requestPhoneRemoval"))["__typename"] == "RateLimited"


async def test_a_stranger_with_the_same_number_does_not_keep_its_holder_from_his_codes(
    world: World, configure: Callable[..., Settings]
) -> None:
    """Issue 4.2: counted by account and number together; nor does he spoil the holder's code."""
    configure(limit_phone_codes_per_account="1/hour")
    stranger, ann = await holder(world), await holder(world)
    await stranger.do("requestPhoneCode")
    assert (await stranger.do("requestPhoneCode"))["__typename"] == "RateLimited"
    digits = await code(world, ann)
    for _ in range(6):
        await confirm(stranger, "no code")
    assert (await confirm(stranger, digits))["__typename"] == DEAD
    assert (await confirm(ann, digits))["__typename"] == "ConfirmPhonePayload"


async def test_one_account_does_not_send_codes_to_all_numbers(
    world: World, configure: Callable[..., Settings]
) -> None:
    """Who may type any number could have SMS sent to everybody."""
    configure(limit_phone_codes_per_account="2/hour")
    ann, kinds = await world.person(), []
    for number in range(3):
        await edit(ann, phone=f"+7705125004{number}")
        kinds.append((await ann.do("requestPhoneCode"))["__typename"])
    assert kinds == ["RequestPhoneCodePayload"] * 2 + ["RateLimited"]


async def test_one_client_does_not_send_codes_from_all_accounts(
    world: World, configure: Callable[..., Settings]
) -> None:
    configure(limit_phone_codes_per_client="2/hour")
    kinds = [(await (await holder(world)).do("requestPhoneCode"))["__typename"] for _ in range(3)]
    assert kinds == ["RequestPhoneCodePayload"] * 2 + ["RateLimited"]


async def test_several_may_confirm_one_number_and_none_learns_of_the_others(world: World) -> None:
    """Issue 4, bad input: nothing tells whether a phone belongs to somebody."""
    told = []
    for person in (await holder(world), await holder(world)):
        digits = await code(world, person)
        told.append([await confirm(person, wrong(digits)), await confirm(person, digits)])
    assert told[0] == told[1]


@pytest.mark.parametrize("locale", ["EN", "RU", "KK"])
async def test_a_code_is_sent_in_its_readers_language(world: World, locale: str) -> None:
    """PRODUCT 8."""
    await (await holder(world, locale=locale)).do("requestPhoneCode")
    assert [entry.locale for entry in await steps.queued()] == [locale]


async def test_a_code_stands_in_no_row(world: World) -> None:
    """Issue 4.2, ADR 0011: six digits under a plain hash would be read back in milliseconds."""
    ann = await holder(world)
    digits = await code(world, ann)
    async with db.transaction(db.SYSTEM):
        [row] = await db.rows("select c::text as c from phone_codes c")
        [entry] = await db.rows("select e::text as e from outbox_entries e")
    assert digits not in re.findall(r"\d{6}", str(row["c"]).partition(",")[2])
    assert digits not in str(entry["e"])


async def test_the_audit_says_what_was_done_and_no_number(world: World, clock: Clock) -> None:
    """PRODUCT 4."""
    ann = await holder(world)
    await confirm(ann, await code(world, ann))
    clock.move(MINUTE)
    await remove(ann, await code(world, ann, "requestPhoneRemoval"))
    found = await steps.audit(
        "user.request_phone_code",
        "user.confirm_phone",
        "user.request_phone_removal",
        "user.remove_phone",
    )
    assert [(row.action, row.actor_id, row.subject_id, row.changes) for row in found] == [
        ("user.request_phone_code", ann.id, ann.id, {}),
        ("user.confirm_phone", ann.id, ann.id, {"phone_confirmed_at": []}),
        ("user.request_phone_removal", ann.id, ann.id, {}),
        ("user.remove_phone", ann.id, ann.id, {"phone": []}),
    ]


async def test_expired_codes_are_forgotten_after_a_day(world: World, clock: Clock) -> None:
    """A number that somebody typed once does not stay here for ever."""
    ann = await holder(world)
    await code(world, ann)
    clock.move(timedelta(hours=24))
    assert await phones.forget_expired() == 0
    clock.move(11 * MINUTE)
    assert await phones.forget_expired() == 1
    assert await steps.stored(OutboxEntry.filter()) == []
