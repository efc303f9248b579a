"""How much memory a server process takes, and whether it takes more and more."""

import itertools
from collections.abc import Sequence

from bench import databases, load, serving
from bench.databases import Server
from bench.figures import Spread
from bench.ours import Ours
from bench.results import Section
from bench.rounds import Pace
from bench.work import Call

REQUESTS, TIMES = 10_000, 4
_MIX = {"page": 4, "small": 3, "me": 2, "invite": 1}


async def measure(on: Server, pace: Pace) -> Section:
    """After each ten thousand requests of all kinds, one of ten a change."""
    peer, port, sizes = Ours(), serving.free_port(), []
    async with (
        databases.copy(on) as copy,
        serving.started(*peer.command(port, copy.url), port) as server,
    ):
        fresh = server.memory
        for _ in range(TIMES):
            await _send(peer, server, pace.seconds)
            sizes.append(server.memory)
    rows = [f"| {(n + 1) * REQUESTS:,} | {size:.0f} MiB |" for n, size in enumerate(sizes)]
    flat = sizes[1] / sizes[0]
    return Section(
        "Memory of a server process",
        ["| requests | resident |", "| --- | --- |", f"| none | {fresh:.0f} MiB |", *rows],
        {"memory": Spread.of(sizes[0]), "flat": Spread.of(flat)},
    )


async def _send(peer: Ours, server: serving.Serving, seconds: float) -> None:
    done = 0
    while done < REQUESTS:
        done += (await load.press(server, mixed(peer, REQUESTS), seconds=seconds)).requests


def mixed(peer: Ours, count: int) -> Sequence[Call]:
    """So many calls, the kinds taking turns."""
    kinds = {work: iter(peer.calls(work, count)) for work in ("invite",)}
    kinds |= {work: itertools.repeat(peer.calls(work, 1)[0]) for work in _MIX if work != "invite"}
    turns = itertools.cycle([work for work, share in _MIX.items() for _ in range(share)])
    return [next(kinds[work]) for work in itertools.islice(turns, count)]
