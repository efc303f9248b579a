"""How many mails of invitations one worker sends to a mail server that takes whatever comes."""

from bench import databases, outbox
from bench.databases import Server
from bench.figures import Spread
from bench.results import Section
from bench.rounds import Pace


async def measure(on: Server, pace: Pace) -> Section:
    """Once each round; starting and stopping do not count."""
    async with databases.copy(on) as copy, copy.connected() as connection:
        found = [await outbox.measure(copy.url, connection) for _ in range(pace.rounds)]
    rate, cpu = (
        Spread.of(*[one.rate for one in found]),
        Spread.of(*[one.cpu / one.mails * 1000 for one in found]),
    )
    line = (
        f"{rate.shown()} mails a second, of {found[0].mails:,} that were due; each took"
        f" {cpu.shown(1)} ms of the worker's processor."
    )
    return Section("Mails", [line], {"outbox": rate})
