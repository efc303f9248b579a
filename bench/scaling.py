"""Two server processes against one, on the same database, each with load of its own."""

import asyncio
import math
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import psutil

from bench import databases, load, serving
from bench.databases import Server
from bench.figures import Spread
from bench.ours import Ours
from bench.results import Section
from bench.rounds import Pace
from bench.serving import Serving

WORK = "page"
_WANTED, _REACHABLE = 1.7, 0.9
"""The goal, and the part of what cores allow that is taken as all of it."""


async def measure(on: Server, pace: Pace) -> Section:
    """The rate of both together, to that of one alone in the same round."""
    ratios, busy = [], []
    async with AsyncExitStack() as stack:
        copy = await stack.enter_async_context(databases.copy(on))
        pair = [await stack.enter_async_context(_started(copy.url)) for _ in range(2)]
        await _press(pair, pace.warm_up)
        for _ in range(pace.rounds):
            psutil.cpu_percent()
            alone = await _press(pair[:1], pace.seconds)
            busy.append(psutil.cpu_percent() / 100 * _cores())
            ratios.append(await _press(pair, pace.seconds) / alone)
    return _section(Spread.of(*ratios), Spread.of(*busy))


def _cores() -> int:
    return psutil.cpu_count() or 1


def _started(database_url: str) -> AbstractAsyncContextManager[Serving]:
    port = serving.free_port()
    return serving.started(*Ours().command(port, database_url), port)


async def _press(servers: Sequence[Serving], seconds: float) -> float:
    """Requests a second of all together."""
    calls = Ours().calls(WORK, 1)
    runs = await asyncio.gather(*(load.press(server, calls, seconds=seconds) for server in servers))
    return math.fsum(run.per_second for run in runs)


def _section(ratio: Spread, busy: Spread) -> Section:
    allowed = _cores() / busy.median
    bound = min(_WANTED, round(_REACHABLE * allowed, 2))
    line = (
        f"Two processes answer {ratio.shown(2)} times the pages of one. One process, PostgreSQL and"
        f" wrk keep {busy.shown(1)} of {_cores()} cores busy, so that no number of processes could"
        f" be more than {allowed:.2f} times as fast. The goal is {_WANTED}, or {_REACHABLE} of what"
        " the cores allow where that is less."
    )
    return Section("Two server processes", [line], {"processes": ratio}, {"processes": bound})
