"""uvicorn, inside our own start and stop.

uvicorn raises the signal that ended it again when it is done, which would end the process before
the embedded database has been stopped; so signals only ask it to leave. It leaves in this order
(CASES 137), within 15 seconds: it is not ready any more and its worker takes nothing new; it serves
on for as long as load balancers need to notice; streams and sockets end; requests are finished; the
rest is cut off, what the worker holds is given back, the database is left.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from socket import socket
from types import FrameType

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from server import app, health, live, metrics, protocols, running, tracing
from settings import Settings, proxies

GRACE_SECONDS = 8
NOTICED_WITHIN = timedelta(seconds=3)
_CONNECTIONS_A_REQUEST = 4


class Server(uvicorn.Server):
    """Announces itself when it listens, and takes its leave in our order.

    `stop` is set by the first signal, `delay` seconds before it serves nobody any more; a second
    signal does not wait for that.
    """

    def __init__(
        self, config: uvicorn.Config, announcement: str, *, stop: asyncio.Event, delay: float
    ) -> None:
        super().__init__(config)
        self.announcement = announcement
        self.stop, self.delay = stop, delay

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.delay == 0 or self.stop.is_set():
            super().handle_exit(sig, frame)
        else:
            asyncio.get_running_loop().call_later(self.delay, super().handle_exit, sig, frame)
        health.stops()
        self.stop.set()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await live.end()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self.announcement, flush=True)  # noqa: T201 for whoever started it

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for signal in HANDLED_SIGNALS:
            loop.add_signal_handler(signal, self.handle_exit, signal, None)
        yield
        for signal in HANDLED_SIGNALS:
            loop.remove_signal_handler(signal)


async def serve(settings: Settings, *, host: str, port: int, worker: bool) -> None:
    """Serve until a signal; requests under way are finished.

    Raises:
        models.migrating.NotReady
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(tracing.exporting(settings))
        url = await stack.enter_async_context(running.pool(settings))
        await stack.enter_async_context(metrics.listening(settings))
        await stack.enter_async_context(running.listening(settings, url))
        stop = asyncio.Event()
        if worker:
            stop = await stack.enter_async_context(running.working(settings))
        config = uvicorn.Config(
            app.build(settings),
            host=host,
            port=port,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(proxies.as_peers(settings.trusted_proxies)),
            timeout_graceful_shutdown=GRACE_SECONDS,
            limit_concurrency=_connections(settings),
            **protocols.OPTIONS,
        )
        announcement = _announcement(settings, host, port)
        await Server(config, announcement, stop=stop, delay=_delay(settings)).serve()


def _connections(settings: Settings) -> int:
    """Far above what `Crowd` and `live` admit: most connections wait for their next request."""
    return _CONNECTIONS_A_REQUEST * (settings.requests_at_once + settings.live_connections)


def _delay(settings: Settings) -> float:
    if settings.stop_delay is not None:
        return settings.stop_delay.total_seconds()
    return NOTICED_WITHIN.total_seconds() if settings.production else 0


def _announcement(settings: Settings, host: str, port: int) -> str:
    address = f"http://{host}:{port}"
    lines = [f"Tenantry is up.  GraphQL  {address}/graphql"]
    lines.append(f"                 Sign in  {address}/sign-in")
    if settings.has_mailbox:
        lines.append(f"                 Mailbox  {address}/mailbox")
    return "\n".join(lines)
