"""What somebody has lost through one server, he has lost at the next request to another."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from models import ApiKey, Member, MemberStatus, Tenant, clock, database
from tests import databases, keys, listeners, processes
from tests.clients import Person
from tests.factories import PASSWORD, World
from tests.figures import Measured
from tests.keys import Key
from tests.listeners import MEMBERS, Hall

SAMPLE, SOAK, AT_ONCE = 80, 20_000, 4
AGAIN = "another password of a test"
MINE = "query($id: ID!) { tenant(id: $id) { viewer { permissions } } viewer { __typename } }"
INVITES = "members:invite"


@dataclass
class Servers:
    """Two processes on one database; what is changed through one is asked of the other."""

    urls: list[str]
    http: httpx2.AsyncClient
    _turn: Any = field(default_factory=lambda: itertools.cycle([0, 1]))

    def pair(self) -> tuple[str, str]:
        """Through which to change and of which to ask, this time."""
        first = next(self._turn)
        return self.urls[first], self.urls[1 - first]

    async def send(self, url: str, token: str, query: str, **variables: Any) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        headers = {"authorization": f"Bearer {token}"}
        answer = await self.http.post(f"{url}/graphql", json=body, headers=headers)
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def change(self, url: str, who: Person | Key, mutation: str, **given: Any) -> None:
        """It succeeds."""
        kind = mutation[0].upper() + mutation[1:]
        takes, passed = (f"($input: {kind}Input!)", "(input: $input)") if given else ("", "")
        text = f"mutation{takes} {{ it: {mutation}{passed} {{ __typename }} }}"
        answer = await self.send(url, who.token, text, **({"input": given} if given else {}))
        assert answer["it"]["__typename"] == f"{kind}Payload", answer

    async def held(self, url: str, token: str, tenant: Tenant) -> set[str] | None:
        """What he may do in the tenant; None where nobody is known, or he has no place."""
        found = await self.send(url, token, MINE, id=tenant.id)
        if found["viewer"] is None or found["tenant"] is None:
            return None
        return set(found["tenant"]["viewer"]["permissions"])


@dataclass
class Scene:
    """An owner, a manager with two sessions and an API key of the owner's."""

    servers: Servers
    world: World
    tenant: Tenant
    owner: Person
    manager: Person
    key: Key

    async def lower(self) -> bool:
        one, other = self.servers.pair()
        given = {"memberId": self.manager.member_id}
        await self.servers.change(one, self.owner, "changeRole", role="ACCOUNTANT", **given)
        held = await self.servers.held(other, self.manager.token, self.tenant)
        await self.servers.change(other, self.owner, "changeRole", role="MANAGER", **given)
        again = await self.servers.held(one, self.manager.token, self.tenant)
        return held is None or INVITES in held or again is None or INVITES not in again

    async def disable(self) -> bool:
        one, other = self.servers.pair()
        given = {"memberId": self.manager.member_id}
        await self.servers.change(one, self.owner, "setMemberEnabled", enabled=False, **given)
        held = await self.servers.held(other, self.manager.token, self.tenant)
        await self.servers.change(other, self.owner, "setMemberEnabled", enabled=True, **given)
        return held is not None

    async def remove(self) -> bool:
        one, other = self.servers.pair()
        await self.servers.change(one, self.owner, "removeMember", memberId=self.manager.member_id)
        held = await self.servers.held(other, self.manager.token, self.tenant)
        await self.world.join(self.tenant, "MANAGER", self.manager)
        return held is not None

    async def sign_out(self) -> bool:
        one, other = self.servers.pair()
        await self.servers.change(one, self.manager, "signOut")
        held = await self.servers.held(other, self.manager.token, self.tenant)
        self.manager.token = await self.world.session(self.manager.id)
        return held is not None

    async def end_other_sessions(self) -> bool:
        one, other = self.servers.pair()
        elsewhere = await self.world.session(self.manager.id)
        before = await self.servers.held(other, elsewhere, self.tenant)
        await self.servers.change(one, self.manager, "endOtherSessions")
        return before is None or await self.servers.held(other, elsewhere, self.tenant) is not None

    async def change_password(self) -> bool:
        one, other = self.servers.pair()
        elsewhere = await self.world.session(self.manager.id)
        given = {"password": PASSWORD, "newPassword": AGAIN}
        await self.servers.change(one, self.manager, "changePassword", **given)
        held = await self.servers.held(other, elsewhere, self.tenant)
        given = {"password": AGAIN, "newPassword": PASSWORD}
        await self.servers.change(other, self.manager, "changePassword", **given)
        return held is not None

    async def revoke_key(self) -> bool:
        one, other = self.servers.pair()
        await self.servers.change(one, self.owner, "revokeApiKey", id=self.key.id)
        held = await self.servers.held(other, self.key.token, self.tenant)
        self.key = await keys.make(self.world, self.owner, self.tenant, "tenant:view", INVITES)
        return held is not None

    async def expire_key(self) -> bool:
        _, other = self.servers.pair()
        before = await self.servers.held(other, self.key.token, self.tenant)
        await self._key_until(clock.now())
        held = await self.servers.held(other, self.key.token, self.tenant)
        await self._key_until(clock.now() + timedelta(days=1))
        return before is None or held is not None

    async def demote_maker(self) -> bool:
        """His key is capped with him."""
        one, other = self.servers.pair()
        await self._maker("ACCOUNTANT")
        held = await self.servers.held(one, self.key.token, self.tenant)
        await self._maker("OWNER")
        again = await self.servers.held(other, self.key.token, self.tenant)
        return held is None or INVITES in held or again is None or INVITES not in again

    async def disable_maker(self) -> bool:
        _, other = self.servers.pair()
        await self._maker("OWNER", MemberStatus.DISABLED)
        held = await self.servers.held(other, self.key.token, self.tenant)
        await self._maker("OWNER")
        return held is not None

    async def _key_until(self, moment: Any) -> None:
        async with database.transaction(database.SYSTEM):
            await ApiKey.filter(id=self.key.id).update(expires_at=moment)

    async def _maker(self, role: str, status: MemberStatus = MemberStatus.JOINED) -> None:
        """As another owner would have made him; there is none here."""
        async with database.transaction(database.SYSTEM):
            await Member.filter(id=self.owner.member_id).update(role=role, status=status)


