"""Steps that lead to a new tenant: a servicing organization invites it, its owner accepts."""

from typing import Any

from models import Catalog, Tenant, database
from tests.clients import Client, Person
from tests.factories import World
from tests.resolvers import steps

INVITES = "tenants:invite"
SHOWN = "id name ownerEmail catalog locale state createdAt expiresAt invitedBy { displayName }"
LIST = f"""
query($t: ID!, $first: Int, $after: String) {{ tenant(id: $t) {{
  tenantInvitations(first: $first, after: $after) {{
    totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {SHOWN} }} }} }} }} }}
"""
PREVIEW = """
query($token: String!) { tenantInvitation(token: $token) { __typename
  ... on TenantInvitationPreview { organizationName tenantName email invitedBy { displayName }
    expiresAt registrationRequired viewerIsInvited locale }
  ... on Error { code message } ... on RateLimited { retryAfter } } }
"""


async def organization(world: World, *permissions: str, name: str = "Servio") -> Tenant:
    """A servicing organization for which the provider has switched these on."""
    return await world.tenant(Catalog.SUBSCRIBER, name, servicing=list(permissions))


async def permit(tenant: Tenant, *permissions: str) -> None:
    """The provider switches on these, and nothing else."""
    async with database.transaction(database.SYSTEM):
        await Tenant.filter(id=tenant.id).update(servicing=list(permissions))


def wanted(tenant: Tenant, email: str = steps.NINA, **more: Any) -> dict[str, Any]:
    """The input of `inviteTenant`."""
    return {"organizationId": tenant.id, "name": "Lotus", "ownerEmail": email, **more}


async def invite(by: Person, tenant: Tenant, email: str = steps.NINA, **more: Any) -> str:
    """A tenant is invited; the invitation's id. Fails where that is refused."""
    answer = await by.do("inviteTenant", wanted(tenant, email, **more), "invitation { id }")
    assert answer["__typename"] == "InviteTenantPayload", answer
    return str(answer["invitation"]["id"])


async def accept(
    who: Client | Person, token: str, registration: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What accepting comes to."""
    return await who.do(
        "acceptTenantInvitation",
        {"token": token, "registration": registration, "transport": "BEARER"},
        "tenant { id name catalog locale viewer { role { code } } } session { token }",
    )


async def found(world: World, servio: Tenant) -> str:
    """A tenant that the organization has invited and its owner accepted; its id."""
    operator, owner = await world.join(servio, "OPERATOR"), await world.person()
    await invite(operator, servio, owner.email)
    answer = await accept(owner, await world.link_token(owner.email))
    return str(answer["tenant"]["id"])


async def look(who: Client | Person, token: str) -> dict[str, Any]:
    """What a link shows."""
    shown: dict[str, Any] = (await who.ask(PREVIEW, token=token))["tenantInvitation"]
    return shown


async def listed(who: Person, tenant: Tenant, **window: Any) -> dict[str, Any]:
    """The organization's list."""
    shown: dict[str, Any] = (await who.ask(LIST, t=tenant.id, **window))["tenant"]
    return dict(shown["tenantInvitations"])


async def states(who: Person, tenant: Tenant) -> list[str]:
    """Those of the list, the latest first."""
    return [edge["node"]["state"] for edge in (await listed(who, tenant))["edges"]]
