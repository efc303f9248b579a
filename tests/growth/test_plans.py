"""Nothing reads what grows from end to end (issue 9.6): with a large tenant, many others, an
organization that serves thousands, and somebody who is in a thousand, every query, list, filter,
order, mutation and task of the worker is done once, and PostgreSQL says what it has read.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import asyncpg
import pytest
from starlette.routing import Route

from models import database as db
from resolvers import member_filter
from server import app_sessions, avatars, health, jwks, members_csv
from settings import Settings
from tests import databases
from tests.clients import Client, Person
from tests.factories import World
from tests.growth import crowd, doings, lists
from tests.growth.crowd import Grown
from tests.growth.watching import Reading, watching
from tests.models import places
from tests.permissions import actors, readings
from tests.permissions.actors import Cast
from tests.permissions.crawling import TYPES
from tests.permissions.holdings import Holdings
from tests.provider import Provider

FETCHED, ENOUGH = 1_000, 2_000
MUCH = dict.fromkeys(("characters", "tokens", "selections", "fields", "items", "cost"), 100_000)

WHOLLY = {
    "setServicingOrganization": "ends all serving of the organization",
    "endAppSessions": "ends all sessions in the app",
    "setWebhookEndpointEnabled": "calls back all that waits for the endpoint",
    "removeWebhookEndpoint": "and all that it was told",
    "removeApp": "everybody's rights on the app go with it",
}
"""Mutations that change as many rows as there are, by an index."""

SELDOM = {
    "deleteMyAccount": "looks for invitations of tenants to its address",
    "deleteTenant": "looks for what waits to leave for it",
    "MemberImport.rows": "an import has no more of them than a setting says",
}
"""What may read more than it is about, and what that is."""

COUNTS = re.compile(r"count\(\*\)", re.IGNORECASE)
"""How many there are is read by an index, one by one; of a tenant's members it stands written."""

LOOKING = {*doings.FIRST, "operator", "pending", "key with all"}
"""Whose rights come by different ways."""

READERS = {
    "Tenant.servicedTenants": "SUBSCRIBER OWNER",
    "Tenant.tenantInvitations": "SUBSCRIBER OWNER",
    "ServedTenant.subscriptions": "SUBSCRIBER OWNER",
    "App.sessions": "made the app",
    "App.actionRequests": "made the app",
    "Query.users": "provider ADMIN",
    "Query.subscriptions": "provider ADMIN",
    "Query.tenants": "somebody",
    "Query.apps": "somebody",
    "Me.memberships": "somebody",
}
"""For whom a list is long; for the owner of the large tenant where nobody is named."""


@dataclass
class Scene:
    world: World
    cast: Cast
    somebody: Person

    @property
    def large(self) -> Holdings:
        """Of the large tenant."""
        return next(actor.own for actor in self.cast if actor.name == "PROJECT OWNER")

    def client(self, name: str) -> Client:
        if name == "somebody":
            return self.somebody.client
        return next(actor.client for actor in self.cast if actor.name == name)

    def variables(self, name: str) -> dict[str, str]:
        named = [actor.own for actor in self.cast if actor.name == name]
        return readings.variables(named[0] if named else self.large, self.cast)


@pytest.fixture
async def scene(
    configure: Callable[..., Settings],
    database: None,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> Scene:
    del database
    configure(
        query_limits_person=MUCH,
        query_limits_api_key=MUCH,
        limit_api_key="1000000/minute",
        app_session_lapse=timedelta(hours=1),
        identity_providers=[provider.settings()],
        registration=True,
    )
    monkeypatch.setattr(member_filter, "FEW", FETCHED)
    world = World()
    cast = await actors.gather(world)
    somebody, owner = await world.person(), next(a for a in cast if a.name == "PROJECT OWNER")
    organization, held = cast.subscriber, owner.own
    place = Grown(
        held.tenant.id,
        organization.tenant.id,
        organization.keeper.id,
        held.app,
        held.endpoint,
        held.done,
        somebody.id,
    )
    await _grow(await places.settle(world), place)
    return Scene(world, cast, somebody)


async def _grow(template: places.Place, place: Grown) -> None:
    """And what is the last resort in a large table is one in a table of this size as well; and no
    statement is planned for its arguments that does not ask for it.
    """
    address = db.parse(databases.address())
    connection = await asyncpg.connect(
        host=address["host"], user="postgres", database=address["database"]
    )
    try:
        await crowd.grow(connection, template, place)
        for setting in ("enable_seqscan = off", "plan_cache_mode = force_generic_plan"):
            await connection.execute(
                f"alter role {address['user']} in database {address['database']} set {setting}"
            )
        await connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and usename = $1",
            address["user"],
        )
    finally:
        await connection.close()


