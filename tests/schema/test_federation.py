"""The schema as a subgraph: entities by reference, and what a composition reads."""

import re
from collections.abc import Callable

import pytest

from models import MemberStatus, Tenant
from schema import federation
from server import graphql
from settings import Settings
from tests import keys
from tests.clients import Client, Person
from tests.factories import World
from tests.production import PRODUCTION
from tests.resolvers import app_steps, steps, tariff_steps

ENTITIES = """query($of: [_Any!]!) { _entities(representations: $of) {
  __typename ... on Node { id }
} }"""
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
SDL = "{ _service { sdl } }"
KINDS = {"ten": "Tenant", "mem": "Member", "usr": "User", "app": "App"}


@pytest.fixture(autouse=True)
def federated(configure: Callable[..., Settings]) -> None:
    configure(federation=True)


def reference(node_id: str) -> dict[str, str]:
    return {"__typename": KINDS[node_id[:3]], "id": node_id}


async def entities(who: Client | Person | keys.Key, *node_ids: str) -> list[dict[str, str] | None]:
    data = await who.ask(ENTITIES, of=[reference(each) for each in node_ids])
    found: list[dict[str, str] | None] = data["_entities"]
    return found


async def test_others_refer_to_what_the_caller_finds_by_id_and_to_nothing_else(
    world: World, project: Tenant, owner: Person, accountant: Person, stranger: Person
) -> None:
    """Issue 7.10, PRODUCT 4: resolved with the caller's rights, as `node` is."""
    disabled = await world.join(project, "MANAGER", status=MemberStatus.DISABLED)
    removed = await world.join(project, "MANAGER", status=MemberStatus.REMOVED)
    elsewhere = await world.join(await world.tenant())
    invited = await steps.invite(owner, project)
    app = await app_steps.create(owner, project)
    everything = [project.id, app, invited.member_id, *[f"{prefix}_x" for prefix in KINDS]]
    for person in (owner, accountant, disabled, removed, elsewhere, stranger):
        everything += [person.id, person.member_id or "mem_y"]
    staff = await world.staff()
    shown = {}
    for who in (owner, accountant, disabled, removed, elsewhere, stranger, staff):
        by_id = [(await who.ask(NODE, id=each))["node"] for each in everything]
        assert await entities(who, *everything) == by_id
        shown[who.login] = sum(each is not None for each in by_id)
    assert shown[owner.login] > shown[accountant.login] > shown[stranger.login] == 1
    assert await entities(world.anonymous, *everything) == [None] * len(everything)


async def test_entities_come_in_the_order_they_are_asked_for(
    project: Tenant, owner: Person, manager: Person
) -> None:
    asked = [manager.member_id, project.id, "mem_x", owner.member_id, manager.member_id]
    found = await entities(owner, *asked)
    assert [each and each["id"] for each in found] == [
        None if each == "mem_x" else each for each in asked
    ]


async def test_each_kind_of_entity_takes_one_statement(
    world: World, project: Tenant, owner: Person, statements: list[str]
) -> None:
    """Issue 7.10: in batches, whatever their number."""

    async def cost(*node_ids: str) -> int:
        statements.clear()
        assert None not in await entities(owner, *node_ids)
        return len(statements)

    people = [await world.join(project, "MANAGER") for _ in range(20)]
    apps = [await app_steps.create(owner, project, f"Books {number}") for number in range(20)]
    of_one = [project.id, people[0].member_id, people[0].id, apps[0]]
    framing = await cost()
    assert [await cost(each) - framing for each in of_one] == [1, 1, 1, 1]
    everybody = [*apps, *[p.id for p in people], *[p.member_id for p in people], project.id]
    assert await cost(*everybody) - framing == len(KINDS)


