"""What is left of an invitation that has ended, and what a mail says of those that have not."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from models import Invitation, InvitationState, Tenant
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import app_steps, steps
from tests.resolvers.steps import Invited

BOB = "bob@example.com"

Ending = Callable[[World, Person, Invited], Awaitable[Any]]


async def accept(world: World, _: Person, invited: Invited) -> None:
    token = await world.link_token(steps.NINA)
    await steps.accept(world.anonymous, token=token, registration=steps.NEWCOMER)


async def decline(world: World, _: Person, invited: Invited) -> None:
    token = await world.link_token(steps.NINA)
    await world.anonymous.do("declineInvitation", {"invitation": {"token": token}})


async def revoke(_: World, owner: Person, invited: Invited) -> None:
    await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})


async def remove(_: World, owner: Person, invited: Invited) -> None:
    await owner.do("removeMember", {"memberId": invited.member_id})


ENDINGS = {
    accept: InvitationState.ACCEPTED,
    decline: InvitationState.DECLINED,
    revoke: InvitationState.REVOKED,
    remove: InvitationState.REVOKED,
}


@pytest.mark.parametrize(
    ("ending", "state"), ENDINGS.items(), ids=[ending.__name__ for ending in ENDINGS]
)
async def test_an_invitation_that_has_ended_says_how_and_when_and_others_live_on(
    world: World,
    project: Tenant,
    owner: Person,
    clock: Clock,
    ending: Ending,
    state: InvitationState,
) -> None:
    """PRODUCT 3.8: the row stays, for whoever asks what became of it."""
    other, invited = await steps.invite(owner, project, BOB), await steps.invite(owner, project)
    clock.move(timedelta(minutes=5))
    await ending(world, owner, invited)
    rows = {row.id: row for row in await steps.stored(Invitation.filter())}
    closed, living = rows[invited.invitation_id], rows[other.invitation_id]
    assert closed.state is state
    assert closed.closed_at is not None
    assert closed.closed_at - closed.created_at >= timedelta(minutes=5)
    assert (living.state, living.closed_at) == (InvitationState.PENDING, None)
    assert (await steps.member(other.member_id)).status == "PENDING"


async def test_a_mail_names_the_apps_of_its_own_reader_alone_and_his_right(
    world: World, project: Tenant, owner: Person
) -> None:
    books, ships = (
        await app_steps.create(owner, project),
        await app_steps.create(owner, project, "Ships"),
    )
    of_nina = {"appId": books, "right": "LAUNCH"}
    of_bob = {"appId": ships, "right": "LAUNCH_AND_ADMINISTER"}
    for email, app in ((steps.NINA, of_nina), (BOB, of_bob)):
        await steps.invite(owner, project, email, apps=[app])
    read = {mail.to: mail.text for mail in await world.mails()}
    assert ("Books" in read[steps.NINA], "Ships" in read[steps.NINA]) == (True, False)
    assert ("Books" in read[BOB], "Ships" in read[BOB]) == (False, True)
    assert ["administ" in read[email] for email in (steps.NINA, BOB)] == [False, True]


async def test_who_was_invited_by_login_is_found_by_all_he_is_known_by_once_he_has_joined(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.2: until then the inviter sees no more than the login he typed."""
    nina = await world.person("nina", full_name="Nina New")
    values = {"tenantId": project.id, "invitee": {"login": "nina"}, "role": "ACCOUNTANT"}
    invited = (await owner.do("inviteMember", values, "member { id invitation { id } }"))["member"]
    before = await steps.member(invited["id"])
    assert (before.name_key, before.login_key, before.email_key) == ("nina", "nina", None)
    await steps.accept(nina, id=invited["invitation"]["id"])
    after = await steps.member(invited["id"])
    assert (after.user_id, after.status) == (nina.id, "JOINED")
    assert (after.name_key, after.login_key) == ("nina new", "nina")
    assert after.email_key == "nina@example.com"