def test_every_list_of_the_schema_has_a_way_to_it_and_every_filter_an_example() -> None:
    """Who adds one says how it is asked for."""
    for name in lists.fields():
        assert [lists.whole(name), *lists.choices(name), *lists.ends(name)]
    assert set(READERS) <= set(lists.fields())
    assert set(lists.examples()) == set(lists.EXAMPLES)


def test_every_address_is_gone_to() -> None:
    modules = (app_sessions, avatars, health, jwks, members_csv)
    found = {
        route.path for module in modules for route in module.routes if isinstance(route, Route)
    }
    assert found | {"/graphql"} == doings.ADDRESSES


async def test_nothing_that_is_done_reads_a_large_table_from_end_to_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 9.6: by an index, and no more of it than what is asked for."""
    world, cast, held = scene.world, scene.cast, scene.large
    with watching(monkeypatch) as watch:
        begin = partial(setattr, watch, "operation")
        for actor in cast:
            if actor.name in LOOKING:
                begin(f"looking by {actor.name}")
                await doings.look(actor, cast)
        for name in lists.fields():
            begin(name)
            await _read(scene, name)
        begin("lists in lists")
        await _read_inside(scene)
        begin("elsewhere")
        await doings.go_elsewhere(world, held.keeper, held.tenant.id, held.app)
        begin("the worker")
        await doings.work()
        begin("with codes and links")
        await doings.succeed(world)
        assert await doings.change(cast, begin) == {"createUser": "LOGIN_TAKEN"}  # by `addMember`
        begin("what leaves")
        await doings.send()
    assert len(watch.readings) > ENOUGH
    assert _told(watch.readings) == ""


async def _read(scene: Scene, name: str) -> None:
    """A page with all that is in it, each filter and order, both ends, and what is beyond them."""
    reader = READERS.get(name, "PROJECT OWNER")
    client, variables = scene.client(reader), scene.variables(reader)
    for text in (lists.whole(name), *lists.choices(name)):
        await doings.ask(client, lists.document(text), variables)
    for end in lists.ends(name):
        answer = await doings.ask(client, lists.document(end), variables)
        cursors = re.findall(r"Cursor': '([^']+)'", repr(answer))[:2]
        for text in (each for cursor in cursors for each in lists.beyond(name, end, cursor)):
            if not name.startswith("ServedTenant"):  # of each of which the cursors are others
                await doings.ask(client, lists.document(text), variables)


async def _read_inside(scene: Scene) -> None:
    """The large tenant's lists beside those of small ones, which are read by one statement."""
    person, others = await scene.world.person(), [await scene.world.tenant() for _ in range(4)]
    for tenant in (scene.large.tenant, *others):
        await scene.world.join(tenant, "OWNER", person)
    for window in ("first: 20", "last: 20"):
        inside = " ".join(f"{name} {{ edges {{ cursor }} }}" for name in _inside(window))
        answer = await doings.ask(
            person.client, f"{{ tenants {{ edges {{ node {{ {inside} }} }} }} }}", {}
        )
        shown = [edge["node"]["members"]["edges"] for edge in answer["data"]["tenants"]["edges"]]
        assert sorted(map(len, shown)) == [1, 1, 1, 1, 20]


def _inside(window: str) -> Iterator[str]:
    yield from (f"{name}({window})" for name in ("members", "apps", "auditLog", "subscriptions"))
    for order in TYPES["MemberOrderField"].values:
        yield f"by{order}: members({window}, orderBy: {{ field: {order} }})"


def _told(found: Iterable[Reading]) -> str:
    """What reads too much, each statement once."""
    wrong = {reading.statement: reading for reading in found if _reads_too_much(reading)}
    return "\n\n".join(
        f"{one.operation}: {sorted(one.whole)} {one.read}\n{one.statement}\n{one.plan}"
        for one in wrong.values()
    )


def _reads_too_much(reading: Reading) -> bool:
    name = reading.operation.partition(" ")[0]
    if name in SELDOM:
        return False
    if reading.whole - crowd.FEW.keys():
        return True
    most = max((n for of, n in reading.read.items() if of not in crowd.FEW), default=0)
    return most > crowd.MOST and name not in WHOLLY and not COUNTS.search(reading.statement)
