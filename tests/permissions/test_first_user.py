"""The rules about the first user of an ACCOUNT hold through every door (PRODUCT 2, rule 5; B).

Customers cannot remove or disable him; he cannot leave, nor change his name and address anywhere.
What his role becomes is theirs. Support's doors: `tests/resolvers/test_first_users.py`.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from models import Catalog, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import PASSWORD, World
from tests.resolvers import importing, steps


@dataclass
class Home:
    """An ACCOUNT with its first user, another owner, and somebody to whom all is granted."""

    tenant: Tenant
    first: Person
    owner: Person
    user: Person


@pytest.fixture
async def home(world: World) -> Home:
    tenant = await world.tenant(Catalog.ACCOUNT)
    people = [await world.person(name) for name in ("fred", "olga", "una")]
    granted = ["members:remove", "members:disable", "members:edit", "members:view"]
    return Home(
        tenant,
        await world.join(tenant, "OWNER", people[0], is_first_user=True),
        await world.join(tenant, "OWNER", people[1]),
        await world.join(tenant, "USER", people[2], grants=granted),
    )


OTHERS_DOORS: dict[str, dict[str, Any]] = {
    "removeMember": {},
    "setMemberEnabled": {"enabled": False},
}
OWN_DOORS: dict[str, dict[str, Any]] = {
    "updateProfile": {"fullName": "Frederick"},
    "changeEmail": {"email": "fred@example.org", "password": PASSWORD},
    "deleteMyAccount": {"password": PASSWORD},
}


@pytest.mark.parametrize("role", ["OWNER", "USER"])
@pytest.mark.parametrize("door", OTHERS_DOORS)
async def test_whatever_his_role_has_become_customers_neither_remove_nor_disable_him(
    home: Home, door: str, role: str
) -> None:
    await steps.edit(home.first.member_id, role=role)
    before = await steps.everything()
    given = {"memberId": home.first.member_id, **OTHERS_DOORS[door]}
    actors = [home.owner, home.first] if role == "OWNER" else [home.owner, home.user]
    for actor in actors:
        assert (await actor.do(door, given))["__typename"] == "ProviderOnly"
    assert await steps.everything() == before


@pytest.mark.parametrize("status", [MemberStatus.JOINED, MemberStatus.DISABLED])
async def test_he_cannot_leave_even_where_others_own_it(home: Home, status: MemberStatus) -> None:
    await steps.edit(home.first.member_id, status=status)
    answer = await home.first.do("leaveTenant", {"tenantId": home.tenant.id})
    assert answer["__typename"] == "ProviderOnly"


@pytest.mark.parametrize("door", OWN_DOORS)
async def test_he_changes_neither_name_nor_address_and_does_not_end_his_account(
    home: Home, door: str
) -> None:
    """Also with an address he did not register with."""
    [before] = [row for row in (await steps.everything())["users"] if row["id"] == home.first.id]
    assert (await home.first.do(door, OWN_DOORS[door]))["__typename"] == "ProviderOnly"
    [after] = [row for row in (await steps.everything())["users"] if row["id"] == home.first.id]
    assert after == before


async def test_his_role_is_the_customers_to_change_and_he_stays_the_first_user(home: Home) -> None:
    """For ever, whatever his role becomes."""
    change = {"memberId": home.first.member_id, "role": "USER"}
    answer = await home.owner.do("changeRole", change, "member { role { code } isFirstUser }")
    assert answer["member"] == {"role": {"code": "USER"}, "isFirstUser": True}


async def test_passing_the_account_on_does_not_pass_being_the_first_user_on(home: Home) -> None:
    answer = await home.first.do(
        "transferOwnership",
        {"tenantId": home.tenant.id, "toMemberId": home.user.member_id},
        "newOwner { role { code } isFirstUser } formerOwner { role { code } isFirstUser }",
    )
    assert answer["newOwner"] == {"role": {"code": "OWNER"}, "isFirstUser": False}
    assert answer["formerOwner"] == {"role": {"code": "USER"}, "isFirstUser": True}


async def test_an_import_that_names_him_changes_nothing_of_him(home: Home) -> None:
    """Issue 4: by login and by address, with another name and role."""
    before = await steps.everything()
    given = [
        {"login": home.first.login, "role": "OWNER"},
        {"email": home.first.email, "fullName": "Frederick", "role": "USER"},
    ]
    plan = await importing.planned(home.owner, home.tenant, given)
    assert await importing.reasons(home.owner, plan) == [["ALREADY_MEMBER"], ["ALREADY_MEMBER"]]
    await importing.apply(home.owner, plan)
    await importing.work()
    after = await steps.everything()
    assert {name for name in before if before[name] != after[name]} == {"audit_events"}


async def test_nobody_becomes_the_first_user_by_an_import(world: World, home: Home) -> None:
    """Nor by its role, nor where support has removed him: it is whom the account began with."""
    staff = await world.staff()
    await staff.do("removeFirstUser", {"memberId": home.first.member_id})
    given = [{"email": steps.NINA, "role": "OWNER"}]
    await importing.apply(home.owner, await importing.planned(home.owner, home.tenant, given))
    await importing.work()
    nina = await steps.register(world)
    assert not (await steps.member(nina.member_id)).is_first_user


async def test_a_frontend_is_told_that_he_can_be_neither_removed_nor_disabled(home: Home) -> None:
    query = "query($id: ID!) { node(id: $id) { ... on Member { viewer {"
    query += " canRemove canDisable canEnable canChangeRole } } } }"
    shown = (await home.owner.ask(query, id=home.first.member_id))["node"]["viewer"]
    assert shown == {
        "canRemove": False,
        "canDisable": False,
        "canEnable": False,
        "canChangeRole": True,
    }


async def test_once_support_has_removed_him_he_is_as_free_as_anybody(
    world: World, home: Home
) -> None:
    staff = await world.staff()
    await staff.do("removeFirstUser", {"memberId": home.first.member_id})
    answer = await home.first.do("updateProfile", OWN_DOORS["updateProfile"])
    assert answer["__typename"] == "UpdateProfilePayload"


async def test_the_first_member_of_another_catalogue_is_no_first_user(world: World) -> None:
    """Only an ACCOUNT's."""
    person = await world.person()
    for catalog in (Catalog.PROJECT, Catalog.SUBSCRIBER, Catalog.ACCOUNT):
        await person.do("createTenant", {"name": "Home", "catalog": catalog})
    query = "{ me { memberships { edges { node { isFirstUser tenant { catalog } } } } } }"
    edges = (await person.ask(query))["me"]["memberships"]["edges"]
    assert {e["node"]["tenant"]["catalog"]: e["node"]["isFirstUser"] for e in edges} == {
        "PROJECT": False,
        "SUBSCRIBER": False,
        "ACCOUNT": True,
    }
