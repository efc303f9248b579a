"""The list of each item of a page: one statement reads them all (ADR 0052)."""

from collections.abc import Callable
from typing import Any

import pytest

from models import Catalog, Tenant
from settings import Settings
from tests import app_servers
from tests.clients import Person
from tests.factories import World
from tests.resolvers import app_steps, service, tariff_steps, webhook_steps
from tests.server.test_statements import trips

Configure = Callable[..., Settings]

PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges"
OF_TENANTS = (
    f"members(first: 2) {{ {PAGE} {{ cursor node {{ id fullName user {{ id }} }} }} }}",
    f"members(last: 1, orderBy: {{ field: NAME }}) {{ {PAGE} {{ node {{ fullName }} }} }}",
    f"apps(first: 1) {{ {PAGE} {{ cursor node {{ id viewerRight }} }} }}",
    "subscriptions { edges { node { id state tariff { code } } } }",
    "auditLog(first: 3) { edges { cursor node { id action actor { __typename } } } }",
    "addMemberOptions { apps(first: 1) { totalCount edges { node { app { name } } } } }",
)
OF_ORGANIZATIONS = (
    f"servicedTenants {{ {PAGE} {{ node {{ id }} }} }}",
    f"tenantInvitations {{ {PAGE} {{ node {{ id }} }} }}",
)
TENANTS = "query($n: Int!) {{ tenants(first: $n) {{ edges {{ node {{ id {} }} }} }} }}"
APPS = """query($n: Int!) { apps(first: $n) { edges { node { id
  sessions { totalCount edges { node { id member { id } } } }
  actionRequests { totalCount edges { node { id action } } } } } } }"""
ENDPOINTS = """query($n: Int!, $tenant: ID!) { webhookEndpoints(tenantId: $tenant, first: $n) {
  edges { node { id deliveries { totalCount edges { node { id event } } } } } } }"""
SERVED = """query($n: Int!, $id: ID!) { tenant(id: $id) { servicedTenants(first: $n) {
  edges { node { id subscriptions { edges { node { id tariff { code } } } } } } } } }"""


async def alike(configure: Configure, person: Person, query: str, **variables: str) -> Any:
    """The answer of five items, read in as many trips as one of them; with and without compiled
    subtrees.
    """
    answers = []
    for accelerations in (False, True):
        configure(accelerations=accelerations)
        few = await trips(person, query, n=1, **variables)
        many = await trips(person, query, n=5, **variables)
        assert len(many) == len(few), many
        answers.append(await person.ask(query, n=5, **variables))
    assert answers[0] == answers[1]
    return answers[0]


def nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]


@pytest.fixture
async def five(world: World) -> tuple[Person, list[Tenant]]:
    """Somebody who owns five tenants of one to five people, with as many apps."""
    keeper, tenants = await world.person("keeper"), []
    for size in range(1, 6):
        tenant = await world.tenant(Catalog.PROJECT, f"Tenant {size}")
        await world.join(tenant, "OWNER", keeper)
        for number in range(size):
            if number:
                await world.join(tenant, "USER" if size % 2 else "MANAGER")
            await app_steps.create(keeper, tenant, f"App {size}.{number}")
        tenants.append(tenant)
    return keeper, tenants


@pytest.mark.parametrize("asked", OF_TENANTS)
async def test_lists_of_tenants_take_as_many_trips_for_five_as_for_one(
    five: tuple[Person, list[Tenant]], configure: Configure, asked: str
) -> None:
    keeper, tenants = five
    found = await alike(configure, keeper, TENANTS.format(asked))
    assert [node["id"] for node in nodes(found["tenants"])] == [each.id for each in tenants]


@pytest.mark.parametrize("asked", OF_ORGANIZATIONS)
async def test_lists_of_organizations_take_as_many_trips(
    world: World, configure: Configure, asked: str
) -> None:
    chief = await world.person()
    for number in range(5):
        organization = await world.tenant(Catalog.SUBSCRIBER, servicing=service.BOTH)
        await world.join(organization, "OWNER", chief)
        for _ in range(number):
            await world.serve(await world.tenant(), by=organization)
    await alike(configure, chief, TENANTS.format(asked))


async def test_to_each_his_own_in_its_order(
    five: tuple[Person, list[Tenant]], configure: Configure
) -> None:
    keeper, tenants = five
    select = "members { totalCount edges { node { id } } } apps { edges { node { name } } }"
    found = await alike(configure, keeper, TENANTS.format(select))
    alone = "query($id: ID!) { tenant(id: $id) { id " + select + " } }"
    told = [(await keeper.ask(alone, id=tenant.id))["tenant"] for tenant in tenants]
    assert nodes(found["tenants"]) == told
    assert [each["members"]["totalCount"] for each in told] == [1, 2, 3, 4, 5]
    assert [len(nodes(each["apps"])) for each in told] == [1, 2, 3, 4, 5]


async def test_apps_are_asked_for_by_rights_where_not_all_are_seen(
    five: tuple[Person, list[Tenant]], world: World, configure: Configure
) -> None:
    """What differs is an array then."""
    keeper, tenants = five
    user = await world.person("user")
    for tenant in tenants:
        await world.join(tenant, "ACCOUNTANT", user)
        app = await app_steps.create(keeper, tenant, "Given")
        await app_steps.give(keeper, user.member_id, app)
    found = await alike(configure, user, TENANTS.format(f"apps {{ {PAGE} {{ node {{ name }} }} }}"))
    shown = [nodes(tenant["apps"]) for tenant in nodes(found["tenants"])]
    assert shown == [[{"name": "Given"}]] * 5


