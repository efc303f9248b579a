"""Registering a tenant by oneself, where the settings allow it."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import Anyone, People, guard
from resolvers import registrations
from schema import errors
from schema.answers import RegistrationInput, registration
from schema.arguments import Input
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.enums import Catalog, Locale, SessionTransport
from schema.interfaces import Rows
from schema.sessions import SignedIn, signed_in
from schema.tenants import Tenant


@strawberry.input(description="A tenant of one's own, by somebody who has no account.")
class RegisterTenantInput:
    email: str = strawberry.field(description="It gets a link.")
    tenant_name: str = strawberry.field(description="The tenant's name for people.")
    catalog: Catalog = strawberry.field(
        default=Catalog.ACCOUNT, description="Which roles it knows, for good."
    )
    locale: Locale | None = strawberry.field(default=None, description="Its language.")


@strawberry.type(description="A mail is on its way; nothing exists until its link is followed.")
class RegisterTenantPayload:
    expires_at: datetime = strawberry.field(description="Until when the link works.")


@strawberry.input(description="A link of a registration, followed.")
class CompleteRegistrationInput:
    token: str = strawberry.field(description="What follows # in the link.")
    registration: RegistrationInput = strawberry.field(description="The owner's account.")
    transport: SessionTransport = strawberry.field(
        default=SessionTransport.COOKIE, description="How the session travels back."
    )


@strawberry.type(description="Tenant and account exist; who registered owns the tenant.")
class CompleteRegistrationPayload:
    tenant: Rows = strawberry.field(graphql_type=Tenant, description="The new tenant.")
    session: SignedIn = strawberry.field(description="The owner's session.")


RegisterTenantResult = Annotated[
    RegisterTenantPayload | errors.RegistrationClosed | errors.InvalidInput | errors.RateLimited,
    strawberry.union("RegisterTenantResult", description="What asking for one can come to."),
]
CompleteRegistrationResult = Annotated[
    CompleteRegistrationPayload
    | errors.RegistrationClosed
    | errors.LinkUnavailable
    | errors.LoginTaken
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("CompleteRegistrationResult", description="What following it can come to."),
]


@strawberry.type
class RegistrationQueries:
    @strawberry.field(
        graphql_type=bool,
        extensions=guard(Anyone()),
        description="Whether somebody may register a tenant of his own: registerTenant.",
    )
    def registration_is_open(self) -> Rows:
        return registrations.is_open()


@strawberry.type
class RegistrationMutations:
    @strawberry.mutation(
        graphql_type=RegisterTenantResult | None,
        extensions=guard(People()),
        description="Have a link mailed that makes a tenant and its first user together; one "
        "answer whether or not the address is registered.",
    )
    async def register_tenant(self, info: Info, input: Input[RegisterTenantInput]) -> Rows:
        wish = registrations.Wish(input.email, input.tenant_name, input.catalog, input.locale)
        return RegisterTenantPayload(
            expires_at=await registrations.request(info.context.viewer, wish)
        )

    @strawberry.mutation(
        graphql_type=CompleteRegistrationResult | None,
        extensions=guard(People()),
        metadata=TESTS_SECRET,
        description="Follow the link of a registration; it works once.",
    )
    async def complete_registration(
        self, info: Info, input: Input[CompleteRegistrationInput]
    ) -> Rows:
        made = await registrations.complete(
            info.context.viewer, token=input.token, registration=registration(input.registration)
        )
        return CompleteRegistrationPayload(
            tenant=made.tenant, session=signed_in(info, made.session, input.transport)
        )
