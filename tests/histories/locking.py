"""Which rows transactions lock by name, in their order (ADR 0042)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from models import database

ORDER = ("tenants", "members", "users")
_LOCK = re.compile(
    r'\bfrom "?(?P<table>\w+)"? .*\bfor (no key update|update|share)', re.IGNORECASE | re.DOTALL
)

Locks = list[tuple[str, tuple[str, ...]]]


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Locks]:
    """Of each transaction from now on: the tables and the ids that were asked for."""
    found: list[Locks] = []
    running: dict[int, Locks] = {}

    def note(connection: Any, query: str, values: tuple[Any, ...]) -> None:
        if query.startswith("BEGIN"):
            locks: Locks = []
            running[id(connection)] = locks
            found.append(locks)
        elif locked := _LOCK.search(query):
            running[id(connection)].append((locked["table"], tuple(map(str, values))))

    def recording(method: Callable[..., Any]) -> Callable[..., Any]:
        async def run(connection: Any, query: str, *values: Any, **options: Any) -> Any:
            note(connection, query, values)
            return await method(connection, query, *values, **options)

        return run

    for name in ("execute", "fetch", "fetchrow"):
        method = getattr(database.Connection, name)
        monkeypatch.setattr(database.Connection, name, recording(method))
    return found


def is_in_order(locks: Locks) -> bool:
    """Tenants first, those by id; then members, then accounts."""
    known = [(ORDER.index(table), ids) for table, ids in locks if table in ORDER]
    tenants = [ids for table, ids in known if table == 0]
    return [table for table, _ in known] == sorted(t for t, _ in known) and tenants == sorted(
        tenants
    )
