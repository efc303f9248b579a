"""The relation between who serves and who is served, and its end (PRODUCT 6.3, 6.4; ADR 0020)."""

from typing import Any

import pytest

import errors
from models import Catalog, MemberStatus, Servicing, clock, database
from permissions.catalog import Permission
from resolvers import locks, servicings
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers.service import Service, begin

SERVED_BY = """query($id: ID!) { tenant(id: $id) { servicedBy {
    organizationId organizationName since } } }"""


@pytest.fixture
async def service(world: World) -> Service:
    return await begin(world)


async def served_by(member: Person, service: Service) -> dict[str, Any] | None:
    found = await member.ask(SERVED_BY, id=service.client.id)
    shown: dict[str, Any] | None = found["tenant"]["servicedBy"]
    return shown


@pytest.mark.parametrize("role", ["OWNER", "MANAGER", "ADMINISTRATOR"])
async def test_who_keeps_the_tenants_data_sees_by_whom_it_is_served(
    world: World, service: Service, role: str
) -> None:
    """Issue 5.6: the client's owner sees it; ADR 0020: so does who holds tenant:edit."""
    member = await world.join(service.client, role)
    assert await served_by(member, service) == {
        "organizationId": service.organization.id,
        "organizationName": "Helpers",
        "since": (await service.relation()).created_at.isoformat(),
    }


async def test_nobody_else_in_the_tenant_sees_it(world: World, service: Service) -> None:
    """ADR 0020."""
    accountant = await world.join(service.client, "ACCOUNTANT")
    assert await accountant.refusal(SERVED_BY, id=service.client.id) == "PERMISSION_DENIED"


async def test_who_serves_many_tenants_is_read_once(
    world: World, service: Service, statements: list[str]
) -> None:
    """Loaders: one statement for a page."""
    asked = "{ tenants { edges { node { servicedBy { organizationName } } } } }"
    costs = []
    for _ in range(2):
        statements.clear()
        found = (await service.owner.ask(asked))["tenants"]["edges"]
        costs.append(len(statements))
        other = await world.tenant()
        await world.join(other, "OWNER", service.owner)
        await world.serve(other, by=service.organization)
    assert [edge["node"]["servicedBy"] for edge in found] == [{"organizationName": "Helpers"}] * 2
    assert costs[0] == costs[1]


@pytest.mark.parametrize("who", ["owner", "chief", "staff"])
async def test_either_owner_ends_it_and_so_do_provider_staff(
    world: World, service: Service, who: str
) -> None:
    """Issue 5.6; PRODUCT 6.4: both audits tell of it, and name the other side."""
    by = await world.staff() if who == "staff" else getattr(service, who)
    assert (await service.end(by))["tenantId"] == service.client.id
    assert (await service.relation()).ended_at is not None
    client, organization = service.client.id, service.organization.id
    told = await steps.audit("servicing.end")
    assert {(event.tenant_id, event.subject_id) for event in told} == {
        (client, organization),
        (organization, client),
    }
    assert {(e.actor_id, e.as_staff) for e in told} == {(by.id, who == "staff")}
    assert [event.changes for event in told] == [{}, {}]


async def test_staff_who_own_the_tenant_end_it_as_its_owner(world: World, service: Service) -> None:
    """ADR 0016: by a place of his own he is like anybody."""
    await service.end(await world.join(service.client, "OWNER", await world.staff()))
    assert {event.as_staff for event in await steps.audit("servicing.end")} == {False}


async def test_from_then_on_neither_finds_anything_of_the_other(service: Service) -> None:
    """PRODUCT 6.4."""
    await service.end(service.owner)
    ended = await service.relation()
    assert await service.served() == []
    assert await served_by(service.owner, service) is None
    assert (await service.end(service.chief))["__typename"] == "NotFound"
    assert (await service.end(service.owner))["__typename"] == "NotFound"
    await service.owner.do("deleteTenant", {"tenantId": service.client.id})
    assert (await service.relation()).ended_at == ended.ended_at
    assert len(await steps.audit("servicing.end")) == 2


async def test_only_owners_of_the_two_sides_end_it(world: World, service: Service) -> None:
    """keys:manage: who from outside may act here."""
    manager = await world.join(service.client, "MANAGER")
    for member in (manager, service.operator):
        answer = await service.end(member)
        assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "keys:manage")
    assert (await service.relation()).ended_at is None


async def test_who_serves_whom_is_told_to_nobody_else(
    world: World, service: Service, stranger: Person
) -> None:
    """Errors tell nothing of tenants that one does not serve, in one's own organization too."""
    rival = await begin(world)
    disabled = await world.join(service.organization, status=MemberStatus.DISABLED)
    others = [stranger, rival.chief, rival.owner, disabled]
    others += [await world.join(service.organization, r) for r in ("ADMINISTRATOR", "USER")]
    unknown = await stranger.do("endServicing", {"tenantId": "ten_" + "0" * 26})
    assert [await service.end(other) for other in others] == [unknown] * len(others)
    assert unknown["__typename"] == "NotFound"


