"""Servers against each other, on copies of the same data."""

from collections.abc import Sequence

from bench import databases, ours, rounds
from bench.databases import Database, Server
from bench.rounds import Measured, Pace
from bench.work import READS, WRITES, Peer

_ACCEPTING = 4
"""Peers that accept what is offered in our tables."""


async def compare(
    server: Server, peers: Sequence[Peer], works: Sequence[str], pace: Pace, into: Measured
) -> None:
    """Reads and writes each on a copy of their own, so that what is read stays as it is."""
    for kind in (READS, WRITES):
        wanted = [work for work in works if work in kind]
        able = [peer for peer in peers if not peer.works.isdisjoint(wanted)]
        if wanted:
            async with databases.copy(server) as copy:
                await _prepare(copy, able, wanted, pace, into)
                await rounds.measure(able, wanted, copy.url, pace, into)


async def _prepare(
    copy: Database, peers: Sequence[Peer], works: Sequence[str], pace: Pace, into: Measured
) -> None:
    if "accept" in works:
        await ours.offer(copy, pace.changes(_ACCEPTING))
    for peer in peers:
        with into.reporting(peer.name):
            await peer.prepare(copy.superuser_url)
