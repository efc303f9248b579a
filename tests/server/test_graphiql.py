"""`/graphql` opened in a browser: a page for those who may explore, an API for everybody else."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from models import MemberStatus, Tenant, database
from server.pages import page
from settings import Settings
from tests.clients import Client, Person
from tests.factories import PASSWORD, World

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
NOWHERE = "postgresql://tenantry@/tenantry?host=/nowhere"
CLIENTS = {
    "anything": "*/*",
    "any text": "text/*",
    "GraphQL": "application/graphql-response+json, application/json;q=0.9",
    "nothing": "",
    "another HTML": "text/html-sandboxed",
}


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A page that has been built; what it consists of does not matter here."""
    manifest = {"src/pages/graphiql.tsx": {"file": "assets/g.js", "css": ["assets/g.css"]}}
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(page, "WEB", tmp_path)
    return tmp_path


async def visit(client: Client, accept: str = BROWSER, **parameters: str) -> httpx2.Response:
    return await client.http.get("/graphql", params=parameters, headers={"accept": accept})


def is_page(answer: httpx2.Response) -> bool:
    """Or else it is an API's answer to a request that asks nothing, as it has always been."""
    if answer.headers["content-type"] == "text/html; charset=utf-8":
        return True
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    return False


async def test_everybody_gets_the_page_in_development(anonymous: Client, stranger: Person) -> None:
    """Issue 6.3."""
    assert is_page(await visit(anonymous))
    assert is_page(await visit(stranger.client))


@pytest.mark.usefixtures("production")
async def test_staff_and_who_may_edit_a_tenant_get_the_page_in_production(
    world: World, owner: Person, administrator: Person
) -> None:
    """Issue 6.3."""
    for person in (owner, administrator, await world.staff()):
        assert is_page(await visit(person.client))


@pytest.mark.usefixtures("production")
async def test_to_everybody_else_the_address_is_an_api_in_production(
    anonymous: Client, stranger: Person, accountant: Person
) -> None:
    """Issue 6.3, CASES 40; the answer does not tell that others get more."""
    answers = [await visit(c) for c in (anonymous, stranger.client, accountant.client)]
    assert not any(map(is_page, answers))
    answers.append(await visit(anonymous, CLIENTS["anything"]))
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.usefixtures("production")
async def test_the_page_goes_with_the_right(world: World, project: Tenant) -> None:
    """Issue 6.3: a place where one is disabled opens nothing."""
    once = await world.join(project, "OWNER", status=MemberStatus.DISABLED)
    assert not is_page(await visit(once.client))


async def test_a_cookie_is_enough(world: World, owner: Person) -> None:
    """A browser that follows a link sends nothing else."""
    browser = world.anonymous
    await browser.do("signIn", {"login": owner.login, "password": PASSWORD})
    assert "authorization" not in browser.http.headers
    assert is_page(await visit(browser))


@pytest.mark.usefixtures("production")
async def test_a_cookie_is_enough_in_production(world: World, owner: Person) -> None:
    cookie = {"cookie": f"__Host-tenantry={owner.token}", "accept": BROWSER}
    assert is_page(await world.anonymous.http.get("/graphql", headers=cookie))


@pytest.mark.parametrize("accept", CLIENTS.values(), ids=CLIENTS.keys())
async def test_a_client_gets_an_api_whoever_sends(owner: Person, accept: str) -> None:
    """TRAPS 15: only HTML by name is a page."""
    assert not is_page(await visit(owner.client, accept))


@pytest.mark.parametrize("parameter", ["query", "documentId"])
async def test_what_asks_something_is_answered(owner: Person, parameter: str) -> None:
    answer = await visit(owner.client, **{parameter: "{ me { login } }"})
    assert answer.headers["content-type"].startswith("application/")


async def test_html_is_found_wherever_it_stands(owner: Person) -> None:
    for accept in ("text/html", "Text/HTML; q=0.5", "application/json , text/html;q=0.1"):
        assert is_page(await visit(owner.client, accept))


async def test_a_change_is_never_a_page(owner: Person) -> None:
    answer = await owner.client.http.post(
        "/graphql", json={"query": "{ me { login } }"}, headers={"accept": BROWSER}
    )
    assert answer.json() == {"data": {"me": {"login": "olga"}}}


async def test_nothing_in_between_mixes_the_two_up(owner: Person) -> None:
    for accept in (BROWSER, *CLIENTS.values()):
        headers = (await visit(owner.client, accept)).headers
        assert headers["cache-control"] == "no-store"
        assert {"cookie", "accept"} <= set(headers["vary"].lower().split(", "))


async def test_the_page_reaches_no_other_host(owner: Person) -> None:
    """Issue 6.3, CASES 40."""
    answer = await visit(owner.client)
    directives = answer.headers["content-security-policy"].split("; ")
    policy = dict(each.split(" ", 1) for each in directives)
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "worker-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "://" not in answer.text


async def test_a_page_that_is_not_built_says_how_to_build_it(owner: Person, built: Path) -> None:
    """Issue 6.5."""
    (built / "dist" / "manifest.json").unlink()
    answer = await visit(owner.client)
    assert answer.status_code == 503
    assert "scripts/build" in answer.text
    assert not is_page(await visit(owner.client, CLIENTS["anything"]))


async def test_while_the_database_is_away_the_address_says_so(
    configure: Callable[..., Settings],
) -> None:
    """CASES 132. Nobody has to be looked up for a page that anybody may have."""
    await database.start(NOWHERE, configure(database_url=NOWHERE))
    world = World()
    answer = await visit(world.client("tnt_ses_x"))
    assert (await visit(world.anonymous)).status_code == 200
    await database.stop()
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert answer.headers["cache-control"] == "no-store"
