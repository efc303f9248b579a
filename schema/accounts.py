"""People: what others see of somebody, and what he sees of himself."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.viewer import Account
from permissions.fields import Anyone, guard
from resolvers import declining, directory, offers, pages, rows
from schema import connections
from schema.arguments import After, First
from schema.blocks import BlockedTenant
from schema.connections import Connection
from schema.context import Info
from schema.enums import Locale
from schema.interfaces import Actor, Node, Rows, shown_from

if TYPE_CHECKING:
    from schema.invitations import Invitation
    from schema.members import Member


@strawberry.type(description="What others see of a person.")
@shown_from(rows.User)
class User(Node, Actor):
    full_name: str = strawberry.field(description="As he writes it himself.")


@strawberry.type(description="What only the person himself sees of his account.")
@shown_from(Account)
class Me:
    login: str = strawberry.field(description="A name to sign in with.")
    email: str | None = strawberry.field(description="Another name to sign in with, once verified.")
    email_verified: bool = strawberry.field(description="Whether the address is proven to be his.")
    phone: str | None = strawberry.field(description="In E.164, e.g. +77051250043.")
    locale: Locale | None = strawberry.field(description="The language he is written to in.")

    @strawberry.field(graphql_type=User, description="As others see him.")
    def user(parent: strawberry.Parent[Account]) -> Rows:
        return rows.User(parent.id, parent.full_name)

    @strawberry.field(
        graphql_type=Connection[Annotated["Member", strawberry.lazy("schema.members")]],
        description="His places in tenants, those where he is disabled included.",
    )
    async def memberships(self, info: Info, first: First = None, after: After = None) -> Rows:
        window = pages.Window(first, after)
        return connections.of(await directory.memberships(info.context.viewer, window))

    @strawberry.field(
        graphql_type=Connection[Annotated["Invitation", strawberry.lazy("schema.invitations")]],
        description="Offered to his verified e-mail and not yet answered.",
    )
    async def invitations(self, info: Info, first: First = None, after: After = None) -> Rows:
        window = pages.Window(first, after)
        return connections.of(await offers.mine(info.context.viewer, window))

    @strawberry.field(
        graphql_type=list[BlockedTenant], description="Tenants whose invitations he does not want."
    )
    async def blocked_tenants(self, info: Info) -> Rows:
        return await declining.blocked(info.context.viewer)


@strawberry.type
class AccountQueries:
    @strawberry.field(
        graphql_type=Me | None,
        extensions=guard(Anyone()),
        description="The signed-in person; null for anonymous callers and API keys.",
    )
    def me(self, info: Info) -> Rows:
        return info.context.viewer.account

    @strawberry.field(
        graphql_type=Actor | None,
        extensions=guard(Anyone()),
        description="Whoever asks; null for anonymous callers.",
    )
    def viewer(self, info: Info) -> Rows:
        account = info.context.viewer.account
        return rows.User(account.id, account.full_name) if account else None
