"""A tenant's API keys as those see them who manage them, and as each sees itself.

Nothing is written when a key's time is over, or its maker is disabled or gone: its state follows
from what holds now, as it does for `open_key` in the migrations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import errors
from auth.viewer import Viewer
from models import Catalog, MemberStatus, clock, database
from permissions import checks
from permissions.catalog import Permission
from resolvers import pages, rows

_SELECT = """
select k.id, k.id as order_key, k.tenant_id, k.name, k.permissions, k.operations, k.created_at,
  k.expires_at, k.last_used_at, k.revoked_at, k.former_until, m.status, m.role, m.grants, m.denials,
  t.catalog, t.servicing, u.id as maker_id, u.full_name as maker_name
from api_keys k
join members m on m.tenant_id = k.tenant_id and m.id = k.member_id
join tenants t on t.id = k.tenant_id join users u on u.id = m.user_id
"""


class State(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Of a key that is not the viewer's to see, only the name is told, and by the audit alone.

    `former_until`: until when the secret works that the last rotation replaced.
    """

    id: str
    name: str
    tenant_id: str | None = None
    state: State | None = None
    permissions: tuple[str, ...] | None = None
    effective_permissions: tuple[str, ...] | None = None
    operations: tuple[str, ...] | None = None
    created_by: rows.User | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    former_until: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


async def page(viewer: Viewer, tenant_id: str, window: pages.Window) -> pages.Page[ApiKey]:
    """The tenant's keys, those that have ended included, newest first.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: of the window.
    """
    checks.require_sees(viewer, tenant_id, Permission.KEYS_MANAGE)
    return await pages.read(
        f"{_SELECT} where k.tenant_id = $1",
        [tenant_id],
        order=pages.Order(f"api keys:{tenant_id}", "k.id", "k.id", descending=True),
        window=window,
        make=_row,
    )


async def count(tenant_id: str) -> int:
    """How many `page` has in all."""
    return await pages.count("select count(*) from api_keys where tenant_id = $1", [tenant_id])


async def get(viewer: Viewer, key_id: str) -> ApiKey:
    """Raises:
    errors.NotFound: absent, or not the viewer's to see.
    """
    found = await many(viewer, [key_id])
    if key_id not in found:
        raise errors.NotFound
    return found[key_id]


async def many(viewer: Viewer, key_ids: Sequence[str]) -> dict[str, ApiKey]:
    """Those of the keys that the viewer may see, by id: whom he manages, or himself."""
    found = await database.rows(f"{_SELECT} where k.id = any($1)", list(key_ids))
    return {record["id"]: _row(record) for record in found if _visible(viewer, record)}


def _visible(viewer: Viewer, record: Mapping[str, Any]) -> bool:
    if checks.sees(viewer, record["tenant_id"], Permission.KEYS_MANAGE):
        return True
    return viewer.key is not None and viewer.key.id == record["id"]


async def changed(key_id: str) -> ApiKey:
    """A key that its manager has just acted on, in that transaction."""
    [record] = await database.rows(f"{_SELECT} where k.id = $1", key_id)
    return _row(record)


def _row(record: Mapping[str, Any]) -> ApiKey:
    state, operations = _state(record), record["operations"]
    return ApiKey(
        id=record["id"],
        name=record["name"],
        tenant_id=record["tenant_id"],
        state=state,
        permissions=tuple(record["permissions"]),
        effective_permissions=_effective(record) if state is State.ACTIVE else (),
        operations=None if operations is None else tuple(operations),
        created_by=rows.User(record["maker_id"], record["maker_name"]),
        created_at=record["created_at"],
        expires_at=record["expires_at"],
        former_until=_still(record["former_until"]) if state is State.ACTIVE else None,
        last_used_at=record["last_used_at"],
        revoked_at=record["revoked_at"],
    )


def _state(record: Mapping[str, Any]) -> State:
    if record["revoked_at"] is not None:
        return State.REVOKED
    if record["status"] == MemberStatus.REMOVED:
        return State.ENDED
    if record["expires_at"] <= clock.now():
        return State.EXPIRED
    return State.SUSPENDED if record["status"] == MemberStatus.DISABLED else State.ACTIVE


def _effective(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What it holds and its maker holds now."""
    return checks.effective(
        checks.Standing(
            Catalog(record["catalog"]),
            record["role"],
            record["grants"],
            record["denials"],
            record["servicing"],
            frozenset(record["permissions"]),
        )
    )


def _still(until: datetime | None) -> datetime | None:
    return until if until is not None and until > clock.now() else None
