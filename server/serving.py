"""uvicorn, inside our own start and stop.

uvicorn raises the signal that ended it again when it is done, which would end the process before
the embedded database has been stopped; so signals only ask it to leave.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from socket import socket

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from server import app, live, protocols, running
from settings import Settings

GRACE_SECONDS = 10
CONCURRENT_REQUESTS = 1000


class Server(uvicorn.Server):
    """Announces itself when it listens, and leaves signals to us."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self.announcement = announcement

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
        url = await stack.enter_async_context(running.pool(settings))
        await stack.enter_async_context(running.listening(settings, url))
        if worker:
            await stack.enter_async_context(running.working(settings))
        config = uvicorn.Config(
            app.build(settings),
            host=host,
            port=port,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=GRACE_SECONDS,
            limit_concurrency=CONCURRENT_REQUESTS + settings.live_connections,
            **protocols.OPTIONS,
        )
        await Server(config, _announcement(settings, host, port)).serve()


def _announcement(settings: Settings, host: str, port: int) -> str:
    address = f"http://{host}:{port}"
    lines = [f"Tenantry is up.  GraphQL  {address}/graphql"]
    lines.append(f"                 Sign in  {address}/sign-in")
    if settings.has_mailbox:
        lines.append(f"                 Mailbox  {address}/mailbox")
    return "\n".join(lines)
