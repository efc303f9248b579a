"""Subscriptions: which tenant has which tariff, from when to when, and who may know (PRODUCT 6.3).

Nothing is written when one ends: what runs and what can be launched is asked of the moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import errors
from auth.viewer import Viewer
from models import clock, database
from permissions import checks, serving
from resolvers import pages

ACTIVE = "b.cancelled_at is null and b.begins_at <= $1 and b.ends_at > $1"
"""Holds of rows `b` of `subscriptions` that run; its `$1` is now."""

ENDED_AT = f"""
case when a.code is not null then (
  select coalesce(max(b.ends_at), a.created_at) from subscriptions b
  join tariff_apps i on i.tariff_id = b.tariff_id and i.code = a.code
  where b.tenant_id = a.tenant_id having not coalesce(bool_or({ACTIVE}), false)
) end
"""  # noqa: S608 SQL of ours
"""Of rows `a` of `apps`: since when they cannot be launched; null while they can, as those always
can that no tariff has brought. Its `$1` is now.
"""

COLUMNS = (
    f"b.id, b.tenant_id, b.tariff_id, b.begins_at, b.ends_at, b.cancelled_at, {ACTIVE} as runs"
)
"""What `of_record` wants of rows `b`; its `$1` is now."""

_FROM = "from subscriptions b join tenants t on t.id = b.tenant_id and t.deleted_at is null"
_VISIBLE = """
($2 or b.tenant_id = any($3) or exists (
  select from servicings r
  where r.tenant_id = b.tenant_id and r.ended_at is null and r.organization_id = any($4) offset 0
))
"""
"""`offset 0`: by an index, and not all that is served."""


class State(StrEnum):
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str
    tenant_id: str
    tariff_id: str
    state: State
    begins_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None


async def app_ended_at(app_id: str) -> datetime | None:
    """Since when the app cannot be launched, in the running transaction; None while it can."""
    found = await database.rows(
        f"select {ENDED_AT} as ended_at from apps a where a.id = $2",  # noqa: S608 SQL of ours
        clock.now(),
        app_id,
    )
    return next((record["ended_at"] for record in found), None)


async def page_of_tenant(
    viewer: Viewer, tenant_id: str, window: pages.Window
) -> pages.Page[Subscription]:
    """As `page`, within the tenant.

    Raises:
        errors.PermissionDenied: he does not know of all the tenant's apps.
        errors.InvalidInput: of the window.
    """
    if not checks.sees_every_app(viewer, tenant_id):
        raise errors.PermissionDenied
    return await page(viewer, tenant_id, window)


async def page(viewer: Viewer, tenant_id: str, window: pages.Window) -> pages.Page[Subscription]:
    """The tenant's subscriptions, those that are over included, newest first; none where they are
    not the viewer's to see.

    Raises:
        errors.InvalidInput: of the window.
    """
    return await pages.read(
        f"select b.begins_at as order_key, {COLUMNS} {_FROM} where {_VISIBLE} and b.tenant_id = $5",
        [*_sight(viewer), tenant_id],
        order=pages.Order(
            f"subscriptions:{tenant_id}", "b.begins_at", "b.id", descending=True, moment=True
        ),
        window=window,
        make=of_record,
    )


async def get(viewer: Viewer, subscription_id: str) -> Subscription:
    """Raises:
    errors.NotFound: absent, or not the viewer's to see.
    """
    found = await database.rows(
        f"select {COLUMNS} {_FROM} where {_VISIBLE} and b.id = $5",
        *_sight(viewer),
        subscription_id,
    )
    if not found:
        raise errors.NotFound
    return of_record(found[0])


def _sight(viewer: Viewer) -> Sequence[object]:
    """Now, and what `_VISIBLE` asks: staff see all, others what belongs to tenants all of whose
    apps they see or that they serve.
    """
    every = [t for t in viewer.joined if checks.sees_every_app(viewer, t)]
    served_for = [t for t in viewer.joined if serving.serves(viewer.place(t))]
    return [clock.now(), viewer.is_staff, every, served_for]


def of_record(record: Mapping[str, Any]) -> Subscription:
    return Subscription(
        record["id"],
        record["tenant_id"],
        record["tariff_id"],
        _state(record),
        record["begins_at"],
        record["ends_at"],
        record["cancelled_at"],
    )


def _state(record: Mapping[str, Any]) -> State:
    if record["cancelled_at"] is not None:
        return State.CANCELLED
    return State.ACTIVE if record["runs"] else State.ENDED
