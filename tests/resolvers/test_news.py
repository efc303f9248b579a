"""News: who sends them, who gets them, how they end (PRODUCT 5)."""

from datetime import timedelta
from typing import Any

import pytest

import errors
from auth import tokens
from auth.viewer import Viewer
from models import ProviderRole, User, clock, database, ids
from resolvers import news
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import CLIENT, World
from tests.mail.letters import Page
from tests.resolvers import steps

EN = {"locale": "EN", "subject": "New servers", "body": "We have new servers."}
RU = {"locale": "RU", "subject": "Новые серверы", "body": "У нас новые серверы."}
KK = {"locale": "KK", "subject": "Жаңа серверлер", "body": "Бізде жаңа серверлер бар."}


@pytest.fixture
async def staff(world: World) -> Person:
    return await world.staff()


async def send(by: Person | Client, *texts: dict[str, str]) -> dict[str, Any]:
    return await by.do("sendNews", {"texts": list(texts or (EN,))}, "recipients")


async def faults(by: Person, *texts: dict[str, str]) -> list[tuple[str, str]]:
    answer = await by.do("sendNews", {"texts": list(texts)})
    return [(".".join(fault["path"]), fault["code"]) for fault in answer["fields"]]


@pytest.mark.parametrize("role", ProviderRole)
async def test_staff_send_news_to_those_who_want_them(world: World, role: ProviderRole) -> None:
    """PRODUCT 5: nobody gets them unasked."""
    wants = await world.person(wants_news=True)
    await world.person()
    assert await send(await world.staff(role)) == {
        "__typename": "SendNewsPayload",
        "recipients": 1,
    }
    [mail] = await world.mails()
    assert (mail.to, mail.subject) == (wants.email, "New servers")


async def test_nobody_else_sends_news(owner: Person, anonymous: Client) -> None:
    """PRODUCT 5."""
    for who, code in ((owner, "PERMISSION_DENIED"), (anonymous, "UNAUTHENTICATED")):
        assert (await send(who))["code"] == code
    with pytest.raises(errors.Unauthenticated):
        await news.send(Viewer(CLIENT), [])


async def test_an_address_that_is_not_proven_gets_none(world: World, staff: Person) -> None:
    """PRODUCT 3.7: it may be somebody else's; and who has ended his account wants nothing."""
    await world.person(verified=False, wants_news=True)
    await world.person(email=None, wants_news=True)
    await world.person(wants_news=True, ended_at=clock.now())
    assert (await send(staff))["recipients"] == 0


@pytest.mark.parametrize(
    ("texts", "got"),
    [
        ((RU, EN), {"EN": "EN", "RU": "RU", "KK": "EN", None: "EN"}),
        ((RU, KK), {"EN": "RU", "RU": "RU", "KK": "KK", None: "RU"}),
        ((KK,), {"EN": "KK", "RU": "KK", "KK": "KK", None: "KK"}),
    ],
    ids=["English is there", "no English", "one language"],
)
async def test_each_gets_them_in_his_language_else_in_english_else_in_the_first(
    world: World, staff: Person, texts: tuple[dict[str, str], ...], got: dict[str | None, str]
) -> None:
    """PRODUCT 8."""
    people = {
        (await world.person(locale=locale, wants_news=True)).email: locale
        for locale in ("EN", "RU", "KK", None)
    }
    await send(staff, *texts)
    assert {people[mail.recipient]: mail.locale for mail in await steps.queued()} == got
    subjects = {text["locale"]: text["subject"] for text in texts}
    for mail in await world.mails():
        assert mail.subject == subjects[got[people[mail.to]]]


async def test_what_cannot_be_mailed_is_refused_with_every_wrong_field(staff: Person) -> None:
    """DESIGN 3."""
    assert await faults(staff) == [("texts", "REQUIRED")]
    assert await faults(
        staff,
        {"locale": "EN", "subject": " ", "body": "\n\t\n"},
        {"locale": "RU", "subject": "x" * 201, "body": "x" * 20_001},
        {"locale": "RU", "subject": "two\nlines", "body": "x"},
        {"locale": "KK", "subject": "hidden \u202e", "body": "x"},
    ) == [
        ("texts.0.subject", "REQUIRED"),
        ("texts.0.body", "REQUIRED"),
        ("texts.1.subject", "TOO_LONG"),
        ("texts.1.body", "TOO_LONG"),
        ("texts.2.subject", "INVALID"),
        ("texts.2.locale", "TEXT_TWICE"),
        ("texts.3.subject", "INVALID"),
    ]
    assert await steps.queued() == []


async def test_the_longest_news_are_sent(world: World, staff: Person) -> None:
    await world.person(wants_news=True)
    longest = {"locale": "EN", "subject": "x" * 200, "body": "x" * 20_000}
    assert (await send(staff, longest))["recipients"] == 1


async def test_staffs_words_arrive_as_they_are_with_their_links(
    world: World, staff: Person
) -> None:
    """Issue 4.3: names of strangers are defanged, staff's text is not; nothing of it is markup."""
    await world.person(wants_news=True)
    body = "See <b>this</b>: https://example.org/a?b=1&c=2,\n{{ 1 + 1 }} of it.\n\nBye & thanks"
    await send(staff, EN | {"subject": "Visit example.org", "body": body})
    [mail] = await world.mails()
    page = Page(mail.html)
    assert mail.subject == "Visit example.org"
    assert mail.text.startswith(body)
    assert "https://example.org/a?b=1&c=2" in page.addresses
    assert "b" not in page.tags
    for said in ("{{ 1 + 1 }} of it.", "Bye & thanks"):
        assert said in page.said
    assert [page.tags.count(tag) for tag in ("p", "br")] == [2, 1]


