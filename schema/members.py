"""Members, what may be done with each, and what is done to them."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.catalog import Permission
from permissions.fields import Caller, Can, SignedIn, guard
from resolvers import members, ownership, pages, powers, rows
from schema import errors
from schema.accounts import User
from schema.apps import AppAccessConnection, held_page
from schema.arguments import (
    After,
    Before,
    Filter,
    First,
    Input,
    Last,
    OrderBy,
    TenantId,
    UpdatedSince,
)
from schema.connections import Connection
from schema.context import Info
from schema.enums import MemberStatus
from schema.interfaces import Node, Rows, shown_from
from schema.invitations import Invitation
from schema.people import MemberFilter, MemberOrder, member_page
from schema.roles import Role
from schema.scalars import PermissionCode, RoleCode
from schema.single_permissions import PermissionDetail
from schema.tenants import Tenant


@strawberry.type(
    description="What the viewer may do with this member; a frontend draws its buttons from it."
)
@shown_from(powers.Powers)
class MemberViewer:
    grantable_roles: list[Role] = strawberry.field(description="The roles he may give him.")
    can_change_role: bool = strawberry.field(description="Give him another role.")
    can_remove: bool = strawberry.field(description="Remove him.")
    can_enable: bool = strawberry.field(description="Let him act again.")
    can_disable: bool = strawberry.field(description="Keep him from acting.")
    can_edit: bool = strawberry.field(description="Edit his name and phone.")
    can_resend: bool = strawberry.field(description="Send his invitation again.")
    can_revoke: bool = strawberry.field(description="Withdraw his invitation.")
    can_assign_apps: bool = strawberry.field(description="Give him rights on apps.")
    can_limit: bool = strawberry.field(description="Limit his app sessions with setMemberLimits.")
    switchable_permissions: list[PermissionCode] = strawberry.field(
        description="What he may switch on or off for him with setMemberPermissions."
    )


@strawberry.type(
    description="A person's place in one tenant, from the invitation on. Fields that are not the "
    "viewer's to see are null."
)
@shown_from(rows.Member)
class Member(Node):
    status: MemberStatus = strawberry.field(description="How far he is in the tenant.")
    role: Role = strawberry.field(description="His role.")
    full_name: str | None = strawberry.field(
        description="His name; while PENDING what the inviter typed."
    )
    email: str | None = strawberry.field(description="His address; while PENDING the invited one.")
    login: str | None = strawberry.field(description="For himself and who invites or edits.")
    phone: str | None = strawberry.field(description="For himself and who invites or edits.")
    max_sessions: int | None = strawberry.field(
        description="Simultaneous app sessions at most; null where there is no limit."
    )
    permissions: list[PermissionCode] | None = strawberry.field(
        description="What he may do; for himself and who invites or edits."
    )
    permission_details: list[PermissionDetail] | None = strawberry.field(
        description="What he holds and what is denied to him, each with its source; seen by those "
        "who see `permissions`."
    )
    is_first_user: bool = strawberry.field(description="The first member of an ACCOUNT, for ever.")
    created_at: datetime = strawberry.field(description="When he was invited or added.")
    joined_at: datetime | None = strawberry.field(description="When he accepted.")
    updated_at: datetime = strawberry.field(description="When this was last changed.")

    @strawberry.field(graphql_type=Tenant, description="Where he belongs.")
    def tenant(parent: strawberry.Parent[rows.Member], info: Info) -> Rows:
        return info.context.loaders.tenants.load(parent.tenant_id)

    @strawberry.field(graphql_type=User | None, description="Null while PENDING.")
    def user(parent: strawberry.Parent[rows.Member]) -> Rows:
        return rows.User(parent.user_id, parent.full_name or "") if parent.user_id else None

    @strawberry.field(
        graphql_type=Invitation | None,
        description="How he was invited; for himself and who manages members.",
    )
    def invitation(parent: strawberry.Parent[rows.Member], info: Info) -> Rows:
        return info.context.loaders.invitations.load(parent.id)

    @strawberry.field(
        graphql_type=AppAccessConnection | None,
        description="His rights on apps that the viewer may know of.",
    )
    def app_access(
        parent: strawberry.Parent[rows.Member],
        info: Info,
        first: First = None,
        after: After = None,
    ) -> Rows:
        return held_page(info, parent, pages.Window(first, after))

    @strawberry.field(graphql_type=MemberViewer, description="What the viewer may do with him.")
    def viewer(parent: strawberry.Parent[rows.Member], info: Info) -> Rows:
        return powers.over(info.context.viewer, parent)


@strawberry.type
class MemberQueries:
    @strawberry.field(
        graphql_type=Connection[Member] | None,
        extensions=guard(Can(Permission.MEMBERS_VIEW)),
        description="The members of a tenant.",
    )
    async def members(  # noqa: PLR0913, PLR0917 a connection has four of them, a list three
        self,
        info: Info,
        tenant_id: TenantId,
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
            info, tenant_id, window, wanted=filter, order=order_by, updated_since=updated_since
        )


@strawberry.input(description="Another role for a member.")
class ChangeRoleInput:
    member_id: strawberry.ID = strawberry.field(description="Which member.")
    role: RoleCode = strawberry.field(description="His new role.")


@strawberry.type(description="The member has that role.")
class ChangeRolePayload:
    member: Rows = strawberry.field(graphql_type=Member, description="The member.")


@strawberry.input(description="Passing a tenant on.")
class TransferOwnershipInput:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant.")
    to_member_id: strawberry.ID = strawberry.field(description="Who becomes owner.")
    then_role: RoleCode | None = strawberry.field(
        default=None, description="What the former owner keeps."
    )


@strawberry.type(description="The tenant has another owner.")
class TransferOwnershipPayload:
    new_owner: Rows = strawberry.field(graphql_type=Member, description="Who owns it now.")
    former_owner: Rows = strawberry.field(graphql_type=Member, description="Who passed it on.")


@strawberry.input(description="A member to remove.")
class RemoveMemberInput:
    member_id: strawberry.ID = strawberry.field(description="Which member.")


@strawberry.type(description="The member is REMOVED.")
class RemoveMemberPayload:
    member: Rows = strawberry.field(graphql_type=Member, description="As he was last.")


@strawberry.input(description="A tenant to leave.")
class LeaveTenantInput:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant.")


@strawberry.type(description="The viewer is no member any more.")
class LeaveTenantPayload:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant it was.")


@strawberry.input(description="Whether a member may act.")
class SetMemberEnabledInput:
    member_id: strawberry.ID = strawberry.field(description="Which member.")
    enabled: bool = strawberry.field(description="True: JOINED; false: DISABLED.")


@strawberry.type(description="The member may act, or may not.")
class SetMemberEnabledPayload:
    member: Rows = strawberry.field(graphql_type=Member, description="The member.")


ChangeRoleResult = Annotated[
    ChangeRolePayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.RoleNotGrantable
    | errors.LastOwner
    | errors.EmailRequired,
    strawberry.union("ChangeRoleResult", description="What changing a role can come to."),
]
TransferOwnershipResult = Annotated[
    TransferOwnershipPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.RoleNotGrantable
    | errors.EmailRequired,
    strawberry.union("TransferOwnershipResult", description="What passing on can come to."),
]
RemoveMemberResult = Annotated[
    RemoveMemberPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.LastOwner
    | errors.ProviderOnly,
    strawberry.union("RemoveMemberResult", description="What removing a member can come to."),
]
LeaveTenantResult = Annotated[
    LeaveTenantPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.LastOwner
    | errors.ProviderOnly,
    strawberry.union("LeaveTenantResult", description="What leaving a tenant can come to."),
]
SetMemberEnabledResult = Annotated[
    SetMemberEnabledPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.LastOwner
    | errors.ProviderOnly,
    strawberry.union("SetMemberEnabledResult", description="What disabling can come to."),
]


@strawberry.type
class MemberMutations:
    @strawberry.mutation(
        graphql_type=ChangeRoleResult | None,
        extensions=guard(Caller()),
        description="Give a member another role; a pending one's invitation offers it.",
    )
    async def change_role(self, info: Info, input: Input[ChangeRoleInput]) -> Rows:
        changed = await members.change_role(info.context.viewer, input.member_id, input.role)
        return ChangeRolePayload(member=changed)

    @strawberry.mutation(
        graphql_type=TransferOwnershipResult | None,
        extensions=guard(Can(Permission.OWNERS_TRANSFER)),
        description="Make another member owner and keep a lesser role.",
    )
    async def transfer_ownership(self, info: Info, input: Input[TransferOwnershipInput]) -> Rows:
        new, former = await ownership.transfer(
            info.context.viewer,
            input.tenant_id,
            to_member_id=input.to_member_id,
            then_role=input.then_role,
        )
        return TransferOwnershipPayload(new_owner=new, former_owner=former)

    @strawberry.mutation(
        graphql_type=RemoveMemberResult | None,
        extensions=guard(Caller()),
        description="Remove a member; nothing of it comes back with a new invitation.",
    )
    async def remove_member(self, info: Info, input: Input[RemoveMemberInput]) -> Rows:
        return RemoveMemberPayload(
            member=await members.remove(info.context.viewer, input.member_id)
        )

    @strawberry.mutation(
        graphql_type=LeaveTenantResult | None,
        extensions=guard(SignedIn()),
        description="Leave a tenant; a disabled member may, too.",
    )
    async def leave_tenant(self, info: Info, input: Input[LeaveTenantInput]) -> Rows:
        await members.leave(info.context.viewer, input.tenant_id)
        return LeaveTenantPayload(tenant_id=input.tenant_id)

    @strawberry.mutation(
        graphql_type=SetMemberEnabledResult | None,
        extensions=guard(Caller()),
        description="Keep a member from acting, or let him act again.",
    )
    async def set_member_enabled(self, info: Info, input: Input[SetMemberEnabledInput]) -> Rows:
        changed = await members.set_enabled(
            info.context.viewer, input.member_id, enabled=input.enabled
        )
        return SetMemberEnabledPayload(member=changed)
