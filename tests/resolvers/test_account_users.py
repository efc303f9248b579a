"""The users of an ACCOUNT: «Добавление нового пользователя», «Права пользователя» (B).

Whoever owns the account manages them; a user of it as far as single permissions let him.
"""

from typing import Any

import pytest

from models import Catalog, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps


@pytest.fixture
async def account(world: World) -> Tenant:
    return await world.tenant(Catalog.ACCOUNT)


@pytest.fixture
async def ann(world: World, account: Tenant) -> Person:
    """Owns the account, its first user."""
    return await world.join(account, "OWNER", await world.person("ann"), is_first_user=True)


@pytest.fixture
async def uma(world: World, account: Tenant) -> Person:
    return await world.join(account, "USER", await world.person("uma"))


@pytest.fixture
async def ben(world: World, account: Tenant) -> Person:
    return await world.join(account, "USER", await world.person("ben"))


async def grant(by: Person, whom: Person, *permissions: str) -> dict[str, Any]:
    return await by.do("setMemberPermissions", {"memberId": whom.member_id, "on": permissions})


async def code(by: Person, mutation: str, **values: Any) -> str | None:
    """Of the refusal; None where it is done."""
    refused: str | None = (await by.do(mutation, values)).get("code")
    return refused


async def test_an_account_gets_a_default_user_when_it_is_made(world: World) -> None:
    """B: «При регистрации аккаунта BILLmanager создаёт пользователя по умолчанию»."""
    person = await world.person()
    made = await person.do(
        "createTenant",
        {"name": "Home", "catalog": "ACCOUNT"},
        "tenant { viewer { role { code } member { isFirstUser status } } }",
    )
    member = {"isFirstUser": True, "status": "JOINED"}
    assert made["tenant"]["viewer"] == {"role": {"code": "OWNER"}, "member": member}


async def test_access_is_given_to_third_persons(world: World, account: Tenant, ann: Person) -> None:
    """B: «Вы можете предоставить доступ от личного кабинета третьим лицам», «создать нового
    пользователя»; USER where no role is named.
    """
    await steps.invite(ann, account, role=None)
    nina = await steps.register(world)
    viewer = await nina.ask(
        "query($id: ID!) { tenant(id: $id) { viewer { role { code } permissions } } }",
        id=account.id,
    )
    assert viewer["tenant"]["viewer"] == {
        "role": {"code": "USER"},
        "permissions": ["tenant:view", "members:leave"],
    }


@pytest.mark.parametrize(
    "permissions",
    [["billing:manage", "documents:manage"], ["support:use"]],
    ids=["an accountant", "a system administrator"],
)
async def test_an_accountant_manages_accounts_and_documents_an_administrator_talks_to_support(
    account: Tenant, ann: Person, uma: Person, permissions: list[str]
) -> None:
    """B: «бухгалтеру для управления счетами и документами или системному администратору для
    общения со специалистами техподдержки»: that, and nothing else.
    """
    await grant(ann, uma, *permissions)
    found = await uma.ask(
        "query($id: ID!) { tenant(id: $id) { viewer { permissions } } }", id=account.id
    )
    expected = ["tenant:view", "members:leave", *permissions]
    assert found["tenant"]["viewer"]["permissions"] == expected


async def test_a_users_data_are_changed(account: Tenant, ann: Person) -> None:
    """B: «изменить данные пользователя», of those who do not edit themselves (PRODUCT 4)."""
    invited = await steps.invite(ann, account, role="USER", newcomer={"fullName": "Nina"})
    answer = await ann.do(
        "updateMember",
        {"memberId": invited.member_id, "fullName": "Nina New"},
        "member { fullName }",
    )
    assert answer["member"] == {"fullName": "Nina New"}


async def test_a_user_is_removed(ann: Person, uma: Person) -> None:
    """B: «удалить пользователя»."""
    assert await code(ann, "removeMember", memberId=uma.member_id) is None
    assert (await steps.member(uma.member_id)).status is MemberStatus.REMOVED
    assert (await uma.ask("{ tenants { totalCount } }"))["tenants"]["totalCount"] == 0


async def test_the_first_user_cannot_be_removed_by_customers(
    world: World, account: Tenant, ann: Person, uma: Person
) -> None:
    """B: «Вы не сможете самостоятельно удалить первого пользователя. Для этого вам нужно обратиться
    к вашему провайдеру»; neither by himself, nor by another owner or a user who may remove users.
    """
    user = await world.join(account, "USER")
    await grant(ann, user, "members:remove")
    assert await code(ann, "removeMember", memberId=ann.member_id) == "PROVIDER_ONLY"
    await ann.do("transferOwnership", {"tenantId": account.id, "toMemberId": uma.member_id})
    for by in (uma, user):
        assert await code(by, "removeMember", memberId=ann.member_id) == "PROVIDER_ONLY"
    assert await code(ann, "leaveTenant", tenantId=account.id) == "PROVIDER_ONLY"


async def test_a_user_is_switched_off_and_on(ann: Person, uma: Person) -> None:
    """B: «включить/выключить пользователя»."""
    for enabled, tenants in ((False, 0), (True, 1)):
        values = {"memberId": uma.member_id, "enabled": enabled}
        assert await code(ann, "setMemberEnabled", **values) is None
        assert (await uma.ask("{ tenants { totalCount } }"))["tenants"]["totalCount"] == tenants


