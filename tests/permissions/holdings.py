"""A tenant that has one of everything, made through the API: what an operation can be tried on."""

from dataclasses import dataclass

from models import AuditEvent, Avatar, Catalog, ProviderRole, Tenant, clock, database
from tests import app_servers, keys
from tests.clients import Person
from tests.factories import PASSWORD, World
from tests.permissions.scenes import LOWEST
from tests.resolvers import (
    app_steps,
    importing,
    steps,
    tariff_steps,
    tenant_steps,
    webhook_steps,
)

PHONE = "+77051250043"
_NOTHING = "x"


@dataclass
class Holdings:
    """Ids of what belongs to one tenant. `keeper` owns it beside whoever else does, made the app
    and administers it; `member` has the lowest role and may launch it.

    `client` is the tenant whose subscriptions and serving are tried on: one that is served.
    """

    tenant: Tenant
    keeper: Person
    member: Person
    invited: steps.Invited
    managed: str
    app: str
    app_role: str
    app_action: str
    app_session: str
    key: str
    endpoint: str
    delivery: str
    plan: str
    done: str
    event: str
    subscription: str = _NOTHING
    tenant_invitation: str = _NOTHING
    client: str = ""

    @property
    def lowest(self) -> str:
        return LOWEST[self.tenant.catalog]


async def furnish(world: World, tenant: Tenant) -> Holdings:
    """Everything that customers make themselves."""
    first = tenant.catalog is Catalog.ACCOUNT
    keeper = await world.join(tenant, "OWNER", is_first_user=first)
    lowest, number = LOWEST[tenant.catalog], next(world.numbers)
    member = await world.person(phone=f"+770512{number:05}")
    await world.join(tenant, lowest, member)
    async with database.transaction(database.SYSTEM):
        now = clock.now()
        await Avatar.create(user_id=member.id, digest="x", image=b"x", created_at=now)
    email = f"pending{number}@example.com"
    newcomer = {"fullName": "Nina", "login": f"nina{number}", "phone": PHONE}
    app = await app_steps.create(keeper, tenant)
    await app_steps.set_control(keeper, app)
    app_role = await app_steps.define(keeper, app)
    await app_steps.give(keeper, member.member_id, app)
    action = await app_steps.ask(keeper, app)
    endpoint = await webhook_steps.made(keeper, tenant)
    tested = await webhook_steps.test(keeper, endpoint)
    return Holdings(
        tenant,
        keeper,
        member,
        await steps.invite(
            *(keeper, tenant, email, lowest),
            newcomer=newcomer,
            apps=[{"appId": app, "right": "LAUNCH"}],
            maxSessions=2,
        ),
        await _managed(world, keeper, tenant),
        app,
        app_role,
        action["appAction"]["id"],
        (await app_servers.at_work(world, member, app)).id,
        await _used_key(world, keeper, tenant),
        endpoint,
        tested["delivery"]["id"],
        await importing.planned(keeper, tenant, importing.csv(f"a{number}@example.com,{lowest}")),
        await _imported(keeper, tenant, importing.csv(f"b{number}@example.com,{lowest}")),
        await _event(tenant),
        client=tenant.id,
    )


async def _managed(world: World, keeper: Person, tenant: Tenant) -> str:
    """Somebody without an e-mail."""
    login = f"managed{next(world.numbers)}"
    given = {"tenantId": tenant.id, "fullName": "Max", "login": login, "password": PASSWORD}
    answer = await keeper.do("addMember", given | {"role": LOWEST[tenant.catalog]}, "member { id }")
    return str(answer["member"]["id"])


async def _used_key(world: World, keeper: Person, tenant: Tenant) -> str:
    """With a former secret."""
    key = await keys.make(world, keeper, tenant, "members:view")
    return (await keys.rotate(world, keeper, key)).id


async def _imported(keeper: Person, tenant: Tenant, source: str) -> str:
    """An import that is done."""
    plan = await importing.planned(keeper, tenant, source)
    await importing.apply(keeper, plan)
    await importing.work()
    return plan


async def _event(tenant: Tenant) -> str:
    """Some line of the tenant's log."""
    [first, *_] = await steps.stored(AuditEvent.filter(tenant_id=tenant.id).order_by("id"))
    return first.id


async def serve(world: World, by: Holdings, client: Holdings) -> None:
    """The one tenant serves the other and has invited another."""
    await world.serve(client.tenant, by=by.tenant)
    by.tenant_invitation = await tenant_steps.invite(by.keeper, by.tenant)
    by.client, by.subscription = client.tenant.id, client.subscription


async def subscribe(world: World, *tenants: Holdings) -> str:
    """To one tariff of two, by the provider; what its id is."""
    tariff = await tariff_steps.make(world)
    await tariff_steps.make(world, "another")
    support = await world.staff(ProviderRole.SUPPORT)
    for held in tenants:
        answer = await tariff_steps.subscribe(support, held.tenant)
        held.subscription = answer["subscription"]["id"]
    return str(tariff["id"])
