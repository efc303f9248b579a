"""API keys as portals hold them: made through the API, and a client that shows one."""

from dataclasses import dataclass
from typing import Any

from models import ApiKey, Tenant, database
from tests.clients import Client, Person
from tests.factories import World

FIELDS = """
id name displayName state permissions effectivePermissions operations createdAt expiresAt
formerSecretUntil lastUsedAt revokedAt createdBy { id } tenant { id }
"""
MADE = f"apiKey {{ {FIELDS} }} secret"


@dataclass
class Key:
    """A key with the client that shows its secret; what `Person` offers to ask with."""

    id: str
    secret: str
    client: Client
    told: dict[str, Any]

    @property
    def token(self) -> str:
        """What its client shows."""
        return self.secret

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        return await self.client.ask(query, **variables)

    async def refusal(self, query: str, **variables: Any) -> str:
        return await self.client.refusal(query, **variables)

    async def do(
        self,
        mutation: str,
        input: dict[str, Any] | None = None,  # noqa: A002 GraphQL's word
        select: str = "",
    ) -> dict[str, Any]:
        return await self.client.do(mutation, input, select)


Maker = Person | Key


async def make(world: World, maker: Maker, tenant: Tenant, *permissions: str, **values: Any) -> Key:
    """A new key of the tenant with these permissions."""
    return of(world, await create(maker, tenant, *permissions, **values))


async def create(maker: Maker, tenant: Tenant, *permissions: str, **values: Any) -> dict[str, Any]:
    """The answer to `createApiKey`."""
    given = {"tenantId": tenant.id, "name": "Portal", "permissions": list(permissions)} | values
    return await maker.do("createApiKey", given, MADE)


async def rotate(world: World, maker: Maker, key: Key, **values: Any) -> Key:
    """The key with a new secret."""
    return of(world, await maker.do("rotateApiKey", {"id": key.id} | values, MADE))


def of(world: World, made: dict[str, Any]) -> Key:
    """The key in an answer that has one."""
    assert "apiKey" in made, made
    told, secret = made["apiKey"], made["secret"]
    return Key(told["id"], secret, world.client(secret), told)


async def look(owner: Person, key: Key) -> dict[str, Any]:
    """The key as its owner sees it now."""
    found = await owner.ask(
        f"query($id: ID!) {{ node(id: $id) {{ ... on ApiKey {{ {FIELDS} }} }} }}", id=key.id
    )
    told: dict[str, Any] = found["node"]
    return told


async def stored(key: Key) -> ApiKey:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await ApiKey.get(id=key.id)
