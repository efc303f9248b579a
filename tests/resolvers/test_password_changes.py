"""A new password (PRODUCT 5, source B; issue 4.1)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models import AuditEvent, OutboxEntry, Tenant, database
from resolvers import account_links
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World

NEW = "another long one"


async def signs_in(world: World, login: str, password: str) -> bool:
    answer = await world.anonymous.do("signIn", {"login": login, "password": password})
    return bool(answer["__typename"] == "SignedIn")


async def change(person: Person, **given: str) -> dict[str, Any]:
    wanted = {"password": PASSWORD, "newPassword": NEW} | given
    return await person.do("changePassword", wanted, "endedSessions")


async def request(world: World, login: str) -> dict[str, Any]:
    return await world.anonymous.do("requestPasswordReset", {"login": login}, "expiresAt")


async def reset(world: World, token: str, password: str = NEW) -> dict[str, Any]:
    given = {"token": token, "newPassword": password}
    return await world.anonymous.do("resetPassword", given, "login")


async def test_a_person_changes_his_password(world: World, stranger: Person) -> None:
    """B."""
    assert (await change(stranger))["__typename"] == "ChangePasswordPayload"
    assert await signs_in(world, "stella", NEW)
    assert not await signs_in(world, "stella", PASSWORD)


async def test_the_other_sessions_end_and_this_one_goes_on(world: World, stranger: Person) -> None:
    """CASES 98."""
    other = world.client(await world.session(stranger.id))
    assert (await change(stranger))["endedSessions"] == 1
    assert await other.ask("{ me { login } }") == {"me": None}
    assert await stranger.ask("{ me { login } }") == {"me": {"login": "stella"}}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"password": "wrong"}, "password", "WRONG"),
        ({"newPassword": PASSWORD}, "newPassword", "UNCHANGED"),
        ({"newPassword": "short"}, "newPassword", "TOO_SHORT"),
    ],
)
async def test_a_password_changes_only_to_a_good_one_by_who_knows_the_old(
    world: World, stranger: Person, given: dict[str, str], field: str, code: str
) -> None:
    answer = await change(stranger, **given)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [([field], code)]
    assert await signs_in(world, "stella", PASSWORD)


async def test_wrong_old_passwords_are_counted(stranger: Person) -> None:
    """PRODUCT 3.11, as failed sign-ins are."""
    for _ in range(10):
        await change(stranger, password="wrong")
    assert (await change(stranger))["__typename"] == "RateLimited"


async def test_whose_password_has_changed_is_told_by_mail(world: World, stranger: Person) -> None:
    await change(stranger)
    [mail] = await world.mails()
    assert (mail.to, mail.subject) == (stranger.email, "Your password has changed")


async def test_who_wants_sms_gets_one_at_his_confirmed_number(world: World) -> None:
    """PRODUCT 5: password changed."""
    number, then = "+77051250043", "2026-01-01T00:00:00Z"
    person = await world.person(phone=number, phone_confirmed_at=then, wants_sms=True)
    await change(person)
    [text] = [mail.text for mail in await world.mails() if mail.to == number]
    assert text.startswith(f"The password of your account {person.login} has just been changed.")


@pytest.mark.parametrize("name", ["stella", "STELLA", "stella@example.com", " Stella@Example.com "])
async def test_a_forgotten_password_is_replaced_by_a_mailed_link(
    world: World, stranger: Person, name: str
) -> None:
    """Issue 4.1: by login or e-mail."""
    await request(world, name)
    answer = await reset(world, await world.link_token(stranger.email))
    assert answer["login"] == "stella"
    assert await signs_in(world, "stella", NEW)


async def test_a_reset_ends_every_session(world: World, stranger: Person) -> None:
    await request(world, "stella")
    await reset(world, await world.link_token(stranger.email))
    assert await stranger.ask("{ me { login } }") == {"me": None}


async def test_asking_for_a_link_changes_nothing(world: World, stranger: Person) -> None:
    """Whoever asks may be a stranger."""
    await request(world, "stella")
    assert await signs_in(world, "stella", PASSWORD)


async def test_the_answer_does_not_tell_whether_there_is_such_an_account(
    world: World, stranger: Person, statements: list[str]
) -> None:
    """CASES 85: one answer, and the same work behind it."""
    answers, work = [], []
    for name in ("stella", "nobody", "stella@example.com", "nobody@example.com"):
        statements.clear()
        answers.append((await request(world, name)).keys())
        work.append([statement.split("WHERE")[0] for statement in statements])
    assert answers[0] == answers[1] == answers[2] == answers[3]
    assert work[0] == work[1]
    assert work[2] == work[3]
    assert {mail.to for mail in await world.mails()} == {stranger.email}


@pytest.mark.parametrize("email", [None, "claimed@example.com"])
async def test_who_has_no_proven_address_gets_no_mail(world: World, email: str | None) -> None:
    """A managed account's password is set by its tenant."""
    person = await world.person("manu", email=email, verified=False)
    assert (await request(world, "manu"))["__typename"] == "RequestPasswordResetPayload"
    assert await world.mails() == []
    assert await signs_in(world, person.login, PASSWORD)


