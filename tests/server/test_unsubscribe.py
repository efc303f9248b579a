"""The page of a mail's link, and the address that mail programs post to (RFC 8058)."""

from collections.abc import Callable

import pytest

from auth import tokens
from models import User, database
from schema import sentences
from settings import Settings
from tests.clients import Client, Person
from tests.factories import World
from tests.mail.letters import Page
from tests.resolvers import steps

ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def reader(world: World) -> Person:
    return await world.person(wants_news=True)


@pytest.fixture
def link(reader: Person) -> str:
    return path(reader)


def path(reader: Person) -> str:
    return f"/unsubscribe/{reader.id}/{tokens.derive(tokens.UNSUBSCRIBE, reader.id)}"


async def wants_news(person: Person) -> bool:
    [user] = await steps.stored(User.filter(id=person.id))
    return user.wants_news


async def test_opening_the_link_changes_nothing(
    anonymous: Client, reader: Person, link: str
) -> None:
    """CASES 78: mail scanners open links."""
    for _ in range(3):
        await anonymous.http.head(link)
        answer = await anonymous.http.get(link)
    assert (answer.status_code, Page(answer.text).tags.count("button")) == (200, 1)
    assert await wants_news(reader)


async def test_one_post_ends_the_news_and_more_of_them_do_no_harm(
    anonymous: Client, reader: Person, link: str
) -> None:
    """RFC 8058: without a cookie, a redirect, or another question."""
    for _ in range(2):
        answer = await anonymous.http.post(link, content=ONE_CLICK, headers=FORM)
        assert answer.status_code == 200
        assert "You get no more news" in Page(answer.text).said
    assert not await wants_news(reader)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"", ""), (b"x=1", "text/plain"), (b"\xff" * 9, "multipart/form-data"), (b"{", "x/json")],
)
async def test_whatever_the_post_carries(
    anonymous: Client, reader: Person, link: str, content: bytes, media_type: str
) -> None:
    """RFC 8058 names one body; what programs send is their business."""
    answer = await anonymous.http.post(link, content=content, headers={"content-type": media_type})
    assert answer.status_code == 200
    assert not await wants_news(reader)


async def test_the_button_of_the_page_posts_to_the_link(anonymous: Client, link: str) -> None:
    """The form names no other address, and the policy lets it go nowhere else."""
    answer = await anonymous.http.get(link)
    assert '<form method="post">' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "form-action 'self'" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


async def test_every_link_that_is_not_ours_has_one_answer(
    anonymous: Client, reader: Person, stranger: Person, link: str
) -> None:
    """CASES 83: of somebody else, of nobody, or nothing at all."""
    token = link.rpartition("/")[2]
    wrong = [
        f"/unsubscribe/{stranger.id}/{token}",
        f"/unsubscribe/usr_{'0' * 26}/{token}",
        f"/unsubscribe/%00/{token}",
        f"/unsubscribe/{reader.id}/{token[:-1]}",
        f"/unsubscribe/{reader.id}/x",
    ]
    for method in ("GET", "POST"):
        answers = [await anonymous.http.request(method, path) for path in wrong]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1
        assert "This link is not valid" in answers[0].text
    assert await wants_news(reader)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("chosen", "readers", "browsers", "lang"),
    [
        ("ru", "KK", "en", "ru"),
        ("RU", None, "", "ru"),
        ("de", "KK", "ru", "kk"),
        ("", None, "ru-RU,ru;q=0.9", "ru"),
        ("<b>", None, "de", "en"),
    ],
)
async def test_the_page_speaks_the_chosen_language_else_the_readers_else_the_browsers(
    world: World, method: str, chosen: str, readers: str | None, browsers: str, lang: str
) -> None:
    """PRODUCT 8; issue 6.6."""
    reader = await world.person(wants_news=True, locale=readers)
    answer = await world.anonymous.http.request(
        method, f"{path(reader)}?language={chosen}", headers={"accept-language": browsers}
    )
    assert f'<html lang="{lang}">' in answer.text
    assert f'lang="{lang}" aria-current="true"' in answer.text


async def test_a_link_that_is_not_ours_speaks_nobodys_language_but_the_browsers(
    world: World,
) -> None:
    """CASES 83."""
    reader = await world.person(wants_news=True, locale="KK")
    answer = await world.anonymous.http.get(
        f"/unsubscribe/{reader.id}/x", headers={"accept-language": "ru"}
    )
    assert '<html lang="ru">' in answer.text


async def test_the_page_offers_no_button_where_there_are_no_news_to_stop(
    world: World, stranger: Person
) -> None:
    """So who chooses another language afterwards is not asked again."""
    answer = await world.anonymous.http.get(path(stranger))
    assert "You get no more news" in Page(answer.text).said
    assert "button" not in Page(answer.text).tags


async def test_who_has_ended_his_account_may_press_the_button_as_well(
    anonymous: Client, reader: Person, link: str
) -> None:
    async with database.transaction(database.SYSTEM):
        await User.filter(id=reader.id).update(wants_news=False, email=None, email_key=None)
    assert (await anonymous.http.post(link)).status_code == 200


async def test_without_the_database_the_page_says_so_and_offers_to_try_again(
    anonymous: Client, link: str, configure: Callable[..., Settings]
) -> None:
    """CASES 132."""
    await database.stop()
    await database.start("postgresql://x@127.0.0.1:1/x", configure())
    for method in ("GET", "POST"):
        answer = await anonymous.http.request(method, link)
        assert answer.status_code == 503
        assert sentences.MESSAGES["SERVICE_UNAVAILABLE"] in Page(answer.text).said
        assert Page(answer.text).tags.count("button") == 1
