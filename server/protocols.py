"""uvicorn's protocols, that cut off who takes nothing.

An application hears only that a send lasts; what is written waits in the process, and neither it
nor `close()` ends that. Only the transport can be told to let go.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

import settings


class _Impatient(asyncio.Protocol):
    """While more is written than is read: until twice the patience is over."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    _end: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        patience = settings.load().live_patience.total_seconds()
        self._end = self.loop.call_later(2 * patience, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._keep()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._keep()

    def _keep(self) -> None:
        if self._end is not None:
            self._end.cancel()


class Http(_Impatient, AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # chosen at run time
    """Of requests and event streams."""


class WebSocket(_Impatient, WebSocketsSansIOProtocol):
    """Of sockets."""


OPTIONS: dict[str, Any] = {
    "http": Http,
    "ws": WebSocket,
    "ws_max_size": 64 * 1024,
    "ws_per_message_deflate": False,
}
"""Of `uvicorn.Config`."""
