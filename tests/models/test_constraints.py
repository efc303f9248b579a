from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from models import Member, MemberStatus, Tenant, User, clock, ids
from models import database as db
from tests.clients import Person
from tests.factories import World

ADDRESS = "new@example.com"


async def pend(tenant: Tenant, **values: Any) -> Member:
    """A pending member of that address."""
    now = clock.now()
    defaults = {"email": ADDRESS, "email_key": ADDRESS, "status": MemberStatus.PENDING}
    async with db.transaction(db.SYSTEM):
        return await Member.create(
            id=ids.new("mem"),
            tenant_id=tenant.id,
            role="MANAGER",
            name_key="",
            created_at=now,
            updated_at=now,
            **defaults | values,
        )


async def change(model: type[Member | User], row_id: str, **values: Any) -> None:
    async with db.transaction(db.SYSTEM):
        await model.filter(id=row_id).update(**values)


async def test_a_tenant_has_one_pending_member_of_an_address(world: World, project: Tenant) -> None:
    """PRODUCT 4; CASES 70."""
    await pend(project)
    with pytest.raises(IntegrityError, match="members_one_pending_per_address"):
        await pend(project)
    await pend(await world.tenant())


async def test_a_removed_pending_member_frees_the_address(project: Tenant) -> None:
    """PRODUCT 4: a new invitation makes a new member."""
    first = await pend(project)
    await change(Member, first.id, status=MemberStatus.REMOVED)
    assert (await pend(project)).id != first.id


@pytest.mark.parametrize("status", [MemberStatus.JOINED, MemberStatus.DISABLED])
async def test_a_tenant_has_one_live_member_of_a_person(
    world: World, project: Tenant, stranger: Person, status: MemberStatus
) -> None:
    """PRODUCT 4."""
    await world.join(project, "MANAGER", stranger, status=status)
    with pytest.raises(IntegrityError, match="members_one_live_per_user"):
        await world.join(project, "ACCOUNTANT", stranger)
    await world.join(await world.tenant(), "MANAGER", stranger)


async def test_a_removed_member_frees_his_place(
    world: World, project: Tenant, stranger: Person
) -> None:
    """PRODUCT 4: nothing of the old is revived."""
    await world.join(project, "MANAGER", stranger, status=MemberStatus.REMOVED)
    await world.join(project, "MANAGER", stranger, status=MemberStatus.REMOVED)
    await world.join(project, "MANAGER", stranger)


async def test_a_verified_address_belongs_to_one_account(world: World) -> None:
    """PRODUCT 3.7: an unverified account counts as not registered."""
    await world.person(email=ADDRESS)
    second = await world.person(email=ADDRESS, verified=False)
    await world.person(email=ADDRESS, verified=False)
    with pytest.raises(IntegrityError, match="users_one_per_verified_email"):
        await change(User, second.id, email_verified_at=clock.now())


async def test_a_login_belongs_to_one_account(world: World) -> None:
    """PRODUCT 4."""
    await world.person("olga")
    with pytest.raises(IntegrityError, match="users_login"):
        await world.person("olga", email="other@example.com")


async def test_whoever_has_joined_has_an_account(project: Tenant) -> None:
    member = await pend(project)
    with pytest.raises(IntegrityError, match="members_joined_have_user"):
        await change(Member, member.id, status=MemberStatus.JOINED)


async def test_states_are_those_we_know(owner: Person, project: Tenant) -> None:
    """EXPIRED is never stored."""
    await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"email": ADDRESS}, "role": "MANAGER"},
    )
    for table, column in (
        ("members", "status"),
        ("invitations", "state"),
        ("outbox_entries", "state"),
    ):
        with pytest.raises(IntegrityError, match=f"{table}_{column}"):
            await run(f"update {table} set {column} = 'EXPIRED'")  # noqa: S608


async def run(statement: str) -> None:
    async with db.transaction(db.SYSTEM):
        await db.rows(statement)


@pytest.mark.parametrize("single", [{"grants": ["ssh:manage"]}, {"denials": ["ssh:manage"]}])
async def test_an_owner_has_neither_grants_nor_denials(
    owner: Person, manager: Person, single: dict[str, list[str]]
) -> None:
    """PRODUCT 2, rule 3; ADR 0015."""
    with pytest.raises(IntegrityError, match="members_owner_holds_all"):
        await change(Member, owner.member_id, **single)
    await change(Member, manager.member_id, **single)
    with pytest.raises(IntegrityError, match="members_owner_holds_all"):
        await change(Member, manager.member_id, role="OWNER")


async def test_nothing_is_granted_and_denied_to_the_same_member(manager: Person) -> None:
    """ADR 0015."""
    both = {"grants": ["keys:manage", "ssh:manage"], "denials": ["ssh:manage"]}
    with pytest.raises(IntegrityError, match="members_granted_or_denied"):
        await change(Member, manager.member_id, **both)
