"""How often (PRODUCT 3.11), through the API; each limit is a setting, so tests lower it.

Failed sign-ins: see `tests/auth/test_signing_in.py`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from models import Tenant
from settings import Settings
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import World
from tests.figures import Measured
from tests.resolvers import steps

Configure = Callable[..., Settings]
HOUR, DAY = 3600, 24 * 3600


def waits(answer: dict[str, Any], at_most: int) -> bool:
    """It is `RateLimited`, and says how many seconds to wait: about `at_most`."""
    seconds: int = answer.get("retryAfter", 0)
    return answer["__typename"] == "RateLimited" and at_most - 60 < seconds <= at_most


async def test_an_inviter_is_limited_by_the_hour_and_by_the_day(
    project: Tenant, owner: Person, configure: Configure, clock: Clock
) -> None:
    configure(limit_invitations_per_inviter=("2/hour", "3/day"))
    await steps.invite(owner, project, "a@example.com")
    await steps.invite(owner, project, "b@example.com")
    third = steps.invitation(project, "c@example.com")
    assert waits(await owner.do("inviteMember", third), HOUR)
    clock.move(timedelta(hours=1))
    await steps.invite(owner, project, "c@example.com")
    fourth = steps.invitation(project, "d@example.com")
    assert waits(await owner.do("inviteMember", fourth), DAY - HOUR)
    clock.move(timedelta(hours=23))
    await steps.invite(owner, project, "d@example.com")


async def test_what_is_over_the_limit_changes_nothing_and_sends_nothing(
    world: World, project: Tenant, owner: Person, configure: Configure
) -> None:
    """CASES 86."""
    configure(limit_invitations_per_inviter=("1/hour",))
    await steps.invite(owner, project)
    before = await steps.statuses(project)
    await owner.do("inviteMember", steps.invitation(project, "b@example.com"))
    assert await steps.statuses(project) == before
    assert [mail.to for mail in await world.mails()] == [steps.NINA]


async def test_an_inviters_limit_is_his_own_over_all_his_tenants(
    world: World, project: Tenant, owner: Person, manager: Person, configure: Configure
) -> None:
    configure(limit_invitations_per_inviter=("1/hour",))
    other = await world.tenant()
    await world.join(other, "OWNER", owner)
    await steps.invite(owner, project, "a@example.com")
    elsewhere = await owner.do("inviteMember", steps.invitation(other, "b@example.com"))
    assert waits(elsewhere, HOUR)
    await steps.invite(manager, project, "b@example.com")


async def test_a_tenants_first_day_is_limited_whoever_invites(
    project: Tenant, owner: Person, manager: Person, configure: Configure, clock: Clock
) -> None:
    configure(limit_invitations_of_new_tenant="2/day")
    await steps.invite(owner, project, "a@example.com")
    await steps.invite(manager, project, "b@example.com")
    third = steps.invitation(project, "c@example.com")
    assert waits(await owner.do("inviteMember", third), DAY)
    clock.move(timedelta(days=1))
    for name in ("c", "d", "e"):
        await steps.invite(owner, project, f"{name}@example.com")


async def test_one_address_gets_so_many_mails_an_hour_from_one_tenant(
    project: Tenant, owner: Person, configure: Configure, clock: Clock
) -> None:
    """Invitations and resends count together."""
    configure(limit_mails_per_address_and_tenant="2/hour")
    invited = await steps.invite(owner, project)
    again = {"invitationId": invited.invitation_id}
    assert (await owner.do("resendInvitation", again))["__typename"] == "ResendInvitationPayload"
    assert waits(await owner.do("resendInvitation", again), HOUR)
    await steps.invite(owner, project, "other@example.com")
    clock.move(timedelta(hours=1))
    assert (await owner.do("resendInvitation", again))["__typename"] == "ResendInvitationPayload"


async def test_one_address_gets_so_many_mails_an_hour_from_all_tenants(
    world: World, configure: Configure
) -> None:
    """However the address is written."""
    configure(limit_mails_per_address="2/hour")
    tenants = [await world.tenant() for _ in range(3)]
    owners = [await world.join(tenant) for tenant in tenants]
    await steps.invite(owners[0], tenants[0])
    await steps.invite(owners[1], tenants[1], steps.NINA.upper())
    third = await owners[2].do("inviteMember", steps.invitation(tenants[2]))
    assert waits(third, HOUR)


async def test_a_tenant_sends_so_many_invitation_mails_whoever_invites_or_resends(
    world: World, project: Tenant, owner: Person, manager: Person, configure: Configure
) -> None:
    """CASES 86; other tenants are not held up."""
    configure(limit_mails_per_tenant=("3/hour",))
    invited = await steps.invite(owner, project, "a@example.com")
    await steps.invite(manager, project, "b@example.com")
    again = {"invitationId": invited.invitation_id}
    assert (await owner.do("resendInvitation", again))["__typename"] == "ResendInvitationPayload"
    third = steps.invitation(project, "c@example.com")
    assert waits(await manager.do("inviteMember", third), HOUR)
    assert waits(await owner.do("resendInvitation", again), HOUR)
    other = await world.tenant()
    await steps.invite(await world.join(other), other, "c@example.com")


async def test_the_whole_server_sends_so_many_invitation_mails(
    world: World, configure: Configure, clock: Clock
) -> None:
    """CASES 86: the operator's emergency brake."""
    configure(limit_mails_of_server=("3/hour",))
    tenants = [await world.tenant() for _ in range(4)]
    owners = [await world.join(tenant) for tenant in tenants]
    for number in range(3):
        await steps.invite(owners[number], tenants[number], f"n{number}@example.com")
    fourth = steps.invitation(tenants[3], "n3@example.com")
    assert waits(await owners[3].do("inviteMember", fourth), HOUR)
    assert len(await world.mails()) == 3
    clock.move(timedelta(hours=1))
    await steps.invite(owners[3], tenants[3], "n3@example.com")


