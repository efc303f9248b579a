"""Rounds: in each every server once, the order rotated, so that what else happens on the machine
falls on all of them.
"""

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench import load, serving
from bench.load import Run, Wrong
from bench.serving import Serving
from bench.work import WRITES, Call, Peer

_MOST_A_SECOND, _LIKELY_A_SECOND = 1_000, 700
"""Changes that a server makes: while it warms up at most, and later."""
_MORE = 2
"""Times as many calls as the warm-up lets expect, and"""
_SPARE = 100


@dataclass
class Measured:
    """The runs by work and server, None where a round has none; `troubles` say by server why."""

    runs: dict[tuple[str, str], list[Run | None]] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)

    def add(self, work: str, peer: str, run: Run | None) -> None:
        self.runs.setdefault((work, peer), []).append(run)

    @contextmanager
    def reporting(self, name: str) -> Iterator[None]:
        """What goes wrong in the block is its trouble, unless it has one; all others go on."""
        try:
            yield
        except Exception as problem:  # noqa: BLE001 whatever it is, it is reported
            said = str(problem) or type(problem).__name__
            self.troubles.setdefault(name, said)


@dataclass(frozen=True)
class Pace:
    """How often, and how long in seconds."""

    rounds: int = 5
    seconds: float = 5
    warm_up: float = 2

    def changes(self, peers: int) -> int:
        """How many offers that many servers can use up."""
        a_round = self.warm_up * _MOST_A_SECOND + self.seconds * _MORE * _LIKELY_A_SECOND
        return math.ceil(peers * self.rounds * (a_round + _SPARE))


async def measure(
    peers: Sequence[Peer], works: Sequence[str], database_url: str, pace: Pace, into: Measured
) -> None:
    """All works of all peers. A peer in trouble is reported and left out of later rounds."""
    for number in range(pace.rounds):
        turn = number % len(peers)
        for peer in (*peers[turn:], *peers[:turn]):
            wanted = [work for work in works if work in peer.works]
            if wanted and peer.name not in into.troubles:
                print(f"Round {number + 1} of {pace.rounds}: {peer.name}", flush=True)
                await _measure_one(peer, wanted, database_url, pace, into)


async def _measure_one(
    peer: Peer, works: Sequence[str], database_url: str, pace: Pace, into: Measured
) -> None:
    port = serving.free_port()
    done: dict[str, Run] = {}
    with into.reporting(peer.name):
        async with serving.started(*peer.command(port, database_url), port) as server:
            for work in works:
                done[work] = await _press(peer, work, server, pace)
    for work in works:
        into.add(work, peer.name, done.get(work))


async def _press(peer: Peer, work: str, server: Serving, pace: Pace) -> Run:
    """Warm, then measured; what was answered is looked at before, meanwhile where the answers
    differ, and after.
    """
    await check(peer, work, server)
    expected = math.ceil(pace.warm_up * _MOST_A_SECOND)
    warm = await load.press(server, peer.calls(work, expected), seconds=pace.warm_up)
    calls = peer.calls(work, math.ceil(_MORE * warm.per_second * pace.seconds) + _SPARE)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        samples = Path(folder) / "answers" if work in WRITES else None
        run = await load.press(server, calls, seconds=pace.seconds, samples=samples)
        for answer in load.sampled(samples) if samples else []:
            _require_right(peer, work, answer)
    await check(peer, work, server)
    return run


async def check(peer: Peer, work: str, server: Serving) -> None:
    """Raises:
    Wrong: one call is not answered as it should be.
    """
    [call] = peer.calls(work, 1)
    _require_right(peer, work, await sent(server, call))


async def sent(server: Serving, call: Call) -> bytes:
    """What is answered to one call.

    Raises:
        Wrong
    """
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        try:
            answer = await client.request(
                call.method, call.path, headers=dict(call.headers), content=call.body
            )
        except httpx.HTTPError as problem:
            raise Wrong(repr(problem)) from None
    if not answer.is_success:
        raise Wrong(f"{answer.status_code}: {answer.text[:500]}")
    return answer.content


def _require_right(peer: Peer, work: str, answer: bytes) -> None:
    try:
        is_right = peer.is_right(work, answer)
    except (AttributeError, LookupError, TypeError, ValueError):  # of another shape
        is_right = False
    if not is_right:
        raise Wrong(f"a wrong answer to {work}: {answer[:500].decode(errors='replace')}")
