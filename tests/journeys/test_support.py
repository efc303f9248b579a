"""Provider support helps: an address is changed, and a first user is let go."""

from typing import Any

import pytest

from models import Catalog, ProviderRole, Tenant
from tests.clients import Person
from tests.factories import World
from tests.journeys.site import Browser, Site

NEW_ADDRESS = "fred@elsewhere.example.com"
FIND = """query($search: String) { users(search: $search) { edges { node { id fullName account {
    email memberships { memberId tenantName isFirstUser } } } } } }"""
LOG = """query($id: ID!) { tenant(id: $id) { auditLog { edges { node { action subjectId
    actor { __typename displayName } changes { field before after } } } } } }"""


@pytest.fixture
async def account(world: World) -> Tenant:
    return await world.tenant(Catalog.ACCOUNT, "Home")


@pytest.fixture
async def first(world: World, account: Tenant) -> Person:
    """The first user, and the only owner."""
    return await world.join(account, "OWNER", await world.person("fred"), is_first_user=True)


@pytest.fixture
async def user(world: World, account: Tenant) -> Person:
    return await world.join(account, "USER", await world.person("una"))


@pytest.fixture
async def support(world: World, site: Site) -> Browser:
    """Somebody of the provider's, signed in on the site."""
    await world.person("sam", full_name="Sam Support", provider_role=ProviderRole.SUPPORT)
    return await site.signed_in("sam")


async def find(support: Browser, search: str) -> dict[str, Any]:
    """The only person whom that finds."""
    [edge] = (await support.ask(FIND, search=search))["users"]["edges"]
    node: dict[str, Any] = edge["node"]
    return node


async def latest(browser: Browser, account: Tenant, number: int) -> list[dict[str, Any]]:
    """What was done last, as the tenant's owner reads it."""
    shown = await browser.ask(LOG, id=account.id)
    return [edge["node"] for edge in shown["tenant"]["auditLog"]["edges"][:number]]


async def test_support_changes_an_address_and_everybody_concerned_hears_of_it(
    site: Site, support: Browser, account: Tenant, first: Person
) -> None:
    """PRODUCT 5, issue 4.1 and 4.8."""
    found = await find(support, first.email)
    assert found["account"]["memberships"][0]["tenantName"] == "Home"

    answer = await support.do("updateUser", {"userId": found["id"], "email": NEW_ADDRESS})
    assert answer["__typename"] == "UpdateUserPayload"
    for address in (first.email, NEW_ADDRESS):
        letter = await site.letter(address)
        assert "E-mail address" in letter.text
        assert NEW_ADDRESS not in letter.text

    owner = await site.signed_in(NEW_ADDRESS)
    assert await latest(owner, account, 1) == [
        {
            "action": "user.update",
            "subjectId": first.member_id,
            "actor": {"__typename": "ProviderStaff", "displayName": "Sam Support"},
            "changes": [{"field": "email", "before": None, "after": None}],
        }
    ]


async def test_support_names_a_new_owner_and_lets_the_first_user_go(
    site: Site, support: Browser, account: Tenant, first: Person, user: Person
) -> None:
    """PRODUCT 2, rule 5 (B)."""
    owner = await site.signed_in(first.login)
    refused = await owner.do("leaveTenant", {"tenantId": account.id})
    assert refused["__typename"] == "ProviderOnly"

    [place] = (await find(support, "FRED"))["account"]["memberships"]
    assert place["isFirstUser"]
    [heir] = (await find(support, "una@"))["account"]["memberships"]
    alone = await support.do("removeFirstUser", {"memberId": place["memberId"]})
    assert alone["__typename"] == "LastOwner"
    named = {"memberId": place["memberId"], "newOwnerMemberId": heir["memberId"]}
    done = await support.do("removeFirstUser", named, "firstUser { status }")
    assert done["firstUser"] == {"status": "REMOVED"}

    assert "Home" in (await site.letter(first.email)).subject
    assert "Owner" in (await site.letter(user.email)).text
    assert await owner.ask("{ tenants { totalCount } }") == {"tenants": {"totalCount": 0}}
    new_owner = await site.signed_in(user.login)
    events = await latest(new_owner, account, 2)
    assert [(event["action"], event["actor"]["displayName"]) for event in events] == [
        ("member.remove", "Sam Support"),
        ("member.change_role", "Sam Support"),
    ]