async def test_the_users_of_an_account_are_listed_with_what_can_be_done_with_each(
    account: Tenant, ann: Person, uma: Person
) -> None:
    """B: «управлять пользователями в разделе Клиент → Пользователи»; the first user stays."""
    await grant(ann, uma, "support:use")
    found = await ann.ask(
        """query($id: ID!) { members(tenantId: $id) { edges { node { fullName isFirstUser
        permissionDetails { permission source }
        viewer { canRemove canDisable canEnable switchablePermissions } } } } }""",
        id=account.id,
    )
    first, user = [edge["node"] for edge in found["members"]["edges"]]
    assert (first["fullName"], first["isFirstUser"], first["viewer"]) == (
        "Ann",
        True,
        {"canRemove": False, "canDisable": False, "canEnable": False, "switchablePermissions": []},
    )
    assert user["permissionDetails"][-1] == {"permission": "support:use", "source": "GRANT"}
    assert (user["viewer"]["canRemove"], user["viewer"]["canDisable"]) == (True, True)
    assert user["viewer"]["switchablePermissions"] == [
        *("billing:manage", "documents:manage", "support:use", "members:view", "members:invite"),
        *("members:remove", "members:disable", "members:edit", "members:grant", "members:limit"),
        *("apps:manage", "apps:assign", "audit:view", "tenant:edit"),
    ]


async def test_a_disabled_first_user_can_be_enabled_and_the_list_says_so(
    world: World,
) -> None:
    """PRODUCT 2, rule 5, and 7: only removing and disabling are the provider's."""
    tenant = await world.tenant(Catalog.ACCOUNT)
    owner = await world.join(tenant, "OWNER")
    first = await world.join(tenant, "USER", status=MemberStatus.DISABLED, is_first_user=True)
    query = "query($id: ID!) { node(id: $id) { ... on Member { viewer { canEnable canRemove } } } }"
    node = (await owner.ask(query, id=first.member_id))["node"]
    assert node["viewer"] == {"canEnable": True, "canRemove": False}
    assert await code(owner, "setMemberEnabled", memberId=first.member_id, enabled=True) is None


async def test_a_user_who_may_invite_invites_users_and_no_owners(
    account: Tenant, ann: Person, uma: Person
) -> None:
    """PRODUCT 2, ACCOUNT's last row."""
    await grant(ann, uma, "members:invite")
    assert await code(uma, "inviteMember", **steps.invitation(account, role=None)) is None
    answer = await uma.do("inviteMember", steps.invitation(account, "o@example.com", "OWNER"))
    assert (answer["code"], answer["grantable"]) == ("ROLE_NOT_GRANTABLE", ["USER"])


async def test_a_user_who_may_remove_removes_users_but_neither_owners_nor_the_first_user(
    world: World, account: Tenant, ann: Person, uma: Person, ben: Person
) -> None:
    """PRODUCT 2, rules 2 and 5."""
    await grant(ann, uma, "members:remove")
    first = await world.join(account, "USER", is_first_user=True)
    answers = {
        who.login: await code(uma, "removeMember", memberId=who.member_id)
        for who in (ben, first, ann)
    }
    assert list(answers.values()) == [None, "PROVIDER_ONLY", "PERMISSION_DENIED"]


async def test_a_user_who_may_disable_disables_users_and_no_owners(
    account: Tenant, ann: Person, uma: Person, ben: Person
) -> None:
    """PRODUCT 2, rule 2."""
    await grant(ann, uma, "members:disable")
    for who, refused in ((ben, None), (ann, "PERMISSION_DENIED")):
        values = {"memberId": who.member_id, "enabled": False}
        assert await code(uma, "setMemberEnabled", **values) == refused


async def test_a_user_who_may_grant_cannot_raise_himself(
    account: Tenant, ann: Person, uma: Person, ben: Person
) -> None:
    """PRODUCT 2, rule 1: neither directly nor by way of somebody else."""
    await grant(ann, uma, "members:grant", "support:use")
    for whom in (uma, ben):
        answer = await grant(uma, whom, "support:use", "billing:manage")
        assert (answer["code"], answer["permission"]) == ("PERMISSION_DENIED", "billing:manage")
    assert (await grant(uma, ben, "members:grant", "support:use")).get("code") is None
    assert (await grant(ben, uma, "audit:view"))["permission"] == "audit:view"


async def test_no_user_of_an_account_changes_roles_whatever_is_granted(
    account: Tenant, ann: Person, uma: Person, ben: Person
) -> None:
    """PRODUCT 2, ACCOUNT: the cells that are not granted."""
    every = (await ann.ask(SWITCHABLE, id=uma.member_id))["node"]["viewer"]
    await grant(ann, uma, *every["switchablePermissions"])
    for mutation, values in (
        ("changeRole", {"memberId": ben.member_id, "role": "OWNER"}),
        ("transferOwnership", {"tenantId": account.id, "toMemberId": ben.member_id}),
        ("deleteTenant", {"tenantId": account.id}),
    ):
        assert await code(uma, mutation, **values) == "PERMISSION_DENIED"


SWITCHABLE = (
    "query($id: ID!) { node(id: $id) { ... on Member { viewer { switchablePermissions } } } }"
)
