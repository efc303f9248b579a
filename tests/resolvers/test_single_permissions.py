"""Switching single permissions for a member (PRODUCT 2, rule 3; B, «Права пользователя»)."""

from typing import Any

import pytest

from models import Catalog, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

DETAILS = "permissions permissionDetails { permission source holds }"
BELONGING = ["tenant:view", "members:leave"]
BOOKS = ["billing:manage", "documents:manage"]


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


async def switch(by: Person, whom: Person, **lists: list[str]) -> dict[str, Any]:
    values = {"memberId": whom.member_id, **lists}
    return await by.do("setMemberPermissions", values, f"member {{ {DETAILS} }}")


def sources(answer: dict[str, Any]) -> dict[str, str]:
    return {d["permission"]: d["source"] for d in answer["member"]["permissionDetails"]}


def faults(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(".".join(field["path"]), field["code"]) for field in answer["fields"]]


async def test_an_owner_changes_the_rights_of_his_accounts_users(ann: Person, uma: Person) -> None:
    """B: «Вы можете изменять права пользователей на совершение тех или иных действий»."""
    assert (await uma.ask("{ tenants { edges { node { viewer { permissions } } } } }")) == {
        "tenants": {"edges": [{"node": {"viewer": {"permissions": BELONGING}}}]}
    }
    await switch(ann, uma, on=["tenant:edit"])
    found = await uma.ask("{ tenants { edges { node { viewer { permissions } } } } }")
    [edge] = found["tenants"]["edges"]
    assert edge["node"]["viewer"]["permissions"] == [*BELONGING, "tenant:edit"]


async def test_several_selected_rights_are_switched_on_in_one_go(ann: Person, uma: Person) -> None:
    """B: «выделите те права, которые вы хотите назначить», «Нажмите Вкл»; PRODUCT 4."""
    answer = await switch(ann, uma, on=["support:use", *BOOKS])
    assert answer["member"]["permissions"] == [*BELONGING, *BOOKS, "support:use"]
    assert sources(answer) == dict.fromkeys(BELONGING, "ROLE") | dict.fromkeys(
        [*BOOKS, "support:use"], "GRANT"
    )


async def test_what_was_switched_on_is_switched_off_again(ann: Person, uma: Person) -> None:
    """PRODUCT 4; B."""
    await switch(ann, uma, on=["support:use", *BOOKS])
    answer = await switch(ann, uma, on=["audit:view"], off=BOOKS)
    assert answer["member"]["permissions"] == [*BELONGING, "support:use", "audit:view"]
    row = await steps.member(uma.member_id)
    assert (row.grants, row.denials) == (["audit:view", "support:use"], [])


async def test_what_the_role_gives_is_denied_and_given_back(owner: Person, manager: Person) -> None:
    """PRODUCT 2, rule 3: role + grants - denials."""
    denied = await switch(owner, manager, off=["members:remove", "members:invite"])
    assert {p: s for p, s in sources(denied).items() if s != "ROLE"} == {
        "members:invite": "DENIAL",
        "members:remove": "DENIAL",
    }
    assert "members:invite" not in denied["member"]["permissions"]
    row = await steps.member(manager.member_id)
    assert (row.grants, row.denials) == ([], ["members:invite", "members:remove"])
    back = await switch(owner, manager, on=["members:invite", "members:remove"])
    assert set(sources(back).values()) == {"ROLE"}
    row = await steps.member(manager.member_id)
    assert (row.grants, row.denials) == ([], [])


async def test_details_are_in_the_catalogues_order_and_say_what_holds(
    owner: Person, accountant: Person
) -> None:
    """Issue 4.7: from role, grant or denial; denied ones are listed and do not hold."""
    answer = await switch(owner, accountant, on=["servers:manage"], off=["billing:manage"])
    details = answer["member"]["permissionDetails"]
    assert [(d["permission"], d["source"], d["holds"]) for d in details] == [
        ("servers:manage", "GRANT", True),
        ("partners:use", "ROLE", True),
        ("billing:manage", "DENIAL", False),
        ("support:use", "ROLE", True),
        ("legal_entities:manage", "ROLE", True),
        ("members:view", "ROLE", True),
        ("members:leave", "ROLE", True),
        ("tenant:view", "ROLE", True),
    ]
    held = [d["permission"] for d in details if d["holds"]]
    assert answer["member"]["permissions"] == held


