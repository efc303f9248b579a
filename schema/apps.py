"""Apps, and members' rights on them."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.catalog import Permission
from permissions.fields import Caller, Can, guard
from resolvers import app_access, apps, pages, rows
from schema import connections, errors
from schema.app_actions import AppAction, action_page
from schema.app_roles import AppRole
from schema.app_sessions import AppSession, session_page
from schema.arguments import After, Before, First, Input, Last, left_out, stays
from schema.connections import Connection, PageInfo
from schema.context import Info
from schema.enums import AppRight
from schema.interfaces import Node, Rows, shown_from

if TYPE_CHECKING:
    from schema.members import Member
    from schema.tenants import Tenant

LazyMember = Annotated["Member", strawberry.lazy("schema.members")]
LazyTenant = Annotated["Tenant", strawberry.lazy("schema.tenants")]


@strawberry.type(description="An application of a tenant.")
@shown_from(rows.App)
class App(Node):
    name: str = strawberry.field(description="Its name for people.")
    url: str | None = strawberry.field(description="Where it is opened.")
    viewer_right: AppRight | None = strawberry.field(description="The viewer's right; null: none.")
    ended_at: datetime | None = strawberry.field(
        description="When the last subscription ended that included it; null: it can be launched."
    )

    @strawberry.field(
        graphql_type=list[AppRole] | None,
        description="The roles it knows inside, by code; 100 at most.",
    )
    def roles(parent: strawberry.Parent[rows.App], info: Info) -> Rows:
        return info.context.loaders.app_roles.load(parent.id)

    @strawberry.field(graphql_type=LazyTenant, description="Whose app it is.")
    def tenant(parent: strawberry.Parent[rows.App], info: Info) -> Rows:
        return info.context.loaders.tenants.load(parent.tenant_id)

    @strawberry.field(
        graphql_type=Connection[AppSession] | None,
        description="Who is at work in it, newest first; only for who administers the app.",
    )
    async def sessions(
        parent: strawberry.Parent[rows.App],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        return await session_page(info, parent, pages.Window(first, after, last, before))

    @strawberry.field(
        graphql_type=str | None,
        description="Where it listens for its administrators; null: nowhere, or not told to the"
        " viewer, who does not administer it.",
    )
    def control_url(parent: strawberry.Parent[rows.App], info: Info) -> Rows:
        return info.context.loaders.app_controls.load(
            parent, lambda control: control and control.url
        )

    @strawberry.field(
        graphql_type=list[str] | None,
        description="What it can be asked to do, none while it listens nowhere; null: the viewer"
        " does not administer it.",
    )
    def actions(parent: strawberry.Parent[rows.App], info: Info) -> Rows:
        return info.context.loaders.app_controls.load(
            parent, lambda control: control and list(control.actions)
        )

    @strawberry.field(
        graphql_type=Connection[AppAction] | None,
        description="What it was asked to do, newest first; only for who administers the app.",
    )
    async def action_requests(
        parent: strawberry.Parent[rows.App],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        return await action_page(info, parent, pages.Window(first, after, last, before))


@strawberry.type(description="A member's right on an app.")
@shown_from(rows.AppAccess)
class AppAccess:
    app: App = strawberry.field(description="The app.")
    right: AppRight = strawberry.field(description="The right on it.")

    @strawberry.field(
        graphql_type=list[AppRole], description="The roles he has in the app, by code."
    )
    def roles(parent: strawberry.Parent[rows.AppAccess], info: Info) -> Rows:
        return info.context.loaders.roles_held.load(parent)


@strawberry.type(description="One right of a page and its position.")
class AppAccessEdge:
    cursor: str = strawberry.field(description="Its position, for `after`.")
    node: AppAccess = strawberry.field(description="The right.")


@strawberry.type(description="One page of a member's rights on apps the viewer may know of.")
@shown_from(pages.Page)
class AppAccessConnection:
    edges: list[AppAccessEdge] = strawberry.field(description="The rights of this page.")

    @strawberry.field(graphql_type=PageInfo, description="How to go on from here.")
    def page_info(parent: strawberry.Parent[pages.Page[rows.AppAccess]]) -> Rows:
        return parent


def held_page(info: Info, member: rows.Member, window: pages.Window) -> Rows:
    """A page of a member's rights as a connection."""

    def shown(held: Sequence[rows.AppAccess] | None) -> Rows:
        return pages.cut(held or (), window, name="app access")

    return info.context.loaders.app_access.load((member.tenant_id, member.id), shown)


@strawberry.input(description="A right to give.")
class AppAccessInput:
    app_id: strawberry.ID = strawberry.field(description="On which app.")
    right: AppRight = strawberry.field(description="Which right.")
    roles: list[strawberry.ID] | None = strawberry.field(
        default=None, description="All his roles in the app; left out: as they are."
    )


