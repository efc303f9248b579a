"""API keys of a tenant: who asks where no person is signed in."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import ID

from permissions.catalog import Permission
from permissions.fields import Caller, Can, guard
from resolvers import api_keys, key_directory, pages
from schema import connections, errors
from schema.accounts import User
from schema.arguments import After, Before, First, Input, Last, TenantId
from schema.connections import Connection
from schema.context import Info
from schema.enums import ApiKeyState
from schema.interfaces import Actor, Node, Rows, shown_from
from schema.scalars import PermissionCode

if TYPE_CHECKING:
    from schema.tenants import Tenant

LazyTenant = Annotated["Tenant", strawberry.lazy("schema.tenants")]


def _display_name(parent: strawberry.Parent[key_directory.ApiKey]) -> str:
    return parent.name


@strawberry.type(
    description="What other software of a tenant shows instead of a session, as a bearer token. It "
    "may do what it holds and its maker may do then. Who neither holds keys:manage nor is "
    "the key itself sees its name alone; the rest is null."
)
@shown_from(key_directory.ApiKey)
class ApiKey(Node, Actor):
    name: str = strawberry.field(description="What people call it.")
    display_name: str = strawberry.field(resolver=_display_name, description="Its name.")
    state: ApiKeyState | None = strawberry.field(description="Whether it works.")
    permissions: list[PermissionCode] | None = strawberry.field(
        description="What it holds: the most that it may do."
    )
    effective_permissions: list[PermissionCode] | None = strawberry.field(
        description="What it may do now: of that what its maker may; empty unless ACTIVE."
    )
    operations: list[ID] | None = strawberry.field(
        description="The ids of the registered documents it is limited to; null where it is not."
    )
    created_by: Rows = strawberry.field(
        graphql_type=User | None,
        description="Its maker, in whose stead it acts; of a key made by a key, the maker of that.",
    )
    created_at: datetime | None = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it stops working.")
    former_until: datetime | None = strawberry.field(
        name="formerSecretUntil",
        description="Until when the secret before the last rotation works; null where none does.",
    )
    last_used_at: datetime | None = strawberry.field(
        description="When it was last used, to the minute; null where it never was."
    )
    revoked_at: datetime | None = strawberry.field(description="When it was revoked.")

    @strawberry.field(graphql_type=LazyTenant | None, description="The tenant it belongs to.")
    def tenant(parent: strawberry.Parent[key_directory.ApiKey], info: Info) -> Rows:
        return info.context.loaders.tenants.load(parent.tenant_id or "")


@strawberry.type
class ApiKeyQueries:
    @strawberry.field(
        graphql_type=Connection[ApiKey] | None,
        extensions=guard(Can(Permission.KEYS_MANAGE)),
        description="The API keys of a tenant, those that have ended included, newest first.",
    )
    async def api_keys(
        self,
        info: Info,
        tenant_id: TenantId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        page = await key_directory.page(info.context.viewer, tenant_id, window)
        return connections.of(page, lambda: key_directory.count(tenant_id))


@strawberry.input(description="A new API key, never wider than whoever makes it.")
class CreateApiKeyInput:
    tenant_id: strawberry.ID = strawberry.field(description="Of which tenant.")
    name: str = strawberry.field(description="What to call it, 1 to 100 characters.")
    permissions: list[PermissionCode] = strawberry.field(
        description="What it may do: of the tenant's catalogue, each held by whoever makes it; "
        "neither members:leave nor owners:transfer, which are a person's own."
    )
    expires_at: datetime | None = strawberry.field(
        default=None,
        description="When it is to stop working, UTC where no zone is named: three years ahead at "
        "most, a year where it is left out, as long as the operator has set no other times.",
    )
    operations: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Ids of registered documents, with or without `sha256:`: it may ask these and "
        "nothing else.",
    )


@strawberry.type(description="The key works.")
class CreateApiKeyPayload:
    api_key: Rows = strawberry.field(graphql_type=ApiKey, description="The new key.")
    secret: str = strawberry.field(
        description="What to send as `Authorization: Bearer ...`. It is shown this once."
    )


@strawberry.input(description="An API key that is to have another secret.")
class RotateApiKeyInput:
    id: strawberry.ID = strawberry.field(description="Which key.")
    overlap_seconds: int | None = strawberry.field(
        default=None,
        description="How long the secret before works on: 0 to 604800, a day where it is left out. "
        "0 after a leak.",
    )


@strawberry.type(description="The key has a new secret; its id, rights and end are the same.")
class RotateApiKeyPayload:
    api_key: Rows = strawberry.field(graphql_type=ApiKey, description="The key.")
    secret: str = strawberry.field(description="The new secret. It is shown this once.")


@strawberry.input(description="An API key that is to work no more.")
class RevokeApiKeyInput:
    id: strawberry.ID = strawberry.field(description="Which key.")


@strawberry.type(description="The key does nothing from the next request on, for good.")
class RevokeApiKeyPayload:
    api_key: Rows = strawberry.field(graphql_type=ApiKey, description="The key.")


CreateApiKeyResult = Annotated[
    CreateApiKeyPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("CreateApiKeyResult", description="What making an API key can come to."),
]
RotateApiKeyResult = Annotated[
    RotateApiKeyPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("RotateApiKeyResult", description="What rotating an API key can come to."),
]
RevokeApiKeyResult = Annotated[
    RevokeApiKeyPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union("RevokeApiKeyResult", description="What revoking an API key can come to."),
]


@strawberry.type
class ApiKeyMutations:
    @strawberry.mutation(
        graphql_type=CreateApiKeyResult | None,
        extensions=guard(Can(Permission.KEYS_MANAGE)),
        description="Make an API key for other software of the tenant.",
    )
    async def create_api_key(self, info: Info, input: Input[CreateApiKeyInput]) -> Rows:
        wanted = api_keys.Wanted(input.name, input.permissions, input.operations, input.expires_at)
        made = await api_keys.create(info.context.viewer, input.tenant_id, wanted)
        return CreateApiKeyPayload(api_key=made.key, secret=made.secret)

    @strawberry.mutation(
        graphql_type=RotateApiKeyResult | None,
        extensions=guard(Caller()),
        description="Give an API key a new secret, while the one before works on for a while.",
    )
    async def rotate_api_key(self, info: Info, input: Input[RotateApiKeyInput]) -> Rows:
        made = await api_keys.rotate(
            info.context.viewer, input.id, overlap_seconds=input.overlap_seconds
        )
        return RotateApiKeyPayload(api_key=made.key, secret=made.secret)

    @strawberry.mutation(
        graphql_type=RevokeApiKeyResult | None,
        extensions=guard(Caller()),
        description="End an API key at once. Revoking it again changes nothing.",
    )
    async def revoke_api_key(self, info: Info, input: Input[RevokeApiKeyInput]) -> Rows:
        return RevokeApiKeyPayload(api_key=await api_keys.revoke(info.context.viewer, input.id))
