"""Who subscribes a tenant to a tariff, and what becomes of that (PRODUCT 6.3, issue 5.7)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import Member, ProviderRole, Subscription, Tenant, database
from models import clock as clock_module
from permissions.catalog import Permission
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import service, steps
from tests.resolvers.app_steps import faults
from tests.resolvers.service import Service
from tests.resolvers.tariff_steps import change, make, subscribe

DONE = {
    "renewSubscription": "RenewSubscriptionPayload",
    "cancelSubscription": "CancelSubscriptionPayload",
}
NOT_FOUND, DENIED = "NotFound", "PermissionDenied"


async def stored(subscription_id: str) -> Subscription:
    [row] = await steps.stored(Subscription.filter(id=subscription_id))
    return row


async def edit(subscription_id: str, **values: object) -> None:
    async with database.transaction(database.SYSTEM):
        await Subscription.filter(id=subscription_id).update(**values)


async def switch(organization: Tenant, *permissions: Permission) -> None:
    """What the provider has switched on."""
    async with database.transaction(database.SYSTEM):
        await Tenant.filter(id=organization.id).update(servicing=list(permissions))


async def anew(world: World, *people: Person) -> None:
    """Sign them in again: the clock has been moved beyond their sessions."""
    for person in people:
        person.client = world.client(await world.session(person.id))


async def test_an_operator_subscribes_a_tenant_he_serves(served: Service) -> None:
    """PRODUCT 6.3 (F)."""
    answer = await subscribe(served.operator, served.client)
    assert answer["__typename"] == "SubscribeTenantPayload"
    begun = answer["subscription"]
    assert (begun["state"], begun["cancelledAt"]) == ("ACTIVE", None)
    assert begun["tariff"] == {"code": "start", "name": "Start", "apps": [{"code": "books"}]}
    row = await stored(begun["id"])
    assert (row.tenant_id, row.organization_id) == (served.client.id, served.organization.id)
    [event] = await steps.audit("subscription.create")
    assert (event.actor_id, event.as_staff) == (served.operator.id, False)
    assert (event.tenant_id, event.subject_id) == (served.client.id, begun["id"])
    assert event.changes == {"tariff": [None, "start"]}


async def test_an_owner_of_the_servicing_organization_subscribes_as_well(served: Service) -> None:
    """PRODUCT 2: the matrix gives it to OWNER and OPERATOR."""
    answer = await subscribe(served.chief, served.client)
    assert answer["__typename"] == "SubscribeTenantPayload"


@pytest.mark.parametrize("role", ProviderRole)
async def test_the_provider_subscribes_any_tenant(
    world: World, project: Tenant, role: ProviderRole
) -> None:
    """Issue 5.7; the audit of the tenant names the provider."""
    await make(world)
    staff = await world.staff(role)
    answer = await subscribe(staff, project)
    begun = answer["subscription"]
    assert (await stored(begun["id"])).organization_id is None
    for mutation, payload in DONE.items():
        assert (await change(staff, mutation, begun["id"]))["__typename"] == payload
    events = await steps.audit(*[f"subscription.{verb}" for verb in ("create", "renew", "cancel")])
    assert [(e.actor_id, e.as_staff, e.tenant_id) for e in events] == [
        (staff.id, True, project.id)
    ] * 3


async def stranger_of(world: World, _served: Service) -> Person:
    return await world.person()


async def other_operator(world: World, _served: Service) -> Person:
    """Of an organization that serves somebody else."""
    return (await service.begin(world)).operator


async def administrator_of(world: World, served: Service) -> Person:
    """Serving is neither his role's."""
    return await world.join(served.organization, "ADMINISTRATOR")


async def user_of(world: World, served: Service) -> Person:
    return await world.join(served.organization, "USER")


async def former_operator(_world: World, served: Service) -> Person:
    await served.end(served.owner)
    return served.operator


async def removed_operator(_world: World, served: Service) -> Person:
    async with database.transaction(database.SYSTEM):
        await Member.filter(id=served.operator.member_id).update(status="DISABLED")
    return served.operator


