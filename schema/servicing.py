"""Servicing organizations, the tenants they serve, and the relation between the two."""

from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from permissions.catalog import Permission
from permissions.fields import Can, SignedIn, Staff, guard
from resolvers import pages, rows, served_tenants, servicing_organizations, servicings
from schema import connections, errors
from schema.arguments import After, Before, First, Input, Last
from schema.connections import Connection
from schema.context import Info
from schema.enums import Catalog
from schema.interfaces import Rows, shown_from
from schema.subscriptions import ServedSubscriptions

Search = Annotated[str | None, strawberry.argument(description="How the name begins.")]


@strawberry.type(
    description="A tenant as who serves it knows it: nobody and nothing in it can be seen."
)
@shown_from(rows.ServedTenant)
class ServedTenant(ServedSubscriptions):
    id: strawberry.ID = strawberry.field(description="The tenant's id.")
    name: str = strawberry.field(description="Its name.")
    catalog: Catalog = strawberry.field(description="Which roles it knows.")
    served_since: datetime = strawberry.field(description="Since when it is served.")


@strawberry.type(description="What a tenant is that serves others; only the provider changes it.")
@shown_from(rows.ServicingOrganization)
class ServicingOrganization:
    id: strawberry.ID = strawberry.field(description="The tenant's id.")
    name: str = strawberry.field(description="The tenant's name.")
    can_invite_tenants: bool = strawberry.field(
        description="Its owners and operators may invite new tenants: `tenants:invite`."
    )
    can_subscribe_tenants: bool = strawberry.field(
        description="They may subscribe the tenants it serves to tariffs: `subscriptions:manage`."
    )


@strawberry.type(description="By whom a tenant is served.")
@shown_from(rows.Servicing)
class Servicing:
    organization_id: strawberry.ID = strawberry.field(description="The organization's id.")
    organization_name: str = strawberry.field(description="The organization's name.")
    since: datetime = strawberry.field(description="Since when.")


@strawberry.type
class TenantServicing:
    """What a `Tenant` says of serving others and of being served."""

    @strawberry.field(
        graphql_type=ServicingOrganization | None,
        extensions=guard(Can(Permission.TENANT_VIEW)),
        description="What it may do for other tenants; null where it serves none.",
    )
    def servicing_organization(parent: strawberry.Parent[rows.Tenant]) -> Rows:
        return servicing_organizations.of(parent)

    @strawberry.field(
        graphql_type=Servicing | None,
        extensions=guard(Can(Permission.TENANT_EDIT)),
        description="Who serves it; null where nobody does.",
    )
    def serviced_by(parent: strawberry.Parent[rows.Tenant], info: Info) -> Rows:
        return info.context.loaders.servicings.load(parent.id)

    @strawberry.field(
        graphql_type=Connection[ServedTenant] | None,
        description="The tenants it serves, for its owners and operators; served longest first.",
    )
    async def serviced_tenants(
        parent: strawberry.Parent[rows.Tenant],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        search: Search = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        viewer, count = info.context.viewer, partial(served_tenants.count, search=search)
        page = await served_tenants.page(viewer, parent.id, window, search=search)
        return connections.of(page, partial(count, viewer, parent.id))


@strawberry.input(description="Whether a tenant serves others, and what it may do for them.")
class SetServicingOrganizationInput:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant; a SUBSCRIBER.")
    is_servicing: bool = strawberry.field(
        description="False: it serves nobody any more, and its operators become users."
    )
    can_invite_tenants: bool | None = strawberry.field(
        default=None, description="Left out it stays; off where the tenant served nobody before."
    )
    can_subscribe_tenants: bool | None = strawberry.field(
        default=None, description="Left out it stays; off where the tenant served nobody before."
    )


@strawberry.type(description="The tenant serves others, or none, as the input says.")
class SetServicingOrganizationPayload:
    organization: Rows = strawberry.field(
        graphql_type=ServicingOrganization,
        description="What it may do for others now; nothing where it serves no longer.",
    )


@strawberry.input(description="A tenant that is to be served no longer.")
class EndServicingInput:
    tenant_id: strawberry.ID = strawberry.field(description="The tenant that is served.")


@strawberry.type(description="Nobody serves the tenant; who did finds nothing of it any more.")
class EndServicingPayload:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant.")


SetServicingOrganizationResult = Annotated[
    SetServicingOrganizationPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput,
    strawberry.union(
        "SetServicingOrganizationResult",
        description="What making a servicing organization can come to.",
    ),
]
EndServicingResult = Annotated[
    EndServicingPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union("EndServicingResult", description="What ending it can come to."),
]


@strawberry.type
class ServicingMutations:
    @strawberry.mutation(
        graphql_type=SetServicingOrganizationResult | None,
        extensions=guard(Staff()),
        description="Let a tenant serve others, or no longer, as provider staff.",
    )
    async def set_servicing_organization(
        self, info: Info, input: Input[SetServicingOrganizationInput]
    ) -> Rows:
        declared = await servicing_organizations.declare(
            info.context.viewer,
            input.tenant_id,
            is_servicing=input.is_servicing,
            can_invite_tenants=input.can_invite_tenants,
            can_subscribe_tenants=input.can_subscribe_tenants,
        )
        return SetServicingOrganizationPayload(organization=declared)

    @strawberry.mutation(
        graphql_type=EndServicingResult | None,
        extensions=guard(SignedIn()),
        description="End it as an owner of the tenant or of who serves it, or as provider staff.",
    )
    async def end_servicing(self, info: Info, input: Input[EndServicingInput]) -> Rows:
        await servicings.end(info.context.viewer, input.tenant_id)
        return EndServicingPayload(tenant_id=input.tenant_id)
