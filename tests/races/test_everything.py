import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models import AuditEvent, Member, MemberStatus, Tenant, database
from permissions.catalog import OWNER
from tests.clients import Person
from tests.factories import World

ROUNDS = 10
ACTORS, OWNERS = 6, 2
RECORDED = {
    "RemoveMemberPayload": "member.remove",
    "LeaveTenantPayload": "member.leave",
    "InviteMemberPayload": "member.invite",
}

Step = Callable[[Person, Person, Tenant], Awaitable[dict[str, Any]]]

STEPS: list[Step] = [
    lambda who, whom, _: who.do("removeMember", {"memberId": whom.member_id}),
    lambda who, whom, _: who.do("changeRole", {"memberId": whom.member_id, "role": "MANAGER"}),
    lambda who, whom, _: who.do("changeRole", {"memberId": whom.member_id, "role": "OWNER"}),
    lambda who, whom, _: who.do("setMemberEnabled", {"memberId": whom.member_id, "enabled": False}),
    lambda who, whom, _: who.do("setMemberEnabled", {"memberId": whom.member_id, "enabled": True}),
    lambda who, whom, _: who.do(
        "setMemberPermissions",
        {"memberId": whom.member_id, "on": ["members:remove"], "off": ["members:invite"]},
    ),
    lambda who, _, tenant: who.do("leaveTenant", {"tenantId": tenant.id}),
    lambda who, whom, tenant: who.do(
        "transferOwnership", {"tenantId": tenant.id, "toMemberId": whom.member_id}
    ),
    lambda who, whom, tenant: who.do(
        "inviteMember",
        {"tenantId": tenant.id, "invitee": {"email": whom.email}, "role": "OWNER"},
    ),
]


@pytest.mark.parametrize(
    "rounds", [ROUNDS, pytest.param(1000, marks=pytest.mark.soak)], ids=["sample", "soak"]
)
async def test_whatever_many_do_at_once_a_tenant_keeps_an_owner_who_can_act(
    world: World, rounds: int
) -> None:
    """CASES 112 and 113: two owners and four managers, each doing anything to those few.

    Each gets a typed answer, and each change that was answered with success has been recorded.
    """
    chance = random.Random(112)  # noqa: S311 no secret
    people = [await world.person() for _ in range(ACTORS)]
    for _ in range(rounds):
        tenant = await world.tenant()
        for number, person in enumerate(people):
            await world.join(tenant, OWNER if number < OWNERS else "MANAGER", person)
        answers = await asyncio.gather(
            *[chance.choice(STEPS)(who, chance.choice(people[:3]), tenant) for who in people]
        )
        assert await acting_owners(tenant) >= 1
        answered = Counter(answer["__typename"] for answer in answers)
        recorded = await actions(tenant)
        for payload, action in RECORDED.items():
            assert answered[payload] == recorded[action], payload


async def acting_owners(tenant: Tenant) -> int:
    async with database.transaction(database.SYSTEM, read_only=True):
        owners = Member.filter(tenant_id=tenant.id, role=OWNER, status=MemberStatus.JOINED)
        return await owners.count()


async def actions(tenant: Tenant) -> Counter[str]:
    """How often the audit has which action."""
    async with database.transaction(database.SYSTEM, read_only=True):
        found = await AuditEvent.filter(tenant_id=tenant.id).values_list("action", flat=True)
    return Counter(map(str, found))
