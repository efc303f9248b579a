"""uvicorn's protocols, that cut off who takes nothing and who hardly sends.

An application hears only that a send lasts; what is written waits in the process, and neither it
nor `close()` ends that. Only the transport can be told to let go. Nor does it hear of a request
before its head is whole: how long that may take, and how large it may be, is held here.
"""

import asyncio
from typing import Any

import orjson
from starlette.responses import JSONResponse
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

import settings
from server import refusals

LARGEST_HEAD = 64 * 1024
MOST_HEADERS = 100
_BAD_REQUEST, _TOO_SLOW, _TOO_LARGE, _NOT_NOW = 400, 408, 431, 503


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


class _Arrival:
    """Of one request: how much of its head is there, and whether all of it is."""

    def __init__(self) -> None:
        self.read = 0
        self.has_begun = self.has_head = self.is_whole = False


class Http(_Impatient, HttpToolsProtocol):
    """Of requests and event streams; what it refuses itself it refuses in JSON as well."""

    _arrival: _Arrival
    _limit: asyncio.TimerHandle | None = None
    _refused = _BAD_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arrival = _Arrival()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._arrival.has_begun and not self._arrival.has_head:
            self._arrival.read += len(data)
            if self._arrival.read > LARGEST_HEAD and not self.transport.is_closing():
                self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._arrival = _Arrival()
        self._arrival.has_begun = True
        self._expect()

    def on_headers_complete(self) -> None:
        """An error makes the parser stop, and `send_400_response` say why."""
        self._arrival.has_head = True
        self._wait()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > LARGEST_HEAD or len(self.headers) > MOST_HEADERS:
            self._refused = _TOO_LARGE
            raise ValueError(size)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Where the answer was there before, uvicorn waits for the next request without end."""
        super().on_message_complete()
        self._arrival.is_whole = True
        if getattr(self.cycle, "response_complete", False):  # there is none for a socket
            self._expect()
        else:
            self._wait()

    def on_response_complete(self) -> None:
        """What is left of a body that nobody wants is not read for ever."""
        super().on_response_complete()
        if not self._arrival.is_whole:
            self._expect()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 not in our shape
        self._refuse(self._refused)

    def _should_upgrade(self) -> bool:
        """Of other methods websockets makes nothing at all, and uvicorn waits for it."""
        return bool(super()._should_upgrade() and self.scope["method"] == "GET")

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        ours = _too_many if app is service_unavailable else app
        super()._start_asgi_task(cycle, ours)

    def _expect(self) -> None:
        self._wait()
        patience = settings.load().request_patience.total_seconds()
        self._limit = self.loop.call_later(patience, self._give_up)

    def _wait(self) -> None:
        if self._limit is not None:
            self._limit.cancel()

    def _give_up(self) -> None:
        """Who has sent nothing is told nothing: browsers connect beforehand."""
        if self._arrival.has_begun and not self._arrival.has_head:
            self._refuse(_TOO_SLOW)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        told = orjson.dumps(refusals.body(status))
        head = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head % len(told) + told)
        self.transport.close()


async def _too_many(scope: Any, receive: Any, send: Any) -> None:
    """Beyond `limit_concurrency`."""
    headers = {"connection": "close", "retry-after": "1"}
    await JSONResponse(refusals.body(_NOT_NOW), _NOT_NOW, headers)(scope, receive, send)


class WebSocket(_Impatient, WebSocketsSansIOProtocol):
    """Of sockets; a handshake that does not come to its end has no other one."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        patience = settings.load().request_patience.total_seconds()
        self.loop.call_later(patience, self._give_up)

    def _give_up(self) -> None:
        if self.conn.state is State.CONNECTING:
            self.transport.close()


OPTIONS: dict[str, Any] = {
    "http": Http,
    "ws": WebSocket,
    "ws_max_size": 64 * 1024,
    "ws_per_message_deflate": False,
}
"""Of `uvicorn.Config`."""
