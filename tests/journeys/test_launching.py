"""From a right on an app to the end of a session in it, with the sample app as a process."""

import asyncio
import re
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import httpx2
import pytest

from models import Catalog
from settings import CHECKOUT, Settings
from tests.factories import World
from tests.journeys.site import Browser, Site

APPS = "{ apps { totalCount edges { node { name viewerRight url } } } }"
NODE = "query($id: ID!) { node(id: $id) { id } }"
SESSIONS = """query($id: ID!) { node(id: $id) { ... on App { sessions { edges { node {
  id memberName } } } } } }"""
SEEN = "query($id: ID!) { node(id: $id) { ... on AppSession { lastSeenAt } } }"
HELLO = "Sample app Hello, Uma Right: LAUNCH Roles: none Sign out"
NOBODY = "Nobody is signed in"
NOTICES_WITHIN = 20


@asynccontextmanager
async def sample_app(tenantry: str, port: int, app_id: str) -> AsyncIterator[None]:
    """`examples/app/app.py` as its README starts it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "examples/app/app.py", "--port", str(port)),
        *("--tenantry", tenantry, "--app-id", app_id),
        cwd=CHECKOUT,
        stdin=DEVNULL,
        stderr=PIPE,
    )
    try:
        assert process.stderr is not None
        while b"Uvicorn running" not in (line := await process.stderr.readline()):
            assert line, "the sample app did not start"
        yield
    finally:
        process.terminate()
        _, printed = await process.communicate()
        print(printed.decode())  # noqa: T201 shown where the test fails


class Visit:
    """A browser in the sample app."""

    def __init__(self, url: str) -> None:
        self.http = httpx2.AsyncClient(base_url=url, follow_redirects=True)

    async def arrive(self, ticket: str) -> str:
        return text(await self.http.post("/", data={"ticket": ticket}))

    async def look(self) -> str:
        return text(await self.http.get("/"))

    async def sign_out(self) -> str:
        return text(await self.http.post("/sign-out"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()


def text(page: httpx2.Response) -> str:
    """What the page says, without its tags."""
    return " ".join(re.sub(r"<script>.*</script>|<[^>]+>", " ", page.text, flags=re.DOTALL).split())


async def launch(browser: Browser, app_id: str) -> dict[str, Any]:
    return await browser.do("launchApp", {"appId": app_id}, "ticket url session { id }")


@dataclass
class Place:
    """A SUBSCRIBER with two apps, of which the user has a right on the first one."""

    admin: Browser
    user: Browser
    books: str
    tills: str
    url: str
    port: int


async def settled(site: Site, world: World) -> Place:
    """Its administrator has made the apps, given the right and limited the user to one session."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    ada = await world.join(tenant, "ADMINISTRATOR", await world.person("ada"))
    uma = await world.join(tenant, "USER", await world.person("uma"))
    admin, user = await site.signed_in(ada.login), await site.signed_in(uma.login)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    books, tills = [
        (await admin.do("createApp", {**made, "tenantId": tenant.id}, "app { id }"))["app"]["id"]
        for made in ({"name": "Books", "url": url}, {"name": "Tills"})
    ]
    right = {"appId": books, "right": "LAUNCH"}
    await admin.do("setAppAccess", {"memberId": uma.member_id, "set": [right]})
    await admin.do("setMemberLimits", {"memberId": uma.member_id, "maxSessions": 1})
    return Place(admin, user, books, tills, url, port)


async def find_one_app(place: Place) -> None:
    """The other one does not exist for the user."""
    shown = {"name": "Books", "viewerRight": "LAUNCH", "url": place.url}
    assert await place.user.ask(APPS) == {"apps": {"totalCount": 1, "edges": [{"node": shown}]}}
    assert await place.user.ask(NODE, id=place.tills) == {"node": None}
    assert (await launch(place.user, place.tills))["__typename"] == "NotFound"


async def at_work(place: Place) -> list[dict[str, Any]]:
    """The sessions in the app, as its administrator sees them."""
    found = (await place.admin.ask(SESSIONS, id=place.books))["node"]["sessions"]
    return [edge["node"] for edge in found["edges"]]


async def notices_the_end(visit: Visit) -> None:
    async with asyncio.timeout(NOTICES_WITHIN):
        while NOBODY not in await visit.look():  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("site", ["mailbox"], indirect=True)
async def test_somebody_works_in_an_app_until_an_administrator_ends_it(
    site: Site, world: World, configure: Callable[..., Settings]
) -> None:
    """Issue 5, the journey; PRODUCT 6.1 and 6.2 (F)."""
    configure(public_url=site.url, app_session_lapse=timedelta(seconds=3))
    place = await settled(site, world)
    await find_one_app(place)
    async with (
        sample_app(site.url, place.port, place.books),
        Visit(place.url) as visit,
        Visit(place.url) as other,
    ):
        first = await launch(place.user, place.books)
        assert await visit.arrive(first["ticket"]) == HELLO
        assert NOBODY in await other.arrive(first["ticket"])
        assert NOBODY in await other.arrive(first["ticket"] + "x")

        foreign = await launch(place.admin, place.tills)
        assert NOBODY in await other.arrive(foreign["ticket"])
        unredeemed = {"node": {"lastSeenAt": None}}
        assert await place.admin.ask(SEEN, id=foreign["session"]["id"]) == unredeemed

        refused = await launch(place.user, place.books)
        assert refused["__typename"] == "SessionLimitReached"
        assert refused["sessions"] == [first["session"]]

        assert await at_work(place) == [{**first["session"], "memberName": "Uma"}]
        await place.admin.do("endAppSession", {"sessionId": first["session"]["id"]})
        await notices_the_end(visit)

        again = await launch(place.user, place.books)
        assert await visit.arrive(again["ticket"]) == HELLO
        assert NOBODY in await visit.sign_out()
        assert await at_work(place) == []
