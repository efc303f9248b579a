"""What stands around servers on several machines, run with the files of deploy/scale/.

nginx and PgBouncer are the distribution's, PostgreSQL is the embedded one's.
"""

import asyncio
import os
import shutil
import socket
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from getpass import getuser
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx2

from models import database, embedded
from models.embedded import Embedded
from settings import CHECKOUT

CONFIGURATION = CHECKOUT / "deploy" / "scale"
PASSWORD = "between machines"
STARTS_WITHIN = 180
_PROGRAMS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])


def missing() -> list[str]:
    """Programs of the distribution that are not here."""
    return [name for name in ("nginx", "pgbouncer") if shutil.which(name, path=_PROGRAMS) is None]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def filled_in(name: str, **values: object) -> str:
    """A file of deploy/scale/; what is nginx's own stays."""
    return Template((CONFIGURATION / name).read_text()).safe_substitute(values)


@asynccontextmanager
async def primary(migrated: Path, folder: Path) -> AsyncIterator[Embedded]:
    """With deploy/scale/primary.conf, a password for who serves, and who replicates."""
    _make(folder)
    await _run("cp", "-a", migrated / "postgresql", folder)
    _include(folder / "postgresql", "primary.conf")
    running = await embedded.start(folder)
    try:
        await ask(host(running), f"alter role tenantry password '{PASSWORD}'")
        await ask(host(running), "create role tenantry_replication login replication")
        yield running
    finally:
        await asyncio.to_thread(running.stop)


@asynccontextmanager
async def replica(followed: Embedded, folder: Path) -> AsyncIterator[Path]:
    """Made and run as deploy/scale/replica.conf says; its socket's folder."""
    wheel, data, sockets = followed.server, folder / "data", folder / "sockets"
    for each in (folder, sockets):
        _make(each)
        _hand_over(each, wheel.system_user)
    values = {"PRIMARY_HOST": host(followed), "PRIMARY_PORT": 5432}
    copying = ("--wal-method=stream", "--checkpoint=fast", "--create-slot")
    role = ("--slot=tenantry_replica", "--username=tenantry_replication")
    whence = (f"--pgdata={data}", f"--host={host(followed)}")
    program = wheel.bin_path / "pg_basebackup"
    await _run(program, *copying, *role, *whence, user=wheel.system_user)
    _include(data, "replica.conf", **values)
    (data / "standby.signal").touch()
    control = (wheel.bin_path / "pg_ctl", "-w", "-D", data, "-l", folder / "log")
    await _run(*control, "-o", f'-h "" -k {sockets}', "start", user=wheel.system_user)
    try:
        yield sockets
    finally:
        await _run(*control, "-m", "immediate", "stop", user=wheel.system_user)


@asynccontextmanager
async def pgbouncer(followed: Embedded, replica: Path, folder: Path) -> AsyncIterator[str]:
    """Its address, without the name of a database. It refuses to run as root."""
    user, port = followed.server.system_user, free_port()
    _make(folder)
    (folder / "users.txt").write_text(f'"tenantry" "{PASSWORD}"\n')
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        filled_in(
            "pgbouncer.ini",
            PRIMARY_HOST=host(followed),
            PRIMARY_PORT=5432,
            REPLICA_HOST=replica,
            REPLICA_PORT=5432,
            LISTEN_ADDRESS="127.0.0.1",
            LISTEN_PORT=port,
            FOLDER=folder,
        )
    )
    _hand_over(folder, user)
    async with _program("pgbouncer", configuration, user=user):
        await until(lambda: _reached(port))
        yield f"postgresql://tenantry:{quote(PASSWORD)}@127.0.0.1:{port}"


@asynccontextmanager
async def nginx(port: int, urls: list[str], folder: Path) -> AsyncIterator[None]:
    _make(folder)
    first, second = [url.removeprefix("http://") for url in urls]
    listen = f"127.0.0.1:{port}"
    site = filled_in("nginx.conf", LISTEN=listen, FIRST_SERVER=first, SECOND_SERVER=second)
    (folder / "tenantry.conf").write_text(site)
    configuration = folder / "nginx.conf"
    configuration.write_text(_AROUND_THE_SITE.format(folder=folder, user=getuser()))
    async with _program("nginx", "-p", folder, "-c", configuration):
        await until(lambda: _reached(port))
        yield


# What a distribution has in /etc/nginx/nginx.conf.
_AROUND_THE_SITE = """
daemon off;
user {user};
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/tenantry.conf;
}}
"""


@asynccontextmanager
async def _program(name: str, *arguments: object, user: str | None = None) -> AsyncIterator[None]:
    """One that runs until the end of the block."""
    path = shutil.which(name, path=_PROGRAMS)
    assert path is not None
    given = [str(argument) for argument in arguments]
    process = await asyncio.create_subprocess_exec(path, *given, user=user, stderr=DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _run(*command: object, user: str | None = None) -> None:
    given = [str(part) for part in command]
    process = await asyncio.create_subprocess_exec(
        *given, user=user, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    assert await process.wait() == 0, given


def _include(data: Path, name: str, **values: object) -> None:
    """At the end, where it has the last word."""
    with (data / "postgresql.conf").open("a") as file:
        file.write(f"\n{filled_in(name, **values)}\n")


def _hand_over(folder: Path, user: str | None) -> None:
    """To the user that servers run as where root runs the tests."""
    if user is not None:
        for each in (folder, *folder.rglob("*")):
            shutil.chown(each, user)


def host(server: Embedded) -> str:
    return str(database.parse(server.url)["host"])


async def ask(host: str, statement: str) -> Any:
    """As the superuser of a PostgreSQL; the first value it answers."""
    connection = await asyncpg.connect(host=host, user="postgres", database=embedded.DATABASE)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def _reached(port: int) -> bool:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    return True


async def until(ready: Callable[[], Any]) -> None:
    """Nobody tells, so it is asked."""
    async with asyncio.timeout(STARTS_WITHIN):
        while True:
            try:
                if await ready():
                    return
            except (OSError, httpx2.TransportError, asyncpg.PostgresError):
                pass
            await asyncio.sleep(0.05)


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o755)