async def test_a_link_to_a_password_works_for_an_hour(
    world: World, stranger: Person, clock: Clock
) -> None:
    """Issue 4.1; CASES 59."""
    await request(world, "stella")
    token = await world.link_token(stranger.email)
    clock.move(timedelta(minutes=59, seconds=55))
    assert (await reset(world, token, "short"))["__typename"] == "InvalidInput"
    clock.move(timedelta(seconds=5))
    assert (await reset(world, token))["__typename"] == "LinkUnavailable"


async def test_a_link_to_a_password_works_once(world: World, stranger: Person) -> None:
    """Issue 4.1, also for two at once."""
    await request(world, "stella")
    token = await world.link_token(stranger.email)
    answers = await asyncio.gather(reset(world, token), reset(world, token, "a third long one"))
    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["LinkUnavailable", "ResetPasswordPayload"]


@pytest.mark.parametrize("way", ["a newer link", "a changed password"])
async def test_a_link_to_a_password_is_overtaken(world: World, stranger: Person, way: str) -> None:
    """CASES 92."""
    await request(world, "stella")
    token = await world.link_token(stranger.email)
    await (request(world, "stella") if way == "a newer link" else change(stranger))
    assert (await reset(world, token))["__typename"] == "LinkUnavailable"


async def test_a_link_that_was_overtaken_does_not_leave_any_more(
    world: World, stranger: Person
) -> None:
    await request(world, "stella")
    await request(world, "stella")
    assert len(await world.mails()) == 1


async def test_a_dead_link_is_told_before_the_password_is_looked_at(world: World) -> None:
    assert (await reset(world, "tnt_pwd_x", "short"))["__typename"] == "LinkUnavailable"


async def test_a_few_links_an_hour_are_mailed_to_one_account(
    world: World, stranger: Person
) -> None:
    """Counted by the name that was typed, whoever it is."""
    for name in ("stella", "nobody"):
        answers = [(await request(world, name))["__typename"] for _ in range(6)]
        assert answers == ["RequestPasswordResetPayload"] * 5 + ["RateLimited"]


async def test_one_client_asks_for_a_bounded_number_of_links(world: World, configure: Any) -> None:
    configure(limit_account_links_per_client="3/hour")
    answers = [(await request(world, f"name{n}"))["__typename"] for n in range(4)]
    assert answers[-2:] == ["RequestPasswordResetPayload", "RateLimited"]
    elsewhere = world.client(address="192.0.2.7")
    answer = await elsewhere.do("requestPasswordReset", {"login": "name9"})
    assert answer["__typename"] == "RequestPasswordResetPayload"


async def test_resets_are_counted_as_links_are(world: World, configure: Any) -> None:
    """CASES 87."""
    configure(limit_links="1/minute")
    assert (await reset(world, "tnt_pwd_x"))["__typename"] == "LinkUnavailable"
    assert (await reset(world, "tnt_pwd_x"))["__typename"] == "RateLimited"


async def test_a_name_that_no_column_can_hold_is_invalid(world: World) -> None:
    assert (await request(world, "a\0b"))["__typename"] == "InvalidInput"


async def test_a_reset_password_is_nobody_elses_any_more(world: World, project: Tenant) -> None:
    """PRODUCT 3.3: none is demanded at the next sign-in."""
    person = await world.person("handed", password_expired=True)
    await request(world, "handed")
    await reset(world, await world.link_token(person.email))
    assert await signs_in(world, "handed", NEW)


async def test_a_password_replaced_at_sign_in_kills_every_link_of_the_account(world: World) -> None:
    """CASES 92."""
    person = await world.person("handed", password_expired=True)
    await request(world, "handed")
    token = await world.link_token(person.email)
    pair = {"login": "handed", "password": PASSWORD, "newPassword": NEW}
    assert (await world.anonymous.do("signIn", pair))["__typename"] == "SignedIn"
    assert (await reset(world, token, "a third long one"))["__typename"] == "LinkUnavailable"


async def test_the_audit_names_who_was_changed_and_no_password(
    world: World, stranger: Person
) -> None:
    await change(stranger)
    async with database.transaction(database.SYSTEM, read_only=True):
        event = await AuditEvent.get(action="user.change_password")
    assert (event.actor_id, event.changes) == (stranger.id, {"password": []})


async def test_links_whose_time_is_over_are_forgotten(
    world: World, stranger: Person, clock: Clock
) -> None:
    """With the mails that carried them."""
    await request(world, "stella")
    assert await account_links.forget_expired() == 0
    clock.move(timedelta(hours=1))
    assert await account_links.forget_expired() == 1
    async with database.transaction(database.SYSTEM, read_only=True):
        assert await OutboxEntry.all().count() == 0
