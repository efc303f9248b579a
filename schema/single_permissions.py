"""Single permissions: where each comes from, and switching them for one member."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.fields import Caller, guard
from resolvers import rows, single_permissions
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.enums import PermissionSource
from schema.interfaces import Rows, shown_from
from schema.scalars import PermissionCode

if TYPE_CHECKING:
    from schema.members import Member

LazyMember = Annotated["Member", strawberry.lazy("schema.members")]


@strawberry.type(description="A permission that a member holds or is denied, and why.")
@shown_from(rows.PermissionDetail)
class PermissionDetail:
    permission: PermissionCode = strawberry.field(description="Which permission.")
    source: PermissionSource = strawberry.field(description="What decides it.")
    holds: bool = strawberry.field(
        description="Whether he may do it now; before he joins and while disabled nothing."
    )


@strawberry.input(description="Permissions to switch for a member, all of them or none.")
class SetMemberPermissionsInput:
    member_id: strawberry.ID = strawberry.field(description="Whose permissions.")
    on: list[PermissionCode] | None = strawberry.field(
        default=None, description="What he may do from now on, whatever his role says."
    )
    off: list[PermissionCode] | None = strawberry.field(
        default=None, description="What he may not do from now on, whatever his role says."
    )


@strawberry.type(description="The member's permissions are as the input says.")
class SetMemberPermissionsPayload:
    member: Rows = strawberry.field(graphql_type=LazyMember, description="The member.")


SetMemberPermissionsResult = Annotated[
    SetMemberPermissionsPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("SetMemberPermissionsResult", description="What switching can come to."),
]


@strawberry.type
class SinglePermissionMutations:
    @strawberry.mutation(
        graphql_type=SetMemberPermissionsResult | None,
        extensions=guard(Caller()),
        description="Switch single permissions on or off for a member, on top of his role; "
        "`MemberViewer.switchablePermissions` lists those the viewer may switch.",
    )
    async def set_member_permissions(
        self, info: Info, input: Input[SetMemberPermissionsInput]
    ) -> Rows:
        changed = await single_permissions.switch(
            info.context.viewer, input.member_id, on=input.on or (), off=input.off or ()
        )
        return SetMemberPermissionsPayload(member=changed)
