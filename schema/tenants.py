"""Tenants, and what the viewer is in them."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.viewer import Membership
from permissions import checks, roles
from permissions.catalog import Permission
from permissions.fields import Caller, Can, SignedIn, guard
from resolvers import apps, options, pages, rows, tenants
from schema import arguments, connections, errors
from schema.apps import App, app_page
from schema.arguments import (
    After,
    Before,
    Filter,
    First,
    Id,
    Input,
    Last,
    OrderBy,
    UpdatedSince,
)
from schema.audit import AuditEvent, AuditFilter, audit_page
from schema.connections import Connection
from schema.context import Info
from schema.enums import Catalog, Locale
from schema.interfaces import Node, Rows, shown_from
from schema.options import AddMemberOptions
from schema.people import MemberFilter, MemberOrder, member_page
from schema.roles import Role
from schema.scalars import PermissionCode
from schema.servicing import TenantServicing
from schema.subscriptions import TenantSubscriptions
from schema.tenant_offers import TenantOffers

if TYPE_CHECKING:
    from schema.members import Member

LazyMember = Annotated["Member", strawberry.lazy("schema.members")]


@dataclass(frozen=True, slots=True)
class Place:
    """The viewer's place in a tenant: none, or one that may be disabled; an API key acts there
    without one.
    """

    tenant_id: str
    membership: Membership | None
    acting: Membership | None


@strawberry.type(description="What the viewer is in a tenant and may do there.")
@shown_from(Place)
class TenantViewer:
    @strawberry.field(
        graphql_type=Role | None,
        description="His role; null where he may not act, and for API keys.",
    )
    def role(parent: strawberry.Parent[Place]) -> Rows:
        own = parent.acting if parent.membership else None
        return roles.role(own.catalog, own.role) if own else None

    @strawberry.field(description="Everything he may do here.")
    def permissions(parent: strawberry.Parent[Place]) -> list[PermissionCode]:
        return [PermissionCode(p) for p in checks.effective(parent.acting)] if parent.acting else []

    @strawberry.field(description="One decision for one permission; false for unknown ones.")
    def can(parent: strawberry.Parent[Place], permission: arguments.Permission) -> bool:
        return parent.acting is not None and str(permission) in checks.effective(parent.acting)

    @strawberry.field(
        graphql_type=LazyMember | None,
        description="His own place in the list; an API key has none.",
    )
    def member(parent: strawberry.Parent[Place], info: Info) -> Rows:
        own = parent.membership
        return info.context.loaders.members.load(own.member_id) if own else None


@strawberry.type(description="What people belong to.")
@shown_from(rows.Tenant)
class Tenant(Node, TenantServicing, TenantSubscriptions, TenantOffers):
    name: str = strawberry.field(description="Its name for people.")
    catalog: Catalog = strawberry.field(description="Which roles it knows.")
    locale: Locale = strawberry.field(description="Its language, where a person has none.")
    created_at: datetime = strawberry.field(description="When it was created.")

    @strawberry.field(graphql_type=TenantViewer, description="What the viewer is and may do here.")
    def viewer(parent: strawberry.Parent[rows.Tenant], info: Info) -> Rows:
        viewer = info.context.viewer
        own = viewer.places.get(parent.id) if viewer.key is None else None
        return Place(parent.id, own, viewer.place(parent.id))

    @strawberry.field(
        graphql_type=list[Role], description="The roles the viewer may hand out here."
    )
    def grantable_roles(parent: strawberry.Parent[rows.Tenant], info: Info) -> Rows:
        return checks.grantable(info.context.viewer.place(parent.id))

    @strawberry.field(graphql_type=list[Role], description="The roles a member can have here.")
    def roles(parent: strawberry.Parent[rows.Tenant]) -> Rows:
        return roles.in_tenant(parent.catalog, servicing=parent.servicing is not None)

    @strawberry.field(
        graphql_type=Connection[LazyMember] | None,
        extensions=guard(Can(Permission.MEMBERS_VIEW)),
        description="Its people, pending ones included; removed ones only if the filter says so.",
    )
    async def members(
        parent: strawberry.Parent[rows.Tenant],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Filter[MemberFilter] = None,
        order_by: OrderBy[MemberOrder] = None,
        updated_since: UpdatedSince = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        return await member_page(
            info, parent.id, window, wanted=filter, order=order_by, updated_since=updated_since
        )

    @strawberry.field(
        graphql_type=Connection[App] | None, description="Its apps that the viewer may know of."
    )
    async def apps(
        parent: strawberry.Parent[rows.Tenant],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        return await app_page(info, apps.Shelf(parent.id), window)

    @strawberry.field(
        graphql_type=AddMemberOptions | None,
        extensions=guard(Can(Permission.MEMBERS_INVITE)),
        description="What the viewer may choose when he adds a member.",
    )
    def add_member_options(parent: strawberry.Parent[rows.Tenant], info: Info) -> Rows:
        return options.of(info.context.viewer, parent)

    @strawberry.field(
        graphql_type=Connection[AuditEvent] | None,
        extensions=guard(Can(Permission.AUDIT_VIEW)),
        description="Who did what in it, the latest first.",
    )
    async def audit_log(
        parent: strawberry.Parent[rows.Tenant],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Filter[AuditFilter] = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        return await audit_page(info, parent.id, window, filter)


@strawberry.input(description="Which tenants to list; what is left out does not narrow.")
class TenantFilter:
    search: str | None = strawberry.field(default=None, description="How the name begins.")
    catalogs: list[Catalog] | None = strawberry.field(
        default=None, description="One of these catalogues."
    )


@strawberry.type
class TenantQueries:
    @strawberry.field(
        graphql_type=Tenant | None,
        extensions=guard(Caller()),
        description="One tenant of the viewer's; null where it is none of his.",
    )
    async def tenant(self, info: Info, id: Id) -> Rows:
        return await tenants.get(info.context.viewer, id)

    @strawberry.field(
        graphql_type=Connection[Tenant] | None,
        extensions=guard(Caller()),
        description="The tenants the viewer has joined.",
    )
    async def tenants(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Filter[TenantFilter] = None,
    ) -> Rows:
        viewer, window = info.context.viewer, pages.Window(first, after, last, before)
        wanted = tenants.Filter(filter.search, filter.catalogs) if filter else tenants.Filter()
        page = await tenants.page(viewer, window, wanted)
        return connections.of(page, partial(tenants.count, viewer, wanted))


@strawberry.input(description="A new tenant.")
class CreateTenantInput:
    name: str = strawberry.field(description="Its name for people, 1 to 200 characters.")
    catalog: Catalog = strawberry.field(description="Which roles it knows, for good.")
    locale: Locale | None = strawberry.field(default=None, description="Its language.")


@strawberry.type(description="The tenant exists and the viewer owns it.")
class CreateTenantPayload:
    tenant: Rows = strawberry.field(graphql_type=Tenant, description="The new tenant.")


@strawberry.input(description="What to change of a tenant; what is left out stays.")
class UpdateTenantInput:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant.")
    name: str | None = strawberry.field(default=None, description="Its new name.")
    locale: Locale | None = strawberry.field(default=None, description="Its new language.")


@strawberry.type(description="The tenant is as the input says.")
class UpdateTenantPayload:
    tenant: Rows = strawberry.field(graphql_type=Tenant, description="The tenant.")


@strawberry.input(description="A tenant to delete.")
class DeleteTenantInput:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant.")


@strawberry.type(description="The tenant is out of everybody's sight; its audit is kept.")
class DeleteTenantPayload:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant it was.")


CreateTenantResult = Annotated[
    CreateTenantPayload | errors.PermissionDenied | errors.InvalidInput | errors.RateLimited,
    strawberry.union("CreateTenantResult", description="What creating a tenant can come to."),
]
UpdateTenantResult = Annotated[
    UpdateTenantPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("UpdateTenantResult", description="What editing a tenant can come to."),
]
DeleteTenantResult = Annotated[
    DeleteTenantPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union("DeleteTenantResult", description="What deleting a tenant can come to."),
]


@strawberry.type
class TenantMutations:
    @strawberry.mutation(
        graphql_type=CreateTenantResult | None,
        extensions=guard(SignedIn()),
        description="Create a tenant and own it.",
    )
    async def create_tenant(self, info: Info, input: Input[CreateTenantInput]) -> Rows:
        made = await tenants.create(
            info.context.viewer, name=input.name, catalog=input.catalog, locale=input.locale
        )
        return CreateTenantPayload(tenant=made)

    @strawberry.mutation(
        graphql_type=UpdateTenantResult | None,
        extensions=guard(Can(Permission.TENANT_EDIT)),
        description="Rename a tenant or change its language.",
    )
    async def update_tenant(self, info: Info, input: Input[UpdateTenantInput]) -> Rows:
        changed = await tenants.update(
            info.context.viewer, input.tenant_id, name=input.name, locale=input.locale
        )
        return UpdateTenantPayload(tenant=changed)

    @strawberry.mutation(
        graphql_type=DeleteTenantResult | None,
        extensions=guard(Can(Permission.TENANT_DELETE)),
        description="Delete a tenant for everybody, with its invitations.",
    )
    async def delete_tenant(self, info: Info, input: Input[DeleteTenantInput]) -> Rows:
        await tenants.delete(info.context.viewer, input.tenant_id)
        return DeleteTenantPayload(tenant_id=input.tenant_id)
