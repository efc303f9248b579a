"""A living token opens its own flow and no other (CASES 55), and none that its account has outgrown
(CASES 92).

Each token here is alive: nothing but its purpose keeps it from working.
"""

from collections.abc import Callable
from typing import Any

import pytest

from permissions.catalog import Permission
from settings import Settings
from tests.clients import Client
from tests.factories import PASSWORD, World
from tests.resolvers import steps, tenant_steps

NEW = "a loaf of rye bread"
HIS = {"fullName": "Nina New", "login": "somebody", "password": NEW}
LINK = """
query($token: String!) { accountLink(token: $token) {
  __typename ... on Error { code } ... on AccountLink { email } } }
"""


async def invitation_look(client: Client, token: str) -> str:
    return str((await steps.look(client, token))["__typename"])


async def tenant_look(client: Client, token: str) -> str:
    shown = await client.ask(tenant_steps.PREVIEW, token=token)
    return str(shown["tenantInvitation"]["__typename"])


async def account_look(client: Client, token: str) -> str:
    return str((await client.ask(LINK, token=token))["accountLink"]["__typename"])


def using(mutation: str, make: Callable[[str], dict[str, Any]]) -> Any:
    async def use(client: Client, token: str) -> str:
        return str((await client.do(mutation, make(token)))["__typename"])

    return use


def offered(token: str) -> dict[str, Any]:
    return {"invitation": {"token": token}, "registration": HIS}


FLOWS: dict[str, tuple[Any, set[str]]] = {
    "look at an invitation": (invitation_look, {"invitation"}),
    "look at a tenant's": (tenant_look, {"tenant invitation"}),
    "look at an account's": (account_look, {"password", "address", "registration"}),
    "accept": (using("acceptInvitation", offered), {"invitation"}),
    "decline": (
        using("declineInvitation", lambda token: {"invitation": {"token": token}}),
        {"invitation"},
    ),
    "accept a tenant": (
        using("acceptTenantInvitation", lambda token: {"token": token, "registration": HIS}),
        {"tenant invitation"},
    ),
    "reset": (
        using("resetPassword", lambda token: {"token": token, "newPassword": NEW}),
        {"password"},
    ),
    "confirm": (using("confirmEmail", lambda token: {"token": token}), {"address"}),
    "register": (
        using("completeRegistration", lambda token: {"token": token, "registration": HIS}),
        {"registration"},
    ),
}
DEAD = {"InvitationUnavailable", "LinkUnavailable"}


@pytest.fixture(autouse=True)
def opened(configure: Callable[..., Settings]) -> None:
    configure(registration=True)


async def living(world: World) -> dict[str, str]:
    """A token of each purpose."""
    tenant, servio = (
        await world.tenant(),
        await tenant_steps.organization(world, Permission.TENANTS_INVITE),
    )
    await steps.invite(await world.join(tenant), tenant, "i@example.com")
    await tenant_steps.invite(await world.join(servio), servio, "t@example.com")
    stella = await world.person("stella")
    await world.anonymous.do("requestPasswordReset", {"login": "stella"})
    await stella.do("changeEmail", {"email": "e@example.com", "password": PASSWORD})
    await world.anonymous.do("registerTenant", {"email": "r@example.com", "tenantName": "Lotus"})
    return {
        "invitation": await world.link_token("i@example.com"),
        "tenant invitation": await world.link_token("t@example.com"),
        "password": await world.link_token(stella.email),
        "address": await world.link_token("e@example.com"),
        "registration": await world.link_token("r@example.com"),
        "session": stella.token,
    }


async def test_a_living_token_of_one_flow_is_dead_in_every_other(world: World) -> None:
    """CASES 55: nor does any of them sign somebody in; each still opens its own afterwards."""
    tokens = await living(world)
    for flow, (use, own) in FLOWS.items():
        for purpose, token in tokens.items():
            if purpose not in own:
                assert await use(world.anonymous, token) in DEAD, (flow, purpose)
    for purpose, token in tokens.items():
        me = await world.client(token).ask("{ me { login } }")
        assert (me["me"] is not None) == (purpose == "session"), purpose
    for flow in ("look at an invitation", "look at a tenant's", "look at an account's"):
        use, own = FLOWS[flow]
        for purpose in own:
            assert await use(world.anonymous, tokens[purpose]) not in DEAD, (flow, purpose)


async def test_a_prefix_changed_makes_no_other_token_of_one(world: World) -> None:
    """CASES 52, 55: what stands behind the prefix is of no use elsewhere."""
    tokens = await living(world)
    prefixes = {purpose: token[:8] for purpose, token in tokens.items()}
    for flow, (use, own) in FLOWS.items():
        for purpose, token in tokens.items():
            if purpose not in own:
                forged = prefixes[next(iter(own))] + token[8:]
                assert await use(world.anonymous, forged) in DEAD, (flow, purpose)


@pytest.mark.parametrize("end", ["its account ended", "support changed the address"])
async def test_links_of_an_account_die_with_what_they_were_for(world: World, end: str) -> None:
    """CASES 92: to a password and to an address alike."""
    stella, staff = await world.person("stella"), await world.staff()
    await world.anonymous.do("requestPasswordReset", {"login": "stella"})
    await stella.do("changeEmail", {"email": "e@example.com", "password": PASSWORD})
    tokens = [await world.link_token(one) for one in (stella.email, "e@example.com")]
    if end == "its account ended":
        done = await stella.do("deleteMyAccount", {"password": PASSWORD})
    else:
        done = await staff.do("updateUser", {"userId": stella.id, "email": "new@example.com"})
    assert done["__typename"].endswith("Payload"), done
    for token in tokens:
        assert await account_look(world.anonymous, token) == "LinkUnavailable"
    assert await FLOWS["reset"][0](world.anonymous, tokens[0]) == "LinkUnavailable"
    assert await FLOWS["confirm"][0](world.anonymous, tokens[1]) == "LinkUnavailable"
