"""A new password: by the old one, or by a mailed link."""

from datetime import datetime
from typing import Annotated

import strawberry

import settings
from permissions.fields import Anyone, People, SignedIn, guard
from resolvers import password_changes
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.interfaces import Rows


@strawberry.input(description="A new password, by who knows the old one.")
class ChangePasswordInput:
    password: str = strawberry.field(description="The old one.")
    new_password: str = strawberry.field(description="12 characters at least.")


@strawberry.type(description="The password is the new one; the other sessions have ended.")
class ChangePasswordPayload:
    ended_sessions: int = strawberry.field(description="How many sessions have ended.")


@strawberry.input(description="Whose password is forgotten.")
class RequestPasswordResetInput:
    login: str = strawberry.field(description="A login or an e-mail.")


@strawberry.type(
    description="If there is such an account and it has an address, a link is on its way to it."
)
class RequestPasswordResetPayload:
    expires_at: datetime = strawberry.field(description="Until when the link works.")


@strawberry.input(description="A link to a new password, followed.")
class ResetPasswordInput:
    token: str = strawberry.field(description="What follows # in the link.")
    new_password: str = strawberry.field(description="12 characters at least.")


@strawberry.type(description="The password is the new one; every session has ended.")
class ResetPasswordPayload:
    login: str = strawberry.field(description="The login to sign in with.")


ChangePasswordResult = Annotated[
    ChangePasswordPayload | errors.PermissionDenied | errors.InvalidInput | errors.RateLimited,
    strawberry.union("ChangePasswordResult", description="What changing it can come to."),
]
RequestPasswordResetResult = Annotated[
    RequestPasswordResetPayload | errors.InvalidInput | errors.RateLimited,
    strawberry.union("RequestPasswordResetResult", description="What asking can come to."),
]
ResetPasswordResult = Annotated[
    ResetPasswordPayload | errors.LinkUnavailable | errors.InvalidInput | errors.RateLimited,
    strawberry.union("ResetPasswordResult", description="What following the link can come to."),
]


@strawberry.type
class PasswordQueries:
    @strawberry.field(
        extensions=guard(Anyone()),
        description="How many characters a new password has at least.",
    )
    def password_min_length(self) -> int:
        return settings.load().password_min_length


@strawberry.type
class PasswordMutations:
    @strawberry.mutation(
        graphql_type=ChangePasswordResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="Change one's password; the other sessions end.",
    )
    async def change_password(self, info: Info, input: Input[ChangePasswordInput]) -> Rows:
        ended = await password_changes.change(
            info.context.viewer, password=input.password, new_password=input.new_password
        )
        return ChangePasswordPayload(ended_sessions=ended)

    @strawberry.mutation(
        graphql_type=RequestPasswordResetResult | None,
        extensions=guard(People()),
        description="Have a link to a new password mailed; one answer whether or not there is such "
        "an account.",
    )
    async def request_password_reset(
        self, info: Info, input: Input[RequestPasswordResetInput]
    ) -> Rows:
        expires_at = await password_changes.request_reset(info.context.viewer, login=input.login)
        return RequestPasswordResetPayload(expires_at=expires_at)

    @strawberry.mutation(
        graphql_type=ResetPasswordResult | None,
        extensions=guard(People()),
        metadata=TESTS_SECRET,
        description="Follow the link to a new password; it works once.",
    )
    async def reset_password(self, info: Info, input: Input[ResetPasswordInput]) -> Rows:
        login = await password_changes.reset(
            info.context.viewer, token=input.token, new_password=input.new_password
        )
        return ResetPasswordPayload(login=login)
