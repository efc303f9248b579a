"""What ours is compared with does the same work, and can be measured at all."""

import asyncpg
import pytest

from bench import data, ours, rounds, serving
from bench.handwritten.peer import Handwritten

READ = ("page", "small", "me")


@pytest.mark.parametrize("at_once", [False, True])
async def test_what_is_read_is_answered_however_a_transaction_begins(
    rival: asyncpg.Connection, database_urls: tuple[str, str], *, at_once: bool
) -> None:
    await data.fill(rival, tenants=ours.TENANT, members=data.MEMBERS)
    peer, port = Handwritten(at_once=at_once), serving.free_port()
    async with serving.started(*peer.command(port, database_urls[0]), port) as server:
        for work in READ:
            await rounds.check(peer, work, server)
