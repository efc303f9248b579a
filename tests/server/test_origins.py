"""Which pages elsewhere a browser lets use the API, and what a session from any other one gets."""

from collections.abc import Callable

import httpx2
import pytest
from starlette.requests import HTTPConnection

from locales import Locale, translations
from server import origins
from settings import Settings
from tests import pictures
from tests.clients import Client, Person
from tests.factories import PASSWORD, World

LISTED = "https://app.example.com"
FOREIGN = "https://evil.example"
VIEWER = "{ me { login } }"
SENT = (
    "authorization",
    "content-type",
    "graphql-require-preflight",
    "tenantry-locale",
    "x-request-id",
)


@pytest.fixture(autouse=True)
def _listed(configure: Callable[..., Settings]) -> None:
    configure(allowed_origins=(LISTED,))


@pytest.fixture
async def browser(world: World, stranger: Person) -> Client:
    """The stranger's browser, signed in by cookie."""
    browser = world.anonymous
    await browser.do("signIn", {"login": stranger.login, "password": PASSWORD})
    return browser


async def preflight(
    client: Client, origin: str, path: str = "/graphql", method: str = "POST"
) -> httpx2.Response:
    return await client.http.options(
        path,
        headers={
            "origin": origin,
            "access-control-request-method": method,
            "access-control-request-headers": ",".join(SENT),
        },
    )


async def ask(client: Client, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.http.post("/graphql", json={"query": VIEWER}, headers=named)


def is_refused(answer: httpx2.Response) -> bool:
    if answer.status_code == 200:
        assert answer.json()["data"]["me"] is not None
        return False
    [error] = answer.json()["errors"]
    assert answer.status_code == 403
    assert error["extensions"]["code"] == "PERMISSION_DENIED"
    assert "TENANTRY_ALLOWED_ORIGINS" in error["message"]
    return True


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/graphql", "POST"),
        ("/graphql", "GET"),
        ("/avatar", "PUT"),
        ("/avatar", "DELETE"),
        ("/avatars/usr_1/abc", "GET"),
    ],
)
async def test_a_listed_origin_may_send_what_frontends_send(
    anonymous: Client, path: str, method: str
) -> None:
    """Issue 6.7."""
    answer = await preflight(anonymous, LISTED, path, method)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "7200"
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    assert set(SENT) <= {
        name.lower() for name in answer.headers["access-control-allow-headers"].split(", ")
    }


async def test_a_listed_origin_reads_the_answer_with_the_session(browser: Client) -> None:
    """Issue 6.7."""
    answer = await ask(browser, origin=LISTED)
    assert not is_refused(answer)
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-expose-headers"] == (
        "content-disposition, idempotency-replayed, ratelimit, ratelimit-policy, retry-after,"
        " tenantry-read-from, x-request-id"
    )


@pytest.mark.parametrize("origin", [FOREIGN, "null"])
async def test_pages_elsewhere_neither_send_nor_read(anonymous: Client, origin: str) -> None:
    """CASES 31."""
    asked = await preflight(anonymous, origin)
    assert asked.status_code == 400
    for answer in (asked, await ask(anonymous, origin=origin)):
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", [FOREIGN, "null"])
async def test_a_session_from_elsewhere_is_refused(browser: Client, origin: str) -> None:
    """CASES 31: should a browser send it after all."""
    answer = await ask(browser, origin=origin)
    assert is_refused(answer)
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://evil-app.example.com",
        "https://APP.example.com",
        "http://127.0.0.1:8001",
        "http://",
        "",
    ],
)
def test_an_origin_is_listed_letter_by_letter(origin: str) -> None:
    assert not origins.is_ours(connection(origin=origin, host="127.0.0.1:8000"))
    assert origins.is_ours(connection(origin=LISTED, host="127.0.0.1:8000"))


async def test_nothing_runs_for_a_session_from_elsewhere(browser: Client) -> None:
    """CASES 31: refused before the body is looked at."""
    answer = await browser.http.post("/graphql", content=b"no JSON", headers={"origin": FOREIGN})
    assert is_refused(answer)
    put = await pictures.put(browser, headers={"origin": FOREIGN, "graphql-require-preflight": "1"})
    assert is_refused(put)
    assert is_refused(
        await browser.http.delete(
            "/avatar", headers={"origin": FOREIGN, "graphql-require-preflight": "1"}
        )
    )


@pytest.mark.parametrize(
    ("header", "value"), [("accept-language", "ru-RU"), ("tenantry-locale", "ru")]
)
async def test_the_refusal_speaks_the_readers_language(
    browser: Client, header: str, value: str
) -> None:
    """PRODUCT 8."""
    [english], [russian] = [
        (await ask(browser, origin=FOREIGN, **{header: asked})).json()["errors"]
        for asked in ("en", value)
    ]
    assert russian["message"] == translations(Locale.RU).gettext(english["message"])


async def test_every_origin_has_to_be_ours_where_several_are_sent(browser: Client) -> None:
    answer = await browser.http.post(
        "/graphql",
        json={"query": VIEWER},
        headers=httpx2.Headers([("origin", LISTED), ("origin", FOREIGN)]),
    )
    assert is_refused(answer)