async def test_what_nobody_serves_is_not_ended(world: World, owner: Person) -> None:
    place = await steps.member(owner.member_id)
    for by in (owner, await world.staff()):
        answer = await by.do("endServicing", {"tenantId": place.tenant_id})
        assert answer["__typename"] == "NotFound"


@pytest.mark.parametrize("which", ["client", "organization"])
async def test_it_ends_where_either_side_is_deleted(
    world: World, service: Service, which: str
) -> None:
    """PRODUCT 4: out of everybody's sight at once."""
    other = await begin(world)
    by = {"client": service.owner, "organization": service.chief}[which]
    await by.do("deleteTenant", {"tenantId": getattr(service, which).id})
    assert (await service.relation()).ended_at is not None
    assert len(await steps.audit("servicing.end")) == 2
    if which == "client":
        assert await service.served() == []
    else:
        assert await served_by(service.owner, service) is None
    assert await other.served() == ["Client"]


async def test_invitations_of_new_tenants_end_with_who_made_them(
    world: World, service: Service
) -> None:
    """PRODUCT 4: a deleted tenant's invitations and queued mails end."""
    given = {"organizationId": service.organization.id}
    await service.operator.do(
        "inviteTenant", given | {"name": "New", "ownerEmail": "new@example.com"}
    )
    await service.chief.do("deleteTenant", {"tenantId": service.organization.id})
    assert await world.mails() == []


async def test_a_tenant_is_served_by_one_organization_at_a_time(
    world: World, service: Service
) -> None:
    """ADR 0020; another one may follow."""
    other = await world.tenant(Catalog.SUBSCRIBER, "Others", servicing=[])
    with pytest.raises(database.IntegrityError, match="servicings_one_organization"):
        await world.serve(service.client, by=other)
    await service.end(service.owner)
    await world.serve(service.client, by=other)
    shown = await served_by(service.owner, service)
    assert shown is not None
    assert shown["organizationName"] == "Others"


async def require(world: World, service: Service, by: Person) -> Servicing:
    """As `subscribeTenant` asks for it."""
    viewer = await world.viewer(by)
    async with database.transaction(database.SYSTEM):
        await locks.tenant(service.client.id)
        return await servicings.require_served(
            viewer, service.client.id, Permission.SUBSCRIPTIONS_MANAGE
        )


@pytest.mark.parametrize("who", ["chief", "operator"])
async def test_who_serves_may_what_is_switched_on(world: World, service: Service, who: str) -> None:
    """PRODUCT 2, SUBSCRIBER's last rows."""
    found = await require(world, service, getattr(service, who))
    assert found.organization_id == service.organization.id


@pytest.mark.parametrize("who", ["chief", "operator"])
async def test_who_serves_may_not_what_is_switched_off(
    world: World, service: Service, who: str
) -> None:
    """PRODUCT 6.3: where the provider switched it on."""
    given = {"tenantId": service.organization.id, "isServicing": True}
    staff = await world.staff()
    await staff.do("setServicingOrganization", given | {"canSubscribeTenants": False})
    with pytest.raises(errors.NotPermittedByProvider) as refused:
        await require(world, service, getattr(service, who))
    assert refused.value.permission == "subscriptions:manage"


async def test_nobody_else_serves(world: World, service: Service) -> None:
    """PRODUCT 6.4: rights exist only through the relation, and by a place that serves."""
    others = [service.owner, (await begin(world)).operator]
    others += [await world.join(service.organization, r) for r in ("ADMINISTRATOR", "USER")]
    others += [await world.join(service.organization, "OPERATOR", status=MemberStatus.DISABLED)]
    await steps.edit(service.operator.member_id, status=MemberStatus.REMOVED)
    for other in (*others, service.operator):
        with pytest.raises(errors.NotFound):
            await require(world, service, other)


@pytest.mark.parametrize("end", ["the relation", "the organization", "its serving"])
async def test_rights_end_with_what_they_come_from(
    world: World, service: Service, end: str
) -> None:
    """PRODUCT 6.4; also where the relation was left behind."""
    changes: dict[str, Any] = {
        "the organization": {"deleted_at": clock.now()},
        "its serving": {"servicing": None},
    }
    if end == "the relation":
        await service.end(service.owner)
    else:
        async with database.transaction(database.SYSTEM):
            await service.organization.update_from_dict(changes[end]).save()
    with pytest.raises(errors.NotFound):
        await require(world, service, service.operator)
