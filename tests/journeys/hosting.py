"""uvicorn on a real socket with a worker beside, in this process, so that tests can move its clock;
mails and SMS leave over SMTP and HTTP, or stay in the mailbox.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette

from models import announcements
from server import app, protocols, running, worker
from settings import Settings
from tests import databases
from tests.journeys.site import Mailbox, Site, Smtp
from tests.mail import gateway as gateways
from tests.mail import sink as sinks
from tests.mail.gateway import Gateway
from tests.mail.sink import Sink

QUICK = timedelta(seconds=0.05)


@asynccontextmanager
async def hosting(
    configure: Callable[..., Settings], *, smtp: bool, **more: object
) -> AsyncIterator[Site]:
    """`more` are further settings."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with sinks.listening(Sink()) as sink, gateways.listening(Gateway()) as gateway:
            far = {"smtp_url": sink.url, "sms_url": gateway.url} if smtp else {}
            chosen = configure(public_url=url, **far, **more)
            async with (
                announcements.listening(databases.address(), chosen),
                listening(app.build(chosen), listener),
                working(chosen),
                Site(url, Smtp(sink, gateway) if smtp else Mailbox(url)) as site,
            ):
                yield site


@asynccontextmanager
async def listening(
    application: Starlette, listener: socket.socket, **more: Any
) -> AsyncIterator[None]:
    """`more` are further options of uvicorn."""
    options = {**protocols.OPTIONS, **more}
    server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_config=None, **options))
    run = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await run


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[None]:
    each = {one.channel: one for one in running.carriers(settings)}  # they poll often here
    stop = asyncio.Event()
    run = asyncio.create_task(worker.run(*each.values(), stop=stop, idle=QUICK, trouble=QUICK))
    try:
        yield
    finally:
        stop.set()
        await run
