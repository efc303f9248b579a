"""Adding people who have no e-mail."""

from typing import Annotated

import strawberry

from permissions.catalog import Permission
from permissions.fields import Can, guard
from resolvers import accounts, managed, newcomers
from schema import errors
from schema.apps import AppAccessInput, given
from schema.arguments import Input
from schema.context import Info
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


@strawberry.type
class ManagedMutations:
    @strawberry.mutation(
        graphql_type=AddMemberResult | None,
        extensions=guard(Can(Permission.MEMBERS_INVITE)),
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
