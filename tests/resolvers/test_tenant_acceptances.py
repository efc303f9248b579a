"""Accepting to own a new tenant, which exists from then on and is served (PRODUCT 6.3)."""

from datetime import timedelta
from typing import Any

import pytest

from models import MemberStatus, Servicing, Tenant, TenantInvitation, User, clock, ids
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers import tenant_steps as ts

DEAD, DONE = "InvitationUnavailable", "AcceptTenantInvitationPayload"


@pytest.fixture
async def token(world: World, servio: Tenant, oscar: Person) -> str:
    """Of the link mailed to Nina."""
    await ts.invite(oscar, servio, catalog="SUBSCRIBER", locale="KK")
    return await world.link_token(steps.NINA)


async def tenants() -> list[Tenant]:
    """Those that acceptance has made."""
    return await steps.stored(Tenant.filter(name="Lotus"))


async def test_a_newcomer_registers_and_owns_the_tenant_which_is_served(
    world: World, servio: Tenant, oscar: Person, token: str
) -> None:
    """F; issue 5.6."""
    answer = await ts.accept(world.anonymous, token, steps.NEWCOMER)
    assert answer["__typename"] == DONE
    made = answer["tenant"]
    assert made == {
        "id": made["id"],
        "name": "Lotus",
        "catalog": "SUBSCRIBER",
        "locale": "KK",
        "viewer": {"role": {"code": "OWNER"}},
    }
    nina = world.client(answer["session"]["token"])
    found = await nina.ask("{ me { login email emailVerified locale } }")
    owner = {"login": "nina", "email": steps.NINA, "emailVerified": True, "locale": "KK"}
    assert found == {"me": owner}
    [servicing] = await steps.stored(Servicing.filter())
    assert (servicing.tenant_id, servicing.organization_id) == (made["id"], servio.id)
    assert await ts.states(oscar, servio) == ["ACCEPTED"]
    [invitation] = await steps.stored(TenantInvitation.filter())
    assert invitation.tenant_id == made["id"]


async def test_somebody_registered_accepts_signed_in(world: World, token: str) -> None:
    """His account stays as it was, and no session is opened (CASES 91)."""
    nina = await world.person("nina")
    before = (await steps.everything())["users"]
    answer = await ts.accept(nina, token, steps.NEWCOMER)
    assert (answer["__typename"], answer["session"]) == (DONE, None)
    assert answer["tenant"]["viewer"]["role"]["code"] == "OWNER"
    assert (await steps.everything())["users"] == before


async def test_the_operator_sees_nothing_of_the_tenants_insides(
    world: World, oscar: Person, token: str
) -> None:
    """PRODUCT 6.4: serving is not belonging."""
    answer = await ts.accept(world.anonymous, token, steps.NEWCOMER)
    query = "query($t: ID!) { tenant(id: $t) { name } members(tenantId: $t) { totalCount } }"
    found = await oscar.ask(query, t=answer["tenant"]["id"])
    assert found == {"tenant": None, "members": None}


async def test_the_inviter_is_told(world: World, token: str) -> None:
    await ts.accept(world.anonymous, token, steps.NEWCOMER)
    mail = (await world.mails())[0]
    assert mail.to == "oscar@example.com"
    assert mail.subject == "Nina New has accepted: Lotus is there"
    assert "Servio serves it from now on" in mail.text


async def test_both_logs_know_of_it(world: World, servio: Tenant, token: str) -> None:
    """PRODUCT 4."""
    answer = await ts.accept(world.anonymous, token, steps.NEWCOMER)
    tenant_id = answer["tenant"]["id"]
    [owner] = await steps.stored(User.filter(login="nina"))
    [invitation] = await steps.stored(TenantInvitation.filter())
    found = await steps.audit("tenant.create", "tenant_invitation.accept", "servicing.start")
    assert {(r.action, r.tenant_id, r.subject_id, r.actor_id) for r in found} == {
        ("tenant.create", tenant_id, tenant_id, owner.id),
        ("servicing.start", tenant_id, servio.id, owner.id),
        ("tenant_invitation.accept", servio.id, invitation.id, owner.id),
    }


async def test_a_newcomer_has_to_register(anonymous: Client, token: str) -> None:
    assert (await ts.accept(anonymous, token))["__typename"] == "RegistrationRequired"
    assert await tenants() == []


async def test_a_wrong_account_leaves_the_link_as_it_was(world: World, token: str) -> None:
    """Bad input never costs data."""
    await world.person("taken")
    wrong = await ts.accept(world.anonymous, token, steps.NEWCOMER | {"password": "short"})
    assert [f["path"] for f in wrong["fields"]] == [["registration", "password"]]
    taken = await ts.accept(world.anonymous, token, steps.NEWCOMER | {"login": "taken"})
    assert taken["__typename"] == "LoginTaken"
    assert await tenants() == []
    assert (await ts.accept(world.anonymous, token, steps.NEWCOMER))["__typename"] == DONE


async def test_somebody_registered_has_to_sign_in(
    world: World, anonymous: Client, token: str
) -> None:
    await world.person("nina")
    answer = await ts.accept(anonymous, token, steps.NEWCOMER)
    assert answer["__typename"] == "SignInRequired"
    assert await tenants() == []


