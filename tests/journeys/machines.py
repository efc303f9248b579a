"""What stands around servers on several machines, as deploy/scale/ says: each a process of its own.

nginx in front of two servers, two workers beside; PgBouncer before a primary and its replica.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from models import embedded
from models.embedded import Embedded
from tests import databases
from tests.journeys import killed, surroundings
from tests.journeys.killed import Mortal, Server
from tests.mail.gateway import Gateway
from tests.mail.sink import Sink

MACHINES = pytest.param("machines", marks=pytest.mark.soak)
"""A journey's site, where its mail is to arrive in one way only."""


@dataclass
class Machines:
    """`url` is nginx's; `pooler` needs the name of a database; `replica` is its socket's folder."""

    url: str
    primary: Embedded
    replica: Path
    pooler: str
    sink: Sink
    gateway: Gateway
    servers: list[Server] = field(default_factory=list)
    workers: list[Mortal] = field(default_factory=list)
    dead: list[Mortal] = field(default_factory=list)

    @property
    def ours(self) -> list[Mortal]:
        return [*self.servers, *self.workers]

    async def end(self) -> None:
        for one in self.ours:
            if one not in self.dead:
                await self.kill(one)

    async def kill(self, one: Mortal) -> None:
        """SIGKILL; `mend` starts it again."""
        await one.kill()
        self.dead.append(one)

    def address_of_replica(self) -> str:
        """Around the pooler, for the serving role."""
        return f"postgresql://{embedded.SERVING_ROLE}@/{embedded.DATABASE}?host={self.replica}"

    async def administer(self, statement: str) -> Any:
        """On the primary, as the superuser; the first value it answers."""
        return await surroundings.ask(surroundings.host(self.primary), statement)

    async def mend(self) -> None:
        """Whatever was killed runs again."""
        while self.dead:
            await self.dead.pop().start()

    async def empty(self) -> None:
        """As the migrations left it; the replica follows. What arrived is forgotten."""
        for arrived in (self.sink.received, self.sink.recipients, self.gateway.received):
            arrived.clear()
        await self.resume_replica()
        await self.administer(databases._EMPTY)  # noqa: SLF001 as between other tests
        await self.follow()

    async def follow(self) -> None:
        """Wait until the replica has all that the primary has by now."""
        position = await self.administer("select pg_current_wal_lsn()::text")
        asked = f"select pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"
        await surroundings.until(lambda: surroundings.ask(str(self.replica), asked))

    async def pause_replica(self) -> None:
        """It replays nothing from now on."""
        await surroundings.ask(str(self.replica), "select pg_wal_replay_pause()")
        paused = "select pg_get_wal_replay_pause_state() = 'paused'"
        await surroundings.until(lambda: surroundings.ask(str(self.replica), paused))

    async def resume_replica(self) -> None:
        await surroundings.ask(str(self.replica), "select pg_wal_replay_resume()")


@asynccontextmanager
async def running(
    migrated: Path, folder: Path, sink: Sink, gateway: Gateway
) -> AsyncIterator[Machines]:
    """Everything, begun with the migrated data directory; `folder` is open to other users."""
    async with AsyncExitStack() as stack:
        begin = stack.enter_async_context
        primary = await begin(surroundings.primary(migrated, folder / "primary"))
        replica = await begin(surroundings.replica(primary, folder / "replica"))
        pooler = await begin(surroundings.pgbouncer(primary, replica, folder / "pooler"))
        port = surroundings.free_port()
        url = f"http://127.0.0.1:{port}"
        machines = Machines(url, primary, replica, pooler, sink, gateway)
        _plan(machines, folder / "ours")
        stack.push_async_callback(machines.end)
        await asyncio.gather(*[one.start() for one in machines.ours])
        urls = [server.url for server in machines.servers]
        await begin(surroundings.nginx(port, urls, folder / "proxy"))
        yield machines


def _plan(machines: Machines, folder: Path) -> None:
    folder.mkdir()
    settings: dict[str, object] = {
        "public_url": machines.url,
        "trusted_proxies": "127.0.0.1",
        "database_url": f"{machines.pooler}/tenantry",
        "replica_database_url": f"{machines.pooler}/tenantry_replica",
        "database_pooled": "true",
        "database_pool_size": 8,
        "listening_database_url": machines.primary.url,
        "smtp_url": machines.sink.url,
        "sms_url": machines.gateway.url,
        # As journeys have it that change settings of their own process.
        "registration": "true",
        "app_session_lapse": "00:00:03",
    }
    for number in range(2):
        server = killed.server(folder, settings)
        log = folder / f"worker-{number}.log"
        machines.servers.append(server)
        machines.workers.append(Mortal(("-m", "server", "worker"), server.environment, log))