WHO = Callable[[World, Service], Awaitable[Person]]
OUTSIDERS: dict[str, WHO] = {
    "a stranger": stranger_of,
    "another organization's operator": other_operator,
    "an administrator of the organization": administrator_of,
    "a user of the organization": user_of,
    "an operator, when serving has ended": former_operator,
    "a disabled operator": removed_operator,
}


@pytest.mark.parametrize("who", OUTSIDERS)
async def test_to_who_does_not_serve_a_tenant_it_and_its_subscriptions_do_not_exist(
    world: World, served: Service, subscription: str, who: str
) -> None:
    """PRODUCT 6.4, issue 5: nothing about tenants one does not serve."""
    person = await OUTSIDERS[who](world, served)
    answer = await subscribe(person, served.client)
    assert answer == await subscribe(person, Tenant(id="ten_unknown"))
    assert answer["__typename"] == NOT_FOUND
    for mutation in DONE:
        answer = await change(person, mutation, subscription)
        assert answer == await change(person, mutation, "sub_unknown")
        assert answer["__typename"] == NOT_FOUND
    assert (await stored(subscription)).cancelled_at is None


async def test_a_tenant_does_not_subscribe_itself(served: Service, subscription: str) -> None:
    """He knows of the tenant and sees its subscriptions, so he is told what he lacks."""
    answers = [await subscribe(served.owner, served.client)]
    answers += [await change(served.owner, mutation, subscription) for mutation in DONE]
    for answer in answers:
        assert (answer["__typename"], answer["permission"]) == (DENIED, "subscriptions:manage")


async def test_who_does_not_see_a_tenants_subscriptions_is_not_told_of_one(
    world: World, served: Service, subscription: str
) -> None:
    """An accountant knows of the tenant, and of none of its subscriptions."""
    accountant = await world.join(served.client, "ACCOUNTANT")
    assert (await subscribe(accountant, served.client))["__typename"] == DENIED
    for mutation in DONE:
        assert (await change(accountant, mutation, subscription))["__typename"] == NOT_FOUND


async def test_operators_subscribe_only_where_the_provider_switched_it_on(
    served: Service, subscription: str
) -> None:
    """PRODUCT 6.3 (F), issue 5."""
    await switch(served.organization, Permission.TENANTS_INVITE)
    answers = [await subscribe(served.operator, served.client)]
    answers += [await change(served.operator, mutation, subscription) for mutation in DONE]
    for answer in answers:
        assert answer["__typename"] == "NotPermittedByProvider"
        assert answer["lacks"] == "subscriptions:manage"


async def test_a_tenant_has_a_tariff_once_at_a_time(served: Service, subscription: str) -> None:
    """Others it has beside it."""
    answer = await subscribe(served.chief, served.client)
    assert answer["__typename"] == "AlreadySubscribed"
    assert answer["subscriptionId"] == subscription


async def test_what_has_ended_is_subscribed_anew(
    world: World, served: Service, subscription: str, clock: Clock
) -> None:
    """Also what was cancelled; the old ones stay as they were."""
    clock.move(timedelta(days=31))
    await anew(world, served.operator)
    second = (await subscribe(served.operator, served.client))["subscription"]["id"]
    await change(served.operator, "cancelSubscription", second)
    third = await subscribe(served.operator, served.client)
    assert third["__typename"] == "SubscribeTenantPayload"
    assert len({subscription, second, third["subscription"]["id"]}) == 3


async def test_only_what_is_offered_is_subscribed_to(world: World, served: Service) -> None:
    """Unknown or withdrawn is one answer."""
    admin = await world.staff(ProviderRole.ADMIN)
    gone = await make(world, "gone")
    await admin.do("updateTariff", {"tariffId": gone["id"], "isOffered": False})
    for code in ("gone", "unknown", "START"):
        answer = await subscribe(served.operator, served.client, code)
        assert faults(answer) == [("tariffCode", "UNKNOWN_TARIFF")]


async def test_a_deleted_tenant_is_subscribed_to_nothing(
    served: Service, subscription: str, world: World
) -> None:
    """PRODUCT 4: out of everybody's sight."""
    await served.owner.do("deleteTenant", {"tenantId": served.client.id})
    for person in (served.operator, await world.staff()):
        assert (await subscribe(person, served.client))["__typename"] == NOT_FOUND
        answer = await change(person, "renewSubscription", subscription)
        assert answer["__typename"] == NOT_FOUND