LOSSES: list[Callable[[Scene], Awaitable[bool]]] = [
    Scene.lower,
    Scene.disable,
    Scene.remove,
    Scene.sign_out,
    Scene.end_other_sessions,
    Scene.revoke_key,
    Scene.expire_key,
    Scene.demote_maker,
    Scene.disable_maker,
]
"""Each says whether what was lost was still there."""

RARE = 40
"""Rounds between changes of the password, which take a while to hash."""


@pytest.fixture
async def servers(tmp_path: Path, database: None) -> AsyncIterator[Servers]:
    """Without workers: what was lost is in no mail."""
    started = {"database_url": databases.address(), "data_dir": tmp_path}
    async with AsyncExitStack() as stack:
        serving = [processes.serving("--no-worker", **started) for _ in range(2)]
        both = await asyncio.gather(*map(stack.enter_async_context, serving))
        http = await stack.enter_async_context(httpx2.AsyncClient(timeout=60))
        yield Servers([each.url for each in both], http)


async def settle(world: World, servers: Servers) -> Scene:
    tenant = await world.tenant()
    owner = await world.join(tenant)
    manager = await world.join(tenant, "MANAGER")
    key = await keys.make(world, owner, tenant, "tenant:view", INVITES)
    return Scene(servers, world, tenant, owner, manager, key)


@pytest.mark.parametrize(
    "rounds", [SAMPLE, pytest.param(SOAK, marks=pytest.mark.soak)], ids=["sample", "soak"]
)
async def test_what_is_lost_through_one_server_is_lost_at_the_next_request_to_the_other(
    world: World, servers: Servers, rounds: int, measured: Measured
) -> None:
    """CASES 97 to 100: a role, a place, a session, a password, an API key, its time, its maker."""
    scenes = [await settle(world, servers) for _ in range(AT_ONCE)]
    stale: Counter[str] = Counter()

    async def go_on(scene: Scene) -> None:
        for turn in range(rounds // AT_ONCE):
            rare = turn % RARE == RARE - 1
            lose = Scene.change_password if rare else LOSSES[turn % len(LOSSES)]
            stale[lose.__name__] += await lose(scene)

    await asyncio.gather(*map(go_on, scenes))
    measured(f"rights that were lost and still held, in {rounds:,} losses", stale.total())
    assert +stale == {}
    assert stale.keys() >= {lose.__name__ for lose in LOSSES}


async def test_a_stream_of_another_server_ends_within_a_second(
    world: World, servers: Servers, measured: Measured
) -> None:
    """CASES 39: of whoever was removed through the first one."""
    scene = await settle(world, servers)
    one, other = servers.pair()
    async with Hall(other).socket(scene.manager) as socket:
        stream = await socket.subscribe(MEMBERS, id=scene.tenant.id)
        await stream.begun()
        await servers.change(one, scene.owner, "removeMember", memberId=scene.manager.member_id)
        begun = time.perf_counter()
        assert await stream.end() == "NOT_FOUND"
        took = time.perf_counter() - begun
    measured("seconds until a stream of somebody removed elsewhere has ended", f"{took:.2f}")
    assert took < listeners.WITHIN
