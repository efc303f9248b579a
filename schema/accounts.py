"""People: what others see of somebody, and what he sees of himself."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.viewer import Account
from permissions import checks
from permissions.fields import Anyone, guard
from resolvers import (
    declining,
    directory,
    identities,
    offers,
    pages,
    people,
    rows,
    second_factors,
    sessions,
)
from schema import connections
from schema.arguments import After, First
from schema.blocks import BlockedTenant
from schema.connections import Connection
from schema.context import Info
from schema.enums import Locale, PhoneStatus
from schema.interfaces import Actor, Node, Rows, shown_from
from schema.sentences import nobody

if TYPE_CHECKING:
    from schema.identities import Identity
    from schema.invitations import Invitation
    from schema.members import Member
    from schema.open_sessions import Session
    from schema.second_factors import SecondFactor


def _display_name(parent: strawberry.Parent[rows.User], info: Info) -> str:
    return parent.full_name or nobody(info.context.locale)


@strawberry.type(description="What others see of a person.")
@shown_from(rows.User)
class User(Node, Actor):
    full_name: str = strawberry.field(
        description="As he writes it himself; empty once his account has ended."
    )

    display_name: str = strawberry.field(
        resolver=_display_name,
        description="How to name him to others, also once his account has ended.",
    )

    @strawberry.field(
        graphql_type=Annotated["Account", strawberry.lazy("schema.users")] | None,
        description="What provider staff see of him, and he himself; null for everybody else.",
    )
    def account(parent: strawberry.Parent[rows.User], info: Info) -> Rows:
        return info.context.loaders.accounts.load(parent.id)

    @strawberry.field(
        graphql_type=str | None,
        description="A square picture of 256 pixels, for talking to support; null where there is"
        " none, or it is not the viewer's to see.",
    )
    def avatar_url(parent: strawberry.Parent[rows.User], info: Info) -> Rows:
        return info.context.loaders.avatars.load(parent.id)


def _powers(account: Account, info: Info) -> Rows:
    return info.context.loaders.powers.load(account.id)


@strawberry.type(description="What only the person himself sees of his account.")
@shown_from(Account)
class Me:
    login: str = strawberry.field(description="A name to sign in with.")
    email: str | None = strawberry.field(description="Another name to sign in with, once verified.")
    email_verified: bool = strawberry.field(description="Whether the address is proven to be his.")
    phone: str | None = strawberry.field(description="In E.164, e.g. +77051250043.")
    locale: Locale | None = strawberry.field(description="The language he is written to in.")
    rows_per_page: int | None = strawberry.field(
        description="How many rows he wants on a page, kept for frontends."
    )
    wants_news: bool = strawberry.field(description="Whether the provider's news are welcome.")
    wants_sms: bool = strawberry.field(description="Whether a confirmed number gets SMS notices.")

    @strawberry.field(
        graphql_type=bool, description="False for the first user of an ACCOUNT: ask support."
    )
    async def can_change_full_name(parent: strawberry.Parent[Account], info: Info) -> Rows:
        return (await _powers(parent, info)).can_change_full_name

    @strawberry.field(
        graphql_type=bool,
        description="False for the first user of an ACCOUNT, and for the address he registered "
        "with: ask support.",
    )
    async def can_change_email(parent: strawberry.Parent[Account], info: Info) -> Rows:
        return (await _powers(parent, info)).can_change_email

    @strawberry.field(
        graphql_type=bool, description="Whether GraphiQL and introspection are open to him."
    )
    def can_explore(self, info: Info) -> Rows:
        return checks.may_explore(info.context.viewer)

    @strawberry.field(
        graphql_type=PhoneStatus | None,
        description="Whether the number is proven to be his; null where there is none.",
    )
    def phone_status(parent: strawberry.Parent[Account]) -> Rows:
        return PhoneStatus.of(parent.phone, confirmed=parent.phone_confirmed)

    @strawberry.field(
        graphql_type=str | None,
        description="His picture, put up by PUT /avatar; null where there is none.",
    )
    def avatar_url(parent: strawberry.Parent[Account], info: Info) -> Rows:
        return info.context.loaders.avatars.load(parent.id)

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

    @strawberry.field(
        graphql_type=Annotated["SecondFactor", strawberry.lazy("schema.second_factors")] | None,
        description="What signing in asks for beside the password; null where none is on.",
    )
    async def second_factor(self, info: Info) -> Rows:
        return await second_factors.of(info.context.viewer)

    @strawberry.field(
        graphql_type=list[Annotated["Identity", strawberry.lazy("schema.identities")]],
        description="Accounts with providers that he signs in with, the one linked first first.",
    )
    async def identities(self, info: Info) -> Rows:
        return await identities.mine(info.context.viewer)

    @strawberry.field(
        graphql_type=Connection[Annotated["Session", strawberry.lazy("schema.open_sessions")]],
        description="Where he is signed in, the session used last first.",
    )
    async def sessions(self, info: Info, first: First = None, after: After = None) -> Rows:
        window = pages.Window(first, after)
        return connections.of(await sessions.mine(info.context.viewer, window))


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
        description="Whoever asks, a person or an API key; null for anonymous callers.",
    )
    async def viewer(self, info: Info) -> Rows:
        return await people.oneself(info.context.viewer)
