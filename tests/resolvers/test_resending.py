"""Sending an invitation again, and withdrawing it (PRODUCT 3.6, 3.8)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from models import Catalog, Invitation, MemberStatus, Tenant
from models import clock as clocks
from settings import Settings
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import steps

SHOWN = "emailQueued invitation { id state expiresAt delivery invitedBy { displayName } }"


async def resend(by: Person, invited: steps.Invited) -> dict[str, Any]:
    return await by.do("resendInvitation", {"invitationId": invited.invitation_id}, SHOWN)


async def test_resending_makes_a_new_link_and_the_old_one_is_dead_at_once(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.6, C; CASES 60."""
    invited = await steps.invite(owner, project)
    old = await world.link_token(steps.NINA)
    answer = await resend(owner, invited)
    assert (await steps.look(world.anonymous, old))["__typename"] == "InvitationUnavailable"
    new = await world.link_token(steps.NINA)
    accepted = await steps.accept(world.anonymous, token=new, registration=steps.NEWCOMER)
    assert answer["invitation"]["id"] == invited.invitation_id
    assert answer["emailQueued"] is True
    assert new != old
    assert accepted["member"] == {"id": invited.member_id, "status": "JOINED"}


@pytest.mark.parametrize("later", [timedelta(days=2), timedelta(days=30)])
async def test_a_resent_invitation_works_three_days_from_then_on_also_when_it_had_expired(
    world: World, project: Tenant, owner: Person, clock: Clock, later: timedelta
) -> None:
    """PRODUCT 3.6, CASES 60, 61."""
    invited = await steps.invite(owner, project)
    clock.move(later)
    owner.client = world.client(await world.session(owner.id))
    answer = await resend(owner, invited)
    until = datetime.fromisoformat(answer["invitation"]["expiresAt"]) - clock.now()
    assert timedelta(days=3, minutes=-1) < until <= timedelta(days=3)
    assert answer["invitation"]["state"] == "PENDING"
    shown = await steps.look(world.anonymous, await world.link_token(steps.NINA))
    assert shown["__typename"] == "InvitationPreview"


