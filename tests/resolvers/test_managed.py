"""PRODUCT 3.3: people without an e-mail."""

from collections.abc import Callable
from typing import Any

import pytest

from models import Catalog, Tenant
from settings import Settings
from tests.clients import Person
from tests.factories import World

HANDED_OVER = "handed over on paper"
OWN = "only mine from now on"


@pytest.fixture
async def subscriber(world: World) -> Tenant:
    return await world.tenant(Catalog.SUBSCRIBER)


@pytest.fixture
async def boss(world: World, subscriber: Tenant) -> Person:
    return await world.join(subscriber, "OWNER")


async def add(person: Person, tenant: Tenant, **more: Any) -> dict[str, Any]:
    given = {
        "tenantId": tenant.id,
        "fullName": "Iris",
        "login": "iris",
        "password": HANDED_OVER,
    } | more
    return await person.do("addMember", given, "member { id status email login role { code } }")


async def test_somebody_without_an_email_joins_at_once(subscriber: Tenant, boss: Person) -> None:
    """(F) the default role is USER."""
    answer = await add(boss, subscriber)
    member = answer["member"]
    assert (member["status"], member["email"], member["login"]) == ("JOINED", None, "iris")
    assert member["role"] == {"code": "USER"}


async def test_a_handed_over_password_is_replaced_at_the_first_sign_in(
    world: World, subscriber: Tenant, boss: Person
) -> None:
    """(X) PasswordChangeRequired."""
    await add(boss, subscriber)
    pair = {"login": "iris", "password": HANDED_OVER, "transport": "BEARER"}
    asked = await world.anonymous.do("signIn", pair)
    assert asked["__typename"] == "PasswordChangeRequired"
    weak = await world.anonymous.do("signIn", pair | {"newPassword": "short"})
    assert [fault["code"] for fault in weak["fields"]] == ["TOO_SHORT"]
    same = await world.anonymous.do("signIn", pair | {"newPassword": HANDED_OVER})
    assert [fault["code"] for fault in same["fields"]] == ["UNCHANGED"]
    inside = await world.anonymous.do("signIn", pair | {"newPassword": OWN}, "me { login }")
    assert inside["me"] == {"login": "iris"}
    wrong = await world.anonymous.do("signIn", pair)
    assert wrong["__typename"] == "InvalidCredentials"


async def test_a_wrong_password_does_not_tell_that_it_has_to_be_replaced(
    world: World, subscriber: Tenant, boss: Person
) -> None:
    await add(boss, subscriber)
    answer = await world.anonymous.do("signIn", {"login": "iris", "password": "wrong"})
    assert answer["__typename"] == "InvalidCredentials"


@pytest.mark.parametrize("role", ["OWNER", "ADMINISTRATOR"])
async def test_owners_and_administrators_of_a_subscriber_have_an_email(
    subscriber: Tenant, boss: Person, role: str
) -> None:
    """(F) EmailRequired: adding, changing the role, passing ownership on."""
    assert (await add(boss, subscriber, role=role))["__typename"] == "EmailRequired"
    member_id = (await add(boss, subscriber))["member"]["id"]
    changed = await boss.do("changeRole", {"memberId": member_id, "role": role})
    assert changed["__typename"] == "EmailRequired"
    passed = await boss.do(
        "transferOwnership", {"tenantId": subscriber.id, "toMemberId": member_id}
    )
    assert passed["__typename"] == "EmailRequired"


async def test_no_other_tenant_finds_a_managed_account(
    subscriber: Tenant, boss: Person, project: Tenant, owner: Person
) -> None:
    """(X) until it has a verified e-mail."""
    await add(boss, subscriber)
    asked = {"tenantId": project.id, "invitee": {"login": "iris"}, "role": "ACCOUNTANT"}
    answer = await owner.do("inviteMember", asked)
    assert answer["__typename"] == "NotFound"