async def test_a_mail_of_news_says_how_to_end_them(world: World, staff: Person) -> None:
    """Issue 4.3: a link in both parts."""
    reader = await world.person(wants_news=True)
    await send(staff)
    [mail] = await world.mails()
    address = f"http://127.0.0.1:8000/unsubscribe/{reader.id}/tnt_uns_"
    assert [link for link in mail.links if link.startswith(address)] != []
    assert [link for link in Page(mail.html).addresses if str(link).startswith(address)] != []


async def test_the_token_of_the_link_stands_in_no_row(world: World, staff: Person) -> None:
    """ADR 0005."""
    await world.person(wants_news=True)
    await send(staff)
    assert "tnt_uns_" not in str(await steps.everything())


async def test_who_switches_news_off_before_they_leave_gets_none(
    world: World, staff: Person
) -> None:
    """Issue 4.3: or takes another address."""
    off, moved, stays = [await world.person(wants_news=True) for _ in range(3)]
    await send(staff)
    async with database.transaction(database.SYSTEM):
        await User.filter(id=off.id).update(wants_news=False)
        await User.filter(id=moved.id).update(email="new@example.com", email_key="new@example.com")
    assert [mail.to for mail in await world.mails()] == [stays.email]


async def test_sending_stands_in_the_audit_without_a_word_of_the_text(
    world: World, staff: Person
) -> None:
    """PRODUCT 4."""
    await world.person(wants_news=True)
    await send(staff)
    [event] = await steps.audit("news.send")
    assert (event.actor_id, event.changes) == (staff.id, {"recipients": [None, "1"]})


async def many_readers(number: int) -> None:
    async with database.transaction(database.SYSTEM):
        await database.rows(
            "insert into users (id, login, email, email_key, email_verified_at, full_name,"
            " wants_news, created_at, updated_at)"
            " select id, id, id || '@x.org', id || '@x.org', $2, 'A reader', true, $2, $2"
            " from unnest($1::text[]) as given(id)",
            [ids.new("usr") for _ in range(number)],
            clock.now(),
        )


async def test_ten_thousand_readers_take_some_statements_and_not_some_thousand(
    world: World, staff: Person, statements: list[str]
) -> None:
    """Issue 4.3."""
    await many_readers(10_000)
    statements.clear()
    assert (await send(staff))["recipients"] == 10_000
    assert len([sql for sql in statements if "into outbox_entries" in sql]) == 10
    async with database.transaction(database.SYSTEM, read_only=True):
        [found] = await database.rows(
            "select count(*), count(distinct user_id) as people from outbox_entries"
        )
    assert found == {"count": 10_000, "people": 10_000}


async def test_other_mails_leave_between_the_news(
    world: World, staff: Person, stranger: Person, clock: Clock
) -> None:
    """A link to a new password does not wait for ten thousand others."""
    await many_readers(250)
    await send(staff)
    due = sorted({mail.due_at for mail in await steps.queued()})
    assert [at - due[0] for at in due] == [timedelta(seconds=10) * n for n in range(3)]


async def unsubscribe(user_id: str, token: str) -> None:
    await news.unsubscribe(Viewer(CLIENT), user_id, token)


async def test_whoever_holds_the_link_ends_the_news_once_and_for_all(world: World) -> None:
    """Issue 4.3."""
    reader = await world.person(wants_news=True)
    for _ in range(2):
        await unsubscribe(reader.id, tokens.derive(tokens.UNSUBSCRIBE, reader.id))
    [user] = await steps.stored(User.filter(id=reader.id))
    assert not user.wants_news
    [event] = await steps.audit("user.unsubscribe")
    assert (event.actor_id, event.subject_id) == (reader.id, reader.id)


async def test_a_link_to_an_account_of_a_day_that_was_put_back_is_dead(world: World) -> None:
    """CASES 83: after a restore, a mail may name what the database no longer knows."""
    token = tokens.derive(tokens.UNSUBSCRIBE, "usr_0")
    with pytest.raises(errors.NotFound):
        await news.reader("usr_0", token)
    with pytest.raises(errors.NotFound):
        await unsubscribe("usr_0", token)


async def test_a_link_ends_nobody_elses_news(world: World) -> None:
    """CASES 55: nor does a token of another flow."""
    reader, other = [await world.person(wants_news=True) for _ in range(2)]
    wrong = [
        tokens.derive(tokens.UNSUBSCRIBE, other.id),
        tokens.derive(tokens.NEW_PASSWORD, reader.id),
        tokens.derive(tokens.UNSUBSCRIBE, reader.id)[:-1],
        "",
    ]
    for token in wrong:
        with pytest.raises(errors.NotFound):
            await unsubscribe(reader.id, token)
        with pytest.raises(errors.NotFound):
            await news.reader(reader.id, token)
    [user] = await steps.stored(User.filter(id=reader.id))
    assert user.wants_news
