"""Signing in and out."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import People, guard
from resolvers import sessions
from schema import errors
from schema.accounts import Me
from schema.arguments import Input
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.enums import SessionTransport
from schema.interfaces import Rows


@strawberry.input(description="Who signs in, and how the session travels back.")
class SignInInput:
    login: str = strawberry.field(description="A login or an e-mail.")
    password: str = strawberry.field(description="The password.")
    transport: SessionTransport = strawberry.field(
        default=SessionTransport.COOKIE,
        description="COOKIE sets the session cookie and returns no token.",
    )
    new_password: str | None = strawberry.field(
        default=None, description="Answers PasswordChangeRequired; not looked at otherwise."
    )
    second_factor: str | None = strawberry.field(
        default=None,
        description="Answers SecondFactorRequired: a code of the authenticator app, or a recovery"
        " code.",
    )


@strawberry.type(description="A session has begun.")
class SignedIn:
    token: str | None = strawberry.field(description="Only with BEARER.")
    expires_at: datetime = strawberry.field(description="When it ends, unless it is used.")

    @strawberry.field(graphql_type=Me, description="Who has signed in.")
    def me(self, info: Info) -> Rows:
        return info.context.viewer.account


@strawberry.type(description="The session has ended.")
class SignOutPayload:
    signed_out: bool = strawberry.field(description="False where nobody was signed in.")


SignInResult = Annotated[
    SignedIn
    | errors.InvalidCredentials
    | errors.PasswordChangeRequired
    | errors.SecondFactorRequired
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("SignInResult", description="What signing in can come to."),
]


def signed_in(info: Info, opened: sessions.Opened, transport: SessionTransport) -> SignedIn:
    """The session as the client gets it; its payload is read by who has just signed in."""
    info.context.token = opened.token
    if transport is SessionTransport.COOKIE:
        info.context.cookie.keep(opened.token)
        return SignedIn(token=None, expires_at=opened.expires_at)
    return SignedIn(token=str(opened.token), expires_at=opened.expires_at)


def signed_out(info: Info) -> None:
    """The client is nobody from here on, for the rest of this request as well."""
    info.context.cookie.drop()
    info.context.token = None


@strawberry.type
class SessionMutations:
    @strawberry.mutation(
        graphql_type=SignInResult | None,
        extensions=guard(People()),
        metadata=TESTS_SECRET,
        description="Sign in; one answer for every wrong pair.",
    )
    async def sign_in(self, info: Info, input: Input[SignInInput]) -> Rows:
        opened = await sessions.sign_in(
            info.context.viewer,
            login=input.login,
            password=input.password,
            new_password=input.new_password,
            second_factor=input.second_factor,
        )
        return signed_in(info, opened, input.transport)

    @strawberry.mutation(
        graphql_type=SignOutPayload | None,
        extensions=guard(People()),
        description="End this session.",
    )
    async def sign_out(self, info: Info) -> Rows:
        ended = await sessions.sign_out(info.context.viewer)
        signed_out(info)
        return SignOutPayload(signed_out=ended)
