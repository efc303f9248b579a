"""Accepting as somebody registered: by the link or in his own list (PRODUCT 3.5, 3.7, 3.9)."""

from datetime import timedelta
from typing import Any

import pytest

from models import Invitation, InvitationState, MemberStatus, Tenant, User
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import steps

OWN_LIST = """
query($first: Int, $after: String) { me { invitations(first: $first, after: $after) {
  pageInfo { hasNextPage endCursor }
  edges { node { id state tenantName role { code } invitedBy { displayName } expiresAt
    apps { name } email delivery sentAt member { id } } } } } }
"""


@pytest.fixture
async def nina(world: World) -> Person:
    """Registered, and invited by the tests."""
    return await world.person("nina")


async def own_list(person: Person, **window: Any) -> list[dict[str, Any]]:
    shown = await person.ask(OWN_LIST, **window)
    return [edge["node"] for edge in shown["me"]["invitations"]["edges"]]


async def test_somebody_registered_accepts_by_the_link(
    world: World, project: Tenant, owner: Person, nina: Person
) -> None:
    """PRODUCT 3.7; the same member, the same id, and no new session."""
    invited = await steps.invite(owner, project, role="MANAGER")
    accepted = await steps.accept(nina, token=await world.link_token(steps.NINA))
    assert accepted == {
        "__typename": "AcceptInvitationPayload",
        "member": {"id": invited.member_id, "status": "JOINED"},
        "session": None,
    }
    shown = await nina.ask("{ tenants { edges { node { id viewer { role { code } } } } } }")
    assert shown["tenants"]["edges"] == [
        {"node": {"id": project.id, "viewer": {"role": {"code": "MANAGER"}}}}
    ]


async def test_somebody_registered_accepts_in_his_own_list(
    project: Tenant, owner: Person, nina: Person
) -> None:
    """PRODUCT 3.7, C."""
    invited = await steps.invite(owner, project)
    [offer] = await own_list(nina)
    accepted = await steps.accept(nina, id=offer["id"])
    assert accepted["member"] == {"id": invited.member_id, "status": "JOINED"}
    assert await own_list(nina) == []


async def test_his_account_stays_as_it_was_whatever_was_typed_or_sent(
    world: World, project: Tenant, owner: Person, nina: Person
) -> None:
    """CASES 91."""
    typed = {"fullName": "Wrong Name", "login": "wrong", "phone": "+77051250043"}
    await steps.invite(owner, project, newcomer=typed)
    before = (await steps.everything())["users"]
    await steps.accept(nina, token=await world.link_token(steps.NINA), registration=steps.NEWCOMER)
    assert (await steps.everything())["users"] == before


async def test_his_own_list_shows_the_offer(project: Tenant, owner: Person, nina: Person) -> None:
    """PRODUCT 3.7: tenant, role, apps, inviter, expiry; the rest is who manages members'."""
    invited = await steps.invite(owner, project)
    [invitation] = await steps.stored(Invitation.filter(id=invited.invitation_id))
    assert await own_list(nina) == [
        {
            "id": invited.invitation_id,
            "state": "PENDING",
            "tenantName": "Acme",
            "role": {"code": "ACCOUNTANT"},
            "invitedBy": {"displayName": "Olga"},
            "expiresAt": invitation.expires_at.isoformat(),
            "apps": [],
            "email": None,
            "delivery": None,
            "sentAt": None,
            "member": None,
        }
    ]


async def test_the_tenants_insides_are_not_his_before_he_accepts(
    project: Tenant, owner: Person, nina: Person
) -> None:
    """PRODUCT 3.7: it is not among his tenants either."""
    invited = await steps.invite(owner, project)
    shown = await nina.ask(
        "query($t: ID!, $m: ID!, $o: ID!) { tenants { totalCount } tenant(id: $t) { name }"
        " members(tenantId: $t) { totalCount } me { memberships { edges { node { id } } } }"
        " t: node(id: $t) { id } m: node(id: $m) { id } o: node(id: $o) { id } }",
        t=project.id,
        m=invited.member_id,
        o=owner.id,
    )
    assert shown == {
        "tenants": {"totalCount": 0},
        "tenant": None,
        "members": None,
        "me": {"memberships": {"edges": []}},
        "t": None,
        "m": None,
        "o": None,
    }


