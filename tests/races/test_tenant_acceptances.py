import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models import Servicing, Tenant, TenantInvitation
from tests.clients import Client, Person
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers import tenant_steps as ts

ROUNDS, AT_ONCE = 3, 8
ACCEPTED, DEAD = "AcceptTenantInvitationPayload", "InvitationUnavailable"
Answer = dict[str, Any]
logins = (f"newcomer{number}" for number in itertools.count())


async def kinds(*attempts: Awaitable[Answer]) -> list[str]:
    return [answer["__typename"] for answer in await asyncio.gather(*attempts)]


async def made() -> int:
    """How many tenants acceptances have made; each is served, once."""
    tenants = await steps.stored(Tenant.filter(name="Lotus"))
    served = await steps.stored(Servicing.filter(ended_at=None))
    assert sorted(row.tenant_id for row in served) == sorted(tenant.id for tenant in tenants)
    return len(tenants)


async def register(client: Client, token: str) -> Answer:
    return await ts.accept(client, token, steps.NEWCOMER | {"login": next(logins)})


@pytest.mark.parametrize("registered", [True, False])
async def test_of_many_acceptances_at_once_one_makes_the_tenant(
    world: World, *, registered: bool
) -> None:
    """Issue 5.6. The line that holds it is the second `behind` in
    `resolvers.tenant_acceptances._lock`.
    """
    servio = await ts.organization(world, ts.INVITES)
    oscar = await world.join(servio, "OPERATOR")
    for number in range(ROUNDS):
        email = f"nina{number}@example.com"
        await ts.invite(oscar, servio, email)
        token = await world.link_token(email)
        if registered:
            nina = await world.person(f"nina{number}")
            attempts = [ts.accept(nina, token) for _ in range(AT_ONCE)]
        else:
            attempts = [register(world.anonymous, token) for _ in range(AT_ONCE)]
        assert Counter(await kinds(*attempts)) == {ACCEPTED: 1, DEAD: AT_ONCE - 1}
        assert await made() == number + 1


Change = Callable[[Person, str, Tenant], Awaitable[Answer]]
AGAINST: dict[str, tuple[Change, dict[tuple[str, str], str]]] = {
    "revoke": (
        lambda oscar, invitation_id, _: oscar.do(
            "revokeTenantInvitation", {"invitationId": invitation_id}
        ),
        {
            (ACCEPTED, "InvitationClosed"): "ACCEPTED",
            (DEAD, "RevokeTenantInvitationPayload"): "REVOKED",
        },
    ),
    "resend": (
        lambda oscar, invitation_id, _: oscar.do(
            "resendTenantInvitation", {"invitationId": invitation_id}
        ),
        {
            (ACCEPTED, "InvitationClosed"): "ACCEPTED",
            (DEAD, "ResendTenantInvitationPayload"): "PENDING",
        },
    ),
    "deleteTenant": (
        lambda oscar, _, servio: oscar.do("deleteTenant", {"tenantId": servio.id}),
        {
            (ACCEPTED, "DeleteTenantPayload"): "ACCEPTED",
            (DEAD, "DeleteTenantPayload"): "REVOKED",
        },
    ),
}


@pytest.mark.parametrize("change", AGAINST)
async def test_of_accepting_and_a_change_at_once_one_comes_first(world: World, change: str) -> None:
    """CASES 57. The line that holds it is `select_for_update` in `resolvers.locks.tenant`.

    The change comes a little later from round to round, so that each comes first in some.
    """
    make, outcomes = AGAINST[change]
    oscar, nina = await world.person("oscar"), await world.person("nina")

    async def changed_after(pause: float, invitation_id: str, servio: Tenant) -> Answer:
        await asyncio.sleep(pause)
        return await make(oscar, invitation_id, servio)

    for number in range(10):
        servio = await ts.organization(world, ts.INVITES)
        await world.join(servio, "OWNER", oscar)
        invitation_id = await ts.invite(oscar, servio)
        token = await world.link_token(steps.NINA)
        late = changed_after(number * 0.002, invitation_id, servio)
        accepted, changed = await kinds(ts.accept(nina, token), late)
        [row] = await steps.stored(TenantInvitation.filter(id=invitation_id))
        assert row.state == outcomes[accepted, changed]
        assert (row.tenant_id is not None) is (accepted == ACCEPTED)
