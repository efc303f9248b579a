"""Steps that lead to what a test of tariffs is about: one is made, a tenant is subscribed to it."""

from typing import Any

from models import ProviderRole, Tenant
from tests.clients import Person
from tests.factories import World

NAMES = {"en": "Start", "ru": "Старт", "kk": "Бастау"}
BOOKS = {"code": "books", "name": "Books", "url": "https://books.example.com/"}
STOCK = {"code": "stock", "name": "Stock"}
TARIFF = "tariff { id code name names { en ru kk } months isOffered apps { code name } }"
SUBSCRIPTION = (
    "subscription { id state beginsAt endsAt cancelledAt tariff { code name apps { code } } }"
)


def tariff(code: str = "start", *apps: dict[str, str], months: int = 1) -> dict[str, Any]:
    """The input of `createTariff`; it includes `BOOKS` where no apps are named."""
    return {"code": code, "names": NAMES, "months": months, "apps": list(apps) or [BOOKS]}


async def make(
    world: World, code: str = "start", *apps: dict[str, str], months: int = 1
) -> dict[str, Any]:
    """A tariff that the provider's `ADMIN` has just made."""
    admin = await world.staff(ProviderRole.ADMIN)
    answer = await admin.do("createTariff", tariff(code, *apps, months=months), TARIFF)
    assert answer["__typename"] == "CreateTariffPayload", answer
    return dict(answer["tariff"])


async def subscribe(by: Person, tenant: Tenant, code: str = "start") -> dict[str, Any]:
    """What subscribing comes to."""
    return await by.do("subscribeTenant", {"tenantId": tenant.id, "tariffCode": code}, SUBSCRIPTION)


async def change(by: Person, mutation: str, subscription_id: str) -> dict[str, Any]:
    """What renewing or cancelling comes to."""
    return await by.do(mutation, {"subscriptionId": subscription_id}, SUBSCRIPTION)
