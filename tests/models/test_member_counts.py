"""How many members a tenant has is always what counting them comes to (ADR 0045)."""

import asyncio

import pytest

from models import Catalog, Tenant
from models import database as db
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

COUNTED = """
select tenant_id, status, role, count(*)::int as number from members
group by 1, 2, 3 order by 1, 2, 3
"""
KEPT = """
select tenant_id, status, role, number from member_counts where number <> 0 order by 1, 2, 3
"""


async def differing() -> list[list[dict[str, object]]]:
    """What is counted and what is kept, where they differ."""
    async with db.transaction(db.SYSTEM, read_only=True):
        both = [await db.rows(sql) for sql in (COUNTED, KEPT)]
    assert both[0]
    return [] if both[0] == both[1] else both


async def test_whoever_comes_goes_or_becomes_another_is_counted(
    world: World, owner: Person, project: Tenant
) -> None:
    invited = await steps.invite(owner, project)
    assert await differing() == []
    nina = await steps.register(world)
    assert await differing() == []
    for mutation, given in (
        ("changeRole", {"role": "MANAGER"}),
        ("setMemberEnabled", {"enabled": False}),
        ("removeMember", {}),
    ):
        await owner.do(mutation, {"memberId": invited.member_id, **given})
        assert await differing() == [], mutation
    await nina.do("deleteMyAccount", {"password": steps.NEWCOMER["password"]})
    assert await differing() == []


async def test_what_is_rolled_back_is_not_counted(world: World, project: Tenant) -> None:
    async def fail() -> None:
        async with db.transaction(db.SYSTEM):
            await db.rows("update members set status = 'DISABLED', role = 'MANAGER'")
            raise ZeroDivisionError

    await world.join(project)
    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await differing() == []


async def test_tenants_at_the_same_moment_count_their_own(world: World) -> None:
    tenants = [await world.tenant(Catalog.PROJECT) for _ in range(3)]
    owners = [await world.join(tenant) for tenant in tenants]
    await asyncio.gather(
        *(
            steps.invite(owner, tenant, f"{number}@example.com")
            for owner, tenant in zip(owners, tenants, strict=True)
            for number in range(5)
        )
    )
    assert await differing() == []


async def test_the_list_tells_the_number_that_is_kept(owner: Person, project: Tenant) -> None:
    """Without a filter nobody is counted; by a filter of what is kept neither."""
    await steps.invite(owner, project)
    async with db.transaction(db.SYSTEM):
        await db.rows("update member_counts set number = number + 7")
    query = """
    query($t: ID!) { tenant(id: $t) {
      all: members { totalCount } owners: members(filter: { roles: ["OWNER"] }) { totalCount }
      found: members(filter: { search: "nina" }) { totalCount } } }
    """
    shown = (await owner.ask(query, t=project.id))["tenant"]
    assert {name: each["totalCount"] for name, each in shown.items()} == {
        "all": 16,
        "owners": 8,
        "found": 1,
    }
