"""The role that servers with rules of their own read as: past the policies, and never writing."""

from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from models.embedded import SERVING_ROLE

NAME = "bench_reader"


async def make(database_url: str) -> None:
    """As a superuser. It may also act as the role that serves, to whom the policies apply."""
    connection = await asyncpg.connect(database_url)
    try:
        with suppress(asyncpg.DuplicateObjectError):
            await connection.execute(f"create role {NAME} login bypassrls")
        await connection.execute(f"grant pg_read_all_data, {SERVING_ROLE} to {NAME}")
        await connection.execute(f"alter role {NAME} set default_transaction_read_only = on")
    finally:
        await connection.close()


def address(database_url: str) -> str:
    """Of the same database, for it."""
    return urlunsplit(urlsplit(database_url)._replace(netloc=f"{NAME}@"))