async def test_an_api_key_finds_what_it_may_view_and_pays_for_it(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """Issue 7.10, ADR 0029: a point for each hundred entities."""
    key = await keys.make(world, owner, project, "members:view", "tenant:view")
    asked = [project.id, owner.member_id, owner.id, stranger.id]
    assert [each is not None for each in await entities(key, *asked)] == [True, True, True, False]
    left = []
    for number in (1, 250):
        answer = await key.client.post(ENTITIES, of=[reference(owner.member_id)] * number)
        left.append(int(answer.headers["ratelimit"].split(";")[1].removeprefix("r=")))
    assert left[0] - left[1] == 1 + 3


@pytest.mark.parametrize(
    "given",
    [
        None,
        5,
        "ten_x",
        [],
        {},
        {"id": "ten_x"},
        {"__typename": "Tenant"},
        {"__typename": "Tenant", "id": 5},
        {"__typename": "Tenant", "id": None},
        {"__typename": "Role", "id": "rol_x"},
        {"__typename": "Query", "id": "secret"},
        {"__typename": ["Tenant"], "id": "ten_x"},
    ],
    ids=repr,
)
async def test_what_names_no_entity_is_a_bad_request(owner: Person, given: object) -> None:
    """`_Any` lets everything through, so this is decided here."""
    assert await owner.refusal(ENTITIES, of=[given]) == "BAD_USER_INPUT"


async def test_whatever_an_id_is_it_is_no_failure_of_ours(owner: Person) -> None:
    """CASES 26, 34; what no column could hold is refused, as it is elsewhere."""
    hostile = ["x" * 10_000, "'; drop table users; --", "%", ""]
    for kind in KINDS.values():
        asked = [{"__typename": kind, "id": each, "more": {"a": [1]}} for each in hostile]
        assert (await owner.ask(ENTITIES, of=asked))["_entities"] == [None] * len(hostile)
    unheard = {"__typename": "Member", "id": "mem_\u0000"}
    assert await owner.refusal(ENTITIES, of=[unheard]) == "BAD_USER_INPUT"


async def test_an_entity_may_stand_in_the_document(owner: Person, project: Tenant) -> None:
    document = ENTITIES.replace("query($of: [_Any!]!)", "").replace(
        "$of", f'[{{ __typename: "Tenant", id: "{project.id}" }}]'
    )
    assert (await owner.ask(document))["_entities"][0]["id"] == project.id


async def test_no_more_entities_at_once_than_a_few_pages(owner: Person) -> None:
    """A list of entities is no way around the pages of lists."""
    most = [owner.member_id] * federation.MOST
    assert len(await entities(owner, *most)) == federation.MOST
    asked = [reference(each) for each in [*most, owner.member_id]]
    assert await owner.refusal(ENTITIES, of=asked) == "BAD_USER_INPUT"


async def test_a_composition_reads_what_the_command_prints(anonymous: Client) -> None:
    """Issue 6.3: in development everybody explores."""
    assert (await anonymous.ask(SDL))["_service"] == {"sdl": federation.sdl(graphql.subgraph())}


async def test_in_production_a_composition_reads_it_as_somebody_who_explores(
    configure: Callable[..., Settings], world: World, accountant: Person, owner: Person
) -> None:
    """ADR 0036: it is what introspection shows."""
    configure(**PRODUCTION, federation=True)
    assert await world.anonymous.refusal(SDL) == "UNAUTHENTICATED"
    assert await accountant.refusal(SDL) == "PERMISSION_DENIED"
    assert "type Tenant" in (await owner.ask(SDL))["_service"]["sdl"]


async def test_a_tariffs_subscription_is_called_what_a_composition_bears(
    world: World, project: Tenant, owner: Person
) -> None:
    """ADR 0036: `Subscription` is the root of subscriptions in every supergraph."""
    await tariff_steps.make(world)
    subscribed = await tariff_steps.subscribe(await world.staff(), project)
    node_id = subscribed["subscription"]["id"]
    found = (await owner.ask(NODE, id=node_id))["node"]
    assert found == {"__typename": "TariffSubscription", "id": node_id}


async def test_without_the_setting_nothing_is_there(configure: Callable[..., Settings]) -> None:
    configure(federation=False)
    anonymous = World().anonymous
    for document in (SDL, "{ _entities(representations: []) { __typename } }"):
        assert await anonymous.refusal(document) == "BAD_USER_INPUT"


def test_whoever_composes_gets_types_marked_and_nothing_of_what_routers_know() -> None:
    sdl = federation.sdl(graphql.subgraph())
    for kind in KINDS.values():
        assert re.search(rf'^type {kind} implements .* @key\(fields: "id"\) {{$', sdl, re.MULTILINE)
    assert sdl.count("@key(") == len(KINDS)
    for name in ("_entities", "_Entity", "_service", "_Service", "_Any"):
        assert name not in sdl
