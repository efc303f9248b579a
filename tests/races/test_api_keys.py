import asyncio
import contextvars
from collections.abc import Callable, Coroutine

import pytest

from models import ApiKey, Member, MemberStatus, Tenant, clock
from models import database as db
from tests import keys
from tests.clients import Person
from tests.factories import World
from tests.keys import Key
from tests.resolvers import steps

WAITING = "select from pg_locks where not granted"


Act = Coroutine[object, object, object]


async def nothing() -> None:
    pass


async def meet(tenant: Tenant, *acts: Act, meanwhile: Act) -> list[object]:
    """What the acts come to, all of which have come as far as the tenant's lock when something else
    becomes true.
    """
    context = contextvars.copy_context()
    async with db.transaction(db.SYSTEM):
        await Tenant.filter(id=tenant.id).select_for_update(no_key=True).get()
        tasks = [asyncio.create_task(act, context=context.copy()) for act in acts]
        while len(await db.rows(WAITING)) < len(tasks):  # noqa: ASYNC110 no event
            await asyncio.sleep(0.01)
        await meanwhile
    return list(await asyncio.gather(*tasks))


async def revoke(key: Key, _: Person) -> None:
    await ApiKey.filter(id=key.id).update(revoked_at=clock.now())


async def expire(key: Key, _: Person) -> None:
    await ApiKey.filter(id=key.id).update(expires_at=clock.now())


async def disable(_: Key, maker: Person) -> None:
    await Member.filter(id=maker.member_id).update(status=MemberStatus.DISABLED)


@pytest.mark.parametrize("end", [revoke, expire, disable])
async def test_a_key_that_has_ended_meanwhile_changes_nothing(
    world: World, owner: Person, project: Tenant, end: Callable[[Key, Person], Act]
) -> None:
    """CASES 99 and 100: the request had come in with a key that worked.

    The line that holds it is the condition in `resolvers.locks.by_key`.
    """
    key = await keys.make(world, owner, project, "members:invite")
    values = {"tenantId": project.id, "invitee": {"email": "ann@example.com"}, "role": "MANAGER"}
    inviting = key.do("inviteMember", values)
    [answer] = await meet(project, inviting, meanwhile=end(key, owner))
    assert isinstance(answer, dict)
    assert (answer["__typename"], answer["code"]) == ("PermissionDenied", "UNAUTHENTICATED")
    assert await steps.audit("member.invite") == []


async def test_of_two_rotations_at_once_both_secrets_work(
    world: World, owner: Person, project: Tenant
) -> None:
    """Issue 7.1: nobody is given a secret that is dead already; only the oldest one is.

    The line that holds it is the last one of `resolvers.api_keys._lock`, which reads the key again.
    """
    key = await keys.make(world, owner, project, "members:view")
    rotations = [owner.do("rotateApiKey", {"id": key.id}, keys.MADE) for _ in range(2)]
    made = await meet(project, *rotations, meanwhile=nothing())
    clients = [world.client(answer["secret"]) for answer in made]  # type: ignore[index]
    asked = [await one.ask("{ viewer { displayName } }") for one in (*clients, key.client)]
    assert asked == [*[{"viewer": {"displayName": "Portal"}}] * 2, {"viewer": None}]