@pytest.mark.parametrize(
    ("begins", "ends", "renewed"),
    [
        ("2027-01-15T10:00:00", "2027-02-15T10:00:00", "2027-03-15T10:00:00"),
        ("2027-12-31T23:30:00", "2028-01-31T23:30:00", "2028-02-29T23:30:00"),
    ],
)
async def test_a_period_is_counted_in_months_of_the_calendar(
    world: World, served: Service, clock: Clock, begins: str, ends: str, renewed: str
) -> None:
    """Renewing counts from its end, not from today. All moments are in UTC."""
    clock.move(datetime.fromisoformat(begins + "+00:00") - datetime.now(UTC))
    await anew(world, served.operator)
    begun = (await subscribe(served.operator, served.client))["subscription"]
    assert begun["endsAt"].startswith(ends[:15])
    again = await change(served.operator, "renewSubscription", begun["id"])
    assert again["subscription"]["endsAt"].startswith(renewed[:15])
    assert again["subscription"]["beginsAt"] == begun["beginsAt"]
    [event] = await steps.audit("subscription.renew")
    [before, after] = event.changes["ends_at"]
    assert (before[:15], after[:15]) == (ends[:15], renewed[:15])


async def test_the_end_of_a_renewed_subscription_is_announced_anew(
    served: Service, subscription: str
) -> None:
    """Issue 5.8: 14, 3 and 0 days before."""
    await edit(subscription, reminded_days=3)
    await change(served.operator, "renewSubscription", subscription)
    assert (await stored(subscription)).reminded_days is None


async def test_a_withdrawn_tariff_is_renewed_by_who_has_it(
    world: World, served: Service, subscription: str
) -> None:
    """ADR 0022."""
    admin = await world.staff(ProviderRole.ADMIN)
    tariff_id = (await stored(subscription)).tariff_id
    await admin.do("updateTariff", {"tariffId": tariff_id, "isOffered": False})
    answer = await change(served.operator, "renewSubscription", subscription)
    assert answer["subscription"]["tariff"]["code"] == "start"


async def test_a_subscription_is_not_renewed_without_end(
    served: Service, subscription: str
) -> None:
    await edit(subscription, ends_at=clock_module.now() + timedelta(days=3661))
    answer = await change(served.operator, "renewSubscription", subscription)
    assert faults(answer) == [("subscriptionId", "RUNS_LONG")]


async def test_cancelling_ends_a_subscription_at_once(served: Service, subscription: str) -> None:
    """Issue 5.7."""
    answer = await change(served.operator, "cancelSubscription", subscription)
    ended = answer["subscription"]
    assert ended["state"] == "CANCELLED"
    assert ended["cancelledAt"] == ended["endsAt"]
    assert datetime.fromisoformat(ended["endsAt"]) <= clock_module.now()
    [event] = await steps.audit("subscription.cancel")
    assert (event.actor_id, event.tenant_id) == (served.operator.id, served.client.id)
    assert event.changes["ends_at"][1] == ended["endsAt"]


@pytest.mark.parametrize("mutation", DONE)
@pytest.mark.parametrize("how", ["its time", "cancelling"])
async def test_what_is_over_is_neither_renewed_nor_cancelled(
    world: World, served: Service, subscription: str, clock: Clock, mutation: str, how: str
) -> None:
    """Issue 5: SubscriptionEnded says since when."""
    if how == "cancelling":
        await change(served.operator, "cancelSubscription", subscription)
    clock.move(timedelta(days=31))
    await anew(world, served.operator)
    before = await stored(subscription)
    answer = await change(served.operator, mutation, subscription)
    assert answer["__typename"] == "SubscriptionEnded"
    assert datetime.fromisoformat(answer["endedAt"]) == before.ends_at
    assert vars(await stored(subscription)) == vars(before)


async def test_nobody_subscribes_without_signing_in(world: World, served: Service) -> None:
    given: dict[str, Any] = {"tenantId": served.client.id, "tariffCode": "start"}
    answer = await world.anonymous.do("subscribeTenant", given)
    assert (answer["__typename"], answer["code"]) == (DENIED, "UNAUTHENTICATED")
