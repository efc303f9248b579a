"""Provider staff hold nothing in tenants beyond what is theirs by name (PRODUCT 2, rule 6).

The database lets a staff session read users, members and tenants; what it may know of them is
decided here, and the same is asked by a stranger.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from auth import viewer as viewers
from models import Catalog, ProviderRole, Tenant, database
from resolvers import directory, tenants
from tests.clients import Person
from tests.factories import CLIENT, World
from tests.resolvers import steps

QUERIES = {
    "tenant": '{ tenant(id: "%(tenant)s") { id name viewer { permissions } } }',
    "its node": '{ node(id: "%(tenant)s") { id } }',
    "tenants": "{ tenants { totalCount edges { node { id } } } }",
    "members": '{ members(tenantId: "%(tenant)s") { totalCount edges { node { id } } } }',
    "audit": '{ tenant(id: "%(tenant)s") { auditLog { edges { node { id } } } } }',
    "member": '{ node(id: "%(member)s") { ... on Member { id role { code } } } }',
    "invitation": '{ node(id: "%(invitation)s") { ... on Invitation { id email } } }',
    "app": '{ node(id: "%(app)s") { ... on App { id name } } }',
    "apps": '{ apps(tenantId: "%(tenant)s") { edges { node { id } } } }',
    "event": '{ node(id: "%(event)s") { ... on AuditEvent { id } } }',
    "places": "{ me { memberships { edges { node { id } } } } }",
    "update": 'mutation { updateTenant(input: { tenantId: "%(tenant)s", name: "x" }) {'
    " ... on Error { code message } } }",
    "delete": 'mutation { deleteTenant(input: { tenantId: "%(tenant)s" }) {'
    " ... on Error { code message } } }",
    "invite": 'mutation { inviteMember(input: { tenantId: "%(tenant)s", role: "MANAGER",'
    ' invitee: { email: "a@example.com" } }) { ... on Error { code message } } }',
    "disable": 'mutation { setMemberEnabled(input: { memberId: "%(member)s", enabled: false }) {'
    " ... on Error { code message } } }",
    "change": 'mutation { changeRole(input: { memberId: "%(member)s", role: "ACCOUNTANT" }) {'
    " ... on Error { code message } } }",
    "remove": 'mutation { removeMember(input: { memberId: "%(member)s" }) {'
    " ... on Error { code message } } }",
    "edit": 'mutation { updateMember(input: { memberId: "%(member)s", fullName: "x" }) {'
    " ... on Error { code message } } }",
    "give": 'mutation { setAppAccess(input: { memberId: "%(member)s" }) {'
    " ... on Error { code message } } }",
    "leave": 'mutation { leaveTenant(input: { tenantId: "%(tenant)s" }) {'
    " ... on Error { code message } } }",
    "pass on": 'mutation { transferOwnership(input: { tenantId: "%(tenant)s",'
    ' toMemberId: "%(member)s" }) { ... on Error { code message } } }',
    "resend": 'mutation { resendInvitation(input: { invitationId: "%(invitation)s" }) {'
    " ... on Error { code message } } }",
    "revoke": 'mutation { revokeInvitation(input: { invitationId: "%(invitation)s" }) {'
    " ... on Error { code message } } }",
}


@pytest.mark.parametrize("role", ProviderRole)
async def test_to_staff_a_tenant_and_all_in_it_is_as_absent_as_to_a_stranger(
    world: World, project: Tenant, owner: Person, stranger: Person, role: ProviderRole
) -> None:
    """Byte for byte."""
    staff = await world.staff(role)
    invited = await steps.invite(owner, project)
    app = await owner.do("createApp", {"tenantId": project.id, "name": "Books"}, "app { id }")
    [event] = await steps.audit("member.invite")
    facts = {
        "tenant": project.id,
        "member": owner.member_id,
        "invitation": invited.invitation_id,
        "app": app["app"]["id"],
        "event": event.id,
    }
    before = await steps.everything()
    for name, query in QUERIES.items():
        answers = [(await who.client.post(query % facts)).content for who in (staff, stranger)]
        assert answers[0] == answers[1], name
    assert await steps.everything() == before


async def test_what_a_relation_leads_to_is_not_read_because_the_database_would_let_it_be(
    world: World, project: Tenant, owner: Person
) -> None:
    """The reads behind the loaders, in a session that sees the rows."""
    staff = await world.join(await world.tenant(), "OWNER", await world.staff())
    async with database.transaction(database.NOBODY, read_only=True):
        viewer = await viewers.identify(CLIENT, staff.token)
        assert await database.rows("select 1 from tenants where id = $1", project.id)
        assert await tenants.many(viewer, [project.id, *viewer.joined]) != {}
        assert await tenants.many(viewer, [project.id]) == {}
        assert await directory.many(viewer, [owner.member_id]) == {}


Act = Callable[[Person, Person, Person], Awaitable[dict[str, Any]]]


def updating(**changes: Any) -> Act:
    return lambda staff, first, _: staff.do("updateUser", {"userId": first.id, **changes})


def ending(mutation: str) -> Act:
    return lambda staff, first, user: staff.do(
        mutation, {"memberId": first.member_id, "newOwnerMemberId": user.member_id}
    )


ACTS: dict[str, tuple[Act, list[str]]] = {
    "renaming": (updating(fullName="Zoe"), ["user.update"]),
    "another login": (updating(login="zoe"), ["user.update"]),
    "another address": (updating(email="zoe@example.org"), ["user.update"]),
    "a password": (updating(newPassword="handed over on paper"), ["user.update"]),
    "removing a phone": (updating(removePhone=True), ["user.update"]),
    "removing a first user": (
        ending("removeFirstUser"),
        ["member.remove", "member.change_role"],
    ),
    "disabling a first user": (
        ending("disableFirstUser"),
        ["member.disable", "member.change_role"],
    ),
}


@pytest.mark.parametrize("act", ACTS)
async def test_every_act_of_staff_names_them_in_the_tenants_audit_log(
    world: World, act: str
) -> None:
    """Issue 4.8: as the owner reads it."""
    account = await world.tenant(Catalog.ACCOUNT)
    first = await world.join(
        account, "OWNER", await world.person(phone="+77051250043"), is_first_user=True
    )
    user = await world.join(account, "USER", grants=["audit:view"])
    staff = await world.person("sam", full_name="Sam Support", provider_role=ProviderRole.SUPPORT)
    do, actions = ACTS[act]
    assert "Payload" in (await do(staff, first, user))["__typename"]
    shown = await user.ask(
        "query($id: ID!) { tenant(id: $id) { auditLog { edges { node { action subjectId"
        " actor { __typename displayName ... on ProviderStaff { id } } } } } } }",
        id=account.id,
    )
    events = [edge["node"] for edge in shown["tenant"]["auditLog"]["edges"]]
    assert [event["action"] for event in events] == actions
    assert {event["subjectId"] for event in events} <= {first.member_id, user.member_id}
    actor = {"__typename": "ProviderStaff", "displayName": "Sam Support", "id": staff.id}
    assert [event["actor"] for event in events] == [actor] * len(events)
