"""Launching apps."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.fields import SignedIn, guard
from resolvers import launches
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.interfaces import Rows

if TYPE_CHECKING:
    from schema.app_sessions import AppSession

LazyAppSession = Annotated["AppSession", strawberry.lazy("schema.app_sessions")]


@strawberry.input(description="An app to launch.")
class LaunchAppInput:
    app_id: strawberry.ID = strawberry.field(description="Which app.")


@strawberry.type(
    description="A session in the app is open; it ends with the ticket unless the app redeems that."
)
class LaunchAppPayload:
    session_id: strawberry.Private[str]
    ticket: str = strawberry.field(
        description="A JWT that the app redeems, once; shown for this once. Post it to `url` as"
        " the form field `ticket`, or put it behind `#`; never into the query."
    )
    expires_at: datetime = strawberry.field(description="Until when it may be redeemed.")
    url: str | None = strawberry.field(description="Where the app is opened.")

    @strawberry.field(graphql_type=LazyAppSession, description="The viewer's session in the app.")
    def session(self, info: Info) -> Rows:
        return info.context.loaders.app_sessions.load(self.session_id)


LaunchAppResult = Annotated[
    LaunchAppPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.SubscriptionEnded
    | errors.SessionLimitReached
    | errors.RateLimited,
    strawberry.union("LaunchAppResult", description="What launching an app can come to."),
]


@strawberry.type
class LaunchMutations:
    @strawberry.mutation(
        graphql_type=LaunchAppResult | None,
        extensions=guard(SignedIn()),
        description="Open a session in an app that the viewer has a right on.",
    )
    async def launch_app(self, info: Info, input: Input[LaunchAppInput]) -> Rows:
        made = await launches.launch(info.context.viewer, input.app_id)
        return LaunchAppPayload(
            session_id=made.session_id,
            ticket=made.ticket,
            expires_at=made.expires_at,
            url=made.url,
        )
