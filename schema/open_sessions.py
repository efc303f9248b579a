"""Where somebody is signed in, and ending it from elsewhere."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import SignedIn, guard
from resolvers import rows, sessions
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.interfaces import Rows, shown_from
from schema.sessions import signed_out


@strawberry.type(description="Somewhere the viewer is signed in.")
@shown_from(rows.Session)
class Session:
    id: strawberry.ID = strawberry.field(description="For endSession; not what signs in.")
    device: str | None = strawberry.field(description="What the client calls itself.")
    created_at: datetime = strawberry.field(description="When he signed in.")
    last_used_at: datetime = strawberry.field(description="True to the minute.")
    current: bool = strawberry.field(description="Whether it is the one that asks.")


@strawberry.input(description="Which session is to end.")
class EndSessionInput:
    session_id: strawberry.ID = strawberry.field(description="From `me.sessions`.")


@strawberry.type(description="The session is dead at its next request.")
class EndSessionPayload:
    session_id: strawberry.ID = strawberry.field(description="Which one.")


@strawberry.type(description="Only the present session lives on.")
class EndOtherSessionsPayload:
    ended: int = strawberry.field(description="How many have ended.")


EndSessionResult = Annotated[
    EndSessionPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union("EndSessionResult", description="What ending a session can come to."),
]
EndOtherSessionsResult = Annotated[
    EndOtherSessionsPayload | errors.PermissionDenied,
    strawberry.union("EndOtherSessionsResult", description="What ending the others can come to."),
]


@strawberry.type
class OpenSessionMutations:
    @strawberry.mutation(
        graphql_type=EndSessionResult | None,
        extensions=guard(SignedIn()),
        description="End one of the viewer's sessions; the present one as signOut does.",
    )
    async def end_session(self, info: Info, input: Input[EndSessionInput]) -> Rows:
        await sessions.end(info.context.viewer, input.session_id)
        if input.session_id == info.context.viewer.session_id:
            signed_out(info)
        return EndSessionPayload(session_id=input.session_id)

    @strawberry.mutation(
        graphql_type=EndOtherSessionsResult | None,
        extensions=guard(SignedIn()),
        description="End all of the viewer's sessions but the present one.",
    )
    async def end_other_sessions(self, info: Info) -> Rows:
        ended = await sessions.end_others(info.context.viewer)
        return EndOtherSessionsPayload(ended=ended)
