"""The HTTP application: what is served where, and what every request carries."""

import re
import uuid

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from server import app_sessions, avatars, graphql, health, jwks, members_csv
from server.access import Access
from server.crowd import Crowd
from server.origins import Origins
from server.pages import mailbox, shells, unsubscribe
from server.patience import Patience
from server.refusals import Refusals
from server.security_headers import SecurityHeaders
from settings import Settings

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestId:
    """Every request has an id, the proxy's or ours; the answer, the log and the audit name it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope["request_id"] = request_id
        clear_contextvars()  # a connection's next request may begin in what is left of this one
        bind_contextvars(request_id=request_id)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        await self.app(scope, receive, answer)


def build(settings: Settings) -> Starlette:
    """The application; whoever runs it keeps the database up (`server/running`)."""
    view = graphql.View(settings)
    routes: list[BaseRoute] = [
        Route("/graphql", view, methods=["GET", "POST"], max_body_size=settings.request_bytes),
        WebSocketRoute("/graphql", view),
        *health.routes,
        *app_sessions.routes,
        *avatars.routes,
        *jwks.routes,
        *members_csv.routes,
        *shells.routes,
        *unsubscribe.routes,
    ]
    if settings.has_mailbox:
        routes += mailbox.routes
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(SecurityHeaders, settings),
            Middleware(RequestId),
            Middleware(Access),
            Middleware(Refusals),
            Middleware(Crowd, settings),
            Middleware(Patience),
            Middleware(Origins, settings),
        ],
    )
