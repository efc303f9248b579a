"""Passing a tenant on (PRODUCT 4; C, X)."""

from typing import Any

import pytest

from models import Catalog, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

MEMBER = "id email role { code }"


async def transfer(by: Person, tenant: Tenant, to: str, **more: Any) -> dict[str, Any]:
    return await by.do(
        "transferOwnership",
        {"tenantId": tenant.id, "toMemberId": to, **more},
        f"newOwner {{ {MEMBER} }} formerOwner {{ {MEMBER} }}",
    )


@pytest.mark.parametrize(
    ("catalog", "heirs", "kept"),
    [
        (Catalog.PROJECT, "ACCOUNTANT", "MANAGER"),
        (Catalog.SUBSCRIBER, "USER", "ADMINISTRATOR"),
        (Catalog.ACCOUNT, "USER", "USER"),
    ],
)
async def test_the_other_becomes_owner_and_the_former_keeps_his_catalogues_next_role(
    world: World, catalog: Catalog, heirs: str, kept: str
) -> None:
    """PRODUCT 4: MANAGER, ADMINISTRATOR or USER by catalogue."""
    tenant = await world.tenant(catalog)
    owner, heir = await world.join(tenant), await world.join(tenant, heirs)
    answer = await transfer(owner, tenant, heir.member_id)
    assert answer == {
        "__typename": "TransferOwnershipPayload",
        "newOwner": {"id": heir.member_id, "email": heir.email, "role": {"code": "OWNER"}},
        "formerOwner": {"id": owner.member_id, "email": owner.email, "role": {"code": kept}},
    }


@pytest.mark.parametrize("kept", ["ACCOUNTANT", "OWNER"])
async def test_the_former_owner_keeps_the_role_he_names(
    project: Tenant, owner: Person, manager: Person, kept: str
) -> None:
    """PRODUCT 4; naming OWNER makes a second one."""
    answer = await transfer(owner, project, manager.member_id, thenRole=kept)
    assert answer["newOwner"]["role"] == {"code": "OWNER"}
    assert answer["formerOwner"]["role"] == {"code": kept}


async def test_both_act_in_their_new_roles_at_the_next_request(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """CASES 97."""
    await transfer(owner, project, manager.member_id)
    again = await transfer(owner, project, manager.member_id)
    assert again["permission"] == "owners:transfer"
    deleted = await manager.do("deleteTenant", {"tenantId": project.id})
    assert deleted["__typename"] == "DeleteTenantPayload"


async def test_the_new_owner_is_told(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 4, X: made owner. One mail, and none to who did it."""
    await transfer(owner, project, manager.member_id)
    [mail] = await world.mails()
    assert (mail.to, mail.subject) == (manager.email, "You are now the owner of Acme")
    assert "Olga has passed the ownership of Acme to you." in mail.text


async def test_passing_on_to_somebody_who_owns_it_too_only_steps_down(
    world: World, project: Tenant, owner: Person
) -> None:
    other = await world.join(project, "OWNER")
    answer = await transfer(owner, project, other.member_id)
    assert answer["formerOwner"]["role"] == {"code": "MANAGER"}
    assert len(await steps.audit("member.change_role")) == 1


async def test_it_cannot_be_passed_on_to_oneself(project: Tenant, owner: Person) -> None:
    answer = await transfer(owner, project, owner.member_id)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["toMemberId"], "OWN_MEMBER")]


async def test_it_cannot_be_passed_on_to_somebody_who_cannot_act(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 2, rule 4: pending and disabled people."""
    pending = (await steps.invite(owner, project)).member_id
    disabled = (await world.join(project, "MANAGER", status=MemberStatus.DISABLED)).member_id
    for member_id in (pending, disabled):
        answer = await transfer(owner, project, member_id)
        assert [(f["path"], f["code"]) for f in answer["fields"]] == [
            (["toMemberId"], "NOT_JOINED")
        ]
    assert (await steps.member(owner.member_id)).role == "OWNER"


async def test_removed_and_foreign_members_are_the_same_answer_as_unknown_ones(
    world: World, project: Tenant, owner: Person
) -> None:
    """CASES 103: also a member of another tenant that he owns himself."""
    removed = await world.join(project, "MANAGER", status=MemberStatus.REMOVED)
    other = await world.tenant()
    foreign = await world.join(other, "MANAGER")
    await world.join(other, "OWNER", owner)
    unknown = await transfer(owner, project, "mem_" + "0" * 26)
    assert unknown["__typename"] == "NotFound"
    assert await transfer(owner, project, removed.member_id) == unknown
    assert await transfer(owner, project, foreign.member_id) == unknown


@pytest.mark.parametrize("role", ["USER", "EMPEROR"])
async def test_an_unknown_role_to_keep_is_refused(
    project: Tenant, owner: Person, manager: Person, role: str
) -> None:
    answer = await transfer(owner, project, manager.member_id, thenRole=role)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["thenRole"], "UNKNOWN")]


async def test_an_operators_role_cannot_be_kept_where_nobody_serves(world: World) -> None:
    """PRODUCT 2: OPERATOR exists only in a servicing organization."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    owner, heir = await world.join(tenant), await world.join(tenant, "USER")
    answer = await transfer(owner, tenant, heir.member_id, thenRole="OPERATOR")
    assert answer["__typename"] == "RoleNotGrantable"


async def test_only_an_owner_passes_a_tenant_on(
    project: Tenant, manager: Person, accountant: Person, stranger: Person
) -> None:
    """PRODUCT 2, C."""
    refused = await transfer(manager, project, accountant.member_id)
    foreign = await transfer(stranger, project, accountant.member_id)
    assert refused["permission"] == "owners:transfer"
    assert foreign["__typename"] == "NotFound"