async def test_the_audit_says_by_codes_what_each_permission_was_and_is(
    owner: Person, accountant: Person
) -> None:
    """PRODUCT 4: one row for one call."""
    await switch(owner, accountant, on=["servers:manage"], off=["billing:manage"])
    await switch(owner, accountant, on=["billing:manage"], off=["servers:manage", "ssh:manage"])
    first, second = await steps.audit("member.set_permissions")
    assert first.changes == {
        "servers:manage": [None, "GRANT"],
        "billing:manage": ["ROLE", "DENIAL"],
    }
    assert second.changes == {
        "billing:manage": ["DENIAL", "ROLE"],
        "servers:manage": ["GRANT", None],
    }
    assert (first.subject_id, first.actor_id) == (accountant.member_id, owner.id)


async def test_saying_what_is_so_already_changes_nothing(owner: Person, accountant: Person) -> None:
    """No row of the audit, and the member was not changed."""
    await switch(owner, accountant, on=["servers:manage"], off=["billing:manage"])
    before = await steps.everything()
    said: list[dict[str, list[str]]] = [
        {"on": ["servers:manage", "support:use"], "off": ["billing:manage", "ssh:manage"]},
        {"on": [], "off": []},
        {},
    ]
    for lists in said:
        answer = await switch(owner, accountant, **lists)
        assert answer["__typename"] == "SetMemberPermissionsPayload"
    assert await steps.everything() == before


async def test_switching_sends_no_mail(owner: Person, accountant: Person) -> None:
    """PRODUCT 4 names who is told: role changed, removed, made owner."""
    await switch(owner, accountant, on=["servers:manage"])
    assert await steps.queued() == []


async def test_every_fault_is_named_at_its_place_and_nothing_is_done(
    owner: Person, accountant: Person
) -> None:
    """DESIGN 3; unknown ones, those of belonging, twice in a list, in both lists."""
    before = await steps.everything()
    answer = await switch(
        owner,
        accountant,
        on=["servers:manage", "members:paint", "ssh:manage", "ssh:manage", "tenant:view"],
        off=["servers:manage", "members:leave", "documents:manage", "billing:manage"],
    )
    assert faults(answer) == [
        ("on.1", "UNKNOWN_PERMISSION"),
        ("on.3", "SWITCHED_TWICE"),
        ("on.4", "UNKNOWN_PERMISSION"),
        ("off.0", "SWITCHED_TWICE"),
        ("off.1", "UNKNOWN_PERMISSION"),
        ("off.2", "UNKNOWN_PERMISSION"),
    ]
    assert await steps.everything() == before


@pytest.mark.parametrize("permission", ["tenants:invite", "subscriptions:manage"])
async def test_what_the_provider_switches_is_not_switched_by_an_owner(
    world: World, permission: str
) -> None:
    """PRODUCT 2: in a servicing organization, and where the provider switched each on."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    boss, user = await world.join(tenant), await world.join(tenant, "USER")
    assert faults(await switch(boss, user, on=[permission])) == [("on.0", "UNKNOWN_PERMISSION")]


@pytest.mark.parametrize("way", ["on", "off"])
async def test_nobody_switches_what_he_does_not_hold_himself(
    owner: Person, manager: Person, accountant: Person, way: str
) -> None:
    """PRODUCT 2, rule 1, and the same for taking it away: the first one missing is named."""
    await switch(owner, accountant, on=["tenant:delete"])
    before = await steps.everything()
    lists = {way: ["ssh:manage", "tenant:delete", "keys:manage"]}
    answer = await switch(manager, accountant, **lists)
    assert (answer["code"], answer["permission"]) == ("PERMISSION_DENIED", "tenant:delete")
    assert await steps.everything() == before


async def test_nobody_lifts_a_denial_of_his_own(owner: Person, manager: Person) -> None:
    """Rule 1: he does not hold it any more; giving himself what his role gives is no way round."""
    await switch(owner, manager, off=["members:remove"])
    answer = await switch(manager, manager, on=["members:remove"])
    assert (answer["code"], answer["permission"]) == ("PERMISSION_DENIED", "members:remove")


async def test_who_was_granted_the_right_to_grant_hands_on_only_what_he_holds(
    world: World, account: Tenant, ann: Person, uma: Person
) -> None:
    """PRODUCT 2, ACCOUNT and rule 1."""
    ben = await world.join(account, "USER")
    await switch(ann, uma, on=["members:grant", "billing:manage"])
    done = await switch(uma, ben, on=["billing:manage"])
    assert done["__typename"] == "SetMemberPermissionsPayload"
    refused = await switch(uma, ben, on=["billing:manage", "documents:manage"])
    assert refused["permission"] == "documents:manage"


async def test_switching_needs_its_permission(administrator: Person, accountant: Person) -> None:
    answer = await switch(administrator, accountant, on=["servers:manage"])
    assert (answer["code"], answer["permission"]) == ("PERMISSION_DENIED", "members:grant")


async def test_nobody_but_an_owner_switches_for_an_owner_and_he_hears_that_there_is_nothing(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 2, rules 2 and 3."""
    beyond = await switch(manager, owner, off=["ssh:manage"])
    assert (beyond["code"], beyond["permission"]) == ("PERMISSION_DENIED", "owners:remove")
    other = await world.join(project, "OWNER")
    for whom in (owner, other):
        answer = await switch(owner, whom, off=["ssh:manage"])
        assert faults(answer) == [("memberId", "OWNER_HOLDS_ALL")]


