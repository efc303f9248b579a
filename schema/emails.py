"""Another address for one's account."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import People, SignedIn, guard
from resolvers import emails
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.interfaces import Rows


@strawberry.input(description="The address that is to become one's own.")
class ChangeEmailInput:
    email: str = strawberry.field(description="It gets a link.")
    password: str = strawberry.field(description="The password, once more.")


@strawberry.type(description="A link is on its way; nothing changes until it is followed.")
class ChangeEmailPayload:
    expires_at: datetime = strawberry.field(description="Until when the link works.")


@strawberry.input(description="A link to a new address, followed.")
class ConfirmEmailInput:
    token: str = strawberry.field(description="What follows # in the link.")


@strawberry.type(description="The account has that address, verified; the old one was told.")
class ConfirmEmailPayload:
    email: str = strawberry.field(description="The address.")


ChangeEmailResult = Annotated[
    ChangeEmailPayload
    | errors.PermissionDenied
    | errors.InvalidInput
    | errors.ProviderOnly
    | errors.RateLimited,
    strawberry.union("ChangeEmailResult", description="What asking for another address comes to."),
]
ConfirmEmailResult = Annotated[
    ConfirmEmailPayload | errors.LinkUnavailable | errors.RateLimited,
    strawberry.union("ConfirmEmailResult", description="What confirming an address can come to."),
]


@strawberry.type
class EmailMutations:
    @strawberry.mutation(
        graphql_type=ChangeEmailResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="Have a link mailed to a new address. Only provider support changes the one "
        "that somebody registered with, and that of an ACCOUNT's first user.",
    )
    async def change_email(self, info: Info, input: Input[ChangeEmailInput]) -> Rows:
        expires_at = await emails.request_change(
            info.context.viewer, email=input.email, password=input.password
        )
        return ChangeEmailPayload(expires_at=expires_at)

    @strawberry.mutation(
        graphql_type=ConfirmEmailResult | None,
        extensions=guard(People()),
        metadata=TESTS_SECRET,
        description="Follow the link to a new address.",
    )
    async def confirm_email(self, info: Info, input: Input[ConfirmEmailInput]) -> Rows:
        return ConfirmEmailPayload(email=await emails.confirm(info.context.viewer, input.token))
