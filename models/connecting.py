"""How the connections of a pool are made: straight to PostgreSQL, or to a pooler before it.

A pooler in transaction mode lends another session to each transaction. So nothing may be prepared,
and what a session would be told once, each transaction is told as it begins: in the same trip.
"""

from datetime import timedelta
from typing import Any

import asyncpg

from settings import Settings


class Connection(asyncpg.Connection):
    """All our settings end with their transaction, so there is nothing to reset."""

    def get_reset_query(self) -> str:
        return ""


class Lent(Connection):
    """Another session in each transaction, which begins with the `limits` of ours."""

    limits = ""

    async def execute(self, query: str, *arguments: Any, **options: Any) -> str:
        limits = self.limits if query.startswith("BEGIN") else ""
        return await super().execute(query + limits, *arguments, **options)


def options(settings: Settings) -> dict[str, Any]:
    """asyncpg's arguments for the pool and each of its connections."""
    timeout = settings.database_acquire_timeout.total_seconds()
    return {
        "minsize": 1,
        "maxsize": settings.database_pool_size,
        "timeout": timeout,
        "acquire_timeout": timeout,
        **(_lent(settings) if settings.database_pooled else _own(settings)),
    }


def _own(settings: Settings) -> dict[str, Any]:
    names = {"application_name": "tenantry"}
    return {"connection_class": Connection, "server_settings": names | _limits(settings)}


def _lent(settings: Settings) -> dict[str, Any]:
    limits = _limits(settings).items()
    said = "".join(f"SET LOCAL {name} = {milliseconds};" for name, milliseconds in limits)
    return {
        "connection_class": type("Lent", (Lent,), {"limits": said}),
        "server_settings": {"application_name": "tenantry"},
        "statement_cache_size": 0,
    }


def _limits(settings: Settings) -> dict[str, str]:
    return {
        "statement_timeout": _milliseconds(settings.database_statement_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(settings.database_idle_timeout),
    }


def _milliseconds(duration: timedelta) -> str:
    return str(int(duration.total_seconds() * 1000))