async def test_a_subscribers_administrator_who_may_grant_reaches_users_only(world: World) -> None:
    """PRODUCT 2, rule 2."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    boss, admin = await world.join(tenant), await world.join(tenant, "ADMINISTRATOR")
    other, user = await world.join(tenant, "ADMINISTRATOR"), await world.join(tenant, "USER")
    await switch(boss, admin, on=["members:grant"])
    assert (await switch(admin, other, off=["audit:view"]))["code"] == "PERMISSION_DENIED"
    assert (await seen(admin, other))["viewer"]["switchablePermissions"] == []
    answer = await switch(admin, user, on=["audit:view"])
    assert answer["member"]["permissions"] == [*BELONGING, "audit:view"]


async def test_who_has_not_accepted_has_no_permissions_to_switch(
    owner: Person, project: Tenant
) -> None:
    """PRODUCT 4: pending; removed ones are not found."""
    invited = await steps.invite(owner, project)
    values = {"memberId": invited.member_id, "on": ["ssh:manage"]}
    assert faults(await owner.do("setMemberPermissions", values)) == [("memberId", "NOT_JOINED")]
    await owner.do("removeMember", {"memberId": invited.member_id})
    assert (await owner.do("setMemberPermissions", values))["code"] == "NOT_FOUND"


async def test_a_disabled_members_permissions_are_switched_for_when_he_is_enabled(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: until then he may do nothing, and the details say so."""
    member = await world.join(project, "ACCOUNTANT", status=MemberStatus.DISABLED)
    answer = await switch(owner, member, on=["ssh:manage"])
    assert answer["member"]["permissions"] == []
    assert sources(answer)["ssh:manage"] == "GRANT"
    assert not any(detail["holds"] for detail in answer["member"]["permissionDetails"])
    await owner.do("setMemberEnabled", {"memberId": member.member_id, "enabled": True})
    can = '{ tenants { edges { node { viewer { can(permission: "ssh:manage") } } } } }'
    [edge] = (await member.ask(can))["tenants"]["edges"]
    assert edge["node"]["viewer"]["can"] is True


async def test_of_a_pending_member_one_sees_what_waits_for_him_and_of_a_removed_one_nothing(
    owner: Person, project: Tenant
) -> None:
    """PRODUCT 4: nothing revives."""
    invited = await steps.invite(owner, project)
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Member {{ {DETAILS} }} }} }}"
    pending = (await owner.ask(query, id=invited.member_id))["node"]
    assert {d["source"] for d in pending["permissionDetails"]} == {"ROLE"}
    assert [d for d in pending["permissionDetails"] if d["holds"]] == pending["permissions"] == []
    await owner.do("removeMember", {"memberId": invited.member_id})
    removed = (await owner.ask(query, id=invited.member_id))["node"]
    assert removed == {"permissions": [], "permissionDetails": []}


async def become_owner_by_role(owner: Person, manager: Person, project: Tenant) -> str:
    answer = await owner.do("changeRole", {"memberId": manager.member_id, "role": "OWNER"})
    return str(answer["__typename"])


async def become_owner_by_transfer(owner: Person, manager: Person, project: Tenant) -> str:
    values = {"tenantId": project.id, "toMemberId": manager.member_id}
    return str((await owner.do("transferOwnership", values))["__typename"])


@pytest.mark.parametrize("way", [become_owner_by_role, become_owner_by_transfer])
async def test_who_becomes_owner_has_neither_grants_nor_denials(
    project: Tenant, owner: Person, manager: Person, way: Any
) -> None:
    """PRODUCT 2, rule 3; the audit says what is gone."""
    await switch(owner, manager, on=["keys:manage"], off=["members:invite"])
    assert (await way(owner, manager, project)).endswith("Payload")
    row = await steps.member(manager.member_id)
    assert (row.role, row.grants, row.denials) == ("OWNER", [], [])
    changes = (await steps.audit("member.change_role"))[0].changes
    assert changes == {
        "role": ["MANAGER", "OWNER"],
        "keys:manage": ["GRANT", "ROLE"],
        "members:invite": ["DENIAL", "ROLE"],
    }