def given(inputs: list[AppAccessInput] | None) -> list[app_access.Given]:
    """The input as use cases take it."""
    return [app_access.Given(item.app_id, item.right, item.roles) for item in inputs or ()]


async def app_page(info: Info, shelf: apps.Shelf, window: pages.Window) -> Rows:
    """A page of apps as a connection."""
    viewer = info.context.viewer
    page = await apps.page(viewer, shelf, window)
    return connections.of(page, partial(apps.count, viewer, shelf))


@strawberry.type
class AppQueries:
    @strawberry.field(
        graphql_type=Connection[App] | None,
        extensions=guard(Caller()),
        description="My apps: those the viewer may launch, in one tenant or in all.",
    )
    async def apps(
        self,
        info: Info,
        tenant_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this tenant.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        return await app_page(info, apps.Shelf(tenant_id, own=True), window)


@strawberry.input(description="A new app.")
class CreateAppInput:
    tenant_id: strawberry.ID = strawberry.field(description="Whose app it is.")
    name: str = strawberry.field(description="Its name for people.")
    url: str | None = strawberry.field(default=None, description="An http or https address.")


@strawberry.type(description="The app exists; who made it may launch and administer it.")
class CreateAppPayload:
    app: Rows = strawberry.field(graphql_type=App, description="The new app.")


@strawberry.input(description="What to change of an app; what is left out stays.")
class UpdateAppInput:
    app_id: strawberry.ID = strawberry.field(description="Which app.")
    name: str | None = strawberry.field(default=None, description="Its new name.")
    url: str | None = strawberry.field(
        default=strawberry.UNSET, description="An http or https address; null: none."
    )


@strawberry.type(description="The app is as the input says.")
class UpdateAppPayload:
    app: Rows = strawberry.field(graphql_type=App, description="The app.")


@strawberry.input(description="An app to remove.")
class RemoveAppInput:
    app_id: strawberry.ID = strawberry.field(description="Which app.")


@strawberry.type(description="The app is gone, with everybody's rights, roles and sessions in it.")
class RemoveAppPayload:
    app_id: strawberry.ID = strawberry.field(description="Which app it was.")


@strawberry.input(description="Changes what is named and leaves the rest.")
class SetAppAccessInput:
    member_id: strawberry.ID = strawberry.field(description="Whose rights.")
    set: list[AppAccessInput] | None = strawberry.field(
        default=None, description="Rights he has from now on."
    )
    unset: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Apps he has no right on from now on."
    )


@strawberry.type(description="The member's rights are as the input says.")
class SetAppAccessPayload:
    member: Rows = strawberry.field(graphql_type=LazyMember, description="The member.")


CreateAppResult = Annotated[
    CreateAppPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("CreateAppResult", description="What creating an app can come to."),
]
UpdateAppResult = Annotated[
    UpdateAppPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("UpdateAppResult", description="What editing an app can come to."),
]
RemoveAppResult = Annotated[
    RemoveAppPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("RemoveAppResult", description="What removing an app can come to."),
]
SetAppAccessResult = Annotated[
    SetAppAccessPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("SetAppAccessResult", description="What giving rights can come to."),
]


@strawberry.type
class AppMutations:
    @strawberry.mutation(
        graphql_type=CreateAppResult | None,
        extensions=guard(Can(Permission.APPS_MANAGE)),
        description="Add an app to a tenant.",
    )
    async def create_app(self, info: Info, input: Input[CreateAppInput]) -> Rows:
        made = await apps.create(
            info.context.viewer, input.tenant_id, name=input.name, url=input.url
        )
        return CreateAppPayload(app=made)

    @strawberry.mutation(
        graphql_type=UpdateAppResult | None,
        extensions=guard(Caller()),
        description="Rename an app or move it to another address.",
    )
    async def update_app(self, info: Info, input: Input[UpdateAppInput]) -> Rows:
        changed = await apps.update(
            info.context.viewer, input.app_id, name=stays(input.name), url=left_out(input.url)
        )
        return UpdateAppPayload(app=changed)

    @strawberry.mutation(
        graphql_type=RemoveAppResult | None,
        extensions=guard(Caller()),
        description="Remove an app for everybody; the audit keeps its id.",
    )
    async def remove_app(self, info: Info, input: Input[RemoveAppInput]) -> Rows:
        await apps.remove(info.context.viewer, input.app_id)
        return RemoveAppPayload(app_id=input.app_id)

    @strawberry.mutation(
        graphql_type=SetAppAccessResult | None,
        extensions=guard(Caller()),
        description="Give a member rights on apps, or take them away.",
    )
    async def set_app_access(self, info: Info, input: Input[SetAppAccessInput]) -> Rows:
        changed = await app_access.change(
            info.context.viewer,
            input.member_id,
            give_rights=given(input.set),
            take=input.unset or [],
        )
        return SetAppAccessPayload(member=changed)
