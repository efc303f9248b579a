"""Reading from a streaming replica, where the primary's word on it stands (ADR 0035).

What a reader may do is never read here. The primary says who he is, and besides how it knows him
(`Mark`); the replica answers only where it knows him the same way and is not too far behind.
Whatever else becomes of it, somebody asks the primary instead.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from tortoise.connection import get_connection
from tortoise.exceptions import ConfigurationError

import errors
import settings
from models import database
from models.database import Scope

_PAUSE = 5
"""Seconds that a replica which could not answer is left alone."""

# Everything of a person that rights hang on and that is not asked of the primary alone: a member's
# revision moves with his role, his single permissions and his rights on apps (ADR 0027).
_KNOWN = """
hashtextextended(concat(
  (select string_agg(concat_ws('/', m.id, m.revision, extract(epoch from t.deleted_at),
                               array_to_string(t.servicing, '+')), ',' order by m.id)
   from members m left join tenants t on t.id = m.tenant_id where m.user_id = $1), ';',
  (select concat(count(*), '/', count(ended_at)) from servicings
   where organization_id = any (scope_tenants()))
), 0)
"""

_MARK = f"""
select {_KNOWN} as known, pg_current_wal_lsn()::text as position, clock_timestamp() as at
"""

_COMPARED = f"""
select {_KNOWN} = $2 as knows_him,
  pg_is_in_recovery() and pg_last_wal_replay_lsn() >= $3::text::pg_lsn as is_level,
  case when pg_is_in_recovery() then $4::timestamptz - pg_last_xact_replay_timestamp() end as lag
"""

_log = structlog.get_logger()


class Unfit(Exception):
    """The replica cannot answer this: ask the primary. The message says why."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How the primary knows a person: where its log was at that moment, and by its own clock."""

    user_id: str
    known: int
    position: str
    at: datetime


@dataclass
class _Health:
    """A replica that failed is tried again by one request at a time."""

    rests_until: float = 0.0
    is_away: bool = False

    def begin(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self.rests_until:
            raise Unfit("it rests")
        if self.is_away:
            self.rests_until = now + _PAUSE

    def failed(self, why: object) -> None:
        if not self.is_away:
            _log.warning("replica.away", error=repr(why))
        self.is_away = True
        self.rests_until = asyncio.get_running_loop().time() + _PAUSE

    def answered(self) -> None:
        if self.is_away:
            _log.info("replica.back")
        self.is_away, self.rests_until = False, 0.0


_health = _Health()


def require_healthy() -> None:
    """Before anything is asked for its sake.

    Raises:
        Unfit: there is none, or it has just failed.
    """
    if settings.load().replica_database_url is None:
        raise Unfit("there is none")
    _health.begin()


async def mark(user_id: str) -> Mark:
    """In a transaction on the primary with the scope that will be read in."""
    [row] = await database.rows(_MARK, user_id)
    return Mark(user_id, **row)


@asynccontextmanager
async def transaction(scope: Scope, mark: Mark) -> AsyncIterator[None]:
    """As `database.transaction(scope, read_only=True)`, on the replica.

    Raises:
        Unfit: at the beginning, or when it failed on the way; then nothing read in it counts.
    """
    try:
        async with (begun := _client().begin(scope, read_only=True)):
            await _compare(mark)
            yield
            if isinstance(begun.client.failure, _GONE):
                raise begun.client.failure
    except _GONE as failure:
        if not isinstance(failure, errors.Conflict):
            _health.failed(failure)
        raise Unfit("it failed") from failure
    _health.answered()


_GONE = (errors.ServiceUnavailable, errors.Conflict)
"""It is away; or what was read stood in the way of what it had to replay, which passes."""


def _client() -> Any:
    try:
        return get_connection(database.REPLICA)
    except ConfigurationError as error:
        raise Unfit("the pool was opened without it") from error


async def _compare(mark: Mark) -> None:
    """Level with the primary is fresh, however long ago anybody wrote."""
    [row] = await database.rows(_COMPARED, mark.user_id, mark.known, mark.position, mark.at)
    lag: timedelta | None = row["lag"]
    if not row["is_level"] and (lag is None or lag > settings.load().replica_max_lag):
        raise Unfit("it is behind")
    if not row["knows_him"]:
        raise Unfit("it knows him otherwise")
