"""What every answer tells browsers, where it does not say otherwise itself.

Nothing of it may be run, framed or taken for another kind of thing, and no other site hears its
address. Pages loosen the content security policy for what they show (`server/pages/page`).
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from settings import Settings

_ALWAYS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_OVER_HTTPS = {"strict-transport-security": "max-age=31536000"}


class SecurityHeaders:
    """Around everything, so that no answer goes without."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = _ALWAYS | (_OVER_HTTPS if settings.secure_cookies else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"].endswith("http.response.start"):  # of a refused WebSocket as well
                told = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    told.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, answer)
