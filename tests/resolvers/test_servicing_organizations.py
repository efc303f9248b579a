"""Servicing organizations, made and unmade by the provider (PRODUCT 6.3)."""

from typing import Any

import pytest

from models import Catalog, InvitationState, MemberStatus, Tenant, TenantInvitation
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers.service import begin

SELECT = "organization { id name canInviteTenants canSubscribeTenants }"
ORGANIZATION = "query($id: ID!) { tenant(id: $id) { servicingOrganization { id name } } }"


@pytest.fixture
async def staff(world: World) -> Person:
    return await world.staff()


@pytest.fixture
async def subscriber(world: World) -> Tenant:
    return await world.tenant(Catalog.SUBSCRIBER, "Helpers")


async def declare(staff: Person, tenant: Tenant, *, serves: bool = True, **on: bool) -> Any:
    given = {"tenantId": tenant.id, "isServicing": serves, **on}
    return await staff.do("setServicingOrganization", given, SELECT)


async def servicing(tenant: Tenant) -> list[str] | None:
    [row] = await steps.stored(Tenant.filter(id=tenant.id))
    return row.servicing


async def test_the_provider_makes_a_servicing_organization_with_everything_off(
    staff: Person, subscriber: Tenant
) -> None:
    """PRODUCT 6.3 (F); issue 5.6."""
    answer = await declare(staff, subscriber)
    assert answer["organization"] == {
        "id": subscriber.id,
        "name": "Helpers",
        "canInviteTenants": False,
        "canSubscribeTenants": False,
    }
    assert await servicing(subscriber) == []


async def test_each_switch_is_turned_alone_and_what_is_left_out_stays(
    staff: Person, subscriber: Tenant
) -> None:
    """PRODUCT 2: where the provider switched each on."""
    for on, expected in (
        ({"canSubscribeTenants": True}, ["subscriptions:manage"]),
        ({"canInviteTenants": True}, ["tenants:invite", "subscriptions:manage"]),
        ({}, ["tenants:invite", "subscriptions:manage"]),
        ({"canSubscribeTenants": False}, ["tenants:invite"]),
    ):
        organization = (await declare(staff, subscriber, **on))["organization"]
        assert await servicing(subscriber) == expected
        assert organization["canInviteTenants"] is ("tenants:invite" in expected)
        assert organization["canSubscribeTenants"] is ("subscriptions:manage" in expected)


@pytest.mark.parametrize("catalog", [Catalog.PROJECT, Catalog.ACCOUNT])
async def test_only_a_subscriber_serves_others(
    world: World, staff: Person, catalog: Catalog
) -> None:
    """PRODUCT 2: OPERATOR is a role of that catalogue alone."""
    [field] = (await declare(staff, await world.tenant(catalog)))["fields"]
    assert (field["path"], field["code"]) == (["tenantId"], "SUBSCRIBERS_ONLY")


async def test_what_serves_nobody_has_nothing_switched_on(
    staff: Person, subscriber: Tenant
) -> None:
    answer = await declare(
        staff, subscriber, serves=False, canInviteTenants=True, canSubscribeTenants=True
    )
    assert [(field["path"], field["code"]) for field in answer["fields"]] == [
        (["canInviteTenants"], "NOT_ALLOWED"),
        (["canSubscribeTenants"], "NOT_ALLOWED"),
    ]


async def test_an_absent_tenant_is_a_deleted_one(
    world: World, staff: Person, subscriber: Tenant
) -> None:
    """PRODUCT 4: out of everybody's sight."""
    owner = await world.join(subscriber, "OWNER")
    await owner.do("deleteTenant", {"tenantId": subscriber.id})
    deleted = await declare(staff, subscriber)
    subscriber.id = "ten_" + "0" * 26
    assert deleted == await declare(staff, subscriber)
    assert deleted["__typename"] == "NotFound"


async def test_the_tenants_audit_names_the_staff_and_what_was_switched(
    staff: Person, subscriber: Tenant
) -> None:
    """PRODUCT 4: codes and states only; what changes nothing is not told."""
    for _ in range(2):
        await declare(staff, subscriber, canInviteTenants=True)
    await declare(staff, subscriber, serves=False)
    first, second = await steps.audit("tenant.set_servicing")
    assert [(e.tenant_id, e.actor_id, e.as_staff) for e in (first, second)] == [
        (subscriber.id, staff.id, True)
    ] * 2
    assert first.changes == {"servicing": ["OFF", "ON"], "tenants:invite": ["OFF", "ON"]}
    assert second.changes == {"servicing": ["ON", "OFF"], "tenants:invite": ["ON", "OFF"]}


