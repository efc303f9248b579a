"""How slowly a body may come (CASES 139): whoever sends a byte a second holds a place for nothing.

A body has a while to arrive, and a second more for each 16 KiB that have come: so a slow line
sends what it has, and only who hardly sends is cut off. Heads are `server/protocols`' affair.
"""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import settings

_BYTES_A_SECOND = 16 * 1024


class Patience:
    """Around what reads bodies; who leaves in the middle of one is no failure of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive)
        try:
            await self.app(scope, body.receive, send)
        except ClientDisconnect:
            if not body.has_ended:
                raise


class _Body:
    """`has_ended`: before it was whole, or because it was."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._until = _now() + settings.load().request_patience.total_seconds()
        self.has_ended = False

    async def receive(self) -> Message:
        """Raises:
        HTTPException: 408, it came too slowly.
        """
        if self.has_ended:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408) from None
        self._until += len(message.get("body", b"")) / _BYTES_A_SECOND
        self.has_ended = not message.get("more_body", False)
        return message


def _now() -> float:
    return asyncio.get_running_loop().time()