async def test_lists_of_apps_take_as_many_trips(
    world: World, owner: Person, project: Tenant, configure: Configure
) -> None:
    for number in range(5):
        app = await app_steps.create(owner, project, f"App {number}")
        for _ in range(number + 1):
            await app_servers.launch(owner, app)
    found = await alike(configure, owner, APPS)
    shown = [node["sessions"]["totalCount"] for node in nodes(found["apps"])]
    assert shown == [1, 2, 3, 4, 5]


async def test_deliveries_of_endpoints_take_as_many_trips(
    owner: Person, project: Tenant, configure: Configure
) -> None:
    for number in range(5):
        await webhook_steps.create(owner, project, url=f"https://{number}.example/hook")
    found = await alike(configure, owner, ENDPOINTS, tenant=project.id)
    assert len(nodes(found["webhookEndpoints"])) == 5


async def test_subscriptions_of_served_tenants_take_as_many_trips(
    world: World, configure: Configure
) -> None:
    """Each is asked for at a moment of its own."""
    begun = await service.begin(world)
    for number in range(4):
        await world.serve(await world.tenant(name=f"Other {number}"), by=begun.organization)
    for code in ("one", "two"):
        await tariff_steps.make(world, code)
        await tariff_steps.subscribe(begun.operator, begun.client, code)
    found = await alike(configure, begun.operator, SERVED, id=begun.organization.id)
    served = nodes(found["tenant"]["servicedTenants"])
    shown = {node["id"]: len(nodes(node["subscriptions"])) for node in served}
    assert shown.pop(begun.client.id) == 2
    assert list(shown.values()) == [0] * 4


async def test_a_cursor_is_good_for_the_lists_that_it_is_of(
    five: tuple[Person, list[Tenant]], configure: Configure
) -> None:
    """That of an app for each tenant's, that of a member for those of his tenant."""
    keeper, _ = five
    asked = TENANTS.format(
        "apps(last: 1) { edges { cursor node { name } } } members(first: 1) { edges { cursor } }"
    )
    edges = (await keeper.ask(asked, n=5))["tenants"]["edges"]
    app = edges[2]["node"]["apps"]["edges"][0]["cursor"]
    member = edges[2]["node"]["members"]["edges"][0]["cursor"]
    window = f'first: 9, after: "{app}"'
    found = await alike(
        configure, keeper, TENANTS.format(f"apps({window}) {{ edges {{ node {{ name }} }} }}")
    )
    assert [len(nodes(node["apps"])) for node in nodes(found["tenants"])] == [0, 0, 0, 4, 5]
    for accelerations in (False, True):
        configure(accelerations=accelerations)
        for _ in range(3):
            answer = await keeper.client.execute(
                TENANTS.format(f'members(after: "{member}") {{ edges {{ node {{ id }} }} }}'), n=5
            )
            shown = [node["members"] for node in nodes(answer["data"]["tenants"])]
            assert [each and len(nodes(each)) for each in shown] == [None, None, 2, None, None]
            assert len(answer["errors"]) == 4


async def test_what_is_searched_for_is_planned_for_each(
    five: tuple[Person, list[Tenant]], configure: Configure
) -> None:
    """To each his own all the same, and its count."""
    keeper, _ = five
    select = 'members(filter: {search: "person"}) { totalCount edges { node { id } } }'
    answers = []
    for accelerations in (False, True):
        configure(accelerations=accelerations)
        answers += [await keeper.ask(TENANTS.format(select), n=5) for _ in range(3)]
    assert all(each == answers[0] for each in answers)
    found = [node["members"] for node in nodes(answers[0]["tenants"])]
    assert [(each["totalCount"], len(each["edges"])) for each in found] == [
        (size, size) for size in range(5)
    ]


@pytest.mark.parametrize("accelerations", [False, True])
async def test_a_list_that_is_refused_is_null_and_the_others_are_there(
    five: tuple[Person, list[Tenant]], world: World, configure: Configure, *, accelerations: bool
) -> None:
    configure(accelerations=accelerations)
    person = await world.person("guest")
    for number, tenant in enumerate(five[1]):
        await world.join(tenant, "ACCOUNTANT" if number == 2 else "OWNER", person)
    for _ in range(3):
        answer = await person.client.execute(
            TENANTS.format("auditLog(first: 1) { edges { node { action } } }"), n=5
        )
        logs = [node["auditLog"] for node in nodes(answer["data"]["tenants"])]
        assert [log is None for log in logs] == [False, False, True, False, False]
        [error] = answer["errors"]
        assert error["extensions"]["code"] == "PERMISSION_DENIED"
        assert error["path"] == ["tenants", "edges", 2, "node", "auditLog"]


async def test_lists_with_a_filter_are_planned_for_their_values_and_so_asked_one_by_one(
    five: tuple[Person, list[Tenant]],
) -> None:
    """ADR 0052: a plan that is good for one parent's search may be bad for another's."""
    keeper, _ = five
    searching = 'members(filter: {search: "k"}) { totalCount edges { node { id } } }'
    few = await trips(keeper, TENANTS.format(searching), n=1)
    many = await trips(keeper, TENANTS.format(searching), n=5)
    assert len(many) - len(few) >= 2 * 4, many
