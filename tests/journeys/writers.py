"""Eight people who change a tenant's members at once, each in his own way, whatever is killed."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2

from models import Tenant
from tests.clients import Client, Person

Step = Callable[["Writer"], Awaitable[dict[str, Any]]]
ROLES = ("MANAGER", "ADMINISTRATOR", "ACCOUNTANT")
AWAY = 0.05


@dataclass
class Crowd:
    """What all writers know: the tenant, its app, whom they may meet, and how each step ended.

    `themselves` are members who edit their own profiles; `staff` edits anybody's account.
    """

    tenant: Tenant
    app_id: str
    members: list[str]
    addresses: list[str]
    themselves: Sequence[Person]
    staff: Person
    urls: list[str] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 no secret
    answers: Counter[str] = field(default_factory=Counter)
    lost: int = 0

    def member(self) -> str:
        return self.chance.choice(self.members)


class Voice(Client):
    """Somebody who is signed in, and asks whichever server answers."""

    def __init__(self, crowd: Crowd, http: httpx2.AsyncClient, token: str) -> None:
        self.crowd, self.http = crowd, http
        self.headers = {"authorization": f"Bearer {token}"}

    async def post(self, query: str, **variables: Any) -> httpx2.Response:
        """Whether what got no answer was done nobody knows, and the copy has to."""
        body = {"query": query, "variables": variables}
        while True:
            url = f"{self.crowd.chance.choice(self.crowd.urls)}/graphql"
            with suppress(httpx2.TransportError):
                answer = await self.http.post(url, json=body, headers=self.headers)
                if b'"SERVICE_UNAVAILABLE"' not in answer.content:
                    return answer
            self.crowd.lost += 1
            await asyncio.sleep(AWAY)


@dataclass
class Writer:
    """An owner and the other two through whom he writes."""

    crowd: Crowd
    owner: Voice
    staff: Voice
    themselves: Sequence[Voice]

    async def write(self, until: asyncio.Event) -> None:
        while not until.is_set():
            answer = await self.crowd.chance.choice(STEPS)(self)
            self.crowd.answers[answer["__typename"]] += 1


async def invite(writer: Writer) -> dict[str, Any]:
    """Somebody new, or somebody who was here before."""
    crowd = writer.crowd
    email = f"new{crowd.chance.getrandbits(40)}@example.com"
    if crowd.chance.random() < 0.5:
        email = crowd.chance.choice(crowd.addresses)
    given = {
        "tenantId": crowd.tenant.id,
        "invitee": {"email": email},
        "role": crowd.chance.choice(ROLES),
        "newcomer": crowd.chance.choice((None, {"fullName": "Typed by the inviter"})),
    }
    answer = await writer.owner.do("inviteMember", given, "member { id }")
    if answer["__typename"] == "InviteMemberPayload":
        crowd.members.append(answer["member"]["id"])
    return answer


async def change_role(writer: Writer) -> dict[str, Any]:
    given = {"memberId": writer.crowd.member(), "role": writer.crowd.chance.choice(ROLES)}
    return await writer.owner.do("changeRole", given)


async def give_rights(writer: Writer) -> dict[str, Any]:
    crowd = writer.crowd
    rights: dict[str, Any] = {"unset": [crowd.app_id]}
    if crowd.chance.random() < 0.7:
        rights = {"set": [{"appId": crowd.app_id, "right": "LAUNCH"}]}
    return await writer.owner.do("setAppAccess", {"memberId": crowd.member()} | rights)


async def disable(writer: Writer) -> dict[str, Any]:
    enabled = writer.crowd.chance.random() < 0.5
    given = {"memberId": writer.crowd.member(), "enabled": enabled}
    return await writer.owner.do("setMemberEnabled", given)


async def remove(writer: Writer) -> dict[str, Any]:
    return await writer.owner.do("removeMember", {"memberId": writer.crowd.member()})


async def edit_profile(writer: Writer) -> dict[str, Any]:
    himself = writer.crowd.chance.choice(writer.themselves)
    return await himself.do("updateProfile", {"fullName": f"Self {writer.crowd.chance.random()}"})


async def edit_account(writer: Writer) -> dict[str, Any]:
    crowd, number = writer.crowd, writer.crowd.chance.getrandbits(40)
    given = {"userId": crowd.chance.choice(crowd.themselves).id}
    given |= {"fullName": f"By support {number}", "email": f"moved{number}@example.com"}
    return await writer.staff.do("updateUser", given)


STEPS: list[Step] = [
    invite,
    change_role,
    give_rights,
    disable,
    remove,
    edit_profile,
    edit_account,
]


@asynccontextmanager
async def writing(crowd: Crowd, owners: Sequence[Person]) -> AsyncIterator[None]:
    """All of them write while the block runs; a step that has begun is ended after it."""
    async with httpx2.AsyncClient(timeout=30) as http:
        staff = Voice(crowd, http, crowd.staff.token)
        themselves = [Voice(crowd, http, person.token) for person in crowd.themselves]
        over = asyncio.Event()
        each = [Writer(crowd, Voice(crowd, http, o.token), staff, themselves) for o in owners]
        at_work = [asyncio.create_task(one.write(over)) for one in each]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*at_work)
