"""Who reads which subscriptions (PRODUCT 6.3 and 6.4, issue 5.7)."""

from datetime import timedelta

import pytest

from models import Tenant
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import service
from tests.resolvers.service import Service
from tests.resolvers.tariff_steps import change, make, subscribe

NODES = "edges { node { id state tariff { code } } }"
OF_TENANT = f"query($id: ID!) {{ tenant(id: $id) {{ name subscriptions {{ {NODES} }} }} }}"
SERVED = (
    "query($id: ID!) { tenant(id: $id) { servicedTenants { edges { node { name"
    f" subscriptions {{ {NODES} }} }} }} }} }} }}"
)
OF_STAFF = f"query($id: ID!) {{ subscriptions(tenantId: $id) {{ {NODES} }} }}"
NODE = "query($id: ID!) { node(id: $id) { ... on Subscription { state } } }"
ACTIVE = {"state": "ACTIVE"}


async def listed(person: Person, tenant: Tenant, query: str = OF_TENANT) -> list[tuple[str, str]]:
    """Tariff and state of what the person is shown."""
    found = await person.ask(query, id=tenant.id)
    nodes = [edge["node"] for edge in (found.get("tenant") or found)["subscriptions"]["edges"]]
    return [(node["tariff"]["code"], node["state"]) for node in nodes]


async def test_a_tenant_is_shown_its_subscriptions_newest_first(
    world: World, served: Service, clock: Clock
) -> None:
    """Issue 5.7: what has ended is shown as ended."""
    for code, days in (("one", 20), ("two", 20), ("three", 0)):
        await make(world, code)
        begun = await subscribe(served.operator, served.client, code)
        if code == "two":
            await change(served.operator, "cancelSubscription", begun["subscription"]["id"])
        clock.move(timedelta(days=days))
        for person in (served.operator, served.owner):
            person.client = world.client(await world.session(person.id))
    shown = [("three", "ACTIVE"), ("two", "CANCELLED"), ("one", "ENDED")]
    assert await listed(served.owner, served.client) == shown


async def test_subscriptions_have_pages(world: World, served: Service) -> None:
    for code in ("one", "two", "three"):
        await make(world, code)
        await subscribe(served.operator, served.client, code)
    query = (
        "query($id: ID!, $after: String) { tenant(id: $id) {"
        " subscriptions(first: 2, after: $after) { pageInfo { hasNextPage endCursor }"
        " edges { node { tariff { code } } } } } }"
    )
    first = (await served.owner.ask(query, id=served.client.id))["tenant"]["subscriptions"]
    after = first["pageInfo"]["endCursor"]
    found = await served.owner.ask(query, id=served.client.id, after=after)
    rest = found["tenant"]["subscriptions"]
    codes = [edge["node"]["tariff"]["code"] for edge in first["edges"] + rest["edges"]]
    assert (codes, rest["pageInfo"]["hasNextPage"]) == (["three", "two", "one"], False)


@pytest.mark.parametrize("role", ["OWNER", "MANAGER", "ADMINISTRATOR"])
async def test_who_knows_of_all_apps_sees_the_subscriptions(
    world: World, served: Service, subscription: str, role: str
) -> None:
    person = await world.join(served.client, role)
    assert await listed(person, served.client) == [("start", "ACTIVE")]
    assert (await person.ask(NODE, id=subscription))["node"] == ACTIVE


async def test_who_does_not_is_refused_them(
    world: World, served: Service, subscription: str
) -> None:
    """PRODUCT 6.1: the apps they include are hidden from him. The field beside is answered."""
    accountant = await world.join(served.client, "ACCOUNTANT")
    answer = await accountant.client.execute(OF_TENANT, id=served.client.id)
    assert answer["data"]["tenant"] == {"name": "Client", "subscriptions": None}
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["PERMISSION_DENIED"]
    assert (await accountant.ask(NODE, id=subscription))["node"] is None


async def test_who_serves_a_tenant_sees_its_subscriptions_while_he_does(
    served: Service, subscription: str
) -> None:
    """PRODUCT 6.4: and nothing else of the tenant; his own has none by it."""
    for person in (served.operator, served.chief):
        found = await person.ask(SERVED, id=served.organization.id)
        [edge] = found["tenant"]["servicedTenants"]["edges"]
        [shown] = edge["node"]["subscriptions"]["edges"]
        assert (edge["node"]["name"], shown["node"]["id"]) == ("Client", subscription)
        assert (await person.ask(NODE, id=subscription))["node"] == ACTIVE
    assert await listed(served.chief, served.organization) == []
    await served.end(served.owner)
    assert (await served.operator.ask(NODE, id=subscription))["node"] is None


async def test_who_serves_nobody_finds_no_subscription(
    world: World, served: Service, subscription: str, stranger: Person
) -> None:
    """Nor does who serves somebody else, or belongs to the organization without serving."""
    other = await service.begin(world)
    colleague = await world.join(served.organization, "USER")
    for person in (stranger, other.operator, other.owner, colleague):
        assert (await person.ask(NODE, id=subscription))["node"] is None


async def test_staff_see_any_tenants_subscriptions(
    world: World, served: Service, subscription: str, owner: Person
) -> None:
    """They renew and cancel them; nobody else asks for a tenant that is not his."""
    staff = await world.staff()
    assert await listed(staff, served.client, OF_STAFF) == [("start", "ACTIVE")]
    assert await listed(staff, served.organization, OF_STAFF) == []
    assert (await staff.ask(NODE, id=subscription))["node"] == ACTIVE
    assert await owner.refusal(OF_STAFF, id=served.client.id) == "PERMISSION_DENIED"
    await served.owner.do("deleteTenant", {"tenantId": served.client.id})
    assert await listed(staff, served.client, OF_STAFF) == []


async def test_a_page_of_subscriptions_costs_one_statement_for_its_tariffs(
    world: World, served: Service, statements: list[str]
) -> None:
    """DESIGN 1: whatever its size."""
    for code in ("one", "two", "three"):
        await make(world, code)
        await subscribe(served.operator, served.client, code)
    statements.clear()
    assert len(await listed(served.owner, served.client)) == 3
    assert len([sql for sql in statements if "from tariffs" in sql]) == 1