async def test_who_resends_becomes_the_inviter(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 3.6: he stands for it, and is told who has joined."""
    invited = await steps.invite(owner, project)
    answer = await resend(manager, invited)
    assert answer["invitation"]["invitedBy"] == {"displayName": "Mark"}
    assert "Mark invites you to Acme" in (await world.mails())[0].subject
    await steps.register(world)
    assert (await world.mails())[0].to == manager.email


async def test_a_mail_that_has_not_left_is_not_sent_beside_the_new_one(
    world: World, project: Tenant, owner: Person
) -> None:
    invited = await steps.invite(owner, project)
    answer = await resend(owner, invited)
    assert answer["invitation"]["delivery"] == "QUEUED"
    assert len(await steps.queued()) == 1
    [mail] = await world.mails()
    assert (await steps.look(world.anonymous, mail.links[0].partition("#")[2]))[
        "__typename"
    ] == "InvitationPreview"


async def revoke(_world: World, owner: Person, invited: steps.Invited) -> None:
    await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})


async def remove(_world: World, owner: Person, invited: steps.Invited) -> None:
    await owner.do("removeMember", {"memberId": invited.member_id})


async def accept(world: World, _owner: Person, _invited: steps.Invited) -> None:
    await steps.register(world)


@pytest.mark.parametrize(
    ("close", "state"), [(accept, "ACCEPTED"), (revoke, "REVOKED"), (remove, "REVOKED")]
)
@pytest.mark.parametrize("mutation", ["resendInvitation", "revokeInvitation"])
async def test_what_was_answered_or_withdrawn_is_closed_and_says_as_what(
    world: World,
    project: Tenant,
    owner: Person,
    close: Callable[[World, Person, steps.Invited], Any],
    state: str,
    mutation: str,
) -> None:
    """CASES 61."""
    invited = await steps.invite(owner, project)
    await close(world, owner, invited)
    before = await steps.everything()
    answer = await owner.do(mutation, {"invitationId": invited.invitation_id})
    assert (answer["__typename"], answer["state"]) == ("InvitationClosed", state)
    assert await steps.everything() == before


async def test_an_invitation_to_a_role_one_cannot_hand_out_is_not_resent(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """CASES 65; PRODUCT 2, rule 2: the role is about to be given."""
    invited = await steps.invite(owner, project, role="OWNER")
    old = await world.link_token(steps.NINA)
    answer = await resend(manager, invited)
    assert (answer["__typename"], answer["grantable"]) == (
        "RoleNotGrantable",
        ["MANAGER", "ADMINISTRATOR", "ACCOUNTANT"],
    )
    assert (await steps.look(world.anonymous, old))["__typename"] == "InvitationPreview"


async def test_an_expired_invitation_is_resent_only_by_who_could_make_it_now(
    world: World, clock: Clock
) -> None:
    """CASES 61: fresh checks."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    owner = await world.join(subscriber)
    invited = await steps.invite(owner, subscriber, role="ADMINISTRATOR")
    clock.move(timedelta(days=4))
    admin = await world.join(subscriber, "ADMINISTRATOR")
    assert (await resend(admin, invited))["grantable"] == ["USER"]


@pytest.mark.parametrize("mutation", ["resendInvitation", "revokeInvitation"])
async def test_both_need_the_permission_to_invite(
    project: Tenant, owner: Person, administrator: Person, mutation: str
) -> None:
    """PRODUCT 2, rule 2."""
    invited = await steps.invite(owner, project)
    answer = await administrator.do(mutation, {"invitationId": invited.invitation_id})
    assert answer["permission"] == "members:invite"


@pytest.mark.parametrize("mutation", ["resendInvitation", "revokeInvitation"])
async def test_a_foreign_invitation_is_the_same_answer_as_an_unknown_one(
    world: World, project: Tenant, owner: Person, mutation: str
) -> None:
    """CASES 68, byte for byte; an owner of another tenant and the invitee himself."""
    invited = await steps.invite(owner, project)
    await world.join(await world.tenant(), "OWNER", other := await world.person())
    nina = await world.person("nina")
    kind = mutation[0].upper() + mutation[1:]
    query = (
        f"mutation($i: ID!) {{ {mutation}(input: {{ invitationId: $i }}) {{"
        f" __typename ... on Error {{ code message }}"
        f" ... on {kind}Payload {{ invitation {{ id }} }} }} }}"
    )
    for person in (other, nina):
        foreign = await person.client.post(query, i=invited.invitation_id)
        unknown = await person.client.post(query, i="inv_" + "0" * 26)
        assert foreign.content == unknown.content
        assert b'"NotFound"' in foreign.content


async def test_a_pending_member_whose_invitation_has_expired_stays_pending(
    project: Tenant, owner: Person, clock: Clock
) -> None:
    """PRODUCT 4: the invitation's state says EXPIRED."""
    invited = await steps.invite(owner, project)
    clock.move(timedelta(days=3))
    shown = await owner.ask(
        "query($m: ID!) { node(id: $m) { ... on Member { status invitation { state } } } }",
        m=invited.member_id,
    )
    assert shown["node"] == {"status": "PENDING", "invitation": {"state": "EXPIRED"}}
    again = await owner.do("inviteMember", steps.invitation(project))
    assert again["__typename"] == "AlreadyMember"


async def test_a_queued_mail_whose_link_has_expired_does_not_leave(
    world: World, project: Tenant, owner: Person, configure: Callable[..., Settings], clock: Clock
) -> None:
    """CASES 124."""
    configure(invitation_lifetime=timedelta(hours=1))
    await steps.invite(owner, project)
    clock.move(timedelta(hours=1))
    assert await world.mails() == []


async def test_revoking_withdraws_what_is_not_yet_accepted(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.8, D; CASES 62."""
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    answer = await owner.do(
        "revokeInvitation",
        {"invitationId": invited.invitation_id},
        "invitation { id state member { id status } }",
    )
    refused = await steps.accept(world.anonymous, token=token, registration=steps.NEWCOMER)
    assert answer["invitation"] == {
        "id": invited.invitation_id,
        "state": "REVOKED",
        "member": {"id": invited.member_id, "status": "REMOVED"},
    }
    assert refused["__typename"] == "InvitationUnavailable"
    again = await steps.invite(owner, project)
    assert again.member_id != invited.member_id


async def test_an_expired_invitation_can_be_revoked(
    project: Tenant, owner: Person, clock: Clock
) -> None:
    invited = await steps.invite(owner, project)
    clock.move(timedelta(days=4))
    await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})
    assert (await steps.member(invited.member_id)).status is MemberStatus.REMOVED


async def test_a_revoked_invitation_is_not_mailed_any_more(
    world: World, project: Tenant, owner: Person
) -> None:
    invited = await steps.invite(owner, project)
    await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})
    assert await steps.queued() == []
    assert await world.mails() == []


async def test_an_owners_invitation_is_beyond_a_managers_reach(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 2, rule 2: nobody but an owner touches an owner."""
    invited = await steps.invite(owner, project, role="OWNER")
    answer = await manager.do("revokeInvitation", {"invitationId": invited.invitation_id})
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "owners:remove")
    [invitation] = await steps.stored(Invitation.filter(id=invited.invitation_id))
    assert invitation.expires_at > clocks.now()
    assert (await steps.member(invited.member_id)).status is MemberStatus.PENDING
