"""How much of the apps a member may use at once."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.fields import Caller, guard
from resolvers import member_limits
from schema import errors
from schema.arguments import Input, left_out
from schema.context import Info
from schema.interfaces import Rows

if TYPE_CHECKING:
    from schema.members import Member

LazyMember = Annotated["Member", strawberry.lazy("schema.members")]


@strawberry.input(description="Limits of a member; what is left out stays.")
class SetMemberLimitsInput:
    member_id: strawberry.ID = strawberry.field(description="Whose limits.")
    max_sessions: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="Simultaneous app sessions at most, from 1, counted across the tenant's apps; "
        "null: no limit.",
    )


@strawberry.type(description="The member's limits are as the input says.")
class SetMemberLimitsPayload:
    member: Rows = strawberry.field(graphql_type=LazyMember, description="The member.")


SetMemberLimitsResult = Annotated[
    SetMemberLimitsPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("SetMemberLimitsResult", description="What limiting can come to."),
]


@strawberry.type
class MemberLimitMutations:
    @strawberry.mutation(
        graphql_type=SetMemberLimitsResult | None,
        extensions=guard(Caller()),
        description="Limit a member's simultaneous app sessions; those that are open go on.",
    )
    async def set_member_limits(self, info: Info, input: Input[SetMemberLimitsInput]) -> Rows:
        changed = await member_limits.change(
            info.context.viewer, input.member_id, max_sessions=left_out(input.max_sessions)
        )
        return SetMemberLimitsPayload(member=changed)
