"""From the provider's word to somebody at work: an organization, a tenant it brings, its apps."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from models import Catalog, ProviderRole, Tenant
from resolvers import operator_reports
from settings import Settings
from tests.conftest import Clock
from tests.factories import World
from tests.journeys import sample_app, steps
from tests.journeys.machines import MACHINES
from tests.journeys.sample_app import Visit
from tests.journeys.site import Browser, Site

OWNER, ADMIN, OPERATOR = "bea@example.com", "ada@example.com", "oscar@example.com"
USER = {"fullName": "Uma", "login": "uma", "password": "handed over on paper"}
APPS = "{ apps { edges { node { name } } } }"
FOUND = """query($id: ID!) { tenant(id: $id) { apps { edges { node { id name } } }
  viewer { member { id } } servicedBy { organizationName } } }"""
SERVED = """query($id: ID!) { tenant(id: $id) { servicedTenants { edges { node {
  name subscriptions { edges { node { state } } } } } } } }"""


@dataclass
class Service:
    """The organization and who acts for it; the provider beside it."""

    organization: Tenant
    provider: Browser
    operator: Browser


async def begun(site: Site, world: World) -> Service:
    """The provider makes the organization, whose owner makes somebody its operator."""
    organization = await world.tenant(Catalog.SUBSCRIBER, "Forge")
    nina = await world.join(organization, "OWNER", await world.person("nina"))
    oscar = await world.join(organization, "USER", await world.person("oscar"))
    staff = await world.staff(ProviderRole.ADMIN)
    provider, owner = await site.signed_in(staff.login), await site.signed_in(nina.login)
    operator = {"memberId": oscar.member_id, "role": "OPERATOR"}
    assert (await owner.do("changeRole", operator))["__typename"] == "RoleNotGrantable"
    switches = {"canInviteTenants": True, "canSubscribeTenants": True}
    declared = {"tenantId": organization.id, "isServicing": True, **switches}
    await provider.do("setServicingOrganization", declared)
    assert (await owner.do("changeRole", operator))["__typename"] == "ChangeRolePayload"
    await site.letter(OPERATOR)
    return Service(organization, provider, await site.signed_in(oscar.login))


async def offered(service: Service, url: str) -> None:
    """A tariff with two apps, the first of them the sample app."""
    names = {"en": "Start", "ru": "Старт", "kk": "Бастау"}
    apps = [{"code": "books", "name": "Books", "url": url}, {"code": "tills", "name": "Tills"}]
    made = {"code": "start", "names": names, "months": 1, "apps": apps}
    assert (await service.provider.do("createTariff", made))["__typename"] == "CreateTariffPayload"


async def invited(site: Site, service: Service) -> tuple[Browser, str]:
    """The operator invites a tenant, and its owner registers by the mailed link."""
    wanted = {"organizationId": service.organization.id, "name": "Bakery", "ownerEmail": OWNER}
    assert (await service.operator.do("inviteTenant", wanted, "emailQueued"))["emailQueued"]
    owner, letter = site.browser(), await site.letter(OWNER)
    assert "Forge" in letter.text
    registration = {"fullName": "Bea Baker", "login": "bea", "password": "a loaf of rye bread"}
    accepting = {"token": letter.token, "registration": registration}
    made = await owner.do("acceptTenantInvitation", accepting, "tenant { id }")
    assert "Bakery" in (await site.letter(OPERATOR)).text
    return owner, made["tenant"]["id"]


async def administrator(site: Site, owner: Browser, tenant_id: str) -> Browser:
    """The owner adds an administrator, who registers by mail as well."""
    wanted = {"tenantId": tenant_id, "invitee": {"email": ADMIN}, "role": "ADMINISTRATOR"}
    await owner.do("inviteMember", wanted)
    admin, registration = site.browser(), steps.REGISTRATION
    await steps.accept(admin, (await site.letter(ADMIN)).token, registration=registration)
    return admin


async def launch(browser: Browser, app_id: str) -> dict[str, Any]:
    return await browser.do("launchApp", {"appId": app_id}, "ticket session { id }")


@dataclass
class Place:
    """The tenant that the operator has brought, and its first app."""

    id: str
    admin: Browser
    books: str
    tills: str


async def settled(site: Site, service: Service) -> Place:
    """Subscribed by the operator; its administrator administers the first app."""
    owner, tenant_id = await invited(site, service)
    admin = await administrator(site, owner, tenant_id)
    await service.operator.do("subscribeTenant", {"tenantId": tenant_id, "tariffCode": "start"})
    found = (await admin.ask(FOUND, id=tenant_id))["tenant"]
    assert found["servicedBy"] == {"organizationName": "Forge"}
    apps = {edge["node"]["name"]: edge["node"]["id"] for edge in found["apps"]["edges"]}
    right = {"appId": apps["Books"], "right": "LAUNCH_AND_ADMINISTER"}
    me = found["viewer"]["member"]["id"]
    await admin.do("setAppAccess", {"memberId": me, "set": [right]})
    return Place(tenant_id, admin, apps["Books"], apps["Tills"])


async def user(site: Site, place: Place) -> Browser:
    """The administrator adds a user with a right on one app, for two sessions at once."""
    right = {"appId": place.books, "right": "LAUNCH"}
    added = {"tenantId": place.id, **USER, "apps": [right], "maxSessions": 2}
    await place.admin.do("addMember", added)
    browser = site.browser()
    again = {"login": USER["login"], "password": USER["password"], "newPassword": "chosen by Uma"}
    assert (await browser.do("signIn", again))["__typename"] == "SignedIn"
    return browser


async def works_until_ended(visit: Visit, place: Place, uma: Browser) -> None:
    """Two sessions at once and no third, until the administrator ends one."""
    first, second = await launch(uma, place.books), await launch(uma, place.books)
    assert "Hello, Uma" in await visit.arrive(first["ticket"])
    third = await launch(uma, place.books)
    assert third["__typename"] == "SessionLimitReached"
    assert third["sessions"] == [first["session"], second["session"]]
    await place.admin.do("endAppSession", {"sessionId": first["session"]["id"]})
    await sample_app.notices_the_end(visit)
    assert (await launch(uma, place.books))["__typename"] == "LaunchAppPayload"


@pytest.mark.parametrize("site", ["smtp", MACHINES], indirect=True)
async def test_a_tenant_that_an_operator_brings_has_its_people_at_work(
    site: Site, world: World, configure: Callable[..., Settings], clock: Clock
) -> None:
    """Issue 5, the journey: the first manual from end to end."""
    configure(app_session_lapse=timedelta(seconds=6))
    port = sample_app.free_port()
    url = f"http://127.0.0.1:{port}/"
    service = await begun(site, world)
    await operator_reports.send_due()  # as the worker does all the time: the week begins
    await offered(service, url)
    place = await settled(site, service)
    uma = await user(site, place)
    assert await uma.ask(APPS) == {"apps": {"edges": [{"node": {"name": "Books"}}]}}
    assert (await launch(uma, place.tills))["__typename"] == "NotFound"
    async with (
        sample_app.running(site.url, port=port, app_id=place.books),
        Visit(url) as visit,
    ):
        await works_until_ended(visit, place, uma)

    clock.move(timedelta(days=8))
    await operator_reports.send_due()
    report = await site.letter(OPERATOR)
    assert "Bakery" in report.text
    assert "Start" in report.text
    seen = (await service.operator.ask(SERVED, id=service.organization.id))["tenant"]
    assert seen["servicedTenants"]["edges"] == [
        {"node": {"name": "Bakery", "subscriptions": {"edges": [{"node": {"state": "ACTIVE"}}]}}}
    ]