async def test_who_registers_meanwhile_has_to_sign_in(
    world: World, servio: Tenant, token: str
) -> None:
    """CASES 91: the account is found under the lock."""
    nina = {"login": "nina", "email": steps.NINA, "email_key": steps.NINA, "full_name": "Nina"}
    now = clock.now()
    times: dict[str, Any] = {"email_verified_at": now, "created_at": now, "updated_at": now}
    answer = await steps.meanwhile(
        servio,
        ts.accept(world.anonymous, token, steps.NEWCOMER | {"login": "other"}),
        lambda: User.create(id=ids.new("usr"), **nina | times),
    )
    assert answer["__typename"] == "SignInRequired"
    assert await tenants() == []


async def test_whose_address_it_is_no_more_accepts_nothing(
    world: World, servio: Tenant, token: str
) -> None:
    """PRODUCT 3.9: looked at again under the lock."""
    nina = await world.person("nina")
    answer = await steps.meanwhile(
        servio,
        ts.accept(nina, token),
        lambda: User.filter(id=nina.id).update(email_verified_at=None),
    )
    assert answer["__typename"] == "WrongAccount"
    assert await tenants() == []


async def test_somebody_else_is_told_the_masked_address_and_the_invitation_stays(
    world: World, oscar: Person, stranger: Person, token: str
) -> None:
    """PRODUCT 3.9."""
    unverified = await world.person("squatter", email=steps.NINA, verified=False)
    for other in (stranger, oscar, unverified):
        answer = await ts.accept(other, token, steps.NEWCOMER)
        assert (answer["__typename"], answer["invitedEmail"]) == (
            "WrongAccount",
            "ni***@example.com",
        )
    assert (await ts.accept(world.anonymous, token, steps.NEWCOMER))["__typename"] == DONE
    assert await unverified.ask("{ me { email } }") == {"me": {"email": None}}


async def test_a_link_works_once_also_for_who_has_used_it(world: World, token: str) -> None:
    """PRODUCT 3.5: he is a member of what it made, and invited to nothing else."""
    nina = await world.person("nina")
    assert (await ts.accept(nina, token))["__typename"] == DONE
    assert (await ts.accept(nina, token))["__typename"] == DEAD
    assert len(await tenants()) == 1


@pytest.mark.parametrize("dead", ["unknown", "expired", "of a member", "of nobody"])
async def test_everything_dead_is_one_answer(
    world: World, oscar: Person, servio: Tenant, token: str, clock: Clock, dead: str
) -> None:
    """PRODUCT 3.5."""
    if dead == "expired":
        clock.move(timedelta(days=3))
    elif dead == "of a member":
        owner = await world.join(servio)
        await steps.invite(owner, servio, "eve@example.com", role="USER")
        token = await world.link_token("eve@example.com")
    else:
        token = {"unknown": "tnt_tin_x", "of nobody": ""}[dead]
    assert (await ts.accept(world.anonymous, token, steps.NEWCOMER))["__typename"] == DEAD
    assert (await ts.look(oscar, token))["__typename"] == DEAD


async def _leaves(oscar: Person, _: Tenant) -> None:
    await steps.edit(oscar.member_id, status=MemberStatus.REMOVED)


async def _becomes_user(oscar: Person, _: Tenant) -> None:
    await steps.edit(oscar.member_id, role="USER")


async def _is_switched_off(_: Person, servio: Tenant) -> None:
    await ts.permit(servio, "subscriptions:manage")


CHANGES: dict[str, Any] = {
    "leaves": _leaves,
    "becomes a user": _becomes_user,
    "is switched off": _is_switched_off,
}


@pytest.mark.parametrize("change", CHANGES)
async def test_the_inviter_must_still_be_able_to_invite(
    world: World, oscar: Person, servio: Tenant, token: str, change: str
) -> None:
    """PRODUCT 3.10: unavailable until somebody who may resends it."""
    await CHANGES[change](oscar, servio)
    assert (await ts.look(world.anonymous, token))["__typename"] == DEAD
    assert (await ts.accept(world.anonymous, token, steps.NEWCOMER))["__typename"] == DEAD
    assert await tenants() == []
    await ts.permit(servio, ts.INVITES)
    owner = await world.join(servio)
    [invitation] = await steps.stored(TenantInvitation.filter())
    await owner.do("resendTenantInvitation", {"invitationId": invitation.id})
    again = await world.link_token(steps.NINA)
    assert (await ts.accept(world.anonymous, again, steps.NEWCOMER))["__typename"] == DONE


async def test_an_organization_deleted_meanwhile_invites_nobody(
    world: World, servio: Tenant, token: str
) -> None:
    """CASES 57: found under the lock."""

    async def delete() -> None:
        await Tenant.filter(id=servio.id).update(deleted_at=servio.created_at)

    answer = await steps.meanwhile(
        servio, ts.accept(world.anonymous, token, steps.NEWCOMER), delete
    )
    assert answer["__typename"] == DEAD
    assert await tenants() == []


async def test_the_address_goes_with_its_owners_account(
    world: World, oscar: Person, servio: Tenant, token: str
) -> None:
    """PRODUCT 5: personal data goes; what is still offered to the address stays."""
    nina = await world.person("nina")
    made = await ts.accept(nina, token)
    await ts.invite(oscar, servio)
    await nina.do("deleteTenant", {"tenantId": made["tenant"]["id"]})
    ended = await nina.do("deleteMyAccount", {"password": "a password of a test"})
    assert ended["__typename"] == "DeleteMyAccountPayload"
    shown = [edge["node"]["ownerEmail"] for edge in (await ts.listed(oscar, servio))["edges"]]
    assert shown == [steps.NINA, None]
