"""A servicing organization with its people, and a tenant that it serves."""

from dataclasses import dataclass
from typing import Any

from models import Catalog, Servicing, Tenant
from permissions.catalog import Permission
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

BOTH = [Permission.TENANTS_INVITE, Permission.SUBSCRIPTIONS_MANAGE]


@dataclass
class Service:
    """`chief` and `operator` serve `client`, which `owner` owns."""

    organization: Tenant
    chief: Person
    operator: Person
    client: Tenant
    owner: Person

    async def served(self, by: Person | None = None) -> list[str]:
        """Names of the tenants served, as the operator or `by` finds them."""
        asked = (
            "query($id: ID!) { tenant(id: $id) { servicedTenants { edges { node { name } } } } }"
        )
        found = (await (by or self.operator).ask(asked, id=self.organization.id))["tenant"]
        return [edge["node"]["name"] for edge in found["servicedTenants"]["edges"]]

    async def end(self, by: Person) -> dict[str, Any]:
        return await by.do("endServicing", {"tenantId": self.client.id}, "tenantId")

    async def relation(self) -> Servicing:
        """The only one there has ever been."""
        [found] = await steps.stored(Servicing.filter(tenant_id=self.client.id))
        return found


async def begin(world: World, catalog: Catalog = Catalog.PROJECT) -> Service:
    organization = await world.tenant(Catalog.SUBSCRIBER, "Helpers", servicing=BOTH)
    client = await world.tenant(catalog, "Client")
    await world.serve(client, by=organization)
    return Service(
        organization,
        await world.join(organization, "OWNER"),
        await world.join(organization, "OPERATOR"),
        client,
        await world.join(client, "OWNER"),
    )
