"""Links mailed to somebody about his account, as whoever holds one sees them before he uses it."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import Anyone, guard
from resolvers import account_links
from schema import errors
from schema.arguments import Token
from schema.context import Info
from schema.enums import Locale
from schema.interfaces import Rows, shown_from


@strawberry.type(
    description="A living link: to a new password, to another address, or to a registration."
)
@shown_from(account_links.Shown)
class AccountLink:
    email: str | None = strawberry.field(description="The address it was mailed to.")
    locale: Locale | None = strawberry.field(
        description="The language of its reader, as far as it is known."
    )
    expires_at: datetime = strawberry.field(description="Until when it works.")


AccountLinkResult = Annotated[
    AccountLink | errors.LinkUnavailable | errors.RateLimited,
    strawberry.union("AccountLinkResult", description="What a link about an account can come to."),
]


@strawberry.type
class AccountLinkQueries:
    @strawberry.field(
        graphql_type=AccountLinkResult | None,
        extensions=guard(Anyone()),
        description="Whether a link about an account still works; looking does not use it. "
        "Refused over GET.",
    )
    async def account_link(self, info: Info, token: Token) -> Rows:
        info.context.require_links()
        return await account_links.look(token)
