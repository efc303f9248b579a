"""Removing a member, and what is left of him (PRODUCT 4)."""

from typing import Any

import pytest

from models import Catalog, Invitation, InvitationState, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

LIVING = [MemberStatus.JOINED, MemberStatus.DISABLED]


async def remove(by: Person, member_id: str) -> dict[str, Any]:
    return await by.do("removeMember", {"memberId": member_id}, "member { id status email login }")


@pytest.mark.parametrize("status", LIVING)
async def test_a_member_is_removed_whether_he_may_act_or_not(
    world: World, project: Tenant, owner: Person, status: MemberStatus
) -> None:
    """PRODUCT 4, C."""
    member = await world.join(project, "ACCOUNTANT", status=status)
    answer = await remove(owner, member.member_id)
    assert answer["member"] == {
        "id": member.member_id,
        "status": "REMOVED",
        "email": member.email,
        "login": member.login,
    }


async def test_removing_somebody_pending_withdraws_his_invitation(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: PENDING becomes REMOVED; what was queued is not mailed."""
    invited = await steps.invite(owner, project)
    assert (await remove(owner, invited.member_id))["member"]["status"] == "REMOVED"
    [invitation] = await steps.stored(Invitation.filter(id=invited.invitation_id))
    assert invitation.state is InvitationState.REVOKED
    assert await world.mails() == []


@pytest.mark.parametrize("status", LIVING)
async def test_who_is_removed_is_told_by_whom(
    world: World, project: Tenant, owner: Person, status: MemberStatus
) -> None:
    """PRODUCT 4, X."""
    member = await world.join(project, "ACCOUNTANT", status=status)
    await remove(owner, member.member_id)
    [mail] = await world.mails()
    assert (mail.to, mail.subject) == (member.email, "You are no longer a member of Acme")
    assert "Olga has removed you from Acme." in mail.text


async def test_who_removes_himself_gets_no_mail_and_reads_the_payload_once_more(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: a payload is read with the rights before or after the change."""
    await world.join(project, "OWNER")
    answer = await remove(owner, owner.member_id)
    assert answer["member"]["email"] == owner.email
    assert await steps.queued() == []
    assert (await owner.ask("{ tenants { totalCount } }"))["tenants"] == {"totalCount": 0}


async def test_who_was_removed_finds_nothing_at_his_next_request(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """CASES 97."""
    await remove(owner, manager.member_id)
    shown = await manager.ask(
        "query($t: ID!) { tenant(id: $t) { id } members(tenantId: $t) { totalCount }"
        " me { memberships { edges { node { id } } } } }",
        t=project.id,
    )
    refused = await manager.do("inviteMember", steps.invitation(project))
    assert shown == {"tenant": None, "members": None, "me": {"memberships": {"edges": []}}}
    assert refused["__typename"] == "NotFound"


async def test_nothing_more_happens_to_who_was_removed(owner: Person, accountant: Person) -> None:
    """PRODUCT 4: REMOVED becomes nothing."""
    gone = {"memberId": accountant.member_id}
    await remove(owner, accountant.member_id)
    before = await steps.everything()
    answers = [
        await owner.do("removeMember", gone),
        await owner.do("changeRole", gone | {"role": "MANAGER"}),
        await owner.do("setMemberEnabled", gone | {"enabled": True}),
        await owner.do("setMemberEnabled", gone | {"enabled": False}),
    ]
    assert {answer["__typename"] for answer in answers} == {"NotFound"}
    assert await steps.everything() == before


async def test_a_new_invitation_revives_nothing_of_the_old_member(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: another member with its own role and limit, while the old one stays removed."""
    nina = await world.join(project, "MANAGER", await world.person("nina"), max_sessions=3)
    await remove(owner, nina.member_id)
    invited = await steps.invite(owner, project)
    accepted = await steps.accept(nina, id=invited.invitation_id)
    new, old = await steps.member(invited.member_id), await steps.member(nina.member_id)
    assert accepted["member"] == {"id": invited.member_id, "status": "JOINED"}
    assert (new.role, new.max_sessions) == ("ACCOUNTANT", None)
    assert (old.status, old.role) == (MemberStatus.REMOVED, "MANAGER")


COUNT = """
query($t: ID!, $s: [MemberStatus!]) {
  members(tenantId: $t, filter: { statuses: $s }) { totalCount edges { node { id } } } }
"""


async def test_removed_members_are_in_lists_and_counts_only_when_asked_for(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    """PRODUCT 4."""
    await remove(owner, accountant.member_id)
    listed = await owner.ask(COUNT, t=project.id)
    asked = await owner.ask(COUNT, t=project.id, s=["REMOVED"])
    assert listed["members"] == {"totalCount": 1, "edges": [{"node": {"id": owner.member_id}}]}
    assert asked["members"] == {
        "totalCount": 1,
        "edges": [{"node": {"id": accountant.member_id}}],
    }


async def test_removed_members_are_the_audits_to_see(
    project: Tenant, owner: Person, administrator: Person, accountant: Person
) -> None:
    """PRODUCT 4: with `audit:view`, in lists and by id."""
    await remove(owner, accountant.member_id)
    by_id = "query($m: ID!) { node(id: $m) { id } }"
    assert await administrator.refusal(COUNT, t=project.id, s=["REMOVED"]) == "PERMISSION_DENIED"
    assert await administrator.ask(by_id, m=accountant.member_id) == {"node": None}
    assert await owner.ask(by_id, m=accountant.member_id) == {"node": {"id": accountant.member_id}}


async def test_a_subscribers_administrator_removes_users_only(world: World) -> None:
    """PRODUCT 2, rule 2; F."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    admin = await world.join(subscriber, "ADMINISTRATOR")
    other = await world.join(subscriber, "ADMINISTRATOR")
    user = await world.join(subscriber, "USER")
    assert (await remove(admin, other.member_id))["__typename"] == "PermissionDenied"
    assert (await remove(admin, user.member_id))["member"]["status"] == "REMOVED"


async def test_removing_needs_its_permission(administrator: Person, accountant: Person) -> None:
    refused = await remove(administrator, accountant.member_id)
    assert refused["permission"] == "members:remove"


@pytest.mark.parametrize(
    ("mutation", "more"),
    [
        ("removeMember", ""),
        ("changeRole", ', role: "OWNER"'),
        ("setMemberEnabled", ", enabled: true"),
    ],
)
async def test_a_foreign_member_is_the_same_answer_as_an_unknown_one(
    world: World, owner: Person, mutation: str, more: str
) -> None:
    """CASES 68, 103, byte for byte."""
    other = await world.join(await world.tenant())
    query = (
        f"mutation($m: ID!) {{ {mutation}(input: {{ memberId: $m{more} }})"
        " { __typename ... on Error { code message } } }"
    )
    foreign = await other.client.post(query, m=owner.member_id)
    unknown = await other.client.post(query, m="mem_" + "0" * 26)
    assert foreign.content == unknown.content
    assert b'"NotFound"' in foreign.content
