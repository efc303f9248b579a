"""The tenants an organization serves, as its operators see them (PRODUCT 6.3, ADR 0020)."""

from typing import Any

import pytest

from models import Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers.service import Service, begin

PAGE = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String,
    $search: String) { tenant(id: $id) {
  servicedTenants(first: $first, after: $after, last: $last, before: $before, search: $search) {
    totalCount edges { cursor node { id name catalog servedSince } }
    pageInfo { hasNextPage endCursor hasPreviousPage startCursor } } } }"""


@pytest.fixture
async def service(world: World) -> Service:
    """Serves "Client" and then three more; a rival serves another "Client"."""
    await begin(world)
    service = await begin(world)
    for name in ("Beta", "Clients 100%", "Alpha"):
        await world.serve(await world.tenant(name=name), by=service.organization)
    return service


async def page(by: Person, service: Service, **window: Any) -> dict[str, Any]:
    found = await by.ask(PAGE, id=service.organization.id, **window)
    shown: dict[str, Any] = found["tenant"]["servicedTenants"]
    return shown


def names(shown: dict[str, Any]) -> list[str]:
    return [edge["node"]["name"] for edge in shown["edges"]]


@pytest.mark.parametrize("who", ["chief", "operator"])
async def test_who_serves_finds_the_tenants_in_the_order_in_which_serving_them_began(
    service: Service, who: str
) -> None:
    """Issue 5.6."""
    shown = await page(getattr(service, who), service)
    assert names(shown) == ["Client", "Beta", "Clients 100%", "Alpha"]
    assert shown["totalCount"] == 4
    assert shown["edges"][0]["node"] == {
        "id": service.client.id,
        "name": "Client",
        "catalog": "PROJECT",
        "servedSince": (await service.relation()).created_at.isoformat(),
    }


async def test_pages_go_both_ways(service: Service) -> None:
    """PRODUCT 4: keyset pages."""
    operator = service.operator
    start = await page(operator, service, first=3)
    assert names(start) == ["Client", "Beta", "Clients 100%"]
    assert start["pageInfo"]["hasNextPage"]
    after = await page(operator, service, first=3, after=start["pageInfo"]["endCursor"])
    assert (names(after), after["pageInfo"]["hasNextPage"]) == (["Alpha"], False)
    before = await page(operator, service, last=2, before=after["pageInfo"]["startCursor"])
    assert names(before) == ["Beta", "Clients 100%"]
    assert before["pageInfo"]["hasPreviousPage"]


async def test_a_cursor_of_another_organization_is_refused(world: World, service: Service) -> None:
    rival = await begin(world)
    cursor = (await page(rival.operator, rival))["pageInfo"]["endCursor"]
    asked = {"id": service.organization.id, "after": cursor}
    assert await service.operator.refusal(PAGE, **asked) == "BAD_USER_INPUT"


async def test_they_are_searched_by_how_the_name_begins(service: Service) -> None:
    """Case-folded; wildcards mean themselves."""
    for search, found in (
        (" CLIENT", ["Client", "Clients 100%"]),
        ("clients 100%", ["Clients 100%"]),
        ("%", []),
        ("", ["Client", "Beta", "Clients 100%", "Alpha"]),
    ):
        shown = await page(service.operator, service, search=search)
        assert (names(shown), shown["totalCount"]) == (found, len(found))


async def test_what_is_deleted_or_served_no_longer_is_absent(
    world: World, service: Service
) -> None:
    """PRODUCT 4 and 6.4."""
    await service.end(service.owner)
    [beta] = await steps.stored(Tenant.filter(name="Beta"))
    await (await world.join(beta)).do("deleteTenant", {"tenantId": beta.id})
    shown = await page(service.operator, service)
    assert (names(shown), shown["totalCount"]) == (["Clients 100%", "Alpha"], 2)


async def test_who_serves_for_two_organizations_finds_the_tenants_of_each(
    world: World, service: Service
) -> None:
    rival = await begin(world)
    await world.join(rival.organization, "OPERATOR", service.operator)
    assert [edge["node"]["id"] for edge in (await page(service.operator, rival))["edges"]] == [
        rival.client.id
    ]
    assert (await page(service.operator, service))["totalCount"] == 4


@pytest.mark.parametrize("role", ["ADMINISTRATOR", "USER"])
async def test_nobody_else_in_the_organization_finds_them(
    world: World, service: Service, role: str
) -> None:
    """PRODUCT 2: the cells of `tenants:invite` and `subscriptions:manage`."""
    member = await world.join(service.organization, role)
    asked = {"id": service.organization.id}
    assert await member.refusal(PAGE, **asked) == "PERMISSION_DENIED"


async def test_who_has_become_something_else_reads_them_once_more(
    world: World, service: Service
) -> None:
    """PRODUCT 4: a payload is read with the rights before the change or after it."""
    heir = await world.join(service.organization, "USER")
    asked = "formerOwner { tenant { servicedTenants { totalCount } } }"
    given = {"tenantId": service.organization.id, "toMemberId": heir.member_id}
    answer = await service.chief.do("transferOwnership", given, asked)
    assert answer["formerOwner"]["tenant"] == {"servicedTenants": {"totalCount": 4}}
    assert await service.chief.refusal(PAGE, id=service.organization.id) == "PERMISSION_DENIED"


async def test_a_tenant_that_serves_none_has_no_list_for_anybody(
    owner: Person, project: Tenant
) -> None:
    assert await owner.refusal(PAGE, id=project.id) == "PERMISSION_DENIED"


async def test_a_disabled_operator_is_told_of_none(world: World, service: Service) -> None:
    """PRODUCT 4: he finds the organization in me.memberships, and nothing in it."""
    await steps.edit(service.operator.member_id, status="DISABLED")
    asked = (
        "{ me { memberships { edges { node { tenant { servicedTenants { totalCount } } } } } } }"
    )
    [edge] = (await service.operator.ask(asked))["me"]["memberships"]["edges"]
    assert edge["node"]["tenant"] == {"servicedTenants": None}


async def test_a_page_costs_the_same_however_many_are_on_it(
    service: Service, statements: list[str]
) -> None:
    costs = []
    for size in (1, 4):
        statements.clear()
        await page(service.operator, service, first=size)
        costs.append(len(statements))
    assert costs[0] == costs[1]


INSIDE = """query($t: ID!, $m: ID!, $a: ID!) {
    tenant(id: $t) { id } members(tenantId: $t) { totalCount } apps(tenantId: $t) { totalCount }
    t: node(id: $t) { id } m: node(id: $m) { id } a: node(id: $a) { id }
    tenants { totalCount } }"""


async def test_the_insides_of_a_served_tenant_are_a_strangers_to_who_serves_it(
    service: Service, stranger: Person
) -> None:
    """ADR 0020: names and subscriptions, and nothing else; the database lets them read no more."""
    made = await service.owner.do(
        "createApp", {"tenantId": service.client.id, "name": "Books"}, "app { id }"
    )
    asked = {"t": service.client.id, "m": service.owner.member_id, "a": made["app"]["id"]}
    for operator in (service.operator, service.chief):
        seen = await operator.ask(INSIDE, **asked)
        assert seen.pop("tenants") == {"totalCount": 1}
        assert (await stranger.ask(INSIDE, **asked)).items() >= seen.items()
        assert seen["tenant"] is None
    for mutation, values in (
        ("updateTenant", {"tenantId": service.client.id, "name": "Mine"}),
        ("deleteTenant", {"tenantId": service.client.id}),
        ("leaveTenant", {"tenantId": service.client.id}),
        ("removeMember", {"memberId": service.owner.member_id}),
    ):
        assert (await service.operator.do(mutation, values))["__typename"] == "NotFound"
