"""Keeping a member from acting, and letting him act again (PRODUCT 4, B)."""

from typing import Any

import pytest

from models import Catalog, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps


async def set_enabled(by: Person, member_id: str, *, enabled: bool) -> dict[str, Any]:
    return await by.do(
        "setMemberEnabled",
        {"memberId": member_id, "enabled": enabled},
        "member { id status viewer { canEnable canDisable } }",
    )


async def test_a_joined_member_is_disabled_and_enabled_again(
    owner: Person, accountant: Person
) -> None:
    """B."""
    off = await set_enabled(owner, accountant.member_id, enabled=False)
    on = await set_enabled(owner, accountant.member_id, enabled=True)
    assert off["member"] == {
        "id": accountant.member_id,
        "status": "DISABLED",
        "viewer": {"canEnable": True, "canDisable": False},
    }
    assert on["member"] == {
        "id": accountant.member_id,
        "status": "JOINED",
        "viewer": {"canEnable": False, "canDisable": True},
    }


@pytest.mark.parametrize("enabled", [True, False])
async def test_saying_what_is_so_already_changes_nothing(
    world: World, project: Tenant, owner: Person, *, enabled: bool
) -> None:
    status = MemberStatus.JOINED if enabled else MemberStatus.DISABLED
    member = await world.join(project, "ACCOUNTANT", status=status)
    before = await steps.everything()
    answer = await set_enabled(owner, member.member_id, enabled=enabled)
    assert answer["member"]["status"] == status
    assert await steps.everything() == before


@pytest.mark.parametrize("enabled", [True, False])
async def test_who_has_not_joined_can_be_neither_enabled_nor_disabled(
    project: Tenant, owner: Person, *, enabled: bool
) -> None:
    """PRODUCT 4: InvalidInput."""
    invited = await steps.invite(owner, project)
    answer = await set_enabled(owner, invited.member_id, enabled=enabled)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["memberId"], "NOT_JOINED")]
    assert (await steps.member(invited.member_id)).status is MemberStatus.PENDING


async def test_disabling_sends_no_mail(owner: Person, accountant: Person) -> None:
    """PRODUCT 4 names who is told: role changed, removed, made owner."""
    await set_enabled(owner, accountant.member_id, enabled=False)
    assert await steps.queued() == []


async def test_a_disabled_member_may_do_nothing_from_his_next_request_on(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """CASES 97."""
    await steps.invite(manager, project)
    await set_enabled(owner, manager.member_id, enabled=False)
    refused = await manager.do("inviteMember", steps.invitation(project, "b@example.com"))
    assert refused["__typename"] == "NotFound"
    await set_enabled(owner, manager.member_id, enabled=True)
    await steps.invite(manager, project, "b@example.com")


async def test_a_disabled_member_finds_the_tenant_among_his_memberships(
    owner: Person, accountant: Person
) -> None:
    """PRODUCT 4: with nothing of its insides."""
    await set_enabled(owner, accountant.member_id, enabled=False)
    shown = await accountant.ask(
        "{ me { memberships { edges { node { id status role { code } tenant { name"
        " grantableRoles { code } members { totalCount }"
        " viewer { role { code } permissions can(permission: "
        '"tenant:view") } } } } } } }'
    )
    assert shown["me"]["memberships"]["edges"] == [
        {
            "node": {
                "id": accountant.member_id,
                "status": "DISABLED",
                "role": {"code": "ACCOUNTANT"},
                "tenant": {
                    "name": "Acme",
                    "grantableRoles": [],
                    "members": None,
                    "viewer": {"role": None, "permissions": [], "can": False},
                },
            }
        }
    ]


QUERIES = {
    "tenants": "{ tenants { totalCount edges { node { id } } } }",
    "tenant": '{ tenant(id: "%(tenant)s") { id name } }',
    "members": '{ members(tenantId: "%(tenant)s") { totalCount } }',
    "the tenant by id": '{ node(id: "%(tenant)s") { id } }',
    "another member by id": '{ node(id: "%(colleague)s") { id } }',
    "his own member by id": '{ node(id: "%(member)s") { id } }',
    "a colleague by id": '{ node(id: "%(person)s") { id } }',
    "an invitation by id": '{ node(id: "%(invitation)s") { id } }',
    "inviting": 'mutation { inviteMember(input: { tenantId: "%(tenant)s", role: "MANAGER",'
    ' invitee: { email: "x@example.com" } }) { __typename ... on Error { code message } } }',
    "editing": 'mutation { updateTenant(input: { tenantId: "%(tenant)s", name: "x" })'
    " { __typename ... on Error { code message } } }",
    "deleting": 'mutation { deleteTenant(input: { tenantId: "%(tenant)s" })'
    " { __typename ... on Error { code message } } }",
    "resending": 'mutation { resendInvitation(input: { invitationId: "%(invitation)s" })'
    " { __typename ... on Error { code message } } }",
    "enabling himself": 'mutation { setMemberEnabled(input: { memberId: "%(member)s",'
    " enabled: true }) { __typename ... on Error { code message } } }",
    "removing himself": 'mutation { removeMember(input: { memberId: "%(member)s" })'
    " { __typename ... on Error { code message } } }",
}


async def test_to_everything_else_the_tenant_is_as_absent_as_to_a_stranger(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """PRODUCT 4, byte for byte."""
    disabled = await world.join(project, "OWNER", status=MemberStatus.DISABLED)
    invited = await steps.invite(owner, project)
    facts = {
        "tenant": project.id,
        "colleague": owner.member_id,
        "member": disabled.member_id,
        "person": owner.id,
        "invitation": invited.invitation_id,
    }
    for name, query in QUERIES.items():
        answers = [(await who.client.post(query % facts)).content for who in (disabled, stranger)]
        assert answers[0] == answers[1], name


async def test_a_subscribers_administrator_disables_users_only(world: World) -> None:
    """PRODUCT 2, rule 2; F."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    admin = await world.join(subscriber, "ADMINISTRATOR")
    other = await world.join(subscriber, "ADMINISTRATOR")
    user = await world.join(subscriber, "USER")
    refused = await set_enabled(admin, other.member_id, enabled=False)
    done = await set_enabled(admin, user.member_id, enabled=False)
    assert (refused["__typename"], refused["permission"]) == ("PermissionDenied", None)
    assert done["member"]["status"] == "DISABLED"


async def test_disabling_needs_its_permission(administrator: Person, accountant: Person) -> None:
    refused = await set_enabled(administrator, accountant.member_id, enabled=False)
    assert refused["permission"] == "members:disable"
