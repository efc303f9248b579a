"""What provider support does for customers: accounts, and the first user of an ACCOUNT."""

from typing import Annotated

import strawberry

from permissions.fields import Staff, guard
from resolvers import accounts, first_users, support
from schema import errors
from schema.accounts import User
from schema.arguments import Input
from schema.context import Info
from schema.cost import HASHES
from schema.enums import Locale, ProviderRole
from schema.interfaces import Rows
from schema.users import Placement


@strawberry.input(description="A new account; its password is handed over.")
class CreateUserInput:
    login: str = strawberry.field(description="2 to 64 of a-z 0-9 . _ -")
    email: str = strawberry.field(description="Counts as verified.")
    full_name: str = strawberry.field(description="His name.")
    password: str = strawberry.field(
        description="He chooses a new one when he first signs in with it."
    )
    phone: str | None = strawberry.field(default=None, description="In E.164.")
    locale: Locale | None = strawberry.field(default=None, description="His language.")
    provider_role: ProviderRole | None = strawberry.field(
        default=None, description="Makes him staff; only an ADMIN gives it."
    )


@strawberry.type(description="The account exists.")
class CreateUserPayload:
    user: Rows = strawberry.field(graphql_type=User, description="The person.")


@strawberry.input(description="What to change of an account; what is left out stays.")
class UpdateUserInput:
    user_id: strawberry.ID = strawberry.field(description="Whose account.")
    full_name: str | None = strawberry.field(default=None, description="His new name.")
    login: str | None = strawberry.field(default=None, description="2 to 64 of a-z 0-9 . _ -")
    email: str | None = strawberry.field(default=None, description="Counts as verified.")
    remove_phone: bool = strawberry.field(
        default=False, description="Empty the number, also a confirmed one that he has lost."
    )
    new_password: str | None = strawberry.field(
        default=None,
        description="Handed over: his sessions end, and he chooses a new one when he signs in.",
    )
    remove_second_factor: bool = strawberry.field(
        default=False, description="For who has lost it: the password alone signs in again."
    )


@strawberry.type(description="The account is as the input says; the person was told by mail.")
class UpdateUserPayload:
    user: Rows = strawberry.field(graphql_type=User, description="The person.")


@strawberry.input(description="The first user of an ACCOUNT who is to go.")
class RemoveFirstUserInput:
    member_id: strawberry.ID = strawberry.field(description="His place there.")
    new_owner_member_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who becomes owner, where nobody else is who can act."
    )


@strawberry.type(description="The first user is REMOVED.")
class RemoveFirstUserPayload:
    first_user: Rows = strawberry.field(graphql_type=Placement, description="As he was last.")
    new_owner: Rows = strawberry.field(
        graphql_type=Placement | None, description="Who was named; null: nobody."
    )


@strawberry.input(description="The first user of an ACCOUNT who is to act no more.")
class DisableFirstUserInput:
    member_id: strawberry.ID = strawberry.field(description="His place there.")
    new_owner_member_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who becomes owner, where nobody else is who can act."
    )


@strawberry.type(description="The first user is DISABLED.")
class DisableFirstUserPayload:
    first_user: Rows = strawberry.field(graphql_type=Placement, description="As he is now.")
    new_owner: Rows = strawberry.field(
        graphql_type=Placement | None, description="Who was named; null: nobody."
    )


CreateUserResult = Annotated[
    CreateUserPayload | errors.PermissionDenied | errors.InvalidInput | errors.LoginTaken,
    strawberry.union("CreateUserResult", description="What making an account can come to."),
]
UpdateUserResult = Annotated[
    UpdateUserPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.LoginTaken,
    strawberry.union("UpdateUserResult", description="What changing an account can come to."),
]
RemoveFirstUserResult = Annotated[
    RemoveFirstUserPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.LastOwner,
    strawberry.union("RemoveFirstUserResult", description="What removing him can come to."),
]
DisableFirstUserResult = Annotated[
    DisableFirstUserPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.LastOwner,
    strawberry.union("DisableFirstUserResult", description="What disabling him can come to."),
]


@strawberry.type
class SupportMutations:
    @strawberry.mutation(
        graphql_type=CreateUserResult | None,
        extensions=guard(Staff()),
        metadata=HASHES,
        description="Make an account, as provider staff.",
    )
    async def create_user(self, info: Info, input: Input[CreateUserInput]) -> Rows:
        given = accounts.Registration(
            input.full_name, input.login, input.password, input.phone, input.locale
        )
        made = await support.create(
            info.context.viewer, given, email=input.email, provider_role=input.provider_role
        )
        return CreateUserPayload(user=made)

    @strawberry.mutation(
        graphql_type=UpdateUserResult | None,
        extensions=guard(Staff()),
        description="Change what a customer cannot change of his account, as provider staff.",
    )
    async def update_user(self, info: Info, input: Input[UpdateUserInput]) -> Rows:
        edit = support.Edit(
            full_name=input.full_name,
            login=input.login,
            email=input.email,
            new_password=input.new_password,
            remove_phone=input.remove_phone,
            remove_second_factor=input.remove_second_factor,
        )
        changed = await support.update(info.context.viewer, input.user_id, edit)
        return UpdateUserPayload(user=changed)

    @strawberry.mutation(
        graphql_type=RemoveFirstUserResult | None,
        extensions=guard(Staff()),
        description="Remove the first user of an ACCOUNT, as provider staff.",
    )
    async def remove_first_user(self, info: Info, input: Input[RemoveFirstUserInput]) -> Rows:
        done = await first_users.remove(
            info.context.viewer, input.member_id, input.new_owner_member_id
        )
        return RemoveFirstUserPayload(first_user=done.first_user, new_owner=done.new_owner)

    @strawberry.mutation(
        graphql_type=DisableFirstUserResult | None,
        extensions=guard(Staff()),
        description="Keep the first user of an ACCOUNT from acting, as provider staff.",
    )
    async def disable_first_user(self, info: Info, input: Input[DisableFirstUserInput]) -> Rows:
        done = await first_users.disable(
            info.context.viewer, input.member_id, input.new_owner_member_id
        )
        return DisableFirstUserPayload(first_user=done.first_user, new_owner=done.new_owner)
