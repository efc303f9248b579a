"""Giving a member another role (PRODUCT 2, 4)."""

from typing import Any

from models import Catalog, Invitation, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps


async def change(by: Person, member_id: str, role: str) -> dict[str, Any]:
    return await by.do(
        "changeRole",
        {"memberId": member_id, "role": role},
        "member { id role { code } status email login permissions viewer { canRemove } }",
    )


async def test_a_member_gets_another_role_from_the_list(owner: Person, accountant: Person) -> None:
    """PRODUCT 4, C."""
    answer = await change(owner, accountant.member_id, "MANAGER")
    assert (answer["member"]["id"], answer["member"]["role"]) == (
        accountant.member_id,
        {"code": "MANAGER"},
    )


async def test_a_new_role_holds_at_the_next_request(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    """CASES 97."""
    await change(owner, accountant.member_id, "MANAGER")
    await steps.invite(accountant, project)
    await change(owner, accountant.member_id, "ADMINISTRATOR")
    refused = await accountant.do("inviteMember", steps.invitation(project, "b@example.com"))
    assert refused["__typename"] == "PermissionDenied"


async def test_the_member_is_told_his_new_role_and_who_changed_it(
    world: World, owner: Person, accountant: Person
) -> None:
    """PRODUCT 4, X."""
    await change(owner, accountant.member_id, "MANAGER")
    [mail] = await world.mails()
    assert (mail.to, mail.subject) == (accountant.email, "Your role in Acme has changed")
    assert "Olga has changed your role in Acme." in mail.text
    assert "Your role is now: Manager" in mail.text


async def test_the_role_he_has_already_changes_nothing_and_sends_nothing(
    owner: Person, accountant: Person
) -> None:
    before = await steps.everything()
    answer = await change(owner, accountant.member_id, "ACCOUNTANT")
    assert answer["__typename"] == "ChangeRolePayload"
    assert await steps.everything() == before


async def test_a_role_of_no_or_another_catalogue_is_unknown(
    owner: Person, accountant: Person
) -> None:
    for role in ("EMPEROR", "USER", "", "manager", "MANAGER\u0000"):
        answer = await change(owner, accountant.member_id, role)
        assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["role"], "UNKNOWN")]


async def test_nobody_gives_a_role_that_he_cannot_hand_out(
    manager: Person, accountant: Person
) -> None:
    """PRODUCT 2, rules 1 and 2: giving OWNER needs `owners:create`."""
    answer = await change(manager, accountant.member_id, "OWNER")
    assert (answer["__typename"], answer["grantable"]) == (
        "RoleNotGrantable",
        ["MANAGER", "ADMINISTRATOR", "ACCOUNTANT"],
    )


async def test_an_operator_exists_only_in_a_servicing_organization(world: World) -> None:
    """PRODUCT 2, F."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    owner = await world.join(subscriber)
    user = await world.join(subscriber, "USER")
    assert (await change(owner, user.member_id, "OPERATOR"))["grantable"] == [
        "OWNER",
        "ADMINISTRATOR",
        "USER",
    ]


async def test_an_administrator_of_a_subscriber_changes_no_roles(world: World) -> None:
    """PRODUCT 2, F."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    admin = await world.join(subscriber, "ADMINISTRATOR")
    user = await world.join(subscriber, "USER")
    refused = await change(admin, user.member_id, "USER")
    assert refused["permission"] == "members:change_role"


async def test_a_disabled_member_gets_another_role_and_stays_disabled(
    world: World, project: Tenant, owner: Person
) -> None:
    disabled = await world.join(project, "ACCOUNTANT", status=MemberStatus.DISABLED)
    answer = await change(owner, disabled.member_id, "MANAGER")
    assert answer["member"]["status"] == "DISABLED"
    assert answer["member"]["permissions"] == []


async def test_a_payload_shows_what_one_could_see_before_the_change(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4; what may be done is by the rights after it."""
    await world.join(project, "OWNER")
    shown = (await change(owner, owner.member_id, "ACCOUNTANT"))["member"]
    assert (shown["email"], shown["login"]) == (owner.email, owner.login)
    assert shown["viewer"] == {"canRemove": False}


async def test_who_changes_a_pending_members_role_becomes_the_inviter(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 3.6: the mail that has not left says the new role, in his name."""
    invited = await steps.invite(manager, project)
    answer = await change(owner, invited.member_id, "OWNER")
    [invitation] = await steps.stored(Invitation.filter(id=invited.invitation_id))
    [mail] = await world.mails()
    assert answer["member"]["status"] == "PENDING"
    assert invitation.inviter_id == owner.id
    assert mail.subject == "Olga invites you to Acme"
    assert "Your role: Owner" in mail.text


async def test_a_link_that_was_mailed_brings_the_role_that_was_changed_since(
    world: World, project: Tenant, owner: Person
) -> None:
    """CASES 57; the mail is not sent twice."""
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await change(owner, invited.member_id, "MANAGER")
    assert len(await world.mails()) == 1
    assert (await steps.look(world.anonymous, token))["role"] == {"code": "MANAGER"}
    nina = await steps.register(world)
    assert (await steps.member(nina.member_id)).role == "MANAGER"


async def test_a_pending_role_is_changed_only_within_reach_to_what_one_can_hand_out(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """CASES 65."""
    as_owner = await steps.invite(owner, project, role="OWNER")
    other = await steps.invite(owner, project, "b@example.com")
    beyond = await change(manager, as_owner.member_id, "ACCOUNTANT")
    above = await change(manager, other.member_id, "OWNER")
    assert (beyond["__typename"], above["__typename"]) == ("PermissionDenied", "RoleNotGrantable")
    invitations = await steps.stored(Invitation.filter(tenant_id=project.id))
    assert [invitation.inviter_id for invitation in invitations] == [owner.id, owner.id]


async def test_who_lost_the_right_is_replaced_by_whoever_changes_the_pending_role(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 3.6, 3.10."""
    invited = await steps.invite(manager, project)
    token = await world.link_token(steps.NINA)
    await change(owner, manager.member_id, "ACCOUNTANT")
    assert (await steps.look(world.anonymous, token))["__typename"] == "InvitationUnavailable"
    await change(owner, invited.member_id, "MANAGER")
    assert (await steps.look(world.anonymous, token))["invitedBy"] == {"displayName": "Olga"}