async def test_what_browsers_send_without_an_origin_may_not_come_from_another_site(
    browser: Client,
) -> None:
    """CASES 31: fetch metadata says so."""
    assert is_refused(await ask(browser, sec_fetch_site="cross-site"))
    assert not is_refused(await ask(browser, sec_fetch_site="same-origin"))
    assert not is_refused(await ask(browser))


async def test_following_a_link_from_elsewhere_is_no_pages_request(browser: Client) -> None:
    """GraphiQL is opened so; what is changed needs more than that."""
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "accept": "text/html"}
    assert (await browser.http.get("/graphql", headers=headers)).status_code != 403


async def test_a_bearer_token_counts_from_anywhere(stranger: Person) -> None:
    """No browser sends it by itself; partner portals name whatever origin they like."""
    assert not is_refused(await ask(stranger.client, origin=FOREIGN))
    stranger.client.http.cookies.set("tenantry", "whatever")
    assert not is_refused(await ask(stranger.client, origin=FOREIGN))


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "Tenantry.test"])
def test_our_own_pages_are_ours_by_each_name_we_are_reached_by(host: str) -> None:
    """`localhost` is another origin than the public URL, and so is a tunnel that ends TLS."""
    assert origins.is_ours(connection(origin="http://127.0.0.1:8000", host=host))
    assert origins.is_ours(connection(origin=f"http://{host.lower()}", host=host))
    assert origins.is_ours(connection(origin=f"https://{host.lower()}", host=host))
    assert not origins.is_ours(connection(origin="http://other.test", host=host))


async def test_our_own_page_keeps_its_session(browser: Client) -> None:
    for host in ("127.0.0.1:8000", "localhost:8000"):
        assert not is_refused(await ask(browser, origin=f"http://{host}", host=host))


@pytest.mark.parametrize("url", ["https://tenantry.test", "https://Tenantry.test:443/here"])
def test_over_https_a_page_in_clear_is_foreign(
    configure: Callable[..., Settings], url: str
) -> None:
    """Whoever sits on the way writes such pages."""
    configure(public_url=url)
    assert origins.is_ours(connection(origin="https://tenantry.test", host="internal:8000"))
    assert origins.is_ours(connection(origin="https://other.test", host="other.test"))
    assert not origins.is_ours(connection(origin="http://tenantry.test", host="tenantry.test"))


def connection(**headers: str) -> HTTPConnection:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "websocket", "headers": raw})


SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }"


async def test_nobody_is_signed_in_from_elsewhere(anonymous: Client, stranger: Person) -> None:
    """Login CSRF: what a browser sends without asking first is not executed, and where it asks it
    hears no.
    """
    body = {
        "query": SIGN_IN,
        "variables": {"input": {"login": stranger.login, "password": PASSWORD}},
    }
    assert (await preflight(anonymous, FOREIGN)).status_code == 400
    request = anonymous.http.build_request("POST", "/graphql", json=body)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = await anonymous.http.post(
            "/graphql",
            content=request.content,
            headers={"origin": FOREIGN, "content-type": kind},
        )
        assert answer.status_code in {400, 415}
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("origin", [LISTED, FOREIGN])
@pytest.mark.parametrize("path", ["/healthz", "/mailbox.json", "/unsubscribe/u/t", "/app-sessions"])
async def test_what_frontends_do_not_use_is_read_by_no_other_site(
    anonymous: Client, path: str, origin: str
) -> None:
    answer = await anonymous.http.get(path, headers={"origin": origin})
    assert "access-control-allow-origin" not in answer.headers


async def test_the_keys_for_tickets_stay_everybodys(anonymous: Client) -> None:
    """DESIGN 4; see `server/jwks`."""
    for origin in (LISTED, FOREIGN):
        answer = await anonymous.http.get("/.well-known/jwks.json", headers={"origin": origin})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [None, LISTED, FOREIGN])
async def test_caches_keep_answers_apart_by_origin(anonymous: Client, origin: str | None) -> None:
    """Also what is sent without one: our own page shows a picture, then a frontend does."""
    headers = {"origin": origin} if origin else {}
    for path in ("/graphql", "/avatars/usr_1/abc"):
        answer = await anonymous.http.get(path, headers=headers)
        assert "Origin" in answer.headers["vary"].split(", ")


async def test_an_avatar_is_shown_in_a_listed_frontend(browser: Client) -> None:
    """By `<img crossorigin="use-credentials">`."""
    put = await pictures.put(browser, headers={"origin": LISTED, "graphql-require-preflight": "1"})
    shown = await browser.http.get(put.json()["url"], headers={"origin": LISTED})
    assert shown.status_code == 200
    assert shown.headers["access-control-allow-origin"] == LISTED


async def test_nobody_is_listed_to_begin_with(
    world: World, configure: Callable[..., Settings]
) -> None:
    configure(allowed_origins=())
    asked = await preflight(World().anonymous, LISTED)
    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers
