"""Every kind of actor there is, each with a tenant of his own and a foreign one of its kind."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from models import Catalog, MemberStatus, ProviderRole
from permissions import roles
from resolvers.api_keys import NEVER_HELD
from tests import keys
from tests.clients import Client, Person
from tests.factories import World
from tests.keys import Key
from tests.permissions import belongings, holdings
from tests.permissions.belongings import Belongings, Elsewhere
from tests.permissions.holdings import Holdings
from tests.permissions.matrix import ROLES
from tests.resolvers import app_steps, steps
from tests.resolvers.service import BOTH


@dataclass
class Actor:
    """`name` is the head of a column; `who` is None where nobody is signed in."""

    name: str
    catalog: Catalog
    own: Holdings
    foreign: Holdings
    client: Client
    who: Person | Key | None
    mine: Belongings


@dataclass
class Cast:
    """All actors, and what belongs to no tenant."""

    actors: list[Actor]
    somebody: Belongings
    tariff: str
    account: Holdings
    subscriber: Holdings

    def __iter__(self) -> Iterator[Actor]:
        return iter(self.actors)


async def gather(world: World) -> Cast:
    """Two tenants of each catalogue, of which the SUBSCRIBER serves the PROJECT, and everybody."""
    own, foreign = [await _tenants(world) for _ in range(2)]
    tariff = await holdings.subscribe(world, *own.values(), *foreign.values())
    for side in (own, foreign):
        await holdings.serve(world, side[Catalog.SUBSCRIBER], side[Catalog.PROJECT])
    made = _Making(world, own, foreign, await belongings.elsewhere(world))
    away = await belongings.elsewhere(world)
    somebody = await belongings.give(world, await world.person(), away)
    await made.everybody(somebody)
    return Cast(made.actors, somebody, tariff, own[Catalog.ACCOUNT], own[Catalog.SUBSCRIBER])


async def _tenants(world: World) -> dict[Catalog, Holdings]:
    made = {
        Catalog.PROJECT: await world.tenant(Catalog.PROJECT),
        Catalog.SUBSCRIBER: await world.tenant(Catalog.SUBSCRIBER, servicing=BOTH),
        Catalog.ACCOUNT: await world.tenant(Catalog.ACCOUNT),
    }
    return {catalog: await holdings.furnish(world, tenant) for catalog, tenant in made.items()}


@dataclass
class _Making:
    world: World
    own: dict[Catalog, Holdings]
    foreign: dict[Catalog, Holdings]
    away: Elsewhere
    actors: list[Actor] = field(default_factory=list)

    async def everybody(self, somebody: Belongings) -> None:
        self._add("anonymous", None, somebody)
        await self._person("stranger", await self.world.person())
        for catalog, codes in ROLES.items():
            for role in codes:
                person = await self.world.join(self.own[catalog].tenant, role)
                await self._person(f"{catalog} {role}", person, catalog)
        await self._by_name_only()
        await self._keys(somebody)
        await self._by_an_app()
        serving = self.own[Catalog.SUBSCRIBER].tenant
        await self._person("operator", await self.world.join(serving, "OPERATOR"))
        for role in ProviderRole:
            await self._person(f"provider {role}", await self.world.staff(role))

    async def _by_name_only(self) -> None:
        """Who has a place, and none that lets him do anything."""
        project = self.own[Catalog.PROJECT]
        pending = await self.world.person()
        await steps.invite(project.keeper, project.tenant, pending.email)
        await self._person("pending", pending)
        for status in (MemberStatus.DISABLED, MemberStatus.REMOVED):
            person = await self.world.join(project.tenant, "MANAGER", status=status)
            await self._person(status.lower(), person)

    async def _keys(self, somebody: Belongings) -> None:
        project = self.own[Catalog.PROJECT]
        every = [str(p) for p in roles.permissions(Catalog.PROJECT) if p not in NEVER_HELD]
        for name, held in (("key with all", every), ("key with none", ["dns:manage"])):
            key = await keys.make(self.world, project.keeper, project.tenant, *held)
            self._add(name, key, somebody)

    async def _by_an_app(self) -> None:
        """A USER of the SUBSCRIBER who administers its app."""
        held = self.own[Catalog.SUBSCRIBER]
        person = await self.world.join(held.tenant, "USER")
        await app_steps.give(held.keeper, person.member_id, held.app, "LAUNCH_AND_ADMINISTER")
        await self._person("administers the app", person, Catalog.SUBSCRIBER)
        await self._person("made the app", self.own[Catalog.PROJECT].keeper)

    async def _person(self, name: str, person: Person, catalog: Catalog = Catalog.PROJECT) -> None:
        mine = await belongings.give(self.world, person, self.away)
        self._add(name, person, mine, catalog)

    def _add(
        self,
        name: str,
        who: Person | Key | None,
        mine: Belongings,
        catalog: Catalog = Catalog.PROJECT,
    ) -> None:
        client = who.client if who else self.world.anonymous
        own, foreign = self.own[catalog], self.foreign[catalog]
        self.actors.append(Actor(name, catalog, own, foreign, client, who, mine))
