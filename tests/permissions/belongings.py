"""What is a person's own: another session than he asks by, a linked identity, an offer, a block."""

from dataclasses import dataclass
from typing import Any

from models import Avatar, Identity, Session, Tenant, TenantBlock, clock, database, ids
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps


@dataclass
class Belongings:
    """Ids, and the login that goes with `factories.PASSWORD`; the block is of that tenant."""

    login: str
    session: str
    identity: str
    invitation: str
    blocked: str


@dataclass
class Elsewhere:
    """Where people are invited by `inviter`, and a tenant that they want no invitations of."""

    tenant: Tenant
    inviter: Person
    blocked: Tenant


async def elsewhere(world: World) -> Elsewhere:
    tenant = await world.tenant(name="Elsewhere")
    return Elsewhere(tenant, await world.join(tenant), await world.tenant(name="Blocked"))


async def give(world: World, person: Person, away: Elsewhere) -> Belongings:
    invited = await steps.invite(away.inviter, away.tenant, person.email)
    await world.session(person.id)
    identity, now = ids.new("idn"), clock.now()
    async with database.transaction(database.SYSTEM):
        session = await Session.filter(user_id=person.id).order_by("-id").first()
        await _create(Identity, id=identity, provider="x", subject=identity, user_id=person.id)
        await _create(TenantBlock, id=ids.new("blk"), tenant_id=away.blocked.id, user_id=person.id)
        await Avatar.create(user_id=person.id, digest="x", image=b"x", created_at=now)
    assert session is not None
    return Belongings(person.login, session.id, identity, invited.invitation_id, away.blocked.id)


async def _create(kind: type[Identity] | type[TenantBlock], **values: Any) -> None:
    await kind.create(created_at=clock.now(), **values)
