"""What a page is told of who opens a link: in which language to speak, and whether it is he."""

from typing import Any

import pytest

from models import MemberStatus, Tenant
from tests.clients import Client, Person
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers import tenant_steps as ts

LANGUAGES = [
    pytest.param("RU", "KK", "RU", id="the account's"),
    pytest.param(None, "KK", "KK", id="else the invitation's"),
    pytest.param(None, None, None, id="else it is not known"),
]


@pytest.fixture
async def nina(world: World) -> Person:
    return await world.person("nina")


@pytest.mark.parametrize(("own", "invited_in", "language"), LANGUAGES)
async def test_a_link_tells_the_language_of_its_reader(
    world: World,
    project: Tenant,
    owner: Person,
    anonymous: Client,
    own: str | None,
    invited_in: str | None,
    language: str | None,
) -> None:
    """PRODUCT 8: before he has signed in, as in the mail; never the tenant's."""
    await world.person("nina", locale=own)
    await steps.invite(owner, project, locale=invited_in)
    shown = await steps.look(anonymous, await world.link_token(steps.NINA))
    assert shown["locale"] == language


async def test_the_language_of_an_unproven_account_is_nobodys(
    world: World, project: Tenant, owner: Person, anonymous: Client
) -> None:
    """PRODUCT 3.7."""
    await world.person("squatter", email=steps.NINA, verified=False, locale="RU")
    await steps.invite(owner, project, locale="KK")
    shown = await steps.look(anonymous, await world.link_token(steps.NINA))
    assert shown["locale"] == "KK"


async def test_a_link_tells_the_invited_person_that_it_is_he(
    world: World, project: Tenant, owner: Person, nina: Person, anonymous: Client
) -> None:
    """By the rule by which he accepts (PRODUCT 3.9)."""
    await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    is_he = [(await steps.look(who, token))["viewerIsInvited"] for who in (nina, owner, anonymous)]
    assert is_he == [True, False, False]


async def test_a_link_to_a_new_tenant_tells_the_same(
    world: World, oscar: Person, servio: Tenant, anonymous: Client
) -> None:
    await ts.invite(oscar, servio, locale="KK")
    token = await world.link_token(steps.NINA)
    assert (await ts.look(anonymous, token))["locale"] == "KK"
    nina = await world.person("nina", locale="RU")
    told = [await ts.look(who, token) for who in (nina, oscar, anonymous)]
    assert [shown["viewerIsInvited"] for shown in told] == [True, False, False]
    assert [shown["locale"] for shown in told] == ["RU", "RU", "RU"]


async def test_only_who_accepted_by_a_link_hears_from_it_that_he_is_a_member(
    world: World, project: Tenant, owner: Person, nina: Person, stranger: Person
) -> None:
    """PRODUCT 3.5, ANCHORS 6: by looking as by accepting; to everybody else it is dead."""
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await steps.accept(nina, token=token)
    shown = await steps.look(nina, token)
    assert (shown["__typename"], shown["member"]) == ("AlreadyMember", {"id": invited.member_id})
    colleague = await world.join(project)
    others: list[Any] = [stranger, owner, colleague, world.anonymous]
    told = [await steps.look(other, token) for other in others]
    assert {shown["__typename"] for shown in told} == {"InvitationUnavailable"}


@pytest.mark.parametrize("state", [MemberStatus.REMOVED, MemberStatus.DISABLED])
async def test_who_is_out_again_finds_a_dead_link(
    world: World, project: Tenant, owner: Person, nina: Person, state: MemberStatus
) -> None:
    """PRODUCT 3.5; 4: a tenant is as absent to a disabled member as to a stranger."""
    invited = await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    await steps.accept(nina, token=token)
    await steps.edit(invited.member_id, status=state)
    assert (await steps.look(nina, token))["__typename"] == "InvitationUnavailable"


async def test_a_member_finds_the_link_before_his_dead(
    world: World, project: Tenant, owner: Person, nina: Person
) -> None:
    """PRODUCT 3.5: it was superseded, and nobody accepted by it."""
    invited = await steps.invite(owner, project)
    old = await world.link_token(steps.NINA)
    await owner.do("resendInvitation", {"invitationId": invited.invitation_id})
    await steps.accept(nina, token=await world.link_token(steps.NINA))
    assert (await steps.look(nina, old))["__typename"] == "InvitationUnavailable"
