"""People who have no e-mail: added, edited, given a new password."""

from typing import Annotated

import strawberry

from permissions.catalog import Permission
from permissions.fields import Caller, Can, guard
from resolvers import accounts, edits, managed, newcomers
from schema import errors
from schema.apps import AppAccessInput, given
from schema.arguments import Input, left_out
from schema.context import Info
from schema.cost import HASHES
from schema.interfaces import Rows
from schema.members import Member
from schema.scalars import RoleCode


@strawberry.input(description="Somebody without an e-mail, joined at once.")
class AddMemberInput:
    tenant_id: strawberry.ID = strawberry.field(description="To which tenant.")
    full_name: str = strawberry.field(description="His name.")
    login: str = strawberry.field(description="2 to 64 of a-z 0-9 . _ -")
    password: str = strawberry.field(
        description="Handed over by whoever adds him; he chooses a new one when he first signs in."
    )
    phone: str | None = strawberry.field(default=None, description="In E.164.")
    role: RoleCode | None = strawberry.field(
        default=None, description="As what; the default is that of inviteMember."
    )
    apps: list[AppAccessInput] | None = strawberry.field(
        default=None, description="Rights on apps."
    )
    max_sessions: int | None = strawberry.field(
        default=None, description="Simultaneous app sessions at most."
    )


@strawberry.type(description="The member has joined.")
class AddMemberPayload:
    member: Rows = strawberry.field(
        graphql_type=Member,
        description="The new member.",
    )


@strawberry.input(
    description="Data of somebody pending, as it was typed, or without an e-mail; what is left out "
    "stays."
)
class UpdateMemberInput:
    member_id: strawberry.ID = strawberry.field(description="Which member.")
    full_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Null: none, while pending."
    )
    phone: str | None = strawberry.field(
        default=strawberry.UNSET, description="In E.164; null: none."
    )


@strawberry.type(description="The member's data are as the input says.")
class UpdateMemberPayload:
    member: Rows = strawberry.field(graphql_type=Member, description="The member.")


@strawberry.input(description="A new password for somebody without an e-mail.")
class SetMemberPasswordInput:
    member_id: strawberry.ID = strawberry.field(description="Which member.")
    password: str = strawberry.field(
        description="Handed over; he chooses a new one when he signs in next."
    )


@strawberry.type(description="The member signs in with that password, once; his sessions ended.")
class SetMemberPasswordPayload:
    member: Rows = strawberry.field(graphql_type=Member, description="The member.")


AddMemberResult = Annotated[
    AddMemberPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.LoginTaken
    | errors.EmailRequired
    | errors.RoleNotGrantable
    | errors.RateLimited,
    strawberry.union("AddMemberResult", description="What adding somebody can come to."),
]

UpdateMemberResult = Annotated[
    UpdateMemberPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.ProviderOnly,
    strawberry.union("UpdateMemberResult", description="What editing somebody can come to."),
]
SetMemberPasswordResult = Annotated[
    SetMemberPasswordPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("SetMemberPasswordResult", description="What handing one over comes to."),
]


@strawberry.type
class ManagedMutations:
    @strawberry.mutation(
        graphql_type=AddMemberResult | None,
        extensions=guard(Can(Permission.MEMBERS_INVITE)),
        metadata=HASHES,
        description="Without an e-mail: joined at once, the password handed over by whoever adds "
        "him.",
    )
    async def add_member(self, info: Info, input: Input[AddMemberInput]) -> Rows:
        added = await managed.add(
            info.context.viewer,
            input.tenant_id,
            accounts.Registration(input.full_name, input.login, input.password, input.phone),
            newcomers.Terms(input.role, given(input.apps), input.max_sessions),
        )
        return AddMemberPayload(member=added)

    @strawberry.mutation(
        graphql_type=UpdateMemberResult | None,
        extensions=guard(Caller()),
        description="Edit name and phone of somebody pending or without an e-mail; everybody else "
        "edits himself.",
    )
    async def update_member(self, info: Info, input: Input[UpdateMemberInput]) -> Rows:
        edited = await edits.edit(
            info.context.viewer,
            input.member_id,
            full_name=left_out(input.full_name),
            phone=left_out(input.phone),
        )
        return UpdateMemberPayload(member=edited)

    @strawberry.mutation(
        graphql_type=SetMemberPasswordResult | None,
        extensions=guard(Caller()),
        metadata=HASHES,
        description="Give somebody without an e-mail a new password; his sessions end.",
    )
    async def set_member_password(self, info: Info, input: Input[SetMemberPasswordInput]) -> Rows:
        changed = await edits.set_password(
            info.context.viewer, input.member_id, password=input.password
        )
        return SetMemberPasswordPayload(member=changed)