async def test_a_tenant_over_its_own_limits_takes_nothing_from_the_servers(
    world: World, project: Tenant, owner: Person, configure: Configure
) -> None:
    """ADR 0041: nobody uses up the brake for the others."""
    configure(limit_mails_per_tenant=("1/hour",), limit_mails_of_server=("2/hour",))
    await steps.invite(owner, project, "a@example.com")
    for number in range(5):
        refused = await owner.do("inviteMember", steps.invitation(project, f"{number}@example.com"))
        assert waits(refused, HOUR)
    other = await world.tenant()
    await steps.invite(await world.join(other), other, "a@example.com")


FLOODS = {
    "to one address": "limit_mails_per_address",
    "by one inviter": "limit_invitations_per_inviter",
    "of one tenant": "limit_mails_per_tenant",
    "of the whole server": "limit_mails_of_server",
}


@pytest.mark.parametrize("number", [12, pytest.param(1000, marks=pytest.mark.soak)])
async def test_of_a_flood_of_invitations_as_many_pass_as_the_limit_lets(
    world: World, project: Tenant, configure: Configure, measured: Measured, number: int
) -> None:
    """CASES 86: what is over it is `RateLimited` and mails nothing."""
    people = [await world.join(project) for _ in range(4)]
    others = [await world.tenant() for _ in range(4)]
    owners = [await world.join(tenant) for tenant in others]
    wide = dict.fromkeys((*FLOODS.values(), "limit_mails_per_address_and_tenant"), "9000/hour")
    sent = 0
    for flood, limit in FLOODS.items():
        configure(**wide | {limit: f"{number // 3}/hour"})
        refused = 0
        for turn in range(number):
            by, tenant, email = people[turn % 4], project, f"{limit}{turn}@example.com"
            if flood == "by one inviter":
                by = people[0]
            elif flood in ("to one address", "of the whole server"):
                by, tenant = owners[turn % 4], others[turn % 4]
            if flood == "to one address":
                email = steps.NINA
            answer = await by.do("inviteMember", steps.invitation(tenant, email))
            refused += waits(answer, HOUR)
        assert refused == number - number // 3, flood
        mailed = len(await world.mails()) - sent
        assert mailed == (4 if flood == "to one address" else number // 3), flood
        sent += mailed
        measured(
            f"passed of {number} invitations {flood}, its limit being {number // 3}",
            number - refused,
        )


async def test_one_invitation_is_resent_so_often_an_hour_with_no_wait_between(
    project: Tenant, owner: Person, configure: Configure, clock: Clock
) -> None:
    configure(limit_resends="2/hour")
    again = {"invitationId": (await steps.invite(owner, project)).invitation_id}
    other = {"invitationId": (await steps.invite(owner, project, "b@example.com")).invitation_id}
    for _ in range(2):
        done = await owner.do("resendInvitation", again)
        assert done["__typename"] == "ResendInvitationPayload"
    assert waits(await owner.do("resendInvitation", again), HOUR)
    assert (await owner.do("resendInvitation", other))["__typename"] == "ResendInvitationPayload"
    clock.move(timedelta(hours=1))
    assert (await owner.do("resendInvitation", again))["__typename"] == "ResendInvitationPayload"


async def test_who_may_not_resend_uses_up_nobodys_limit(
    project: Tenant, owner: Person, accountant: Person, stranger: Person, configure: Configure
) -> None:
    configure(limit_resends="1/hour")
    again = {"invitationId": (await steps.invite(owner, project)).invitation_id}
    for person in (accountant, stranger):
        refused = await person.do("resendInvitation", again)
        assert refused["__typename"] in ("PermissionDenied", "NotFound")
    assert (await owner.do("resendInvitation", again))["__typename"] == "ResendInvitationPayload"


async def test_looking_at_links_and_accepting_by_them_count_together_by_client_address(
    world: World, anonymous: Client, configure: Configure, clock: Clock
) -> None:
    """CASES 87: nobody elsewhere is locked out."""
    configure(limit_links="2/minute")
    assert (await steps.look(anonymous, "tnt_inv_guess"))["__typename"] == "InvitationUnavailable"
    guessed = await steps.accept(anonymous, token="tnt_inv_guess")
    assert guessed["__typename"] == "InvitationUnavailable"
    assert waits(await steps.look(anonymous, "tnt_inv_guess"), 60)
    assert waits(await steps.accept(anonymous, token="tnt_inv_guess"), 60)
    elsewhere = world.client(address="192.0.2.7")
    assert (await steps.look(elsewhere, "tnt_inv_guess"))["__typename"] == "InvitationUnavailable"
    clock.move(timedelta(minutes=1))
    assert (await steps.look(anonymous, "tnt_inv_guess"))["__typename"] == "InvitationUnavailable"


async def test_every_link_of_one_operation_counts(anonymous: Client, configure: Configure) -> None:
    """CASES 5: aliases do not multiply what one may try; over the limit none is answered."""
    configure(limit_links="2/minute")
    fields = " ".join(f'a{n}: invitation(token: "x") {{ __typename }}' for n in range(3))
    answers = (await anonymous.ask(f"{{ {fields} }}")).values()
    assert [answer["__typename"] for answer in answers] == ["RateLimited"] * 3


async def test_one_person_creates_so_many_tenants_a_day(
    stranger: Person, owner: Person, configure: Configure, clock: Clock
) -> None:
    configure(limit_tenants="2/day")
    new = {"name": "Acme", "catalog": "PROJECT"}
    for _ in range(2):
        assert (await stranger.do("createTenant", new))["__typename"] == "CreateTenantPayload"
    assert waits(await stranger.do("createTenant", new), DAY)
    assert (await owner.do("createTenant", new))["__typename"] == "CreateTenantPayload"
    clock.move(timedelta(days=1))
    assert (await stranger.do("createTenant", new))["__typename"] == "CreateTenantPayload"