async def test_its_own_tenant_invites_a_managed_account_again_by_login(
    world: World, subscriber: Tenant, boss: Person
) -> None:
    """(X) in its own list always, without a mail; owners need an address here, too (F)."""
    member_id = (await add(boss, subscriber))["member"]["id"]
    await boss.do("removeMember", {"memberId": member_id})
    asked = {"tenantId": subscriber.id, "invitee": {"login": "iris"}}
    refused = await boss.do("inviteMember", asked | {"role": "OWNER"})
    assert refused["__typename"] == "EmailRequired"
    answer = await boss.do(
        "inviteMember", asked, "emailQueued member { login email invitation { delivery } }"
    )
    assert answer["emailQueued"] is False
    assert answer["member"] == {"login": "iris", "email": None, "invitation": {"delivery": "NONE"}}
    pair = {"login": "iris", "password": HANDED_OVER, "newPassword": OWN, "transport": "BEARER"}
    token = (await world.anonymous.do("signIn", pair, "token"))["token"]
    iris = world.client(token)
    listed = await iris.ask("{ me { invitations { edges { node { id tenantName } } } } }")
    [edge] = listed["me"]["invitations"]["edges"]
    accepted = await iris.do(
        "acceptInvitation", {"invitation": {"id": edge["node"]["id"]}}, "member { status }"
    )
    assert accepted["member"] == {"status": "JOINED"}


async def test_everything_wrong_is_named_at_once(subscriber: Tenant, boss: Person) -> None:
    answer = await add(
        boss, subscriber, fullName=" ", login="?", password="x", phone="1", maxSessions=0
    )
    assert [fault["path"] for fault in answer["fields"]] == [
        ["fullName"],
        ["login"],
        ["password"],
        ["phone"],
        ["maxSessions"],
    ]


async def test_a_taken_login_is_said_so_and_nobody_is_added(
    world: World, subscriber: Tenant, boss: Person
) -> None:
    await world.person("iris")
    assert (await add(boss, subscriber))["__typename"] == "LoginTaken"


async def test_an_administrator_adds_people_only_as_users(world: World, subscriber: Tenant) -> None:
    """(F)."""
    administrator = await world.join(subscriber, "ADMINISTRATOR")
    refused = await add(administrator, subscriber, role="ADMINISTRATOR")
    assert (refused["__typename"], refused["grantable"]) == ("RoleNotGrantable", ["USER"])
    assert (await add(administrator, subscriber))["__typename"] == "AddMemberPayload"


async def test_app_rights_and_a_session_limit_come_with_the_new_member(
    subscriber: Tenant, boss: Person
) -> None:
    made = await boss.do("createApp", {"tenantId": subscriber.id, "name": "Books"}, "app { id }")
    rights = [{"appId": made["app"]["id"], "right": "LAUNCH"}]
    asked = {
        "tenantId": subscriber.id,
        "fullName": "Iris",
        "login": "iris",
        "password": HANDED_OVER,
        "apps": rights,
        "maxSessions": 2,
    }
    answer = await boss.do(
        "addMember", asked, "member { maxSessions appAccess { edges { node { right } } } }"
    )
    assert answer["member"] == {
        "maxSessions": 2,
        "appAccess": {"edges": [{"node": {"right": "LAUNCH"}}]},
    }


async def test_a_project_has_no_default_role_for_whom_one_adds(
    project: Tenant, owner: Person
) -> None:
    answer = await add(owner, project)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["role"], "REQUIRED")]


async def test_the_first_user_of_an_account_stays(world: World) -> None:
    """PRODUCT 2, rule 5 (B): ProviderOnly through every door."""
    person = await world.person()
    made = await person.do("createTenant", {"name": "Home", "catalog": "ACCOUNT"}, "tenant { id }")
    tenant_id = made["tenant"]["id"]
    asked = await person.ask(
        "query($id: ID!) { tenant(id: $id) { viewer { member { id isFirstUser } } } }", id=tenant_id
    )
    first = asked["tenant"]["viewer"]["member"]
    assert first["isFirstUser"]
    for mutation, given in (
        ("leaveTenant", {"tenantId": tenant_id}),
        ("removeMember", {"memberId": first["id"]}),
        ("setMemberEnabled", {"memberId": first["id"], "enabled": False}),
    ):
        assert (await person.do(mutation, given))["__typename"] == "ProviderOnly"


async def test_adding_people_counts_as_inviting_them(
    configure: Callable[..., Settings], subscriber: Tenant, boss: Person
) -> None:
    """PRODUCT 3.11."""
    configure(limit_invitations_per_inviter=("1/hour",))
    await add(boss, subscriber)
    answer = await add(boss, subscriber, login="ivan")
    assert answer["__typename"] == "RateLimited"
    assert 0 < answer["retryAfter"] <= 3600
