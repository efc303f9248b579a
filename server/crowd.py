"""How many requests are answered at once; whoever comes beyond that hears so at once (CASES 138).

uvicorn's own limit counts connections, also those that wait for their next request, and refuses
probes as well: an orchestrator would then kill what is only busy. So it stands far above this one.
"""

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import errors
from server import access, authentication, metrics, refusals
from settings import Settings

_RETRY_SECONDS = "1"


class Crowd:
    """Around what answers; health is let through, and a stream counts until it begins."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.room = settings.requests_at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in access.PROBES:
            await self.app(scope, receive, send)
        elif self.room > 0:
            await self._admit(scope, receive, send)
        else:
            metrics.requests_refused.inc()
            await _refuse(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        holds = 1
        self.room -= 1

        async def sent(message: Message) -> None:
            nonlocal holds
            if _is_stream(message):
                self.room, holds = self.room + holds, 0
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            self.room += holds


def _is_stream(message: Message) -> bool:
    if message["type"] != "http.response.start":
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    locale = authentication.client(HTTPConnection(scope)).language
    answer = refusals.answer(errors.ServiceUnavailable(), locale)
    answer.headers["retry-after"] = _RETRY_SECONDS
    await answer(scope, receive, send)
