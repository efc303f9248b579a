import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from auth import tokens
from models import AuditEvent, Invitation, InvitationState, Member, MemberStatus, User, database
from permissions.catalog import OWNER
from tests.clients import Client, Person
from tests.factories import World

ROUNDS = 20
ACCEPTED = "AcceptInvitationPayload"
DEAD = "InvitationUnavailable"

Answer = dict[str, Any]
logins = (f"newcomer{number}" for number in itertools.count())


@dataclass(frozen=True)
class Offer:
    tenant_id: str
    member_id: str
    invitation_id: str

    @property
    def token(self) -> str:
        """Of the first link."""
        return str(tokens.of_invitation(self.invitation_id, 1))


async def offer(world: World, owner: Person, email: str) -> Offer:
    """An invitation to a new tenant of that owner."""
    tenant = await world.tenant()
    await world.join(tenant, OWNER, owner)
    answer = await owner.do(
        "inviteMember",
        {"tenantId": tenant.id, "invitee": {"email": email}, "role": "MANAGER"},
        "member { id invitation { id } }",
    )
    member = answer["member"]
    return Offer(tenant.id, member["id"], member["invitation"]["id"])


def accept(client: Client | Person, token: str) -> Awaitable[Answer]:
    return client.do("acceptInvitation", {"invitation": {"token": token}})


def register(client: Client, token: str, login: str) -> Awaitable[Answer]:
    return client.do(
        "acceptInvitation",
        {
            "invitation": {"token": token},
            "registration": {"fullName": "New", "login": login, "password": "twelve letters"},
        },
    )


async def kinds(*attempts: Awaitable[Answer]) -> list[str]:
    return [answer["__typename"] for answer in await asyncio.gather(*attempts)]


async def states(made: Offer) -> tuple[MemberStatus, InvitationState]:
    async with database.transaction(database.SYSTEM, read_only=True):
        member = await Member.get(id=made.member_id)
        invitation = await Invitation.get(id=made.invitation_id)
    return member.status, invitation.state


async def accepted_in_audit(made: Offer) -> int:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await AuditEvent.filter(
            subject_id=made.member_id, action="invitation.accept"
        ).count()


async def registered(email: str) -> int:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await User.filter(email=email).count()


async def test_a_newcomer_accepts_once(world: World) -> None:
    """CASES 56: twenty acceptances of one link at once, each under a login of its own.

    The line that holds it is the second `_living` in `resolvers.references.lock`.
    """
    owner = await world.person()
    for number in range(2):
        email = f"new{number}@example.com"
        made = await offer(world, owner, email)
        attempts = [register(world.anonymous, made.token, next(logins)) for _ in range(20)]
        assert Counter(await kinds(*attempts)) == {ACCEPTED: 1, DEAD: 19}
        assert await states(made) == (MemberStatus.JOINED, InvitationState.ACCEPTED)
        assert await accepted_in_audit(made) == 1
        assert await registered(email) == 1


async def test_somebody_registered_accepts_once(world: World) -> None:
    """CASES 56; PRODUCT 3.5: whoever comes late may hear that he is a member already."""
    owner, invitee = await world.person(), await world.person()
    for _ in range(5):
        made = await offer(world, owner, invitee.email)
        attempts = [accept(invitee, made.token) for _ in range(20)]
        found = Counter(await kinds(*attempts))
        assert found.pop(ACCEPTED) == 1
        assert found.keys() <= {DEAD, "AlreadyMember"}
        assert await states(made) == (MemberStatus.JOINED, InvitationState.ACCEPTED)
        assert await accepted_in_audit(made) == 1


JOINED = (MemberStatus.JOINED, InvitationState.ACCEPTED)
OPEN = (MemberStatus.PENDING, InvitationState.PENDING)
Outcomes = dict[tuple[str, str], tuple[MemberStatus, InvitationState]]
Change = Callable[[Person, Person, Person, Offer], Awaitable[Answer]]

