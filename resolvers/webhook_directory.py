"""A tenant's webhook endpoints as those see them who manage them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import errors
from auth.viewer import Viewer
from models import DisabledReason, clock, database
from permissions import checks
from permissions.catalog import Permission
from resolvers import pages, rows

NEEDED = (Permission.KEYS_MANAGE, Permission.AUDIT_VIEW)
"""What webhooks tell is what the audit holds."""

_SELECT = """
select w.id as order_key, w.id, w.tenant_id, w.url, w.description, w.events, u.id as maker_id,
  u.full_name as maker_name,
  w.former_until, w.failing_since, w.disabled_at, w.disabled_reason, w.created_at, w.updated_at
from webhook_endpoints w left join users u on u.id = w.user_id
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`former_until`: until when calls are signed with the former secret as well."""

    id: str
    tenant_id: str
    url: str
    description: str | None
    events: tuple[str, ...]
    created_by: rows.User | None
    former_until: datetime | None
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: DisabledReason | None
    created_at: datetime
    updated_at: datetime


async def page(viewer: Viewer, tenant_id: str, window: pages.Window) -> pages.Page[Endpoint]:
    """The tenant's endpoints, newest first.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: of the window.
    """
    require_sees(viewer, tenant_id)
    return await pages.read(
        f"{_SELECT} where w.tenant_id = $1",
        [tenant_id],
        order=pages.Order(f"webhooks:{tenant_id}", "w.id", "w.id", descending=True),
        window=window,
        make=_row,
    )


async def count(tenant_id: str) -> int:
    """How many `page` has in all."""
    sql = "select count(*) from webhook_endpoints where tenant_id = $1"
    return await pages.count(sql, [tenant_id])


async def get(viewer: Viewer, endpoint_id: str) -> Endpoint:
    """Raises:
    errors.NotFound: absent, or not the viewer's to see.
    """
    found = await database.rows(f"{_SELECT} where w.id = $1", endpoint_id)
    if not found or not sees(viewer, found[0]["tenant_id"]):
        raise errors.NotFound
    return _row(found[0])


def sees(viewer: Viewer, tenant_id: str) -> bool:
    """Whether the tenant's webhooks, and what they were told, are his to see."""
    return all(checks.sees(viewer, tenant_id, permission) for permission in NEEDED)


def require_sees(viewer: Viewer, tenant_id: str) -> None:
    """As `sees`, of one that asks for them.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
    """
    for permission in NEEDED:
        checks.require_sees(viewer, tenant_id, permission)


async def changed(endpoint_id: str) -> Endpoint:
    """An endpoint that its manager has just acted on, in that transaction."""
    [record] = await database.rows(f"{_SELECT} where w.id = $1", endpoint_id)
    return _row(record)


def _row(record: Mapping[str, Any]) -> Endpoint:
    made = {"order_key", "maker_id", "maker_name"}
    values = {key: value for key, value in record.items() if key not in made}
    maker_id, until = record["maker_id"], record["former_until"]
    reason = record["disabled_reason"]
    return Endpoint(
        **values
        | {
            "events": tuple(record["events"]),
            "created_by": rows.User(maker_id, record["maker_name"]) if maker_id else None,
            "disabled_reason": DisabledReason(reason) if reason else None,
            "former_until": until if until is not None and until > clock.now() else None,
        }
    )
