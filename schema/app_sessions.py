"""Sessions in apps: seen and ended by who administers the app, and by their members."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.fields import SignedIn, guard
from resolvers import app_sessions, pages, rows
from schema import connections, errors
from schema.arguments import Input
from schema.context import Info
from schema.interfaces import Node, Rows, shown_from

if TYPE_CHECKING:
    from schema.apps import App
    from schema.members import Member


@strawberry.type(description="Somebody at work in an app, or about to be: his ticket still works.")
@shown_from(rows.AppSession)
class AppSession(Node):
    member_id: strawberry.ID = strawberry.field(description="Whose it is.")
    member_name: str = strawberry.field(description="His full name, also without members:view.")
    started_at: datetime = strawberry.field(description="When he launched the app.")
    last_seen_at: datetime | None = strawberry.field(
        description="The app's last heartbeat; null: it has not redeemed the ticket yet."
    )

    @strawberry.field(
        graphql_type=Annotated["App", strawberry.lazy("schema.apps")], description="Which app."
    )
    def app(parent: strawberry.Parent[rows.AppSession], info: Info) -> Rows:
        return info.context.loaders.apps.load(parent.app_id)

    @strawberry.field(
        graphql_type=Annotated["Member", strawberry.lazy("schema.members")] | None,
        description="The member, where the viewer may see him.",
    )
    def member(parent: strawberry.Parent[rows.AppSession], info: Info) -> Rows:
        return info.context.loaders.members.load(parent.member_id)


async def session_page(info: Info, app: rows.App, window: pages.Window) -> Rows:
    """A page of an app's sessions as a connection."""
    viewer = info.context.viewer
    page = await app_sessions.page(viewer, app, window)
    return connections.of(page, partial(app_sessions.count, viewer, app))


@strawberry.input(description="Which session in an app is to end.")
class EndAppSessionInput:
    session_id: strawberry.ID = strawberry.field(
        description="From `App.sessions`, or from the refusal of a launch."
    )


@strawberry.type(description="The session is over; the app hears so at its next heartbeat.")
class EndAppSessionPayload:
    session_id: strawberry.ID = strawberry.field(description="Which one.")


@strawberry.input(description="Whose sessions in an app are to end.")
class EndAppSessionsInput:
    app_id: strawberry.ID = strawberry.field(description="In which app.")
    member_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only those of this member; left out: everybody's."
    )


@strawberry.type(description="The sessions are over; the app hears so at its next heartbeats.")
class EndAppSessionsPayload:
    ended: int = strawberry.field(description="How many have ended.")


EndAppSessionResult = Annotated[
    EndAppSessionPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union(
        "EndAppSessionResult", description="What ending a session in an app can come to."
    ),
]
EndAppSessionsResult = Annotated[
    EndAppSessionsPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union(
        "EndAppSessionsResult", description="What ending the sessions in an app can come to."
    ),
]


@strawberry.type
class AppSessionMutations:
    @strawberry.mutation(
        graphql_type=EndAppSessionResult | None,
        extensions=guard(SignedIn()),
        description="End a session in an app that the viewer administers, or one of his own.",
    )
    async def end_app_session(self, info: Info, input: Input[EndAppSessionInput]) -> Rows:
        await app_sessions.end(info.context.viewer, input.session_id)
        return EndAppSessionPayload(session_id=input.session_id)

    @strawberry.mutation(
        graphql_type=EndAppSessionsResult | None,
        extensions=guard(SignedIn()),
        description="End all sessions in an app that the viewer administers.",
    )
    async def end_app_sessions(self, info: Info, input: Input[EndAppSessionsInput]) -> Rows:
        ended = await app_sessions.end_all(
            info.context.viewer, input.app_id, member_id=input.member_id
        )
        return EndAppSessionsPayload(ended=ended)
