"""Run in a network of its own: `unshare -n python -m tests.faults.unplugged URL`.

A statement is under way when the network goes: nothing is refused, nothing is answered. Prints in
JSON how long it took to be told, with what, and how long to work again once the network was back.
"""

import asyncio
import json
import subprocess
import sys
import time
from datetime import timedelta

import errors
from models import database
from settings import Settings
from tests.faults import proxy

LONG = timedelta(minutes=1)


def plug(state: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", state], check=True)  # noqa: S603, S607 our own network


async def ask(seconds: float = 0) -> None:
    async with database.transaction(database.SYSTEM):
        await database.rows("select pg_sleep($1)", seconds)


async def main(url: str) -> None:
    plug("up")
    async with proxy.before(url) as between:
        await database.start(between.url, Settings(database_statement_timeout=LONG))
        await ask()
        under_way = asyncio.create_task(ask(LONG.total_seconds()))
        await asyncio.sleep(0.5)
        plug("down")
        begun = time.monotonic()
        [told] = await asyncio.gather(under_way, return_exceptions=True)
        took = time.monotonic() - begun
        plug("up")
        back = await until_answered()
        await database.stop()
    print(json.dumps({"told": getattr(told, "code", repr(told)), "took": took, "back": back}))  # noqa: T201 its purpose


async def until_answered() -> float:
    begun = time.monotonic()
    while True:
        try:
            await ask()
        except errors.Failure:
            await asyncio.sleep(0.05)
        else:
            return time.monotonic() - begun


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
