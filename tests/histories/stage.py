"""The server on which histories are played, by the names of the model."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from auth import tokens
from models import clock, database
from tests.clients import Person
from tests.factories import PASSWORD, World

PEOPLE = ("ann", "ben", "cat", "dan", "eve")
_PLACES = """
select t.name, m.user_id, m.email_key, m.role, m.status, i.state, i.inviter_id, i.generation
from members m join tenants t on t.id = m.tenant_id left join invitations i on i.member_id = m.id
where t.id = any($1)
"""
_LETTERS = """
select t.name, o.message, count(*) as n from outbox_entries o join tenants t on t.id = o.tenant_id
where t.id = any($1) and o.state = 'QUEUED' and o.cancelled_at is null group by 1, 2
"""
_AUDIT = """
select t.name, e.action, count(*) as n from audit_events e join tenants t on t.id = e.tenant_id
where t.id = any($1) group by 1, 2
"""
_ENDED = """
select count(*) as n from audit_events where action = 'user.end' and subject_id = any($1)
"""


@dataclass(frozen=True)
class Step:
    """An operation of the model; the first of its arguments is who does it."""

    name: str
    arguments: tuple[Any, ...]

    @property
    def who(self) -> str:
        return str(self.arguments[0])

    def __str__(self) -> str:
        return " ".join(map(str, (self.who, self.name, *self.arguments[1:])))


@dataclass
class Clock:
    """The process's clock, which stands still unless it is moved."""

    start: datetime = field(default_factory=clock.now)
    seconds: int = 0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)


@dataclass
class Stage:
    """Ids by the names of the model; of a place that of its member and of its invitation."""

    people: dict[str, Person]
    clock: Clock | None = None
    tenants: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def play(self, step: Step) -> tuple[str, dict[str, Any]]:
        """What it was answered: the name of the type, and all of it."""
        answer = await getattr(self, f"_{step.name}")(*step.arguments)
        assert answer is not None, step
        return str(answer["__typename"]), answer

    async def _invite(self, who: str, tenant: str, whom: str, by: str, role: str) -> Any:
        person = self.people[whom]
        invitee = {"email": person.email} if by == "address" else {"login": person.login}
        return await self.people[who].do(
            "inviteMember",
            {"tenantId": self.tenants[tenant], "invitee": invitee, "role": role},
            "member { id invitation { id } }",
        )

    async def _resend(self, who: str, place: str) -> Any:
        return await self._do(who, "resendInvitation", invitationId=self.places[place][1])

    async def _revoke(self, who: str, place: str) -> Any:
        return await self._do(who, "revokeInvitation", invitationId=self.places[place][1])

    async def _accept(self, who: str, place: str, generation: int | None) -> Any:
        return await self._do(
            who, "acceptInvitation", invitation=self._reference(place, generation)
        )

    async def _decline(self, who: str, place: str, generation: int | None) -> Any:
        return await self._do(
            who, "declineInvitation", invitation=self._reference(place, generation)
        )

    def _reference(self, place: str, generation: int | None) -> dict[str, str]:
        _, invitation_id = self.places[place]
        if generation is None:
            return {"id": invitation_id}
        return {"token": str(tokens.of_invitation(invitation_id, generation))}

    async def _change_role(self, who: str, place: str, role: str) -> Any:
        return await self._do(who, "changeRole", memberId=self.places[place][0], role=role)

    async def _remove(self, who: str, place: str) -> Any:
        return await self._do(who, "removeMember", memberId=self.places[place][0])

    async def _set_enabled(self, who: str, place: str, enabled: bool) -> Any:  # noqa: FBT001 as drawn
        member_id, _ = self.places[place]
        return await self._do(who, "setMemberEnabled", memberId=member_id, enabled=enabled)

    async def _leave(self, who: str, tenant: str) -> Any:
        return await self._do(who, "leaveTenant", tenantId=self.tenants[tenant])

    async def _transfer(self, who: str, tenant: str, place: str) -> Any:
        return await self._do(
            who,
            "transferOwnership",
            tenantId=self.tenants[tenant],
            toMemberId=self.places[place][0],
        )

    async def _create_tenant(self, who: str, catalog: str) -> Any:
        """Its name is that of the model."""
        name = f"t{len(self.tenants) + 1}"
        return await self.people[who].do(
            "createTenant",
            {"name": name, "catalog": catalog},
            "tenant { id viewer { member { id } } }",
        )

    async def _delete_tenant(self, who: str, tenant: str) -> Any:
        return await self._do(who, "deleteTenant", tenantId=self.tenants[tenant])

    async def _end_account(self, who: str) -> Any:
        return await self._do(who, "deleteMyAccount", password=PASSWORD)

    async def _sign_out(self, who: str) -> Any:
        await self.people[who].ask("mutation { signOut { signedOut } }")
        return {"__typename": "SignOutPayload"}

    async def _sign_in(self, who: str) -> Any:
        person = self.people[who]
        given = {"login": person.login, "password": PASSWORD, "transport": "BEARER"}
        answer = await person.do("signIn", given, "token")
        if answer["__typename"] == "SignedIn":
            person.client.http.headers["authorization"] = f"Bearer {answer['token']}"
        return answer

    async def _wait(self, _: str, seconds: int) -> Any:
        assert self.clock is not None
        self.clock.seconds += seconds
        return {"__typename": "Payload"}

    async def _do(self, who: str, mutation: str, **given: Any) -> Any:
        return await self.people[who].do(mutation, given)

    def learn(self, answer: dict[str, Any], *, tenant: str, place: str) -> None:
        """What an operation has made goes by these names from now on."""
        if made := answer.get("tenant"):
            self.tenants[tenant] = made["id"]
            self.places[place] = (made["viewer"]["member"]["id"], "")
        elif (member := answer.get("member")) and place not in self.places:
            self.places[place] = (member["id"], member["invitation"]["id"])

    async def rows(self) -> Counter[tuple[Any, ...]]:
        """As `Facts.rows`, of PostgreSQL."""
        found = await self._read(_PLACES)
        ids = {person.id: name for name, person in self.people.items()}
        emails = {person.email: name for name, person in self.people.items()}
        return Counter(
            (
                row["name"],
                ids.get(row["user_id"]) or emails.get(row["email_key"]) or "?",
                row["role"],
                row["status"],
                *(
                    (row["state"], ids[row["inviter_id"]], row["generation"])
                    if row["state"]
                    else ()
                ),
            )
            for row in found
        )

    async def letters(self) -> Counter[tuple[str, str]]:
        """As `Facts.letters`."""
        found = await self._read(_LETTERS)
        return Counter({(row["name"], row["message"]): row["n"] for row in found})

    async def audit(self) -> Counter[tuple[str, str]]:
        """As the audit of the model."""
        found = await self._read(_AUDIT)
        counted = Counter({(row["name"], row["action"]): row["n"] for row in found})
        ids = [person.id for person in self.people.values()]
        async with database.transaction(database.SYSTEM, read_only=True):
            [ended] = await database.rows(_ENDED, ids)
        return counted + Counter({("", "user.end"): ended["n"]})

    async def _read(self, sql: str) -> list[dict[str, Any]]:
        async with database.transaction(database.SYSTEM, read_only=True):
            return await database.rows(sql, list(self.tenants.values()))


async def cast(world: World, clock: Clock | None = None) -> Stage:
    """Somebody for each of the names."""
    people = await asyncio.gather(*[world.person() for _ in PEOPLE])
    return Stage(dict(zip(PEOPLE, people, strict=True)), clock)
