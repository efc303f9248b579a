"""How provider staff find people, and what they see of an account (issue 4.8)."""

from typing import Any

import pytest

from models import Catalog, MemberStatus, ProviderRole, clock
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

USERS = """query($search: String, $first: Int, $after: String, $last: Int, $before: String) {
  users(search: $search, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
    edges { node { id fullName } } } }"""
ACCOUNT = """account { login email emailVerified phone phoneStatus locale providerRole endedAt
    memberships { memberId tenantId tenantName catalog role { code name } status isFirstUser } }"""


@pytest.fixture
async def staff(world: World) -> Person:
    return await world.person("sam", provider_role=ProviderRole.SUPPORT)


async def found(staff: Person, search: str | None) -> list[str]:
    """The names of whom it finds, and the count says the same."""
    users = (await staff.ask(USERS, search=search))["users"]
    names = [edge["node"]["fullName"] for edge in users["edges"]]
    assert users["totalCount"] == len(names)
    return names


@pytest.mark.parametrize(
    "search",
    ["ZOE.Z", "zoe@EX", "әсел", "ӘСЕЛ Қ", "  әсел  ", "claimed@"],
    ids=["login", "e-mail", "name", "folded", "blanks", "not proven"],
)
async def test_staff_find_people_by_how_login_address_or_name_begins(
    world: World, staff: Person, search: str
) -> None:
    """Case-folded."""
    emails = {True: "Zoe@example.org", False: "claimed@example.org"}
    email = emails[search != "claimed@"]
    await world.person(
        "zoe.z", email=email, verified="claimed" not in email, full_name="Әсел Қайратқызы"
    )
    await world.person("other")
    assert await found(staff, search) == ["Әсел Қайратқызы"]


async def test_a_search_is_a_beginning_and_its_signs_mean_themselves(
    world: World, staff: Person
) -> None:
    await world.person("zoe.z")
    for search in ("oe", "%", "zoe_z", "z%z", "\\"):
        assert await found(staff, search) == []


@pytest.mark.parametrize("search", [None, "", "  "])
async def test_without_a_search_everybody_is_listed_the_oldest_account_first(
    world: World, staff: Person, search: str | None
) -> None:
    await world.person("zoe")
    await world.person("abe")
    assert await found(staff, search) == ["Sam", "Zoe", "Abe"]


async def test_pages_of_people_lead_both_ways(world: World, staff: Person) -> None:
    """Issue 4.8: keyset pages."""
    for number in range(4):
        await world.person(f"zoe{number}")
    first = (await staff.ask(USERS, search="zoe", first=2))["users"]
    after = first["pageInfo"]["endCursor"]
    second = (await staff.ask(USERS, search="zoe", first=2, after=after))["users"]
    before = second["pageInfo"]["startCursor"]
    back = (await staff.ask(USERS, search="zoe", last=2, before=before))["users"]
    names = [[edge["node"]["fullName"] for edge in page["edges"]] for page in (first, second, back)]
    assert names == [["Zoe0", "Zoe1"], ["Zoe2", "Zoe3"], ["Zoe0", "Zoe1"]]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


async def test_a_person_is_found_by_the_name_he_has_now(staff: Person, stranger: Person) -> None:
    """Whoever changed it: himself, or support."""
    for rename, name in (
        (stranger.do("updateProfile", {"fullName": "Zoe"}), "zoe"),
        (staff.do("updateUser", {"userId": stranger.id, "fullName": "Abe"}), "abe"),
    ):
        await rename
        assert len(await found(staff, name)) == 1
    assert await found(staff, "zoe") == []


async def test_who_registers_is_found_by_name(world: World, staff: Person, owner: Person) -> None:
    [tenant] = (await owner.ask("{ tenants { edges { node { id } } } }"))["tenants"]["edges"]
    await owner.do(
        "inviteMember",
        {"tenantId": tenant["node"]["id"], "invitee": {"email": steps.NINA}, "role": "MANAGER"},
    )
    await steps.register(world)
    assert await found(staff, "nina new") == ["Nina New"]


async def test_staff_see_an_account_and_its_places(world: World, staff: Person) -> None:
    """Those where he is disabled too; not those that have ended, nor what was only offered."""
    person = await world.person(
        "zoe", phone="+77051250043", phone_confirmed_at=clock.now(), locale="KK"
    )
    home = await world.tenant(Catalog.ACCOUNT, "Home")
    await world.join(home, "OWNER", person, is_first_user=True)
    own = person.member_id
    work = await world.tenant(name="Work")
    await world.join(work, "ACCOUNTANT", person, status=MemberStatus.DISABLED)
    at_work = person.member_id
    await world.join(await world.tenant(), "OWNER", person, status=MemberStatus.REMOVED)
    await world.join(await world.tenant(), "OWNER", person, status=MemberStatus.PENDING)
    await world.join(await world.tenant(deleted_at=clock.now()), "OWNER", person)
    assert await account(staff, person) == {
        "login": "zoe",
        "email": "zoe@example.com",
        "emailVerified": True,
        "phone": "+77051250043",
        "phoneStatus": "CONFIRMED",
        "locale": "KK",
        "providerRole": None,
        "endedAt": None,
        "memberships": [
            {
                "memberId": own,
                "tenantId": home.id,
                "tenantName": "Home",
                "catalog": "ACCOUNT",
                "role": {"code": "OWNER", "name": "Owner"},
                "status": "JOINED",
                "isFirstUser": True,
            },
            {
                "memberId": at_work,
                "tenantId": work.id,
                "tenantName": "Work",
                "catalog": "PROJECT",
                "role": {"code": "ACCOUNTANT", "name": "Accountant"},
                "status": "DISABLED",
                "isFirstUser": False,
            },
        ],
    }


async def account(by: Person, of: Person) -> dict[str, Any] | None:
    """What somebody sees of another's account."""
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on User {{ {ACCOUNT} }} }} }}"
    shown: dict[str, Any] | None = (await by.ask(query, id=of.id))["node"]["account"]
    return shown


async def test_a_person_sees_his_own_account_and_his_colleagues_do_not(
    owner: Person, accountant: Person
) -> None:
    own = await account(accountant, accountant)
    assert own is not None
    assert [place["memberId"] for place in own["memberships"]] == [accountant.member_id]
    assert await account(owner, accountant) is None


async def test_accounts_of_a_page_cost_one_statement(
    world: World, staff: Person, statements: list[str]
) -> None:
    """DESIGN 1.1."""
    for _ in range(3):
        await world.join(await world.tenant())
    statements.clear()
    query = f"{{ users {{ edges {{ node {{ {ACCOUNT} }} }} }} }}"
    users = (await staff.ask(query))["users"]["edges"]
    assert len(users) == 4
    assert [len(statements), sum("jsonb_agg" in sent for sent in statements)] == [2, 1]


async def test_who_has_ended_his_account_is_named_neutrally(world: World, staff: Person) -> None:
    """PRODUCT 5: personal data goes."""
    ended = await world.person(full_name="", ended_at=clock.now())
    query = "query($id: ID!) { node(id: $id) { ... on User { displayName fullName } } }"
    shown = (await staff.ask(query, id=ended.id))["node"]
    assert shown == {"displayName": "A former user", "fullName": ""}
