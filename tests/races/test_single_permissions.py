import asyncio
from typing import Any

import pytest

from models import AuditEvent, Member, Tenant, database
from tests.clients import Person
from tests.factories import World

ROUNDS = 40


@pytest.fixture
async def ann(world: World, project: Tenant) -> Person:
    return await world.join(project, "OWNER")


async def switch(by: Person, whom: Person, **lists: list[str]) -> dict[str, Any]:
    return await by.do("setMemberPermissions", {"memberId": whom.member_id, **lists})


async def stored(member_id: str) -> Member:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await Member.get(id=member_id)


async def test_of_two_who_switch_at_the_same_moment_neither_undoes_the_other(
    world: World, project: Tenant, owner: Person, ann: Person
) -> None:
    """Issue 4.7: two owners, each with a grant and a denial of his own.

    The lines that hold it are the two of `select_for_update` in `resolvers.locks`, of the tenant
    and of the member: each suffices, and without both the second writes over the first.
    """
    for _ in range(ROUNDS):
        carl = await world.join(project, "ACCOUNTANT")
        answers = await asyncio.gather(
            switch(owner, carl, on=["ssh:manage"], off=["billing:manage"]),
            switch(ann, carl, on=["dns:manage"], off=["support:use"]),
        )
        assert {answer["__typename"] for answer in answers} == {"SetMemberPermissionsPayload"}
        row = await stored(carl.member_id)
        assert row.grants == ["dns:manage", "ssh:manage"]
        assert row.denials == ["billing:manage", "support:use"]


async def test_an_owner_never_ends_up_with_single_permissions(
    world: World, project: Tenant, owner: Person, ann: Person
) -> None:
    """PRODUCT 2, rule 3: switched for him while he is made an owner, whoever comes first.

    The lines that hold it are those of the test above; without them the check
    `members_owner_holds_all` of the database turns the answer into a defect.
    """
    for _ in range(ROUNDS):
        carl = await world.join(project, "MANAGER")
        switched, promoted = await asyncio.gather(
            switch(owner, carl, on=["keys:manage"], off=["ssh:manage"]),
            ann.do("changeRole", {"memberId": carl.member_id, "role": "OWNER"}),
        )
        assert promoted["__typename"] == "ChangeRolePayload"
        assert switched["__typename"] in ("SetMemberPermissionsPayload", "InvalidInput")
        row = await stored(carl.member_id)
        assert (row.role, row.grants, row.denials) == ("OWNER", [], [])
        came_first = switched["__typename"] == "SetMemberPermissionsPayload"
        assert ("keys:manage" in (await promotion(carl.member_id)).changes) is came_first


async def promotion(member_id: str) -> AuditEvent:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await AuditEvent.get(subject_id=member_id, action="member.change_role")
