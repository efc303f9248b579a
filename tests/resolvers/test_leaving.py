"""Leaving a tenant (PRODUCT 4)."""

from typing import Any

import pytest

from models import MemberStatus, Tenant
from tests.clients import Client, Person
from tests.factories import World
from tests.resolvers import steps


async def leave(who: Person, tenant: Tenant) -> dict[str, Any]:
    return await who.do("leaveTenant", {"tenantId": tenant.id}, "tenantId")


@pytest.mark.parametrize("role", ["MANAGER", "ADMINISTRATOR", "ACCOUNTANT"])
async def test_every_member_may_leave(
    world: World, project: Tenant, owner: Person, role: str
) -> None:
    """PRODUCT 2, C: remove yourself."""
    member = await world.join(project, role)
    answer = await leave(member, project)
    assert answer == {"__typename": "LeaveTenantPayload", "tenantId": project.id}
    assert await steps.statuses(project) == {
        owner.member_id: MemberStatus.JOINED,
        member.member_id: MemberStatus.REMOVED,
    }


async def test_an_owner_may_leave_where_another_one_can_act(
    world: World, project: Tenant, owner: Person
) -> None:
    await world.join(project, "OWNER")
    assert (await leave(owner, project))["__typename"] == "LeaveTenantPayload"


@pytest.mark.usefixtures("owner")
async def test_a_disabled_member_may_leave(world: World, project: Tenant) -> None:
    """PRODUCT 4: the one thing he may do there; he need not be enabled first."""
    disabled = await world.join(project, "ACCOUNTANT", status=MemberStatus.DISABLED)
    assert (await leave(disabled, project))["__typename"] == "LeaveTenantPayload"
    shown = await disabled.ask("{ me { memberships { edges { node { id } } } } }")
    assert shown["me"]["memberships"] == {"edges": []}


async def test_who_has_left_finds_nothing_there_and_cannot_leave_again(
    project: Tenant, accountant: Person
) -> None:
    await leave(accountant, project)
    shown = await accountant.ask(
        "query($t: ID!) { tenant(id: $t) { id } tenants { totalCount } }", t=project.id
    )
    assert shown == {"tenant": None, "tenants": {"totalCount": 0}}
    assert (await leave(accountant, project))["__typename"] == "NotFound"


async def test_leaving_one_tenant_leaves_the_others_alone(
    world: World, project: Tenant, accountant: Person
) -> None:
    other = await world.tenant(name="Other")
    await world.join(other, "MANAGER", accountant)
    await leave(accountant, project)
    shown = await accountant.ask("{ tenants { edges { node { name } } } }")
    assert shown["tenants"]["edges"] == [{"node": {"name": "Other"}}]


async def test_who_leaves_gets_no_mail(project: Tenant, accountant: Person) -> None:
    """He did it himself."""
    await leave(accountant, project)
    assert await steps.queued() == []


async def test_who_left_can_be_invited_again(world: World, project: Tenant, owner: Person) -> None:
    nina = await world.join(project, "MANAGER", await world.person("nina"))
    await leave(nina, project)
    invited = await steps.invite(owner, project)
    assert (await steps.accept(nina, id=invited.invitation_id))["member"]["status"] == "JOINED"


async def test_who_is_only_invited_has_nothing_to_leave(
    world: World, project: Tenant, owner: Person
) -> None:
    nina = await world.person("nina")
    invited = await steps.invite(owner, project)
    assert (await leave(nina, project))["__typename"] == "NotFound"
    assert (await steps.member(invited.member_id)).status is MemberStatus.PENDING


async def test_a_foreign_tenant_is_the_same_answer_as_an_unknown_one(
    project: Tenant, stranger: Person, anonymous: Client
) -> None:
    foreign = await leave(stranger, project)
    unknown = await stranger.do("leaveTenant", {"tenantId": "ten_" + "0" * 26}, "tenantId")
    nobody = await anonymous.do("leaveTenant", {"tenantId": project.id}, "tenantId")
    assert foreign == unknown
    assert foreign["__typename"] == "NotFound"
    assert (nobody["__typename"], nobody["code"]) == ("PermissionDenied", "UNAUTHENTICATED")
