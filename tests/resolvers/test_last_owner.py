"""A tenant always keeps an owner who can act (PRODUCT 2, rule 4), whichever door is tried.

What happens at the same moment is for `tests/races`.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models import MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps


async def demote(by: Person, owner: Person, _tenant: Tenant) -> dict[str, Any]:
    return await by.do("changeRole", {"memberId": owner.member_id, "role": "MANAGER"})


async def disable(by: Person, owner: Person, _tenant: Tenant) -> dict[str, Any]:
    return await by.do("setMemberEnabled", {"memberId": owner.member_id, "enabled": False})


async def remove(by: Person, owner: Person, _tenant: Tenant) -> dict[str, Any]:
    return await by.do("removeMember", {"memberId": owner.member_id})


async def leave(_by: Person, owner: Person, tenant: Tenant) -> dict[str, Any]:
    return await owner.do("leaveTenant", {"tenantId": tenant.id})


Door = Callable[[Person, Person, Tenant], Awaitable[dict[str, Any]]]
every_door = pytest.mark.parametrize(
    "door", [demote, disable, remove, leave], ids=lambda door: door.__name__
)


@every_door
async def test_the_last_owner_who_can_act_stays_one(
    project: Tenant, owner: Person, door: Door
) -> None:
    """C, X."""
    before = await steps.everything()
    assert await door(owner, owner, project) == {
        "__typename": "LastOwner",
        "code": "LAST_OWNER",
        "message": "A tenant keeps an owner. Make somebody else an owner first.",
    }
    assert await steps.everything() == before


@every_door
async def test_owners_who_are_pending_disabled_or_elsewhere_cannot_act(
    world: World, project: Tenant, owner: Person, door: Door
) -> None:
    await steps.invite(owner, project, role="OWNER")
    await world.join(project, "OWNER", status=MemberStatus.DISABLED)
    await world.join(project, "OWNER", status=MemberStatus.REMOVED)
    await world.join(await world.tenant(), "OWNER")
    assert (await door(owner, owner, project))["__typename"] == "LastOwner"


@every_door
async def test_one_of_two_owners_can_go(
    world: World, project: Tenant, owner: Person, door: Door
) -> None:
    other = await world.join(project, "OWNER")
    gone = await door(other, owner, project)
    assert gone["__typename"].endswith("Payload")
    assert (await door(other, other, project))["__typename"] == "LastOwner"


@every_door
async def test_an_owner_who_is_disabled_already_is_nobodys_last_one(
    world: World, project: Tenant, owner: Person, door: Door
) -> None:
    disabled = await world.join(project, "OWNER", status=MemberStatus.DISABLED)
    assert (await door(owner, disabled, project))["__typename"].endswith("Payload")


@pytest.mark.parametrize("door", [demote, disable, remove])
async def test_an_owner_is_beyond_a_managers_reach(
    project: Tenant, owner: Person, manager: Person, door: Door
) -> None:
    """PRODUCT 2, rule 2; C: nobody but an owner touches an owner."""
    answer = await door(manager, owner, project)
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "owners:remove")


async def test_passing_the_tenant_on_leaves_it_with_an_owner(
    project: Tenant, owner: Person, manager: Person
) -> None:
    given = {"tenantId": project.id, "toMemberId": manager.member_id}
    assert (await owner.do("transferOwnership", given))["__typename"] == (
        "TransferOwnershipPayload"
    )
    assert (await leave(manager, manager, project))["__typename"] == "LastOwner"
    assert (await leave(owner, owner, project))["__typename"] == "LeaveTenantPayload"
