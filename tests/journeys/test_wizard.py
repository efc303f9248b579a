"""An administrator adds users through the wizard's four steps, drawn from what he is offered: over
HTTP, with mail.
"""

from typing import Any

import pytest

from models import Catalog, Tenant
from tests.clients import Person
from tests.factories import World
from tests.journeys import steps
from tests.journeys.site import Browser, Site
from tests.resolvers import app_steps

OPTIONS = """query($id: ID!) { tenant(id: $id) { addMemberOptions { ways mayChooseRole
  defaultRole { code } mayLimitSessions apps { edges { node {
    app { id name } rights roles { id code } } } } } } }"""
ADDED = "member { id role { code } maxSessions }"
MINE = "{ apps { edges { node { name viewerRight } } } }"


@pytest.fixture
async def tenant(world: World) -> Tenant:
    """With an owner's two apps; one of them knows a role inside."""
    tenant = await world.tenant(Catalog.SUBSCRIBER, "Daisy")
    boss = await world.join(tenant)
    await app_steps.define(boss, await app_steps.create(boss, tenant, "Books"))
    await app_steps.create(boss, tenant, "Store")
    return tenant


@pytest.fixture
async def administrator(world: World, site: Site, tenant: Tenant) -> Browser:
    """Signed in on the site."""
    person: Person = await world.join(tenant, "ADMINISTRATOR", await world.person("admin"))
    return await site.signed_in(person.login)


async def choices(administrator: Browser, tenant: Tenant) -> tuple[list[str], dict[str, Any]]:
    """The ways of step one, and what the steps after the data come to: no role to choose, the
    first app with its least right and all its roles, one session.
    """
    offered = (await administrator.ask(OPTIONS, id=tenant.id))["tenant"]["addMemberOptions"]
    assert (offered["mayChooseRole"], offered["defaultRole"]) == (False, {"code": "USER"})
    option = offered["apps"]["edges"][0]["node"]
    given = {"appId": option["app"]["id"], "right": option["rights"][0]}
    given["roles"] = [role["id"] for role in option["roles"]]
    assert offered["mayLimitSessions"]
    return offered["ways"], {"tenantId": tenant.id, "apps": [given], "maxSessions": 1}


async def check(administrator: Browser, added: dict[str, Any], user: Browser) -> None:
    """He has what was chosen, and knows of nothing else."""
    assert (added["role"], added["maxSessions"]) == ({"code": "USER"}, 1)
    mine = (await user.ask(MINE))["apps"]["edges"]
    assert [edge["node"] for edge in mine] == [{"name": "Books", "viewerRight": "LAUNCH"}]
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Member {{ {app_steps.HELD} }} }} }}"
    seen = (await administrator.ask(query, id=added["id"]))["node"]
    assert list(app_steps.held({"member": seen}).values()) == [["clerk"]]


async def test_a_newcomer_with_an_address_comes_in_by_the_mailed_link(
    site: Site, administrator: Browser, tenant: Tenant
) -> None:
    """F; PRODUCT 3.1."""
    ways, chosen = await choices(administrator, tenant)
    assert "NEWCOMER_WITH_EMAIL" in ways
    invitee = {"invitee": {"email": steps.NEWCOMER}, "newcomer": {"fullName": "Nora"}}
    added = await administrator.do("inviteMember", chosen | invitee, f"{ADDED} emailQueued")
    assert added["emailQueued"]
    letter = await site.letter(steps.NEWCOMER)
    assert ("Books" in letter.text, "Store" in letter.text) == (True, False)
    newcomer = site.browser()
    joined = await steps.accept(newcomer, letter.token, registration=steps.REGISTRATION)
    assert joined["member"]["id"] == added["member"]["id"]
    await check(administrator, added["member"], newcomer)


async def test_a_newcomer_without_an_address_is_told_login_and_password(
    site: Site, administrator: Browser, tenant: Tenant
) -> None:
    """F; PRODUCT 3.3."""
    ways, chosen = await choices(administrator, tenant)
    assert "NEWCOMER_WITHOUT_EMAIL" in ways
    person = {"fullName": "Iris", "login": "iris", "password": "told on the phone"}
    added = await administrator.do("addMember", chosen | person, ADDED)
    user = site.browser()
    pair = {"login": "iris", "password": "told on the phone", "newPassword": "mine from now on"}
    assert (await user.do("signIn", pair))["__typename"] == "SignedIn"
    await check(administrator, added["member"], user)


async def test_somebody_registered_finds_the_offer_in_his_own_list(
    world: World, site: Site, administrator: Browser, tenant: Tenant
) -> None:
    """F; PRODUCT 3.2."""
    ways, chosen = await choices(administrator, tenant)
    assert "REGISTERED" in ways
    person = await world.person("rita")
    invitee = {"invitee": {"login": "rita"}}
    added = await administrator.do("inviteMember", chosen | invitee, ADDED)
    user = await site.signed_in(person.login)
    query = "{ me { invitations { edges { node { id apps { name right } } } } } }"
    [edge] = (await user.ask(query))["me"]["invitations"]["edges"]
    assert edge["node"]["apps"] == [{"name": "Books", "right": "LAUNCH"}]
    accepted = await user.do("acceptInvitation", {"invitation": {"id": edge["node"]["id"]}})
    assert accepted["__typename"] == "AcceptInvitationPayload"
    await check(administrator, added["member"], user)