@pytest.mark.parametrize("role", ["OWNER", "ADMINISTRATOR", "USER", "OPERATOR"])
async def test_everybody_in_it_sees_that_it_serves_others(world: World, role: str) -> None:
    """tenant:view."""
    tenant = await world.tenant(Catalog.SUBSCRIBER, "Helpers", servicing=["tenants:invite"])
    member = await world.join(tenant, role)
    asked = ORGANIZATION.replace("{ id name }", "{ id name canInviteTenants canSubscribeTenants }")
    assert (await member.ask(asked, id=tenant.id))["tenant"]["servicingOrganization"] == {
        "id": tenant.id,
        "name": "Helpers",
        "canInviteTenants": True,
        "canSubscribeTenants": False,
    }


async def test_elsewhere_there_is_no_servicing_organization(owner: Person, project: Tenant) -> None:
    found = await owner.ask(ORGANIZATION, id=project.id)
    assert found["tenant"]["servicingOrganization"] is None


async def test_a_disabled_member_is_not_told_of_it(world: World) -> None:
    """PRODUCT 4: he finds the tenant in me.memberships, and nothing in it."""
    tenant = await world.tenant(Catalog.SUBSCRIBER, servicing=[])
    disabled = await world.join(tenant, "OPERATOR", status=MemberStatus.DISABLED)
    asked = "{ me { memberships { edges { node { tenant { servicingOrganization { id } } } } } } }"
    [edge] = (await disabled.ask(asked))["me"]["memberships"]["edges"]
    assert edge["node"]["tenant"] == {"servicingOrganization": None}


async def test_operators_of_what_serves_no_longer_are_users(world: World, staff: Person) -> None:
    """PRODUCT 2 (F): OPERATOR exists only in a servicing organization; ADR 0020."""
    service = await begin(world)
    tenant = service.organization
    disabled = await world.join(tenant, "OPERATOR", status=MemberStatus.DISABLED)
    gone = await world.join(tenant, "OPERATOR", status=MemberStatus.REMOVED)
    pending = await steps.invite(service.chief, tenant, role="OPERATOR")
    await declare(staff, tenant, serves=False)
    were = [service.operator.member_id, disabled.member_id, pending.member_id]
    assert [(await steps.member(one)).role for one in were] == ["USER"] * 3
    assert (await steps.member(gone.member_id)).role == "OPERATOR"
    told = await steps.audit("member.change_role")
    assert sorted((e.subject_id, e.as_staff) for e in told) == sorted((one, True) for one in were)
    assert told[0].changes == {"role": ["OPERATOR", "USER"]}


async def test_who_was_an_operator_hears_so_and_who_is_invited_is_invited_as_a_user(
    world: World, staff: Person
) -> None:
    """PRODUCT 4: people affected are told; and 3.10, the inviter stands for the offer as before."""
    service = await begin(world)
    await steps.invite(service.chief, service.organization, role="OPERATOR")
    await declare(staff, service.organization, serves=False)
    mails = {mail.to: mail.text for mail in await world.mails()}
    assert mails.keys() == {service.operator.email, steps.NINA}
    assert all("User" in text and "Operator" not in text for text in mails.values())
    nina = await steps.register(world)
    assert (await steps.member(nina.member_id)).role == "USER"


async def test_what_serves_no_longer_serves_nobody_and_awaits_nobody(
    world: World, staff: Person
) -> None:
    """PRODUCT 6.4: from then on the organization's people find nothing of its clients."""
    service = await begin(world)
    given = {"organizationId": service.organization.id}
    given |= {"name": "New", "ownerEmail": "new@example.com"}
    invited = await service.operator.do("inviteTenant", given)
    assert invited["__typename"] == "InviteTenantPayload"
    await declare(staff, service.organization, serves=False)
    assert (await service.relation()).ended_at is not None
    [invitation] = await steps.stored(TenantInvitation.filter(name="New"))
    assert invitation.state is InvitationState.REVOKED
    assert [mail.to for mail in await world.mails()] == [service.operator.email]
    asked = "query($id: ID!) { tenant(id: $id) { servicedTenants { totalCount } } }"
    assert await service.chief.refusal(asked, id=service.organization.id) == "PERMISSION_DENIED"
    await declare(staff, service.organization, canInviteTenants=True)
    assert await service.served(service.chief) == []


async def test_being_served_goes_on_where_one_serves_no_longer(world: World, staff: Person) -> None:
    """It is another relation."""
    service = await begin(world, Catalog.SUBSCRIBER)
    await declare(staff, service.client)
    await declare(staff, service.client, serves=False)
    assert await service.served() == ["Client"]
