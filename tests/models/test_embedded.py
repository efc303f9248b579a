import asyncio
import os
import stat
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import asyncpg
import psutil
import pytest

from models import database, embedded
from settings import CHECKOUT

USER = """
import asyncio, sys
from pathlib import Path
from models import embedded

running = asyncio.run(embedded.start(Path(sys.argv[1])))
print("up", flush=True)
sys.stdin.readline()
running.stop()
"""


async def use(data_dir: Path) -> Process:
    """Another process that uses the server until its input ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", USER, data_dir), cwd=CHECKOUT, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"up\n"
    return process


def servers(data_dir: Path) -> list[int]:
    """The processes of a server on that folder."""
    folder = str(data_dir / "postgresql")
    return [p.pid for p in psutil.process_iter(["cmdline"]) if folder in (p.info["cmdline"] or [])]


async def execute(server: embedded.Embedded, statement: str) -> str:
    connection = await asyncpg.connect(**database.parse(server.migration_url))
    try:
        return str(await connection.execute(statement))
    finally:
        await connection.close()


async def test_data_survives_a_restart_and_nothing_is_left_running(data_dir: Path) -> None:
    """DESIGN 1.2."""
    first = await embedded.start(data_dir)
    await execute(first, "create table kept as select 1")
    first.stop()
    assert servers(data_dir) == []
    second = await embedded.start(data_dir)
    assert await execute(second, "select * from kept") == "SELECT 1"
    await execute(second, "drop table kept")
    second.stop()
    assert servers(data_dir) == []


async def test_processes_share_a_server_and_the_last_one_stops_it(data_dir: Path) -> None:
    """DESIGN 4: each command works beside a running server."""
    other = await use(data_dir)
    running = servers(data_dir)
    ours = await embedded.start(data_dir)
    assert servers(data_dir) == running
    ours.stop()
    assert servers(data_dir) == running
    await other.communicate(b"")
    assert servers(data_dir) == []


async def test_a_process_that_was_killed_does_not_keep_the_server(data_dir: Path) -> None:
    """TRAPS 29."""
    other = await use(data_dir)
    other.kill()
    await other.wait()
    ours = await embedded.start(data_dir)
    ours.stop()
    assert servers(data_dir) == []


def test_each_user_of_a_machine_locks_a_file_of_his_own() -> None:
    """TRAPS 29: in the system's temporary folder the first one would shut out all others."""
    wheel = embedded._library()  # noqa: SLF001 it is what asks the wheel to do so
    own = Path(tempfile.gettempdir()) / f"tenantry-{os.geteuid()}"
    assert wheel.PostgresServer.lock_path.parent.parent == own
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_a_runtime_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever owns it could shut us out, or more."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    planted = tmp_path / f"tenantry-{os.geteuid()}"
    planted.mkdir()
    os.chown(planted, 12345, 12345)
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        await embedded.start(tmp_path)
