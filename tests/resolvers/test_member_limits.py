"""How many app sessions a member may have at once (F; issue 5.4)."""

from typing import Any

import pytest

from models import Catalog, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers.app_steps import faults

CAN = "query($id: ID!) { node(id: $id) { ... on Member { viewer { canLimit } } } }"


async def limit(by: Person, member_id: str, most: int | None) -> dict[str, Any]:
    values = {"memberId": member_id, "maxSessions": most}
    return await by.do("setMemberLimits", values, "member { maxSessions }")


async def can_limit(by: Person, member_id: str) -> bool:
    answer: bool = (await by.ask(CAN, id=member_id))["node"]["viewer"]["canLimit"]
    return answer


async def test_a_members_sessions_are_limited_and_freed_again(
    owner: Person, accountant: Person
) -> None:
    """Issue 5.4: null is no limit; what is left out stays; the audit has before and after."""
    assert (await limit(owner, accountant.member_id, 3))["member"] == {"maxSessions": 3}
    left_out = await owner.do(
        "setMemberLimits", {"memberId": accountant.member_id}, "member { maxSessions }"
    )
    assert left_out["member"] == {"maxSessions": 3}
    assert (await limit(owner, accountant.member_id, 3))["member"] == {"maxSessions": 3}
    assert (await limit(owner, accountant.member_id, None))["member"] == {"maxSessions": None}
    assert [row.changes for row in await steps.audit("member.set_limits")] == [
        {"max_sessions": [None, "3"]},
        {"max_sessions": ["3", None]},
    ]


@pytest.mark.parametrize("most", [0, -1])
async def test_a_limit_is_at_least_one(owner: Person, accountant: Person, most: int) -> None:
    """Issue 5.4."""
    answer = await limit(owner, accountant.member_id, most)
    assert faults(answer) == [("maxSessions", "INVALID")]


@pytest.mark.parametrize(
    ("actor", "target", "allowed"),
    [
        ("OWNER", "OWNER", True),
        ("OWNER", "ADMINISTRATOR", True),
        ("ADMINISTRATOR", "USER", True),
        ("ADMINISTRATOR", "ADMINISTRATOR", False),
        ("ADMINISTRATOR", "OWNER", False),
        ("USER", "USER", False),
    ],
)
async def test_limits_need_the_permission_and_reach(
    world: World, actor: str, target: str, *, allowed: bool
) -> None:
    """PRODUCT 2, rule 2 names limits; `canLimit` says so beforehand."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    by, whom = await world.join(tenant, actor), await world.join(tenant, target)
    answer = await limit(by, whom.member_id, 1)
    assert (answer["__typename"] == "SetMemberLimitsPayload") is allowed
    assert allowed or answer["__typename"] == "PermissionDenied"
    if actor != "USER":  # who does not see the member
        assert await can_limit(by, whom.member_id) is allowed


@pytest.mark.parametrize("status", MemberStatus)
async def test_whoever_is_in_the_list_can_be_limited(
    world: World, project: Tenant, owner: Person, status: MemberStatus
) -> None:
    """Issue 5.4: pending people too, from acceptance on."""
    if status is MemberStatus.PENDING:
        member_id = (await steps.invite(owner, project)).member_id
    else:
        member_id = (await world.join(project, "ACCOUNTANT", status=status)).member_id
    living = status is not MemberStatus.REMOVED
    assert await can_limit(owner, member_id) is living
    kind = (await limit(owner, member_id, 2))["__typename"]
    assert kind == ("SetMemberLimitsPayload" if living else "NotFound")
    assert (await steps.member(member_id)).max_sessions == (2 if living else None)
