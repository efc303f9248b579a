"""The roles that apps know inside, and which of them a member has."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.fields import Caller, SignedIn, guard
from resolvers import app_role_assignments, app_roles, rows
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.interfaces import Node, Rows, shown_from

if TYPE_CHECKING:
    from schema.members import Member

LazyMember = Annotated["Member", strawberry.lazy("schema.members")]


@strawberry.type(description="What an app calls some of its users; the app is told the code.")
@shown_from(rows.AppRole)
class AppRole(Node):
    code: str = strawberry.field(description="What the app knows it by; it stays.")
    name: str = strawberry.field(description="Its name for people.")


@strawberry.input(description="A new role of an app.")
class CreateAppRoleInput:
    app_id: strawberry.ID = strawberry.field(description="Of which app.")
    code: str = strawberry.field(description="1 to 64 of A-Z a-z 0-9 . _ - and once in the app.")
    name: str = strawberry.field(description="Its name for people.")


@strawberry.type(description="The app has the role.")
class CreateAppRolePayload:
    app_role: Rows = strawberry.field(graphql_type=AppRole, description="The new role.")


@strawberry.input(description="Another name for an app's role.")
class UpdateAppRoleInput:
    app_role_id: strawberry.ID = strawberry.field(description="Which role.")
    name: str = strawberry.field(description="Its new name for people.")


@strawberry.type(description="The role has that name.")
class UpdateAppRolePayload:
    app_role: Rows = strawberry.field(graphql_type=AppRole, description="The role.")


@strawberry.input(description="A role that the app is not to know any more.")
class RemoveAppRoleInput:
    app_role_id: strawberry.ID = strawberry.field(description="Which role.")


@strawberry.type(description="Nobody has the role any more.")
class RemoveAppRolePayload:
    app_role_id: strawberry.ID = strawberry.field(description="Which role it was.")


@strawberry.input(description="All the roles a member is to have in an app.")
class SetAppRolesInput:
    member_id: strawberry.ID = strawberry.field(description="Whose roles.")
    app_id: strawberry.ID = strawberry.field(description="In which app.")
    roles: list[strawberry.ID] = strawberry.field(
        description="The roles by id; he has no others from now on."
    )


@strawberry.type(description="The member has these roles; they count while he has a right there.")
class SetAppRolesPayload:
    member: Rows = strawberry.field(graphql_type=LazyMember, description="The member.")


CreateAppRoleResult = Annotated[
    CreateAppRolePayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("CreateAppRoleResult", description="What defining a role can come to."),
]
UpdateAppRoleResult = Annotated[
    UpdateAppRolePayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("UpdateAppRoleResult", description="What renaming a role can come to."),
]
RemoveAppRoleResult = Annotated[
    RemoveAppRolePayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union("RemoveAppRoleResult", description="What removing a role can come to."),
]
SetAppRolesResult = Annotated[
    SetAppRolesPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("SetAppRolesResult", description="What giving roles can come to."),
]


@strawberry.type
class AppRoleMutations:
    @strawberry.mutation(
        graphql_type=CreateAppRoleResult | None,
        extensions=guard(SignedIn()),
        description="Define a role of an app that the viewer administers.",
    )
    async def create_app_role(self, info: Info, input: Input[CreateAppRoleInput]) -> Rows:
        made = await app_roles.create(
            info.context.viewer, input.app_id, code=input.code, name=input.name
        )
        return CreateAppRolePayload(app_role=made)

    @strawberry.mutation(
        graphql_type=UpdateAppRoleResult | None,
        extensions=guard(SignedIn()),
        description="Rename a role of an app that the viewer administers.",
    )
    async def update_app_role(self, info: Info, input: Input[UpdateAppRoleInput]) -> Rows:
        renamed = await app_roles.rename(info.context.viewer, input.app_role_id, name=input.name)
        return UpdateAppRolePayload(app_role=renamed)

    @strawberry.mutation(
        graphql_type=RemoveAppRoleResult | None,
        extensions=guard(SignedIn()),
        description="Take a role out of an app that the viewer administers, and from whoever has "
        "it.",
    )
    async def remove_app_role(self, info: Info, input: Input[RemoveAppRoleInput]) -> Rows:
        await app_roles.remove(info.context.viewer, input.app_role_id)
        return RemoveAppRolePayload(app_role_id=input.app_role_id)

    @strawberry.mutation(
        graphql_type=SetAppRolesResult | None,
        extensions=guard(Caller()),
        description="Give a member roles in an app, in place of those he has; for holders of "
        "apps:assign and for who administers the app.",
    )
    async def set_app_roles(self, info: Info, input: Input[SetAppRolesInput]) -> Rows:
        changed = await app_role_assignments.replace(
            info.context.viewer, input.member_id, input.app_id, role_ids=input.roles
        )
        return SetAppRolesPayload(member=changed)
