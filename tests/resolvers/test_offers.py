"""What a link shows, and what it shows once it is dead (PRODUCT 3.4, 3.5, 3.10)."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from models import Invitation, MemberStatus, Tenant, clock
from settings import Settings
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import steps


async def test_a_link_shows_a_newcomer_who_invites_him_to_what_as_what_until_when(
    world: World, project: Tenant, owner: Person, anonymous: Client
) -> None:
    """PRODUCT 3.4; F, C."""
    await steps.invite(owner, project, newcomer={"fullName": "Nina New", "login": "nina"})
    shown = await steps.look(anonymous, await world.link_token(steps.NINA))
    until = datetime.fromisoformat(shown.pop("expiresAt")) - clock.now()
    assert timedelta(days=3, minutes=-1) < until <= timedelta(days=3)
    assert shown == {
        "__typename": "InvitationPreview",
        "tenantName": "Acme",
        "email": steps.NINA,
        "role": {"code": "ACCOUNTANT"},
        "invitedBy": {"displayName": "Olga"},
        "registrationRequired": True,
        "viewerIsInvited": False,
        "locale": None,
        "fullName": "Nina New",
        "login": "nina",
        "phone": None,
        "apps": [],
    }


async def test_a_link_tells_somebody_registered_to_sign_in_and_prefills_nothing(
    world: World, project: Tenant, owner: Person, anonymous: Client
) -> None:
    """Contract: registrationRequired is false, the three fields are null."""
    await world.person("nina")
    await steps.invite(owner, project, newcomer={"fullName": "Nina", "login": "n1"})
    shown = await steps.look(anonymous, await world.link_token(steps.NINA))
    assert shown["registrationRequired"] is False
    assert (shown["fullName"], shown["login"], shown["phone"]) == (None, None, None)


async def test_an_unverified_account_counts_as_not_registered(
    world: World, project: Tenant, owner: Person, anonymous: Client
) -> None:
    """PRODUCT 3.7; CASES 49."""
    await world.person("squatter", email=steps.NINA, verified=False)
    await steps.invite(owner, project)
    shown = await steps.look(anonymous, await world.link_token(steps.NINA))
    assert shown["registrationRequired"] is True


async def test_looking_fifty_times_changes_nothing(
    world: World, project: Tenant, owner: Person, anonymous: Client
) -> None:
    """PRODUCT 3.4, CASES 78: mail scanners open links."""
    await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    before = await steps.everything()
    for _ in range(50):
        assert (await steps.look(anonymous, token))["__typename"] == "InvitationPreview"
    assert await steps.everything() == before
    accepted = await steps.accept(anonymous, token=token, registration=steps.NEWCOMER)
    assert accepted["__typename"] == "AcceptInvitationPayload"


Death = Callable[[World, Tenant, Person, Clock], Awaitable[str]]


async def unknown(_world: World, _project: Tenant, _owner: Person, _clock: Clock) -> str:
    return "tnt_inv_" + "A" * 43


async def malformed(_world: World, _project: Tenant, _owner: Person, _clock: Clock) -> str:
    return "' or 1=1 --\u0000"


async def empty(_world: World, _project: Tenant, _owner: Person, _clock: Clock) -> str:
    return ""


async def a_session(_world: World, _project: Tenant, owner: Person, _clock: Clock) -> str:
    """CASES 55: a token of another flow."""
    return owner.token


async def one_letter_off(world: World, project: Tenant, owner: Person, _clock: Clock) -> str:
    """CASES 52."""
    await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    return token[:-1] + ("B" if token[-1] == "A" else "A")


async def used(world: World, project: Tenant, owner: Person, _clock: Clock) -> str:
    await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await steps.accept(world.anonymous, token=token, registration=steps.NEWCOMER)
    return token


async def revoked(world: World, project: Tenant, owner: Person, _clock: Clock) -> str:
    """CASES 62."""
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})
    return token


async def removed(world: World, project: Tenant, owner: Person, _clock: Clock) -> str:
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await owner.do("removeMember", {"memberId": invited.member_id})
    return token


async def superseded(world: World, project: Tenant, owner: Person, _clock: Clock) -> str:
    """CASES 60."""
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await owner.do("resendInvitation", {"invitationId": invited.invitation_id})
    return token


async def expired(world: World, project: Tenant, owner: Person, clock: Clock) -> str:
    await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    clock.move(timedelta(days=3))
    return token


async def inviter_demoted(world: World, project: Tenant, owner: Person, _clock: Clock) -> str:
    """PRODUCT 3.10."""
    inviter = await world.join(project, "MANAGER")
    await steps.invite(inviter, project)
    token = await world.link_token(steps.NINA)
    await owner.do("changeRole", {"memberId": inviter.member_id, "role": "ACCOUNTANT"})
    return token


async def tenant_deleted(world: World, project: Tenant, owner: Person, _clock: Clock) -> str:
    await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await owner.do("deleteTenant", {"tenantId": project.id})
    return token


DEATHS: list[Death] = [
    unknown,
    malformed,
    empty,
    a_session,
    one_letter_off,
    used,
    revoked,
    removed,
    superseded,
    expired,
    inviter_demoted,
    tenant_deleted,
]


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.__name__)
async def test_every_dead_link_gets_the_same_answer_byte_for_byte(
    world: World, project: Tenant, owner: Person, clock: Clock, death: Death
) -> None:
    """PRODUCT 3.5, CASES 83: looking and accepting, with no name of the tenant."""
    token = await death(world, project, owner, clock)
    looked = await world.anonymous.post(steps.PREVIEW, token=token)
    accepted = await steps.accept(world.anonymous, token=token, registration=steps.NEWCOMER)
    assert looked.content == (
        b'{"data":{"invitation":{"__typename":"InvitationUnavailable",'
        b'"code":"INVITATION_UNAVAILABLE",'
        b'"message":"This invitation is not valid any more. Ask for a new one."}}}'
    )
    assert accepted == {
        "__typename": "InvitationUnavailable",
        "code": "INVITATION_UNAVAILABLE",
        "message": "This invitation is not valid any more. Ask for a new one.",
    }


@pytest.mark.parametrize(
    ("before", "typename"), [(1, "InvitationPreview"), (0, "InvitationUnavailable")]
)
async def test_a_link_works_until_its_last_second_and_not_at_its_end(
    world: World,
    project: Tenant,
    owner: Person,
    monkeypatch: pytest.MonkeyPatch,
    before: int,
    typename: str,
) -> None:
    """CASES 59."""
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    [invitation] = await steps.stored(Invitation.filter(id=invited.invitation_id))
    moment = invitation.expires_at - timedelta(seconds=before)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert (await steps.look(world.anonymous, token))["__typename"] == typename
    accepted = await steps.accept(world.anonymous, token=token, registration=steps.NEWCOMER)
    assert accepted["__typename"] == (
        "AcceptInvitationPayload" if before else "InvitationUnavailable"
    )


async def test_how_long_a_link_works_is_a_setting(
    world: World,
    project: Tenant,
    owner: Person,
    configure: Callable[..., Settings],
    clock: Clock,
) -> None:
    """PRODUCT 3.5: 3 days are the default."""
    configure(invitation_lifetime=timedelta(hours=1))
    await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    clock.move(timedelta(hours=1))
    assert (await steps.look(world.anonymous, token))["__typename"] == "InvitationUnavailable"


async def demote(owner: Person, member_id: str) -> None:
    await owner.do("changeRole", {"memberId": member_id, "role": "ADMINISTRATOR"})


async def remove(owner: Person, member_id: str) -> None:
    await owner.do("removeMember", {"memberId": member_id})


async def disable(owner: Person, member_id: str) -> None:
    await owner.do("setMemberEnabled", {"memberId": member_id, "enabled": False})


@pytest.mark.parametrize("lose_the_right", [demote, remove, disable])
async def test_an_offer_its_inviter_could_not_make_any_more_waits_for_somebody_who_may(
    world: World,
    project: Tenant,
    owner: Person,
    manager: Person,
    lose_the_right: Callable[[Person, str], Awaitable[None]],
) -> None:
    """PRODUCT 3.10, CASES 63: by link and in the invitee's own list."""
    nina = await world.person("nina")
    invited = await steps.invite(manager, project)
    await lose_the_right(owner, manager.member_id)
    token = await world.link_token(steps.NINA)
    by_link = await steps.accept(nina, token=token)
    in_his_list = await steps.accept(nina, id=invited.invitation_id)
    assert by_link["__typename"] == in_his_list["__typename"] == "InvitationUnavailable"
    assert (await nina.ask("{ me { invitations { edges { node { id } } } } }"))["me"][
        "invitations"
    ] == {"edges": []}
    assert (await steps.member(invited.member_id)).status is MemberStatus.PENDING
    await owner.do("resendInvitation", {"invitationId": invited.invitation_id})
    accepted = await steps.accept(nina, token=await world.link_token(steps.NINA))
    assert accepted["member"] == {"id": invited.member_id, "status": "JOINED"}


async def test_an_inviter_who_has_his_right_back_stands_for_his_offer_again(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 3.10: what counts is what he may do at acceptance."""
    await steps.invite(manager, project)
    token = await world.link_token(steps.NINA)
    await disable(owner, manager.member_id)
    assert (await steps.look(world.anonymous, token))["__typename"] == "InvitationUnavailable"
    await owner.do("setMemberEnabled", {"memberId": manager.member_id, "enabled": True})
    assert (await steps.look(world.anonymous, token))["__typename"] == "InvitationPreview"