async def test_of_several_offers_he_takes_the_one_he_names(
    world: World, project: Tenant, owner: Person, nina: Person
) -> None:
    other = await world.tenant(name="Other")
    await steps.invite(await world.join(other), other)
    second = await steps.invite(owner, project)
    shown = await nina.ask(
        "query($i: ID!) { node(id: $i) { ... on Invitation { tenantName } } }",
        i=second.invitation_id,
    )
    accepted = await steps.accept(nina, id=second.invitation_id)
    assert shown == {"node": {"tenantName": "Acme"}}
    assert accepted["member"]["id"] == second.member_id
    assert [offer["tenantName"] for offer in await own_list(nina)] == ["Other"]


async def test_his_own_list_goes_on_page_by_page(world: World, nina: Person) -> None:
    for name in ("One", "Two", "Three"):
        tenant = await world.tenant(name=name)
        await steps.invite(await world.join(tenant), tenant)
    first = (await nina.ask(OWN_LIST, first=2))["me"]["invitations"]
    rest = await nina.ask(OWN_LIST, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["tenantName"] for edge in first["edges"]] == ["One", "Two"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert [e["node"]["tenantName"] for e in rest["me"]["invitations"]["edges"]] == ["Three"]


@pytest.mark.parametrize("end", ["revoked", "expired", "tenant deleted"])
async def test_his_own_list_shows_only_what_he_can_accept(
    project: Tenant, owner: Person, nina: Person, clock: Clock, end: str
) -> None:
    invited = await steps.invite(owner, project)
    if end == "expired":
        clock.move(timedelta(days=3))
    elif end == "tenant deleted":
        await owner.do("deleteTenant", {"tenantId": project.id})
    else:
        await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})
    assert await own_list(nina) == []
    answer = await steps.accept(nina, id=invited.invitation_id)
    assert answer["__typename"] == "InvitationUnavailable"


