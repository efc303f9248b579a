"""How long a cold `python -m server serve` takes until it listens, embedded PostgreSQL included."""

import subprocess
import sys

from bench import serving
from bench.databases import Server
from bench.figures import Spread
from bench.results import Section
from bench.rounds import Pace
from settings import CHECKOUT


async def measure(on: Server, pace: Pace) -> Section:
    """Everything that `serve` starts: database, server and worker."""
    folder = on.folder / "start"
    environment = {"TENANTRY_DATA_DIR": str(folder)}
    subprocess.run(  # noqa: ASYNC221, S603 nothing else happens meanwhile, and the words are ours
        ["env", f"TENANTRY_DATA_DIR={folder}", sys.executable, "-m", "server", "migrate"],  # noqa: S607 everybody's
        cwd=CHECKOUT,
        check=True,
    )
    seconds = []
    for _ in range(pace.rounds):
        port = serving.free_port()
        command = [sys.executable, "-m", "server", "serve", "--port", str(port)]
        async with serving.started(command, environment, port) as server:
            seconds.append(server.started_in)
    found = Spread.of(*seconds)
    line = (
        "From `python -m server serve` to a port that answers, on a migrated embedded database that"
        f" does not run: {found.shown(2)} s."
    )
    return Section("A cold start", [line], {"start": found})
