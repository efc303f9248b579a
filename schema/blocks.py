"""Tenants whose invitations somebody does not want."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import SignedIn, guard
from resolvers import declining, rows
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.interfaces import Rows, shown_from


@strawberry.type(description="A tenant whose invitations the viewer does not want.")
@shown_from(rows.BlockedTenant)
class BlockedTenant:
    id: strawberry.ID = strawberry.field(description="The tenant's id, for unblockTenant.")
    name: str = strawberry.field(description="The tenant's name.")
    created_at: datetime = strawberry.field(description="Since when.")


@strawberry.input(description="A tenant whose invitations are welcome again.")
class UnblockTenantInput:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant.")


@strawberry.type(description="The tenant's invitations reach the viewer again.")
class UnblockTenantPayload:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant.")


UnblockTenantResult = Annotated[
    UnblockTenantPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union("UnblockTenantResult", description="What lifting a block can come to."),
]


@strawberry.type
class BlockMutations:
    @strawberry.mutation(
        graphql_type=UnblockTenantResult | None,
        extensions=guard(SignedIn()),
        description="Lift a block made when declining an invitation.",
    )
    async def unblock_tenant(self, info: Info, input: Input[UnblockTenantInput]) -> Rows:
        await declining.lift(info.context.viewer, input.tenant_id)
        return UnblockTenantPayload(tenant_id=input.tenant_id)
