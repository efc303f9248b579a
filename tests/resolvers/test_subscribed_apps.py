"""A tenant's apps follow its subscriptions (issue 5.7)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from models import App, AppAccess, Subscription, Tenant
from tests import app_servers
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import app_steps, service, steps
from tests.resolvers.service import Service
from tests.resolvers.tariff_steps import BOOKS, STOCK, change, make, subscribe

APPS = (
    "query($id: ID!) { tenant(id: $id) { apps { edges { node { id name url endedAt viewerRight"
    " } } } } apps { edges { node { name endedAt } } } }"
)
ENDED, OPENED = "SubscriptionEnded", "LaunchAppPayload"


@pytest.fixture
async def served(world: World) -> Service:
    """Its client is subscribed to `start`, which includes `BOOKS`."""
    found = await service.begin(world)
    await make(world)
    await subscribe(found.operator, found.client)
    return found


@pytest.fixture
async def books(served: Service) -> str:
    """The app, which the client's owner may launch."""
    [app] = await apps_of(served.client)
    await app_steps.give(served.owner, served.owner.member_id, app.id)
    return app.id


async def apps_of(tenant: Tenant) -> list[App]:
    return await steps.stored(App.filter(tenant_id=tenant.id).order_by("id"))


async def running(tenant: Tenant) -> Subscription:
    """The newest subscription."""
    return (await steps.stored(Subscription.filter(tenant_id=tenant.id).order_by("-id")))[0]


async def cancel(served: Service) -> None:
    row = await running(served.client)
    answer = await change(served.operator, "cancelSubscription", row.id)
    assert answer["__typename"] == "CancelSubscriptionPayload"


async def launch(person: Person, app_id: str) -> dict[str, Any]:
    return await person.do("launchApp", {"appId": app_id})


async def listed(person: Person, tenant: Tenant) -> list[dict[str, Any]]:
    """The tenant's apps, as the person is shown them."""
    found = await person.ask(APPS, id=tenant.id)
    return [edge["node"] for edge in found["tenant"]["apps"]["edges"]]


async def test_a_subscribed_tenant_has_the_apps_that_its_tariff_includes(
    world: World, project: Tenant, owner: Person
) -> None:
    """Each as the provider has named it; the audit says where it comes from."""
    await make(world, "start", STOCK, BOOKS)
    staff = await world.staff()
    await subscribe(staff, project)
    shown = [(app["name"], app["url"], app["endedAt"]) for app in await listed(owner, project)]
    assert shown == [("Books", BOOKS["url"], None), ("Stock", None, None)]
    events = await steps.audit("app.create")
    assert [event.changes for event in events] == [
        {"code": [None, "books"]},
        {"code": [None, "stock"]},
    ]
    assert {(event.actor_id, event.as_staff) for event in events} == {(staff.id, True)}


async def test_nobody_gets_a_right_on_an_app_by_a_subscription(served: Service) -> None:
    """PRODUCT 6.1 (F): a role brings none; those who may assign apps give them."""
    assert await steps.stored(AppAccess.filter(tenant_id=served.client.id)) == []
    [app] = await listed(served.owner, served.client)
    assert app["viewerRight"] is None
    assert (await launch(served.owner, app["id"]))["__typename"] == "PermissionDenied"
    await app_steps.give(served.owner, served.owner.member_id, app["id"])
    assert (await launch(served.owner, app["id"]))["__typename"] == OPENED


async def test_operators_see_none_of_the_apps(served: Service, books: str) -> None:
    """PRODUCT 6.1 (F): operators included."""
    query = "query($id: ID!) { node(id: $id) { id } }"
    assert (await served.operator.ask(query, id=books))["node"] is None
    assert (await launch(served.operator, books))["__typename"] == "NotFound"


async def test_an_app_that_several_tariffs_include_is_there_once(
    world: World, served: Service, books: str
) -> None:
    """One app of a code; subscribed anew, it is the same with everybody's rights."""
    await make(world, "more", BOOKS | {"name": "Other books"}, STOCK)
    await subscribe(served.operator, served.client, "more")
    names = [app["name"] for app in await listed(served.owner, served.client)]
    assert names == ["Books", "Stock"]
    await cancel(served)
    assert (await launch(served.owner, books))["__typename"] == OPENED
    assert [app.code for app in await apps_of(served.client)] == ["books", "stock"]
    ended = [app["endedAt"] is not None for app in await listed(served.owner, served.client)]
    assert ended == [False, True]


async def test_apps_of_two_tenants_share_a_code_and_nothing_else(
    world: World, served: Service, books: str, project: Tenant, owner: Person
) -> None:
    await subscribe(await world.staff(), project)
    [other] = await apps_of(project)
    assert other.id != books
    session = await app_servers.at_work(world, served.owner, books)
    await cancel(served)
    assert await session.beat() == 410
    await app_steps.give(owner, owner.member_id, other.id)
    assert (await launch(owner, other.id))["__typename"] == OPENED
    assert (await launch(served.owner, books))["__typename"] == ENDED