async def test_a_denial_is_not_shaken_off_by_a_detour_over_another_role(
    owner: Person, manager: Person
) -> None:
    """ADR 0015: grants and denials stay when the role changes."""
    await switch(owner, manager, on=["keys:manage"], off=["members:invite"])
    for role in ("ACCOUNTANT", "MANAGER"):
        await owner.do("changeRole", {"memberId": manager.member_id, "role": role})
    row = await steps.member(manager.member_id)
    assert (row.grants, row.denials) == (["keys:manage"], ["members:invite"])


async def test_what_another_role_does_not_give_is_granted_over_an_old_denial(
    owner: Person, manager: Person
) -> None:
    """ADR 0015: a denial that waits is lifted by switching on, and a grant by switching off."""
    await switch(owner, manager, on=["keys:manage"], off=["members:invite"])
    await owner.do("changeRole", {"memberId": manager.member_id, "role": "ACCOUNTANT"})
    answer = await switch(owner, manager, on=["members:invite"], off=["keys:manage"])
    assert sources(answer)["members:invite"] == "GRANT"
    row = await steps.member(manager.member_id)
    assert (row.grants, row.denials) == (["members:invite"], [])
    await owner.do("changeRole", {"memberId": manager.member_id, "role": "MANAGER"})
    answer = await switch(owner, manager, off=["members:invite"])
    assert sources(answer)["members:invite"] == "DENIAL"
    row = await steps.member(manager.member_id)
    assert (row.grants, row.denials) == ([], ["members:invite"])


async def test_a_new_invitation_brings_nothing_of_the_old_permissions_back(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 4: a new member, reviving nothing of the old."""
    await switch(owner, manager, on=["keys:manage"], off=["members:invite"])
    await owner.do("removeMember", {"memberId": manager.member_id})
    await steps.invite(owner, project, manager.email, "MANAGER")
    accepted = await steps.accept(manager, token=await world.link_token(manager.email))
    row = await steps.member(accepted["member"]["id"])
    assert (row.grants, row.denials) == ([], [])


VIEWER = """query($id: ID!) { node(id: $id) { ... on Member {
    permissionDetails { permission } viewer { switchablePermissions } } } }"""


async def seen(by: Person, whom: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await by.ask(VIEWER, id=whom.member_id))["node"]
    return found


async def test_details_are_for_who_invites_or_edits_and_for_oneself(
    administrator: Person, accountant: Person, manager: Person
) -> None:
    """PRODUCT 4: permissions are hidden from who only sees members."""
    assert (await seen(administrator, accountant))["permissionDetails"] is None
    assert (await seen(accountant, accountant))["permissionDetails"]
    assert (await seen(manager, accountant))["permissionDetails"]


async def test_the_viewer_is_told_what_he_may_switch_and_can_switch_it(
    world: World, project: Tenant, owner: Person, manager: Person, administrator: Person
) -> None:
    """PRODUCT 7: a frontend draws its list without knowing a rule."""
    whom = await world.join(project, "ACCOUNTANT")
    await switch(owner, manager, off=["members:remove"])
    by_manager = (await seen(manager, whom))["viewer"]["switchablePermissions"]
    by_owner = (await seen(owner, whom))["viewer"]["switchablePermissions"]
    assert set(by_owner) - set(by_manager) == {
        *("members:remove", "owners:create", "owners:transfer", "owners:remove"),
        *("tenant:delete", "keys:manage"),
    }
    assert {"tenant:view", "members:leave"} & {*by_owner} == set()
    for by, told in ((manager, by_manager), (owner, by_owner)):
        answer = await switch(by, whom, on=told)
        assert answer["__typename"] == "SetMemberPermissionsPayload"
    for by, other in ((administrator, whom), (manager, owner), (owner, owner)):
        assert (await seen(by, other))["viewer"]["switchablePermissions"] == []


async def test_for_who_is_not_yet_or_no_longer_in_nothing_can_be_switched(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 7: what the mutation would refuse is not offered; a disabled member's can be."""
    told = {
        status: (await seen(owner, await world.join(project, "ACCOUNTANT", status=status)))
        for status in MemberStatus
    }
    assert [s for s, member in told.items() if member["viewer"]["switchablePermissions"]] == [
        MemberStatus.JOINED,
        MemberStatus.DISABLED,
    ]


async def test_passing_a_tenant_on_takes_more_than_the_single_permission_for_it(
    project: Tenant, owner: Person, manager: Person, accountant: Person
) -> None:
    """PRODUCT 2, rules 1 and 2: who may not hand out OWNER makes no owner in any manner."""
    every = ["owners:transfer", "owners:create", "owners:remove"]
    await switch(owner, manager, on=every)
    values = {"tenantId": project.id, "toMemberId": accountant.member_id}
    answer = await manager.do("transferOwnership", values)
    assert (answer["code"], answer["grantable"]) == (
        "ROLE_NOT_GRANTABLE",
        ["MANAGER", "ADMINISTRATOR", "ACCOUNTANT"],
    )
