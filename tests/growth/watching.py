"""What each statement makes PostgreSQL read: by its plan, and by PostgreSQL's own counters.

The counters know besides what functions, triggers, policies and foreign keys have read, of which
the plan of a statement says nothing.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from models import database

_COUNTED = """
select coalesce(i.indrelid, c.oid)::regclass::text as of, c.relkind = 'r' as is_table,
  pg_stat_get_xact_numscans(c.oid) as scans, pg_stat_get_xact_tuples_returned(c.oid) as read
from pg_class c left join pg_index i on i.indexrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i')
  and pg_stat_get_xact_numscans(c.oid) > 0
"""
_PLANNED = re.compile(r"\s*(select|insert|update|delete|with)\b", re.IGNORECASE)
_WHOLE = re.compile(r"Seq Scan on (\w+)")

Counters = dict[str, tuple[int, int]]
"""By table: how often it was read from end to end, and how many rows of it, or entries of its
indexes, were read.
"""
_NOTHING = (0, 0)


@dataclass(frozen=True)
class Reading:
    """A statement of `operation`: the tables that are read from end to end, by its plan or by what
    it calls, and how much it read of each table.
    """

    operation: str
    statement: str
    plan: str
    whole: frozenset[str]
    read: dict[str, int]


@dataclass
class Watch:
    """`operation` is what is being done now."""

    operation: str = ""
    readings: list[Reading] = field(default_factory=list)
    _plans: dict[str, str] = field(default_factory=dict)

    async def note(self, connection: Any, before: Counters, query: str, values: Any) -> None:
        after, plan = await counters(connection), ""
        if _PLANNED.match(query):
            plan = await self._plan(connection, query, values)
        whole = {of for of, (scans, _) in after.items() if scans > before.get(of, _NOTHING)[0]}
        read = {of: number - before.get(of, _NOTHING)[1] for of, (_, number) in after.items()}
        whole |= set(_WHOLE.findall(plan))
        self.readings.append(Reading(self.operation, query, plan, frozenset(whole), read))

    async def _plan(self, connection: Any, query: str, values: Any) -> str:
        """As the same role in the same transaction, with the same scope and values."""
        if query not in self._plans:
            lines = await asyncpg.Connection.fetch(connection, f"explain {query}", *values)
            self._plans[query] = "\n".join(line[0] for line in lines)
        return self._plans[query]


async def counters(connection: Any) -> Counters:
    """Of the running transaction."""
    found: Counters = {}
    for of, is_table, scans, read in await asyncpg.Connection.fetch(connection, _COUNTED):
        known = found.get(of, _NOTHING)
        found[of] = known[0] + scans * is_table, known[1] + read
    return found


@contextmanager
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Every statement from now on, also the one that says who asks as a transaction begins."""
    watch = Watch()

    def watched(method: Any) -> Any:
        async def run(connection: Any, query: str, *values: Any, **options: Any) -> Any:
            if not (_PLANNED.match(query) or method.__name__ == "begin"):
                return await method(connection, query, *values, **options)
            before = await counters(connection)
            answer = await method(connection, query, *values, **options)
            await watch.note(connection, before, query, values)
            return answer

        return run

    with monkeypatch.context() as patching:
        for name in ("begin", "execute", "fetch", "fetchrow"):
            method = getattr(database.Connection, name)
            patching.setattr(database.Connection, name, watched(method))
        yield watch
