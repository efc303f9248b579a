"""API keys listen as well, and their streams end with them (issue 7.1 and 7.4)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import Tenant
from settings import Settings
from tests import keys, listeners
from tests.clients import Person
from tests.factories import World
from tests.keys import Key
from tests.listeners import ACCESS, DELIVERIES, MEMBERS, Hall


@pytest.fixture
async def key(hall: Hall, world: World, owner: Person, project: Tenant) -> Key:
    return await keys.make(world, owner, project, "members:view")


async def test_a_key_hears_what_it_may_see(
    hall: Hall, project: Tenant, owner: Person, manager: Person, key: Key
) -> None:
    async with hall.listening(key, MEMBERS, id=project.id) as events:
        await owner.do("changeRole", {"memberId": manager.member_id, "role": "ACCOUNTANT"})
        told = await events.next()
        assert (told["id"], told["member"]["login"]) == (manager.member_id, None)


async def test_a_key_hears_neither_what_it_does_not_hold_nor_of_its_makers_access(
    hall: Hall, project: Tenant, key: Key
) -> None:
    async with hall.events(key, DELIVERIES, id=project.id) as events:
        assert await events.end() == "PERMISSION_DENIED"
    async with hall.events(key, ACCESS) as events:
        assert await events.end() == "PERMISSION_DENIED"


async def test_on_a_socket_a_key_is_shown_in_the_greeting(
    hall: Hall, project: Tenant, key: Key
) -> None:
    async with hall.connection() as socket:
        await socket.greet(Authorization=f"Bearer {key.token}")
        await (await socket.subscribe(MEMBERS, id=project.id)).begun()


@pytest.mark.parametrize(
    "mutation", ["revokeApiKey", "rotateApiKey", "removeMember", "setMemberEnabled", "deleteTenant"]
)
async def test_a_stream_ends_with_its_key(
    hall: Hall, world: World, project: Tenant, owner: Person, key: Key, mutation: str
) -> None:
    """Issue 7.4: when it is revoked, its secret replaced, its maker gone, the tenant deleted."""
    other = await world.join(project)
    inputs: dict[str, dict[str, Any]] = {
        "revokeApiKey": {"id": key.id},
        "rotateApiKey": {"id": key.id, "overlapSeconds": 0},
        "removeMember": {"memberId": owner.member_id},
        "setMemberEnabled": {"memberId": owner.member_id, "enabled": False},
        "deleteTenant": {"tenantId": project.id},
    }
    async with hall.listening(key, MEMBERS, id=project.id) as events:
        answer = await other.do(mutation, inputs[mutation])
        assert answer["__typename"].endswith("Payload")
        assert await events.end() == "UNAUTHENTICATED"


async def test_a_stream_ends_when_its_maker_may_it_no_more(
    hall: Hall, world: World, owner: Person, project: Tenant
) -> None:
    """Effective at every check: a key of an owner who invites no more."""
    key = await keys.make(world, owner, project, "members:invite")
    other = await world.join(project)
    async with hall.listening(key, DELIVERIES, id=project.id) as events:
        await other.do("changeRole", {"memberId": owner.member_id, "role": "ACCOUNTANT"})
        assert await events.end() == "PERMISSION_DENIED"


async def test_a_stream_ends_when_the_time_of_its_secret_is_over(
    hall: Hall, world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """Nobody announces that: neither of the key's end, nor of that of a secret from before."""
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    short = await keys.make(world, owner, project, "members:view", expiresAt=soon)
    async with hall.listening(key, MEMBERS, id=project.id) as replaced:
        async with hall.listening(short, MEMBERS, id=project.id) as expiring:
            await keys.rotate(world, owner, key, overlapSeconds=2)
            assert await expiring.end() == "UNAUTHENTICATED"
        assert await replaced.end() == "UNAUTHENTICATED"


async def test_a_key_has_its_own_measure_of_streams(
    configure: Callable[..., Settings], world: World, owner: Person, project: Tenant
) -> None:
    """Neither does it use up its maker's, nor another key."""
    made = [await keys.make(world, owner, project, "members:view") for _ in range(2)]
    async with (
        listeners.hall(configure, live_streams_per_person=1) as hall,
        hall.listening(owner, MEMBERS, id=project.id),
        hall.listening(made[0], MEMBERS, id=project.id),
        hall.listening(made[1], MEMBERS, id=project.id),
        hall.events(made[0], MEMBERS, id=project.id) as more,
    ):
        assert await more.end() == "RATE_LIMITED"
