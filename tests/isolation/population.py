"""Several tenants with a row in every table, the people in them, and what is whose.

Whatever has an id, and every name somebody gave, is known with the tenants whose people may read
it; so an answer can be looked through without knowing what was asked.
"""

import itertools
import random
import re
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from models import Tenant
from tests import keys
from tests.clients import Person
from tests.factories import World
from tests.isolation import fences
from tests.models import places
from tests.models.places import TENANT_TABLES

TENANTS = 5
MARK = re.compile(r"zq\d+qz")
_ID = re.compile(r"\b[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}\b")
_CURSOR = re.compile(r"\bWy[A-Za-z0-9_-]{40,}")
_NAMED = {
    "tenants": ("name", "name_key"),
    "members": ("full_name", "name_key"),
    "apps": ("name", "url"),
    "app_roles": ("name", "code"),
    "api_keys": ("name",),
    "webhook_endpoints": ("url", "description"),
    "webhook_deliveries": ("event", "body"),
    "tenant_invitations": ("name", "email"),
}
_HELD = ("tenant:view", "members:view", "members:invite", "apps:manage", "audit:view")
# Whom a row of a person belongs to: all tenants that he has a place in.
_PEOPLE = """
select u.id, array_agg(m.tenant_id) as tenants from users u join members m on m.user_id = u.id
group by u.id
"""


@dataclass(frozen=True)
class Asker:
    """Somebody with a session or an API key, and the tenants he belongs to."""

    token: str
    tenants: frozenset[str]


@dataclass
class Population:
    askers: list[Asker] = field(default_factory=list)
    owners: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of each id and mark, the tenants whose people may read it."""
    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By their prefix."""
    _marks: Iterator[int] = field(default_factory=lambda: itertools.count(100))

    def mark(self, tenants: frozenset[str]) -> str:
        """A text that stands in what belongs to them and nowhere else."""
        made = f"zq{next(self._marks)}qz"
        self.owners[made] = tenants
        return made

    def foreign(self, asker: Asker, answer: str) -> set[str]:
        """What in that answer belongs to none of the asker's tenants."""
        told = [answer, *map(_row_of, _CURSOR.findall(answer))]
        found = {each for text in told for each in (*_ID.findall(text), *MARK.findall(text))}
        return {each for each in found if self.is_foreign(asker, each)}

    def is_foreign(self, asker: Asker, thing: str) -> bool:
        return asker.tenants.isdisjoint(self.owners.get(thing, asker.tenants))

    def pick(self, chance: random.Random, kind: str) -> str | None:
        return chance.choice(self.ids[kind]) if self.ids[kind] else None

    async def look_around(self) -> None:
        """Learn of whatever has been made since."""
        async with fences.superuser() as connection:
            for table, column in TENANT_TABLES.items():
                if table in ("tenants", "member_counts"):  # whose ids name nothing else
                    continue
                rows = await connection.fetch(f"select id, {column} as tenant from {table}")  # noqa: S608
                for row in rows:
                    self._learn(row["id"], frozenset([row["tenant"]]))
            for row in await connection.fetch(_PEOPLE):
                self._learn(row["id"], frozenset(row["tenants"]))

    def _learn(self, thing: str, tenants: frozenset[str]) -> None:
        if thing not in self.owners:
            self.ids[thing.partition("_")[0]].append(thing)
        self.owners[thing] = tenants


def _row_of(cursor: str) -> str:
    """Which row it stands at, without the list: that is named by who asks for it."""
    text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode(errors="replace")
    return text.partition(",")[2]


async def settle(world: World) -> Population:
    """Each tenant has an owner, two others and a key, each two neighbours share a person."""
    made = Population()
    homes = [await places.settle(world) for _ in range(TENANTS)]
    for home in homes:
        made._learn(home.tenant.id, frozenset([home.tenant.id]))  # noqa: SLF001
        await _people(world, made, home.tenant, home.owner)
    for one, other in itertools.pairwise(homes):
        both = await world.join(one.tenant, "MANAGER", await _person(world, made, one, other))
        await world.join(other.tenant, "ADMINISTRATOR", both)
        made.askers.append(Asker(both.token, frozenset([one.tenant.id, other.tenant.id])))
    await _name(made)
    await made.look_around()
    return made


async def _person(world: World, made: Population, *homes: places.Place) -> Person:
    mark = made.mark(frozenset(home.tenant.id for home in homes))
    return await world.person(mark, full_name=mark)


async def _people(world: World, made: Population, tenant: Tenant, owner: Person) -> None:
    tenants = frozenset([tenant.id])
    made.askers.append(Asker(owner.token, tenants))
    for role in ("MANAGER", "ACCOUNTANT"):
        mark = made.mark(tenants)
        person = await world.join(tenant, role, await world.person(mark, full_name=mark))
        made.askers.append(Asker(person.token, tenants))
    key = await keys.create(owner, tenant, *_HELD, name=made.mark(tenants))
    made.askers.append(Asker(key["secret"], tenants))


async def _name(made: Population) -> None:
    """Every text that somebody gave."""
    async with fences.superuser() as connection:
        await connection.execute("set session_replication_role = replica")  # no trigger, no feed
        for table, columns in _NAMED.items():
            column = TENANT_TABLES[table]
            for row in await connection.fetch(f"select id, {column} as tenant from {table}"):  # noqa: S608
                mark = made.mark(frozenset([row["tenant"]]))
                given = ", ".join(f"{each} = $2::text" for each in columns)
                change = f"update {table} set {given} where id = $1"  # noqa: S608
                await connection.execute(change, row["id"], mark)
