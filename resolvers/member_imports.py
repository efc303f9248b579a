"""Imports of members: seen by who may invite, applied in the name of whoever says so, forgotten.

Whoever applies an import stands for it, as who resends an invitation stands for that: with his
rights, as they are at each step, `import_steps` goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

import errors
import settings
from auth.viewer import Viewer
from models import ImportRowState, ImportState, MemberImport, clock, database
from permissions import checks
from permissions.catalog import Permission
from resolvers import audit, import_reasons, locks, pages
from resolvers.conditions import Conditions
from resolvers.import_reasons import Reason

_SELECT = """
select i.id as order_key, i.id, i.tenant_id, i.state, i.total, i.created_at, i.started_at,
  i.finished_at, (
    select jsonb_object_agg(state, number) from (
      select r.state, count(*) as number from member_import_rows r
      where r.tenant_id = i.tenant_id and r.member_import_id = i.id group by r.state
    ) counted
  ) as counts
from member_imports i
"""
_SELECT_ROWS = """
select r.id as order_key, r.id, r.number, r.given, r.state, r.reasons, r.member_id
from member_import_rows r
"""
_FORGET = """
delete from member_imports
where state = 'PLANNED' and created_at <= $1 or state = 'APPLIED' and finished_at <= $2
returning id
"""


@dataclass(frozen=True, slots=True)
class Import:
    """`counts` says how many rows are in each state."""

    id: str
    tenant_id: str
    state: ImportState
    total: int
    counts: Mapping[str, int]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """`given` is what was typed, by column."""

    id: str
    number: int
    given: Mapping[str, Any]
    state: ImportRowState
    reasons: Sequence[Reason]
    member_id: str | None


async def get(viewer: Viewer, import_id: str) -> Import:
    """Raises:
    errors.Unauthenticated, errors.PermissionDenied
    errors.NotFound: absent, forgotten, or of a tenant that is not the viewer's.
    """
    found = await _one(import_id)
    if found is None:
        raise errors.NotFound
    checks.require_sees(viewer, found.tenant_id, Permission.MEMBERS_INVITE)
    return found


async def changed(import_id: str) -> Import:
    """As it is now, for whoever has just changed it; in the change's transaction."""
    found = await _one(import_id)
    assert found is not None  # noqa: S101 it is locked
    return found


async def _one(import_id: str) -> Import | None:
    found = await database.rows(f"{_SELECT} where i.id = $1", import_id)
    return _import(found[0]) if found else None


async def page(viewer: Viewer, tenant_id: str, window: pages.Window) -> pages.Page[Import]:
    """The imports of a tenant that are remembered, newest first.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: of the window.
    """
    checks.require_sees(viewer, tenant_id, Permission.MEMBERS_INVITE)
    return await pages.read(
        f"{_SELECT} where i.tenant_id = $1",
        [tenant_id],
        order=pages.Order(f"imports:{tenant_id}", "i.id", "i.id", descending=True),
        window=window,
        make=_import,
    )


async def row_page(
    shown: Import, window: pages.Window, states: Sequence[ImportRowState] | None = None
) -> pages.Page[Row]:
    """Rows of an import that the viewer sees, in their order: their ids were made in it.

    Raises:
        errors.InvalidInput: of the window.
    """
    where = _where(shown, states)
    return await pages.read(
        f"{_SELECT_ROWS} where {where.sql}",
        where.arguments,
        order=pages.Order(f"import rows:{shown.id}", "r.id", "r.id"),
        window=window,
        make=_row,
        by_values=states is not None,
    )


async def count_rows(shown: Import, states: Sequence[ImportRowState] | None = None) -> int:
    """How many those are."""
    where = _where(shown, states)
    sql = f"select count(*) from member_import_rows r where {where.sql}"  # noqa: S608 SQL of ours, values as arguments
    return await pages.count(sql, where.arguments)


def _where(shown: Import, states: Sequence[ImportRowState] | None) -> Conditions:
    where = Conditions()
    where.add("r.member_import_id = {}", shown.id)
    if states is not None:
        where.add_one_of("r.state", [state.value for state in states])
    return where


async def apply(viewer: Viewer, import_id: str) -> Import:
    """Its ready rows are invited from now on, in the viewer's name; said twice it goes on as it is.

    Raises:
        errors.Unauthenticated, errors.PermissionDenied
        errors.NotFound: as `get`; planned too long ago.
    """
    user_id = checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        found = await MemberImport.get_or_none(id=import_id)
        if found is None:
            raise errors.NotFound
        actor = await locks.acting(viewer, found.tenant_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        planned = MemberImport.filter(id=import_id, state=ImportState.PLANNED)
        if await planned.exists():
            await _begin(viewer, found, user_id)
        return await changed(import_id)


async def _begin(viewer: Viewer, planned: MemberImport, user_id: str) -> None:
    now = clock.now()
    if planned.created_at <= now - settings.load().import_plan_lifetime:
        raise errors.NotFound
    await MemberImport.filter(id=planned.id).update(
        state=ImportState.APPLYING,
        user_id=user_id,
        key_id=viewer.key.id if viewer.key else None,
        request_id=viewer.client.request_id,
        started_at=now,
        leased_until=now,
    )
    await audit.record(
        viewer, "member_import.apply", subject_id=planned.id, tenant_id=planned.tenant_id
    )


async def forget_old() -> int:
    """Delete what was never applied in time, and what was applied long ago; how many there were."""
    now, chosen = clock.now(), settings.load()
    async with database.transaction(database.SYSTEM):
        found = await database.rows(
            _FORGET, now - chosen.import_plan_lifetime, now - chosen.import_retention
        )
    return len(found)


def _import(record: Mapping[str, Any]) -> Import:
    return Import(
        id=record["id"],
        tenant_id=record["tenant_id"],
        state=ImportState(record["state"]),
        total=record["total"],
        counts=orjson.loads(record["counts"]),
        created_at=record["created_at"],
        started_at=record["started_at"],
        finished_at=record["finished_at"],
    )


def _row(record: Mapping[str, Any]) -> Row:
    return Row(
        id=record["id"],
        number=record["number"],
        given=orjson.loads(record["given"]),
        state=ImportRowState(record["state"]),
        reasons=import_reasons.read(orjson.loads(record["reasons"])),
        member_id=record["member_id"],
    )
