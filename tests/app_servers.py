"""The far end of a launch: what an app's server does with a ticket, and people who launch it."""

from dataclasses import dataclass
from typing import Any

import httpx2

from tests.clients import Client, Person
from tests.factories import World


@dataclass
class Session:
    """A redeemed session as the app holds it."""

    id: str
    token: str
    client: Client

    async def beat(self, token: str | None = None) -> int:
        path = f"/app-sessions/{self.id}/heartbeat"
        return (await self.client.http.post(path, headers=shown(token or self.token))).status_code

    async def report_end(self) -> int:
        path = f"/app-sessions/{self.id}"
        return (await self.client.http.delete(path, headers=shown(self.token))).status_code


def shown(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def launch(person: Person, app_id: str) -> dict[str, Any]:
    """`ticket` and `session { id }`; fails where the launch is refused."""
    answer = await person.do("launchApp", {"appId": app_id}, "ticket session { id }")
    assert answer["__typename"] == "LaunchAppPayload", answer
    return answer


async def redeem(client: Client, ticket: str) -> httpx2.Response:
    return await client.http.post("/app-sessions", headers=shown(ticket))


async def at_work(world: World, person: Person, app_id: str) -> Session:
    """The person has launched the app, which has redeemed the ticket."""
    client = world.anonymous
    answer = await redeem(client, (await launch(person, app_id))["ticket"])
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return Session(told["sessionId"], told["token"], client)
