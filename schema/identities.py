"""Signing in through identity providers: where to go, what to bring back, what is linked.

The page that a provider sends people to is the frontend's; it hands on what stands in its address.
"""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import Anyone, People, SignedIn, guard
from resolvers import identities, rows, visits
from schema import errors, sessions
from schema.arguments import Input
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.enums import SessionTransport
from schema.interfaces import Rows, shown_from

_URL = "Where to send the browser; the provider sends it back with `code` and `state`."
_VISIT = "Keep it in the browser (sessionStorage): whoever finishes the visit needs it."
_UNTIL = "Until when the visit can be finished."


@strawberry.type(description="Who else may say who somebody is.")
@shown_from(rows.IdentityProvider)
class IdentityProvider:
    name: str = strawberry.field(description="For programs.")
    title: str = strawberry.field(description="For people.")


@strawberry.type(description="An account with a provider that the viewer signs in with.")
@shown_from(rows.Identity)
class Identity:
    id: strawberry.ID = strawberry.field(description="For unlinkIdentity.")
    provider: IdentityProvider = strawberry.field(description="Whose it is.")
    email: str | None = strawberry.field(
        description="The address the provider has named last, to tell identities apart."
    )
    created_at: datetime = strawberry.field(description="Since when it is linked.")
    last_used_at: datetime | None = strawberry.field(description="The last sign-in with it.")


@strawberry.type
class _Begun:
    authorization_url: str = strawberry.field(description=_URL)
    visit: str = strawberry.field(description=_VISIT)
    expires_at: datetime = strawberry.field(description=_UNTIL)


@strawberry.input
class _Returned:
    visit: str = strawberry.field(description="From startProviderSignIn or startProviderLink.")
    code: str = strawberry.field(description="From the address of the page.")
    state: str = strawberry.field(description="From the address of the page.")
    issuer: str | None = strawberry.field(
        default=None, description="`iss` from the address of the page, where it is there."
    )


@strawberry.input(description="Who wants to sign in where.")
class StartProviderSignInInput:
    provider: str = strawberry.field(description="The name of one of identityProviders.")


@strawberry.type(description="A visit to a provider has begun.")
@shown_from(visits.Begun)
class StartProviderSignInPayload(_Begun):
    pass


@strawberry.input(description="Whose identity the viewer wants to link.")
class StartProviderLinkInput:
    provider: str = strawberry.field(description="The name of one of identityProviders.")


@strawberry.type(description="A visit to a provider has begun.")
@shown_from(visits.Begun)
class StartProviderLinkPayload(_Begun):
    pass


@strawberry.input(description="What the provider has sent back with somebody who signs in.")
class SignInWithProviderInput(_Returned):
    second_factor: str | None = strawberry.field(
        default=None,
        description="Answers SecondFactorRequired: a code of the authenticator app, or a recovery"
        " code; the rest as before.",
    )
    transport: SessionTransport = strawberry.field(
        default=SessionTransport.COOKIE,
        description="COOKIE sets the session cookie and returns no token.",
    )


@strawberry.input(description="What the provider has sent back with somebody who links.")
class LinkIdentityInput(_Returned):
    pass


@strawberry.type(description="The viewer can sign in with it, and has been told by mail.")
class LinkIdentityPayload:
    identity: Identity = strawberry.field(description="The identity.")


@strawberry.input(description="An identity not to sign in with any more.")
class UnlinkIdentityInput:
    identity_id: strawberry.ID = strawberry.field(description="Which one.")


@strawberry.type(description="Nobody signs in with it any more; the viewer has been told by mail.")
class UnlinkIdentityPayload:
    identity_id: strawberry.ID = strawberry.field(description="Which one it was.")


StartProviderSignInResult = Annotated[
    StartProviderSignInPayload
    | errors.NotFound
    | errors.IdentityProviderFailed
    | errors.RateLimited,
    strawberry.union("StartProviderSignInResult", description="What setting off can come to."),
]
StartProviderLinkResult = Annotated[
    StartProviderLinkPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.IdentityProviderFailed
    | errors.RateLimited,
    strawberry.union("StartProviderLinkResult", description="What setting off can come to."),
]
SignInWithProviderResult = Annotated[
    sessions.SignedIn
    | errors.LinkUnavailable
    | errors.IdentityProviderFailed
    | errors.IdentityNotLinked
    | errors.SecondFactorRequired
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("SignInWithProviderResult", description="What coming back can come to."),
]
LinkIdentityResult = Annotated[
    LinkIdentityPayload
    | errors.PermissionDenied
    | errors.LinkUnavailable
    | errors.IdentityProviderFailed
    | errors.IdentityTaken
    | errors.RateLimited,
    strawberry.union("LinkIdentityResult", description="What linking can come to."),
]
UnlinkIdentityResult = Annotated[
    UnlinkIdentityPayload | errors.PermissionDenied | errors.NotFound | errors.LastWayIn,
    strawberry.union("UnlinkIdentityResult", description="What unlinking can come to."),
]


@strawberry.type
class IdentityQueries:
    @strawberry.field(
        graphql_type=list[IdentityProvider],
        extensions=guard(Anyone()),
        description="Who may say who somebody is, in the order to show them.",
    )
    def identity_providers(self) -> Rows:
        return identities.offered()


@strawberry.type
class IdentityMutations:
    @strawberry.mutation(
        graphql_type=StartProviderSignInResult | None,
        extensions=guard(People()),
        description="Begin to sign in through a provider.",
    )
    async def start_provider_sign_in(
        self, info: Info, input: Input[StartProviderSignInInput]
    ) -> Rows:
        return await visits.begin_sign_in(info.context.viewer, input.provider)

    @strawberry.mutation(
        graphql_type=StartProviderLinkResult | None,
        extensions=guard(SignedIn()),
        description="Begin to link an identity.",
    )
    async def start_provider_link(self, info: Info, input: Input[StartProviderLinkInput]) -> Rows:
        return await visits.begin_link(info.context.viewer, input.provider)

    @strawberry.mutation(
        graphql_type=SignInWithProviderResult | None,
        extensions=guard(People()),
        metadata=TESTS_SECRET,
        description="Sign in with what the provider has sent back.",
    )
    async def sign_in_with_provider(
        self, info: Info, input: Input[SignInWithProviderInput]
    ) -> Rows:
        opened = await identities.sign_in(
            info.context.viewer, _returned(input), second_factor=input.second_factor
        )
        return sessions.signed_in(info, opened, input.transport)

    @strawberry.mutation(
        graphql_type=LinkIdentityResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="Link the identity that the provider has sent back.",
    )
    async def link_identity(self, info: Info, input: Input[LinkIdentityInput]) -> Rows:
        linked: Rows = await identities.link(info.context.viewer, _returned(input))
        return LinkIdentityPayload(identity=linked)

    @strawberry.mutation(
        graphql_type=UnlinkIdentityResult | None,
        extensions=guard(SignedIn()),
        description="Do not sign in with that identity any more.",
    )
    async def unlink_identity(self, info: Info, input: Input[UnlinkIdentityInput]) -> Rows:
        await identities.unlink(info.context.viewer, input.identity_id)
        return UnlinkIdentityPayload(identity_id=input.identity_id)


def _returned(given: _Returned) -> visits.Returned:
    return visits.Returned(given.visit, given.code, given.state, given.issuer)
