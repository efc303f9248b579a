"""`PUT /avatar` and `GET /avatars/...`: who is let in, what is answered."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

import errors
from locales import Locale
from models import Avatar, database
from resolvers import pictures as rules
from schema import sentences
from settings import Settings
from tests import pictures
from tests.clients import Client, Person
from tests.factories import PASSWORD, World
from tests.resolvers import steps

PREFLIGHT = {"graphql-require-preflight": "1"}
GONE = {
    "errors": [
        {
            "message": "There is nothing here by that id.",
            "extensions": {"code": "NOT_FOUND"},
        }
    ]
}


@pytest.fixture
async def browser(world: World, stranger: Person) -> Client:
    """The stranger's browser, signed in by cookie."""
    browser = world.anonymous
    await browser.do("signIn", {"login": stranger.login, "password": PASSWORD})
    return browser


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code; refusals have GraphQL's shape and are kept nowhere."""
    [error] = answer.json()["errors"]
    assert error["message"]
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, error["extensions"]["code"]


async def test_a_picture_is_put_up_with_a_bearer_token(stranger: Person) -> None:
    answer = await pictures.put(stranger.client)
    assert answer.status_code == 200
    assert list(answer.json()) == ["url"]


async def test_a_cookie_authorises_what_a_foreign_page_cannot_send(browser: Client) -> None:
    """CASES 28: as in the API, the header asks for a preflight."""
    assert refusal(await pictures.put(browser)) == (401, "UNAUTHENTICATED")
    assert (await browser.http.delete("/avatar")).status_code == 401
    assert (await pictures.put(browser, headers=PREFLIGHT)).status_code == 200
    assert (await browser.http.delete("/avatar", headers=PREFLIGHT)).status_code == 200


async def test_a_picture_is_taken_away(stranger: Person) -> None:
    await pictures.put_up(stranger.client)
    answer = await stranger.client.http.delete("/avatar")
    assert (answer.status_code, answer.json()) == (200, {"url": None})
    assert await steps.stored(Avatar.filter()) == []


async def test_nobodys_picture_is_not_even_read(anonymous: Client) -> None:
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(b"a chunk")
        yield b"a chunk"

    answer = await anonymous.http.put(
        "/avatar", content=body(), headers={"content-type": "image/png"}
    )
    assert refusal(answer) == (401, "UNAUTHENTICATED")
    assert read == []
    assert refusal(await anonymous.http.delete("/avatar")) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("media_type", ["image/png", "IMAGE/JPEG", "image/webp; x=y"])
async def test_the_content_says_what_it_is_whatever_it_is_called(
    stranger: Person, media_type: str
) -> None:
    """Issue 4.3."""
    for kind in ("PNG", "JPEG", "WEBP"):
        content = pictures.file(kind=kind)
        assert (await pictures.put(stranger.client, content, media_type)).status_code == 200


@pytest.mark.parametrize("media_type", ["", "text/plain", "image/svg+xml", "multipart/form-data"])
async def test_what_is_not_even_called_a_picture_is_refused(
    stranger: Person, media_type: str
) -> None:
    answer = await pictures.put(stranger.client, media_type=media_type)
    assert refusal(answer) == (415, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 415),
        (pictures.file(kind="GIF"), 415),
        (b"<svg onload='alert(1)'/>", 415),
        (pictures.file()[:-30], 400),
        (pictures.png_of_size(9_000, 9_000), 400),
    ],
    ids=["nothing", "GIF", "SVG", "broken", "bomb"],
)
async def test_what_is_no_picture_is_refused_and_changes_nothing(
    stranger: Person, content: bytes, status: int
) -> None:
    path = await pictures.put_up(stranger.client)
    answer = await pictures.put(stranger.client, content)
    assert refusal(answer) == (status, "BAD_USER_INPUT")
    assert (await stranger.client.http.get(path)).status_code == 200


async def test_a_refusal_is_in_the_readers_language(anonymous: Client) -> None:
    """PRODUCT 8."""
    answer = await pictures.put(anonymous, headers={"accept-language": "ru"})
    said = answer.json()["errors"][0]["message"]
    assert said == sentences.message(Locale.RU, errors.Unauthenticated())