AGAINST: dict[str, tuple[Change, Outcomes]] = {
    "revoke": (
        lambda owner, _, __, made: owner.do(
            "revokeInvitation", {"invitationId": made.invitation_id}
        ),
        {
            (ACCEPTED, "InvitationClosed"): JOINED,
            (DEAD, "RevokeInvitationPayload"): (MemberStatus.REMOVED, InvitationState.REVOKED),
        },
    ),
    "resend": (
        lambda owner, _, __, made: owner.do(
            "resendInvitation", {"invitationId": made.invitation_id}
        ),
        {(ACCEPTED, "InvitationClosed"): JOINED, (DEAD, "ResendInvitationPayload"): OPEN},
    ),
    "declineInvitation": (
        lambda _, __, invitee, made: invitee.do(
            "declineInvitation", {"invitation": {"token": made.token}}
        ),
        {
            (ACCEPTED, DEAD): JOINED,
            (ACCEPTED, "AlreadyMember"): JOINED,
            (DEAD, "DeclineInvitationPayload"): (MemberStatus.REMOVED, InvitationState.DECLINED),
        },
    ),
    "changeRole": (
        lambda owner, _, __, made: owner.do(
            "changeRole", {"memberId": made.member_id, "role": "ACCOUNTANT"}
        ),
        {(ACCEPTED, "ChangeRolePayload"): JOINED},
    ),
    "removal of the inviter": (
        lambda owner, other, _, __: other.do("removeMember", {"memberId": owner.member_id}),
        {(ACCEPTED, "RemoveMemberPayload"): JOINED, (DEAD, "RemoveMemberPayload"): OPEN},
    ),
    "deleteTenant": (
        lambda owner, _, __, made: owner.do("deleteTenant", {"tenantId": made.tenant_id}),
        {
            (ACCEPTED, "DeleteTenantPayload"): JOINED,
            (DEAD, "DeleteTenantPayload"): (MemberStatus.PENDING, InvitationState.REVOKED),
        },
    ),
}


@pytest.mark.parametrize("change", AGAINST)
async def test_of_accepting_and_a_change_at_once_one_comes_first(world: World, change: str) -> None:
    """CASES 57: the rows are those of the one order or the other, never a mixture.

    The line that holds it is `select_for_update` in `resolvers.locks.tenant`. The change comes a
    little later from round to round, so that each of the two comes first in some.
    """
    make, outcomes = AGAINST[change]
    owner, other, invitee = [await world.person() for _ in range(3)]

    async def changed_after(pause: float, made: Offer) -> Answer:
        await asyncio.sleep(pause)
        return await make(owner, other, invitee, made)

    for number in range(ROUNDS):
        made = await offer(world, owner, invitee.email)
        await join_as_owner(world, made, other)
        pause = number / ROUNDS * 0.02
        found = await kinds(accept(invitee, made.token), changed_after(pause, made))
        assert await states(made) == outcomes[found[0], found[1]]
        assert await accepted_in_audit(made) == found.count(ACCEPTED)
        if change == "changeRole":
            assert await role(made) == "ACCOUNTANT"


async def join_as_owner(world: World, made: Offer, person: Person) -> None:
    async with database.transaction(database.SYSTEM, read_only=True):
        member = await Member.get(id=made.member_id).select_related("tenant")
    await world.join(member.tenant, OWNER, person)


async def role(made: Offer) -> str:
    async with database.transaction(database.SYSTEM, read_only=True):
        return (await Member.get(id=made.member_id)).role


async def test_of_two_registrations_of_one_login_at_once_one_gets_it(world: World) -> None:
    """PRODUCT 4: a login is unique; the other one is told so and may choose again."""
    owner = await world.person()
    for number in range(5):
        emails = [f"{name}{number}@example.com" for name in ("ann", "ben")]
        offers = [await offer(world, owner, email) for email in emails]
        login = next(logins)
        found = await kinds(*[register(world.anonymous, o.token, login) for o in offers])
        assert Counter(found) == {ACCEPTED: 1, "LoginTaken": 1}
        loser = offers[found.index("LoginTaken")]
        assert await states(loser) == OPEN
        assert await kinds(register(world.anonymous, loser.token, next(logins))) == [ACCEPTED]


async def test_of_two_newcomers_with_one_address_at_once_one_gets_an_account(world: World) -> None:
    """CASES 91: invited to two tenants, he registers in both; the second must sign in."""
    owner = await world.person()
    for number in range(5):
        email = f"new{number}@example.com"
        offers = [await offer(world, owner, email) for _ in range(2)]
        found = await kinds(*[register(world.anonymous, o.token, next(logins)) for o in offers])
        assert Counter(found) == {ACCEPTED: 1, "SignInRequired": 1}
        assert await registered(email) == 1
        assert await states(offers[found.index("SignInRequired")]) == OPEN
