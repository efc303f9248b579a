"""What the viewer may choose when he adds a member; a frontend draws its wizard from it."""

from functools import partial

import strawberry

from resolvers import options, pages, rows
from schema import connections
from schema.app_roles import AppRole
from schema.apps import App
from schema.arguments import After, Before, First, Last
from schema.connections import Connection
from schema.context import Info
from schema.enums import AddMemberWay, AppRight
from schema.interfaces import Rows, shown_from
from schema.roles import Role


@strawberry.type(description="A role that the viewer may give to whom he adds.")
@shown_from(options.RoleOption)
class RoleOption:
    role: Role = strawberry.field(description="The role.")
    email_required: bool = strawberry.field(
        description="Only for people with a verified e-mail address."
    )


@strawberry.type(description="An app that the viewer may give rights on to whom he adds.")
@shown_from(rows.App)
class AppOption:
    @strawberry.field(graphql_type=App, description="The app.")
    def app(parent: strawberry.Parent[rows.App]) -> Rows:
        return parent

    @strawberry.field(description="The rights to choose from; leaving the app out gives none.")
    def rights(self) -> list[AppRight]:
        return list(AppRight)

    @strawberry.field(graphql_type=list[AppRole], description="The app's roles to choose from.")
    def roles(parent: strawberry.Parent[rows.App], info: Info) -> Rows:
        return info.context.loaders.app_roles.load(parent.id)


@strawberry.type(
    description="What the viewer may choose when he adds a member: what is offered is accepted by "
    "inviteMember and addMember, and nothing else."
)
@shown_from(options.AddMemberOptions)
class AddMemberOptions:
    may_choose_role: bool = strawberry.field(description="Whether there is more than one role.")
    default_role: Role | None = strawberry.field(
        description="What leaving the role out comes to; null: it has to be named."
    )
    roles: list[RoleOption] = strawberry.field(description="The roles to choose from.")
    may_assign_apps: bool = strawberry.field(
        description="Whether rights on apps, and roles in them, may come along."
    )
    may_limit_sessions: bool = strawberry.field(
        description="Whether a limit of app sessions may come along."
    )
    ways: list[AddMemberWay] = strawberry.field(
        description="How somebody may be added; none where the viewer has no role to give."
    )

    @strawberry.field(
        graphql_type=Connection[AppOption],
        description="The apps to choose from; none where they may not come along.",
    )
    async def apps(
        parent: strawberry.Parent[options.AddMemberOptions],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        viewer, window = info.context.viewer, pages.Window(first, after, last, before)
        page = await options.app_page(viewer, parent, window)
        return connections.of(page, partial(options.app_count, viewer, parent))
