"""A servicing organization, those whom it serves, and their subscriptions, as rows."""

from datetime import timedelta
from typing import Any

from models import Catalog, Servicing, Subscription, Tariff, Tenant, clock, database, ids
from tests.clients import Person
from tests.factories import World

DAY = timedelta(days=1)
NAMES = {"EN": "Start", "RU": "Начало", "KK": "Бастау"}


async def organization(world: World, name: str = "Horizon", **values: Any) -> Tenant:
    permitted = values.pop("servicing", ["tenants:invite", "subscriptions:manage"])
    return await world.tenant(Catalog.SUBSCRIBER, name, servicing=permitted, **values)


async def operator(world: World, of: Tenant, person: Person | None = None) -> Person:
    return await world.join(of, "OPERATOR", person)


async def serve(world: World, by: Tenant, name: str = "Acme", **values: Any) -> Tenant:
    """A tenant that the organization serves from now on, or until `ended_at`."""
    tenant = await world.tenant(Catalog.SUBSCRIBER, name)
    async with database.transaction(database.SYSTEM):
        await Servicing.create(
            id=ids.new("srv"),
            tenant_id=tenant.id,
            organization_id=by.id,
            created_at=clock.now(),
            **values,
        )
    return tenant


async def tariff(**names: str) -> Tariff:
    now, tariff_id = clock.now(), ids.new("trf")
    async with database.transaction(database.SYSTEM):
        return await Tariff.create(
            id=tariff_id,
            code=tariff_id,
            names=names or NAMES,
            months=1,
            created_at=now,
            updated_at=now,
        )


async def subscribe(
    tenant: Tenant, to: Tariff | None = None, *, days: float = 30, begun: float = 0, **values: Any
) -> Subscription:
    """It ends in so many `days`; it has `begun` so many ago."""
    tariff_, now = to or await tariff(), clock.now()
    async with database.transaction(database.SYSTEM):
        return await Subscription.create(
            id=ids.new("sub"),
            tenant_id=tenant.id,
            tariff_id=tariff_.id,
            begins_at=now - begun * DAY,
            ends_at=now + days * DAY,
            created_at=now,
            updated_at=now,
            **values,
        )


async def cancel(subscription: Subscription) -> None:
    now = clock.now()
    async with database.transaction(database.SYSTEM):
        await Subscription.filter(id=subscription.id).update(cancelled_at=now, ends_at=now)


async def change(row: Tenant | Subscription | Tariff, **values: Any) -> None:
    """Behind everybody's back."""
    async with database.transaction(database.SYSTEM):
        await type(row).filter(id=row.id).update(**values)
