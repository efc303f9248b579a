"""This server beside its peers; `scripts/bench` installs what is needed and starts this.

All of it writes bench/RESULTS.md; where works, figures or peers are named, only those are measured,
and printed. Ctrl-C stops whatever was started.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

import settings
from bench import (
    comparing,
    databases,
    growth,
    load,
    machine,
    mails,
    memory,
    results,
    scaling,
    starting,
    statements,
)
from bench.databases import Server
from bench.handwritten.peer import Handwritten
from bench.ours import Ours
from bench.peers import BetterAuth, Mercurius, PostGraphile
from bench.results import Results, Section
from bench.rounds import Measured, Pace
from bench.work import WORKS, Peer

FIGURES: Mapping[str, Callable[[Server, Pace], Awaitable[Section]]] = {
    "statements": statements.measure,
    "memory": memory.measure,
    "processes": scaling.measure,
    "growth": growth.measure,
    "outbox": mails.measure,
    "start": starting.measure,
}
PEERS: tuple[Peer, ...] = (
    Ours(),
    Handwritten(),
    Handwritten("hand-written, begun at once", at_once=True),
    Ours("Tenantry without accelerations", accelerations=False),
    Mercurius(),
    PostGraphile(),
    BetterAuth(),
)
_COMPARED = {Ours.name, Handwritten.name}


def main() -> None:
    asked = _arguments()
    if load.find() is None:
        sys.exit("wrk is not installed: apt-get install wrk, or what your system has for it")
    try:
        found = asyncio.run(_until_told(_run(asked)))
    except asyncio.CancelledError:
        sys.exit("Stopped; nothing was written")
    print("\n" + found.page())
    if not asked.names and not asked.peers:
        results.write(found)


def _arguments() -> argparse.Namespace:
    every, peers = [*WORKS, *FIGURES], [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(every)}")
    parser.add_argument("--peer", action="append", dest="peers", choices=peers)
    parser.add_argument("--rounds", type=int, default=Pace.rounds)
    parser.add_argument("--seconds", type=float, default=Pace.seconds, help="of each run")
    parser.add_argument("--warm-up", type=float, default=Pace.warm_up, help="seconds before each")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(every):
        parser.error(f"nobody measures {', '.join(sorted(unknown))}")
    return asked


async def _until_told(work: Coroutine[Any, Any, Results]) -> Results:
    """A signal ends it as it stands, and whatever it has started with it."""
    task = asyncio.ensure_future(work)
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, task.cancel)
    return await task


async def _run(asked: argparse.Namespace) -> Results:
    """What could not be measured is part of it."""
    pace, measured = Pace(asked.rounds, asked.seconds, asked.warm_up), Measured()
    begun, wanted = machine.lines(), asked.names or [*WORKS, *FIGURES]
    peers = [p for p in PEERS if not asked.peers or p.name in {*asked.peers, *_COMPARED}]
    versions = _versions(peers, measured)
    sections = []
    async with databases.server(settings.load().data_dir / "bench") as server:
        works = [work for work in WORKS if work in wanted]
        await comparing.compare(server, peers, works, pace, measured)
        for name in [name for name in FIGURES if name in wanted]:
            print(f"Measuring {name}", flush=True)
            with measured.reporting(name):
                sections.append(await FIGURES[name](server, pace))
        begun.append(f"| PostgreSQL | {await databases.version(server)} |")
    return Results(begun, versions, measured, sections)


def _versions(peers: Sequence[Peer], measured: Measured) -> dict[str, str]:
    """Of those that can be started; why others cannot is a trouble."""
    versions = {}
    for peer in peers:
        with measured.reporting(peer.name):
            peer.command(0, "postgresql://")
            versions[peer.name] = peer.version()
    return versions


if __name__ == "__main__":
    main()
