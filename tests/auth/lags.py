"""How free the event loop is while something else is going on."""

import asyncio
import time

LAG = 0.3  # seconds; a hundred hashes in the loop hold it up for several


async def ticking(lags: list[float]) -> None:
    """Until cancelled: how much later than asked the loop comes back, in seconds."""
    while True:
        asked = time.perf_counter() + 0.005
        await asyncio.sleep(0.005)
        lags.append(time.perf_counter() - asked)