async def test_an_unverified_address_lists_shows_and_accepts_nothing(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.7, CASES 49: by address only for a verified one."""
    squatter = await world.person("squatter", email=steps.NINA, verified=False)
    invited = await steps.invite(owner, project)
    by_id = await squatter.ask("query($i: ID!) { node(id: $i) { id } }", i=invited.invitation_id)
    assert by_id == {"node": None}
    assert await own_list(squatter) == []
    answer = await steps.accept(squatter, id=invited.invitation_id)
    assert answer["__typename"] == "InvitationUnavailable"
    assert (await steps.member(invited.member_id)).status is MemberStatus.PENDING


async def test_an_invitation_made_before_somebody_registered_is_in_his_list(
    world: World, project: Tenant, owner: Person
) -> None:
    """He may accept another tenant's invitation first."""
    other = await world.tenant(name="Other")
    await steps.invite(await world.join(other), other)
    await steps.invite(owner, project)
    nina = await steps.register(world)
    assert [offer["tenantName"] for offer in await own_list(nina)] == ["Other"]


async def test_somebody_else_is_told_the_masked_address_and_the_invitation_stays(
    world: World, project: Tenant, owner: Person, nina: Person, stranger: Person
) -> None:
    """PRODUCT 3.9, CASES 47."""
    await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    before = await steps.everything()
    for other in (stranger, owner):
        answer = await steps.accept(other, token=token, registration=steps.NEWCOMER)
        assert answer == {
            "__typename": "WrongAccount",
            "code": "WRONG_ACCOUNT",
            "message": "This invitation is for somebody else. Sign out and open the link again.",
            "invitedEmail": "ni***@example.com",
        }
    assert await steps.everything() == before
    accepted = await steps.accept(nina, token=token)
    assert accepted["__typename"] == "AcceptInvitationPayload"


@pytest.mark.usefixtures("nina")
async def test_an_invitation_by_id_is_only_its_invitees(
    project: Tenant, owner: Person, stranger: Person, anonymous: Client
) -> None:
    """PRODUCT 3.9; foreign and unknown ids are the same answer."""
    invited = await steps.invite(owner, project)
    foreign = await steps.accept(stranger, id=invited.invitation_id)
    unknown = await steps.accept(stranger, id="inv_" + "0" * 26)
    nobody = await steps.accept(anonymous, id=invited.invitation_id)
    assert foreign == unknown
    assert foreign["__typename"] == "InvitationUnavailable"
    assert nobody["__typename"] == "SignInRequired"


async def test_only_who_accepted_it_hears_that_he_is_a_member_already(
    world: World, project: Tenant, owner: Person, nina: Person, stranger: Person
) -> None:
    """PRODUCT 3.5; everybody else finds a dead link."""
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await steps.accept(nina, token=token)
    by_link = await steps.accept(nina, token=token)
    by_id = await steps.accept(nina, id=invited.invitation_id)
    assert by_link == by_id
    assert (by_link["__typename"], by_link["known"]) == (
        "AlreadyMember",
        {"id": invited.member_id},
    )
    for other in (stranger, owner, world.anonymous):
        assert (await steps.accept(other, token=token))["__typename"] == "InvitationUnavailable"


async def test_who_accepted_and_was_removed_finds_a_dead_link(
    world: World, project: Tenant, owner: Person, nina: Person
) -> None:
    """PRODUCT 3.5."""
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await steps.accept(nina, token=token)
    await owner.do("removeMember", {"memberId": invited.member_id})
    assert (await steps.accept(nina, token=token))["__typename"] == "InvitationUnavailable"


async def test_a_member_who_is_invited_at_another_address_of_his_is_one_already(
    world: World, project: Tenant, owner: Person, nina: Person
) -> None:
    """PRODUCT 4: one live member per tenant and person; the offer stays as it was."""
    await world.join(project, "MANAGER", nina)
    await steps.edit(nina.member_id, email_key="nina@old.example.com")
    invited = await steps.invite(owner, project)
    answer = await steps.accept(nina, token=await world.link_token(steps.NINA))
    assert (answer["__typename"], answer["known"]) == ("AlreadyMember", {"id": nina.member_id})
    assert (await steps.member(invited.member_id)).status is MemberStatus.PENDING
    assert (await steps.member(nina.member_id)).role == "MANAGER"


async def test_the_inviter_is_told_that_somebody_registered_has_joined(
    world: World, project: Tenant, owner: Person, nina: Person
) -> None:
    invited = await steps.invite(owner, project)
    await steps.accept(nina, id=invited.invitation_id)
    joined = (await world.mails())[0]
    assert (joined.to, joined.subject) == (owner.email, "Nina has joined Acme")


async def test_an_invitation_accepted_in_the_list_is_not_mailed_any_more(
    world: World, project: Tenant, owner: Person, nina: Person
) -> None:
    invited = await steps.invite(owner, project)
    await steps.accept(nina, id=invited.invitation_id)
    [invitation] = await steps.stored(Invitation.filter(id=invited.invitation_id))
    assert invitation.state is InvitationState.ACCEPTED
    assert steps.NINA not in [mail.to for mail in await world.mails()]


async def test_an_invitation_names_exactly_one_of_link_and_id(nina: Person) -> None:
    """Contract: a breach of @oneOf is a GraphQL error."""
    for reference in ("{}", '{ token: "x", id: "y" }', "{ token: null }"):
        field = f"acceptInvitation(input: {{ invitation: {reference} }}) {{ __typename }}"
        assert await nina.refusal(f"mutation {{ {field} }}") == "BAD_USER_INPUT"


async def test_who_loses_the_address_while_he_accepts_is_somebody_else(
    world: World, project: Tenant, owner: Person, nina: Person
) -> None:
    """CASES 57; PRODUCT 3.9: the invited person is asked for again under the lock."""
    await steps.invite(owner, project)
    accepting = steps.accept(nina, token=await world.link_token(steps.NINA))
    lose = {"email": None, "email_key": None, "email_verified_at": None}
    answer = await steps.meanwhile(
        project, accepting, lambda: User.filter(id=nina.id).update(**lose)
    )
    assert answer["__typename"] == "WrongAccount"
