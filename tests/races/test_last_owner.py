import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models import AuditEvent, Member, MemberStatus, Tenant, database
from permissions.catalog import OWNER
from tests.clients import Person
from tests.factories import World

ROUNDS = 100
REFUSALS = {"LastOwner", "NotFound", "PermissionDenied"}

Answer = dict[str, Any]
Race = Callable[[Person, Person, Tenant], tuple[Awaitable[Answer], ...]]


def remove(who: Person, whom: Person) -> Awaitable[Answer]:
    return who.do("removeMember", {"memberId": whom.member_id})


def demote(who: Person, whom: Person) -> Awaitable[Answer]:
    return who.do("changeRole", {"memberId": whom.member_id, "role": "MANAGER"})


def disable(who: Person, whom: Person) -> Awaitable[Answer]:
    return who.do("setMemberEnabled", {"memberId": whom.member_id, "enabled": False})


def leave(who: Person, tenant: Tenant) -> Awaitable[Answer]:
    return who.do("leaveTenant", {"tenantId": tenant.id})


def transfer(who: Person, whom: Person, tenant: Tenant) -> Awaitable[Answer]:
    return who.do("transferOwnership", {"tenantId": tenant.id, "toMemberId": whom.member_id})


RACES: dict[str, Race] = {
    "remove/remove": lambda ann, ben, _: (remove(ann, ben), remove(ben, ann)),
    "demote/demote": lambda ann, ben, _: (demote(ann, ben), demote(ben, ann)),
    "leave/remove": lambda ann, ben, tenant: (leave(ann, tenant), remove(ann, ben)),
    "disable/leave": lambda ann, ben, tenant: (disable(ann, ben), leave(ann, tenant)),
    "transfer/leave": lambda ann, ben, tenant: (transfer(ann, ben, tenant), leave(ben, tenant)),
}


@pytest.mark.parametrize("race", RACES)
async def test_a_tenant_keeps_an_owner_who_can_act(world: World, race: str) -> None:
    """PRODUCT 2, rule 4; CASES 111 and 112: two owners, two requests at the same moment.

    The line that holds it is `select_for_update` in `resolvers.locks.tenant`: without it both
    count the other as the owner who stays.
    """
    ann, ben = await world.person(), await world.person()
    for _ in range(ROUNDS):
        tenant = await world.tenant()
        await world.join(tenant, OWNER, ann)
        await world.join(tenant, OWNER, ben)
        answers = await asyncio.gather(*RACES[race](ann, ben, tenant))
        kinds = [answer["__typename"] for answer in answers]
        done = [kind for kind in kinds if kind not in REFUSALS]
        assert await acting_owners(tenant) >= 1, kinds
        assert done == [kind for kind in kinds if kind.endswith("Payload")]
        assert await audited_requests(tenant) == len(done)


async def acting_owners(tenant: Tenant) -> int:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await Member.filter(
            tenant_id=tenant.id, role=OWNER, status=MemberStatus.JOINED
        ).count()


async def audited_requests(tenant: Tenant) -> int:
    """How many requests left a record of a change."""
    async with database.transaction(database.SYSTEM, read_only=True):
        found = await AuditEvent.filter(tenant_id=tenant.id).distinct().values("request_id")
    return len(found)
