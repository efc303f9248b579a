from collections.abc import Callable

import pytest

from models import ProviderRole
from settings import Settings, TenantCreation
from tests.clients import Person
from tests.factories import World
from tests.production import PRODUCTION

TENANT = {"name": "Globex", "catalog": "PROJECT"}


async def test_everybody_creates_tenants_in_development(stranger: Person) -> None:
    """PRODUCT 2, rule 6."""
    assert (await stranger.do("createTenant", TENANT))["__typename"] == "CreateTenantPayload"


async def test_only_staff_creates_tenants_in_production(
    world: World, stranger: Person, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 2, rule 6."""
    configure(**PRODUCTION)
    assert (await stranger.do("createTenant", TENANT))["code"] == "PERMISSION_DENIED"
    staff = await world.staff()
    assert (await staff.do("createTenant", TENANT))["__typename"] == "CreateTenantPayload"


@pytest.mark.parametrize("role", ProviderRole)
async def test_who_creates_tenants_is_a_setting(
    world: World, stranger: Person, configure: Callable[..., Settings], role: ProviderRole
) -> None:
    """PRODUCT 2, rule 6."""
    configure(tenant_creation=TenantCreation.STAFF)
    assert (await stranger.do("createTenant", TENANT))["code"] == "PERMISSION_DENIED"
    staff = await world.staff(role)
    assert (await staff.do("createTenant", TENANT))["__typename"] == "CreateTenantPayload"


async def test_production_can_let_everybody_create_tenants(
    stranger: Person, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 2, rule 6."""
    configure(**PRODUCTION, tenant_creation=TenantCreation.EVERYBODY)
    assert (await stranger.do("createTenant", TENANT))["__typename"] == "CreateTenantPayload"


@pytest.mark.parametrize("role", ProviderRole)
async def test_staff_holds_nothing_in_the_tenants_of_others(
    world: World, owner: Person, role: ProviderRole
) -> None:
    """PRODUCT 2, rule 6."""
    staff, [tenant] = await world.staff(role), (await world.viewer(owner)).joined
    found = await staff.ask("query($id: ID!) { tenant(id: $id) { name } }", id=tenant)
    assert found["tenant"] is None
    members = "query($id: ID!) { members(tenantId: $id) { totalCount } }"
    assert (await staff.ask(members, id=tenant))["members"] is None
    for mutation, values in (
        ("removeMember", {"memberId": owner.member_id}),
        ("updateTenant", {"tenantId": tenant, "name": "Ours"}),
        ("deleteTenant", {"tenantId": tenant}),
    ):
        assert (await staff.do(mutation, values))["code"] == "NOT_FOUND"