async def test_what_has_ended_is_shown_as_ended_and_cannot_be_launched(
    world: World, served: Service, books: str, clock: Clock
) -> None:
    """Issue 5.7; its members find it among their apps, and see why it does not open."""
    clock.move(timedelta(days=31))
    served.owner.client = world.client(await world.session(served.owner.id))
    found = await served.owner.ask(APPS, id=served.client.id)
    ended_at = (await running(served.client)).ends_at
    for connection in (found["tenant"]["apps"], found["apps"]):
        [edge] = connection["edges"]
        assert datetime.fromisoformat(edge["node"]["endedAt"]) == ended_at
    answer = await launch(served.owner, books)
    assert (answer["__typename"], answer["code"]) == (ENDED, "SUBSCRIPTION_ENDED")
    assert datetime.fromisoformat(answer["endedAt"]) == ended_at


async def test_who_has_no_right_on_an_app_is_not_told_that_it_has_ended(
    world: World, served: Service, books: str
) -> None:
    accountant = await world.join(served.client, "ACCOUNTANT")
    await cancel(served)
    assert (await launch(accountant, books))["__typename"] == "NotFound"
    assert await listed(accountant, served.client) == []


async def test_a_cancelled_subscription_ends_the_sessions_in_its_apps(
    world: World, served: Service, books: str
) -> None:
    """Issue 5.7: effective at the next heartbeat, and for tickets under way. Apps that no tariff
    brought go on.
    """
    own = await app_steps.create(served.owner, served.client, "Own")
    aside = await app_servers.at_work(world, served.owner, own)
    session = await app_servers.at_work(world, served.owner, books)
    ticket = (await app_servers.launch(served.owner, books))["ticket"]
    assert await session.beat() == 204
    await cancel(served)
    assert [await session.beat(), await aside.beat()] == [410, 204]
    assert (await app_servers.redeem(world.anonymous, ticket)).status_code == 410


async def test_a_session_in_an_app_that_has_ended_holds_no_place(
    served: Service, books: str
) -> None:
    """PRODUCT 6.2."""
    own = await app_steps.create(served.owner, served.client, "Own")
    await steps.edit(served.owner.member_id, max_sessions=1)
    await launch(served.owner, books)
    assert (await launch(served.owner, own))["__typename"] == "SessionLimitReached"
    await cancel(served)
    assert (await launch(served.owner, own))["__typename"] == OPENED


async def test_a_subscription_that_is_renewed_in_time_ends_no_session(
    world: World, served: Service, books: str, clock: Clock
) -> None:
    row = await running(served.client)
    await change(served.operator, "renewSubscription", row.id)
    clock.move(timedelta(days=32))
    served.owner.client = world.client(await world.session(served.owner.id))
    assert (await launch(served.owner, books))["__typename"] == OPENED


async def test_an_app_subscribed_anew_is_launched_by_whom_it_was_before(
    served: Service, books: str
) -> None:
    """It was kept, with the rights on it."""
    await cancel(served)
    assert (await launch(served.owner, books))["__typename"] == ENDED
    await subscribe(served.operator, served.client)
    assert (await launch(served.owner, books))["__typename"] == OPENED


async def test_an_included_app_is_renamed_and_not_removed_while_it_is_subscribed(
    served: Service, books: str
) -> None:
    """It would be paid for and not there; renewing makes no apps."""
    values = {"appId": books, "name": "Ledger"}
    answer = await served.owner.do("updateApp", values, "app { name endedAt }")
    assert answer["app"] == {"name": "Ledger", "endedAt": None}
    refused = await served.owner.do("removeApp", {"appId": books})
    assert app_steps.faults(refused) == [("appId", "INCLUDED")]
    await cancel(served)
    answer = await served.owner.do("updateApp", values, "app { endedAt }")
    ended_at = datetime.fromisoformat(answer["app"]["endedAt"])
    assert ended_at == (await running(served.client)).ends_at
    gone = await served.owner.do("removeApp", {"appId": books})
    assert gone["__typename"] == "RemoveAppPayload"


async def test_an_app_that_was_removed_comes_back_with_the_next_subscription(
    served: Service, books: str
) -> None:
    """As a new one, on which nobody has a right."""
    await cancel(served)
    await served.owner.do("removeApp", {"appId": books})
    await subscribe(served.operator, served.client)
    [app] = await apps_of(served.client)
    assert app.id != books
    assert (await launch(served.owner, app.id))["__typename"] == "PermissionDenied"


async def test_an_app_of_ones_own_never_ends(owner: Person, project: Tenant) -> None:
    await app_steps.create(owner, project)
    [app] = await listed(owner, project)
    assert app["endedAt"] is None
