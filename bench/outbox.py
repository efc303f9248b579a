"""How many mails of invitations one worker process sends in a second.

The mail server is another process, which takes whatever comes; the time runs there, from the first
mail to the last one, so that starting and stopping do not count.
"""

import asyncio
import multiprocessing
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import cast

import asyncpg
import orjson

from auth import tokens
from bench import data, serving
from models import clock

MAILS = 2000
_TENANTS, _MEMBERS = 10, 10
_FACTS = {
    "tenant_name": "Tenant 1",
    "role": "Manager",
    "apps": [{"name": "App 1", "right": "LAUNCH"}],
    "inviter_name": "Person 1",
}

_QUEUE = """
with given as (
  select n, 'ten_' || lpad((1 + n % $1)::text, 26, '0') as tenant_id,
    'mem_' || lpad('q' || n, 26, '0') as member_id, invitation_id, digest
  from unnest($2::text[], $3::text[]) with ordinality as g(invitation_id, digest, n)
), invited as (
  insert into members (id, tenant_id, status, role, email, email_key, name_key, is_first_user,
    created_at, updated_at, grants, denials, revision)
  select member_id, tenant_id, 'PENDING', 'USER', 'guest' || n || '@example.org',
    'guest' || n || '@example.org', '', false, now(), now(), '{}', '{}', 1
  from given
), offered as (
  insert into invitations (id, tenant_id, member_id, inviter_id, state, generation, token_digest,
    created_at, expires_at, suppressed)
  select invitation_id, tenant_id, member_id, $4, 'PENDING', 1, digest, now(),
    now() + interval '3 days', false
  from given
)
insert into outbox_entries (id, tenant_id, invitation_id, generation, channel, message, recipient,
  locale, facts, state, attempts, due_at, not_after, created_at)
select 'msg_' || lpad('q' || n, 26, '0'), tenant_id, invitation_id, 1, 'MAIL', 'invitation',
  'guest' || n || '@example.org', 'EN', $5, 'QUEUED', 0, now() + n * interval '1 microsecond',
  now() + interval '3 days', now()
from given
"""
_FORGET = """
delete from outbox_entries where id like 'msg_%q%';
delete from invitations where id like 'inv_%q%';
delete from members where id like 'mem_%q%';
"""


@dataclass(frozen=True)
class Measured:
    """`seconds` of the clock, and `cpu` of the worker's, from the first mail to the last."""

    mails: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Mails in a second."""
        return (self.mails - 1) / self.seconds


async def measure(url: str, connection: asyncpg.Connection, mails: int = MAILS) -> Measured:
    """One worker on the database at `url`, which has tenants of `bench.data`; `connection` is a
    superuser's. What it writes is gone afterwards.

    Raises:
        AssertionError: a mail did not arrive, or twice.
    """
    await queue(connection, mails)
    try:
        async with _sink(mails) as (port, said):
            shown = serving.free_port()
            environment = {
                "TENANTRY_DATABASE_URL": url,
                "TENANTRY_SMTP_URL": f"smtp://{serving.HOST}:{port}",
                "TENANTRY_METRICS_ADDRESS": f"{serving.HOST}:{shown}",
            }
            command = (sys.executable, "-m", "server", "worker")
            async with serving.started(command, environment, shown) as worker:
                await _next(said)  # the first
                before = worker.cpu_seconds
                seconds = await _next(said)
                cpu = worker.cpu_seconds - before
        waiting = await connection.fetchval(
            "select count(*) from outbox_entries where id like 'msg_%q%' and state <> 'SENT'"
        )
        assert waiting == 0, f"{waiting} are not marked"
        return Measured(mails, seconds, cpu)
    finally:
        await _as_superuser(connection, _FORGET)


async def queue(connection: asyncpg.Connection, mails: int) -> None:
    """So many invitations whose mails are due, one after the other."""
    ids = [f"inv_{f'q{number}':0>26}" for number in range(1, mails + 1)]
    digests = [tokens.digest(tokens.of_invitation(each, 1)) for each in ids]
    facts = orjson.dumps(_FACTS | {"expires_at": clock.now().isoformat()}).decode()
    inviter = data.identity("usr", 1)
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(_QUEUE, _TENANTS, ids, digests, inviter, facts)
    await connection.execute("vacuum analyze outbox_entries, invitations, members")


async def _as_superuser(connection: asyncpg.Connection, sql: str) -> None:
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(sql)


@asynccontextmanager
async def _sink(mails: int) -> AsyncIterator[tuple[int, Connection]]:
    """Its port, and what it says: that the first mail came, and how many seconds later the last."""
    said, saying = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_receive, args=(mails, saying))
    process.start()
    saying.close()
    try:
        yield int(await _next(said)), said
    finally:
        process.kill()
        await asyncio.to_thread(process.join)


async def _next(said: Connection) -> float:
    """Raises:
    EOFError: it has ended.
    """
    return cast("float", await asyncio.to_thread(said.recv))


class _Dialogue(asyncio.Protocol):
    """Says yes to everything; a mail that comes twice ends it."""

    def __init__(self, mails: int, saying: Connection, arrived: dict[bytes, float]) -> None:
        self.mails, self.saying, self.arrived = mails, saying, arrived
        self.buffer, self.in_text, self.recipient = b"", False, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(b"220 localhost\r\n")

    def data_received(self, received: bytes) -> None:
        self.buffer += received
        while True:
            end = b"\r\n.\r\n" if self.in_text else b"\r\n"
            said, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            self.transport.write(self.take() if self.in_text else self.answer(said))

    def answer(self, command: bytes) -> bytes:
        verb = command[:4].upper()
        if verb == b"RCPT":
            self.recipient = command
        if verb == b"DATA":
            self.in_text = True
            return b"354 go on\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 OK\r\n"

    def take(self) -> bytes:
        self.in_text = False
        if self.recipient in self.arrived:
            self.saying.close()
        self.arrived[self.recipient] = time.perf_counter()
        if len(self.arrived) == 1:
            self.saying.send(0.0)
        if len(self.arrived) == self.mails:
            self.saying.send(max(self.arrived.values()) - min(self.arrived.values()))
        return b"250 taken\r\n"


def _receive(mails: int, saying: Connection) -> None:
    asyncio.run(_listen(mails, saying))


async def _listen(mails: int, saying: Connection) -> None:
    arrived: dict[bytes, float] = {}
    server = await asyncio.get_running_loop().create_server(
        lambda: _Dialogue(mails, saying, arrived), serving.HOST
    )
    saying.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()
