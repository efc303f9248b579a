"""People as provider staff look them up; everybody sees his own account in the same way."""

from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from permissions.fields import Staff, guard
from resolvers import pages, staff_directory
from schema import connections
from schema.accounts import User
from schema.arguments import After, Before, First, Last
from schema.connections import Connection
from schema.context import Info
from schema.enums import Catalog, Locale, MemberStatus, PhoneStatus, ProviderRole
from schema.interfaces import Rows, shown_from
from schema.roles import Role

Search = Annotated[
    str | None,
    strawberry.argument(description="How the login, e-mail or full name begins."),
]


@strawberry.type(description="Somebody's place in a tenant, which need not be the viewer's.")
@shown_from(staff_directory.Placement)
class Placement:
    member_id: strawberry.ID = strawberry.field(description="For removeFirstUser and so on.")
    tenant_id: strawberry.ID = strawberry.field(description="Of which tenant.")
    tenant_name: str = strawberry.field(description="The tenant's name.")
    catalog: Catalog = strawberry.field(description="The tenant's catalogue.")
    role: Role = strawberry.field(description="His role there.")
    status: MemberStatus = strawberry.field(description="How far he is in the tenant.")
    is_first_user: bool = strawberry.field(description="The first member of an ACCOUNT, for ever.")


@strawberry.type(description="What only provider staff and the person himself see of an account.")
@shown_from(staff_directory.Account)
class Account:
    login: str = strawberry.field(description="A name to sign in with.")
    email: str | None = strawberry.field(description="Another name to sign in with, once verified.")
    email_verified: bool = strawberry.field(description="Whether the address is proven to be his.")
    phone: str | None = strawberry.field(description="In E.164, e.g. +77051250043.")
    locale: Locale | None = strawberry.field(description="The language he is written to in.")
    provider_role: ProviderRole | None = strawberry.field(
        description="What he is with who runs the service; null for customers."
    )
    created_at: datetime = strawberry.field(description="When the account was made.")
    ended_at: datetime | None = strawberry.field(description="When it was ended, if it was.")
    memberships: list[Placement] = strawberry.field(
        description="His places, those where he is disabled included, oldest first."
    )

    @strawberry.field(
        graphql_type=PhoneStatus | None,
        description="Whether the number is proven to be his; null where there is none.",
    )
    def phone_status(parent: strawberry.Parent[staff_directory.Account]) -> Rows:
        return PhoneStatus.of(parent.phone, confirmed=parent.phone_confirmed)


@strawberry.type
class UserQueries:
    @strawberry.field(
        graphql_type=Connection[User] | None,
        extensions=guard(Staff()),
        description="Everybody with an account, for provider staff; oldest accounts first.",
    )
    async def users(
        self,
        info: Info,
        search: Search = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        viewer, window = info.context.viewer, pages.Window(first, after, last, before)
        page = await staff_directory.page(viewer, window, search=search)
        return connections.of(page, partial(staff_directory.count, viewer, search=search))