async def test_a_refusal_says_what_to_do(stranger: Person) -> None:
    """Issue 4."""
    answer = await pictures.put(stranger.client, b"x")
    assert "Save it as one of these" in answer.json()["errors"][0]["message"]


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A body whose length nobody has said."""
    for start in range(0, size, 65_536):
        yield b"x" * min(65_536, size - start)


@pytest.mark.parametrize(
    "body", [lambda size: b"x" * size, chunks], ids=["length said", "not said"]
)
async def test_a_file_has_two_megabytes_at_most(
    stranger: Person, body: Callable[[int], Any]
) -> None:
    """Issue 4.3; CASES 24."""
    limit = 2 * 1024 * 1024
    assert limit == rules.LARGEST_FILE
    answer = await pictures.put(stranger.client, body(limit + 1))
    assert refusal(answer) == (413, "BAD_USER_INPUT")
    assert "2 MB" in answer.json()["errors"][0]["message"]
    assert refusal(await pictures.put(stranger.client, body(limit))) == (415, "BAD_USER_INPUT")


async def test_uploads_are_limited_for_each_account(
    world: World, stranger: Person, configure: Callable[..., Settings]
) -> None:
    """Issue 4.3: drawing costs more than asking; a broken file counts as well."""
    configure(limit_avatars="2/hour")
    for content in (pictures.file(), b"broken"):
        await pictures.put(stranger.client, content)
    answer = await pictures.put(stranger.client)
    assert refusal(answer) == (429, "RATE_LIMITED")
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert (await pictures.put((await world.person()).client)).status_code == 200


async def test_a_picture_is_kept_by_the_browser_that_may_see_it(stranger: Person) -> None:
    """Issue 4.3; nothing in it runs, and no other site shows it."""
    path = await pictures.put_up(stranger.client)
    answer = await stranger.client.http.get(path)
    assert pictures.opened(answer.content).size == (256, 256)
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["etag"] == f'"{path.rpartition("/")[2]}"'


async def test_who_has_the_picture_is_told_that_it_is_the_same(
    stranger: Person, anonymous: Client
) -> None:
    path = await pictures.put_up(stranger.client)
    has = {"if-none-match": (await stranger.client.http.get(path)).headers["etag"]}
    answer = await stranger.client.http.get(path, headers=has)
    assert (answer.status_code, answer.content) == (304, b"")
    assert (await anonymous.http.get(path, headers=has)).status_code == 404


async def test_a_page_shows_a_picture_with_the_cookie_alone(browser: Client) -> None:
    """An <img> sends no header of ours."""
    url = (await pictures.put(browser, headers=PREFLIGHT)).json()["url"]
    assert (await browser.http.get(url)).status_code == 200


async def test_what_one_may_not_see_is_as_what_is_not_there(world: World, stranger: Person) -> None:
    """CASES 68: unknown, foreign, overtaken, or no id at all."""
    foreign = await pictures.put_up((await world.person()).client)
    stale = await pictures.put_up(stranger.client)
    own = await pictures.put_up(stranger.client, pictures.BLUE)
    unknown = own.replace(stranger.id, "usr_" + "0" * 26)
    broken = own.replace(stranger.id, "usr_%00")
    for path in (foreign, stale, unknown, broken, own + "0", own.rpartition("/")[0] + "/x"):
        answer = await stranger.client.http.get(path)
        assert refusal(answer) == (404, "NOT_FOUND")
        assert answer.json() == GONE


async def test_without_the_database_there_is_an_answer_that_says_so(
    stranger: Person, configure: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """CASES 132."""
    path = await pictures.put_up(stranger.client)
    await database.stop()
    await database.start("postgresql://x@127.0.0.1:1/x", configure())
    assert refusal(await stranger.client.http.get(path)) == (503, "SERVICE_UNAVAILABLE")
    assert refusal(await pictures.put(stranger.client)) == (503, "SERVICE_UNAVAILABLE")
