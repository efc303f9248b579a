"""A tenant with somebody of a role in it who tries what he may, and an owner who stays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from models import Catalog, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World

LOWEST = {Catalog.PROJECT: "ACCOUNTANT", Catalog.SUBSCRIBER: "USER", Catalog.ACCOUNT: "USER"}


@dataclass
class Target:
    """Somebody to act upon; `invitation_id` where he is pending."""

    member_id: str
    invitation_id: str = ""


@dataclass
class Scene:
    """`actor` tries; `keeper` owns the tenant as well, so no owner is ever the last one."""

    world: World
    tenant: Tenant
    keeper: Person
    actor: Person

    @property
    def lowest(self) -> str:
        """The role that whoever reaches anybody reaches."""
        return LOWEST[self.tenant.catalog]

    async def target(self, role: str, status: str = "JOINED") -> Target:
        """A new member of that role and status; a pending one is invited by the keeper."""
        if status == "PENDING":
            return await self._invited(role)
        person = await self.world.join(self.tenant, role, status=MemberStatus(status))
        return Target(person.member_id)

    async def _invited(self, role: str) -> Target:
        answer = await self.keeper.do(
            "inviteMember", self.invitation(role), "member { id invitation { id } }"
        )
        return Target(answer["member"]["id"], answer["member"]["invitation"]["id"])

    def invitation(self, role: str) -> dict[str, Any]:
        """The input of an invitation of a new address."""
        email = f"invited{next(self.world.numbers)}@example.com"
        return {"tenantId": self.tenant.id, "invitee": {"email": email}, "role": role}

    async def app(self) -> str:
        """The id of a new app, made by the keeper."""
        values = {"tenantId": self.tenant.id, "name": "Books"}
        app_id: str = (await self.keeper.do("createApp", values, "app { id }"))["app"]["id"]
        return app_id

    async def refused(self, mutation: str, **values: Any) -> str | None:
        """The code of the error that the actor gets; None where he may."""
        code: str | None = (await self.actor.do(mutation, values)).get("code")
        return code

    async def refused_query(self, query: str) -> str | None:
        """As `refused`; `$tenant` in the query is the tenant's id."""
        asked = f"query($tenant: ID!) {{ {query} }}"
        answer = await self.actor.client.execute(asked, tenant=self.tenant.id)
        code: str | None = answer["errors"][0]["extensions"]["code"] if "errors" in answer else None
        assert code or all(answer["data"].values()), "null without an error"
        return code


async def stage(
    world: World, catalog: Catalog, role: str, *, servicing: Iterable[str] | None = None
) -> Scene:
    """`servicing`: the tenant is a servicing organization where these are switched on."""
    on = None if servicing is None else list(servicing)
    tenant = await world.tenant(catalog, servicing=on)
    keeper = await world.join(tenant, "OWNER")
    return Scene(world, tenant, keeper, await world.join(tenant, role))
