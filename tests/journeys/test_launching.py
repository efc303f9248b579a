"""From a right on an app to the end of a session in it and to its backups, with the sample app as a
process.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from models import Catalog
from settings import Settings
from tests.factories import World
from tests.journeys import sample_app
from tests.journeys.machines import MACHINES
from tests.journeys.sample_app import NOBODY, NOTICES_WITHIN, Visit
from tests.journeys.site import Browser, Site

APPS = "{ apps { totalCount edges { node { name viewerRight url } } } }"
NODE = "query($id: ID!) { node(id: $id) { id } }"
SESSIONS = """query($id: ID!) { node(id: $id) { ... on App { sessions { edges { node {
  id memberName } } } } } }"""
SEEN = "query($id: ID!) { node(id: $id) { ... on AppSession { lastSeenAt } } }"
HELLO = "Sample app Hello, Uma Right: LAUNCH Roles: none Sign out"
ACTION = "query($id: ID!) { node(id: $id) { ... on AppAction { state answer } } }"


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
    secret: str


async def settled(site: Site, world: World) -> Place:
    """Its administrator has made the apps, given the right and limited the user to one session."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    ada = await world.join(tenant, "ADMINISTRATOR", await world.person("ada"))
    uma = await world.join(tenant, "USER", await world.person("uma"))
    admin, user = await site.signed_in(ada.login), await site.signed_in(uma.login)
    port = sample_app.free_port()
    url = f"http://127.0.0.1:{port}/"
    books, tills = [
        (await admin.do("createApp", {**made, "tenantId": tenant.id}, "app { id }"))["app"]["id"]
        for made in ({"name": "Books", "url": url}, {"name": "Tills"})
    ]
    right = {"appId": books, "right": "LAUNCH"}
    await admin.do("setAppAccess", {"memberId": uma.member_id, "set": [right]})
    await admin.do("setMemberLimits", {"memberId": uma.member_id, "maxSessions": 1})
    control = {"appId": books, "url": f"{url}control", "actions": ["FORGET_VISITORS"]}
    secret = (await admin.do("setAppControl", control, "secret"))["secret"]
    return Place(admin, user, books, tills, url, port, secret)


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


async def ask(by: Browser, place: Place, action: str, argument: str | None = None) -> Any:
    asked = {"appId": place.books, "action": action, "argument": argument}
    return await by.do("requestAppAction", asked, "appAction { id }")


async def answered(place: Place, action: str, argument: str | None = None) -> tuple[str, str]:
    """What becomes of what the app's administrator asks it."""
    made = (await ask(place.admin, place, action, argument))["appAction"]
    async with asyncio.timeout(NOTICES_WITHIN):
        while True:
            found = (await place.admin.ask(ACTION, id=made["id"]))["node"]
            if found["state"] != "REQUESTED":
                return found["state"], found["answer"]
            await asyncio.sleep(0.02)


async def keep_backups(place: Place) -> None:
    """Issue 5.5: the app does it, Tenantry decides who may ask and keeps the answer."""
    assert (await ask(place.user, place, "BACKUP"))["__typename"] == "PermissionDenied"
    assert await answered(place, "BACKUP", "monday") == ("DONE", "monday: 1 visitors")
    assert await answered(place, "FORGET_VISITORS") == ("DONE", "0 visitors")
    assert await answered(place, "RESTORE", "monday") == ("DONE", "monday: 1 visitors")
    unknown = "No such backup. There are: monday"
    assert await answered(place, "RESTORE", "tuesday") == ("REFUSED", unknown)
    log = "\n".join(["A ticket was refused."] * 3)
    assert await answered(place, "ERROR_LOG") == ("DONE", log)


async def believe_nobody_else(place: Place) -> None:
    """What is not signed by Tenantry, or long ago, does nothing; what comes again is done once."""
    now, late = datetime.now(UTC), datetime.now(UTC) - timedelta(minutes=6)
    asked = json.dumps({"data": {"action": "BACKUP", "argument": None}})
    signature = Webhook(place.secret).sign("act_x", now, asked)
    forged = Webhook("whsec_" + "A" * 44).sign("act_x", now, asked)
    async with httpx2.AsyncClient(base_url=place.url) as client:

        async def call(signature: str, at: datetime = now, body: str = asked) -> tuple[int, str]:
            said = {"webhook-id": "act_x", "webhook-timestamp": str(int(at.timestamp()))}
            headers = said | {"webhook-signature": signature}
            answer = await client.post("/control", content=body, headers=headers)
            return answer.status_code, answer.text

        assert (await client.post("/control", content=asked)).status_code == 401
        for refused in (
            call(forged),
            call("nonsense"),
            call(signature, body=asked.replace("BACKUP", "RESTORE")),
            call(Webhook(place.secret).sign("act_x", late, asked), at=late),
        ):
            assert (await refused)[0] == 401
        assert await call(signature) == await call(signature) == (200, "backup-2: 1 visitors")


@pytest.mark.parametrize("site", ["mailbox", MACHINES], indirect=True)
async def test_somebody_works_in_an_app_until_an_administrator_ends_it(
    site: Site, world: World, configure: Callable[..., Settings]
) -> None:
    """Issue 5, the journey; PRODUCT 6.1 and 6.2 (F). He keeps its backups meanwhile (5.5)."""
    configure(public_url=site.url, app_session_lapse=timedelta(seconds=3))
    place = await settled(site, world)
    await find_one_app(place)
    async with (
        sample_app.running(site.url, port=place.port, app_id=place.books, secret=place.secret),
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
        await keep_backups(place)
        await believe_nobody_else(place)

        await place.admin.do("endAppSession", {"sessionId": first["session"]["id"]})
        await sample_app.notices_the_end(visit)

        again = await launch(place.user, place.books)
        assert await visit.arrive(again["ticket"]) == HELLO
        assert NOBODY in await visit.sign_out()
        assert await at_work(place) == []
