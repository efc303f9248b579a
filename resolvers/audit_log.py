"""A tenant's audit as those who hold `audit:view` read it, newest first.

Who acted is named even where he has left since, or acted for the provider: through a door of the
database that opens for the actors of the viewer's own tenants only (ADR 0002).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

import errors
from auth.viewer import Viewer
from models import database, ids
from permissions import checks
from permissions.catalog import Permission
from resolvers import key_directory, pages, rows
from resolvers.conditions import Conditions, in_utc

_SELECT = """
select e.created_at as order_key, e.id, e.tenant_id, e.actor_id, e.as_staff, e.action, e.subject_id,
  e.changes, e.request_id, e.created_at
from audit_events e
"""


@dataclass(frozen=True, slots=True)
class ProviderStaff:
    """Somebody who acted for the provider, not by a place of his own."""

    id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class System:
    """What was done by no person."""

    display_name: str = "Tenantry"


Actor = rows.User | ProviderStaff | System | key_directory.ApiKey


@dataclass(frozen=True, slots=True)
class Filter:
    """`since` is the first moment, `until` the first one too late; without a zone they are UTC."""

    actor_ids: Sequence[str] | None = None
    actions: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """`before` and `after` are None where the values are personal."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """`actor_id` is None where the system acted."""

    id: str
    tenant_id: str
    actor_id: str | None
    as_staff: bool
    action: str
    subject_id: str
    changes: tuple[Change, ...]
    request_id: str
    created_at: datetime


async def page(
    viewer: Viewer, tenant_id: str, window: pages.Window, wanted: Filter
) -> pages.Page[Event]:
    """What was done in the tenant, the latest first.

    Raises:
        errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: of the window.
    """
    checks.require_sees(viewer, tenant_id, Permission.AUDIT_VIEW)
    where = _where(tenant_id, wanted)
    return await pages.read(
        f"{_SELECT} where {where.sql}",
        where.arguments,
        order=pages.Order(
            f"audit:{tenant_id}", "e.created_at", "e.id", descending=True, moment=True
        ),
        window=window,
        make=_event,
        by_values=wanted != Filter(),
    )


def _where(tenant_id: str, wanted: Filter) -> Conditions:
    where = Conditions()
    where.add("e.tenant_id = {}", tenant_id)
    if wanted.actor_ids is not None:
        where.add_one_of("e.actor_id", wanted.actor_ids)
    if wanted.actions is not None:
        where.add_one_of("e.action", wanted.actions)
    if wanted.since is not None:
        where.add("e.created_at >= {}", in_utc(wanted.since))
    if wanted.until is not None:
        where.add("e.created_at < {}", in_utc(wanted.until))
    return where


async def get(viewer: Viewer, event_id: str) -> Event:
    """Raises:
    errors.NotFound: absent, or not the viewer's to see.
    """
    found = await database.rows(f"{_SELECT} where e.id = $1", event_id)
    for record in found:
        if checks.sees(viewer, record["tenant_id"] or "", Permission.AUDIT_VIEW):
            return _event(record)
    raise errors.NotFound


async def actors(viewer: Viewer, events: Sequence[Event]) -> dict[Event, Actor]:
    """Who did each of these, which the viewer has been shown."""
    done = [event.id for event in events if event.actor_id is not None]
    found = await database.rows("select * from actors_of($1)", done) if done else []
    names = {record["event_id"]: record["full_name"] for record in found}
    keys = {record["actor_id"] for record in found if _is_key(record["actor_id"])}
    known = await key_directory.many(viewer, sorted(keys)) if keys else {}
    return {event: _actor(event, names, known) for event in events}


def _actor(event: Event, names: dict[str, str], known: dict[str, key_directory.ApiKey]) -> Actor:
    if event.actor_id is None:
        return System()
    if _is_key(event.actor_id):
        bare = key_directory.ApiKey(event.actor_id, names[event.id])
        return known.get(event.actor_id, bare)
    if event.as_staff:
        return ProviderStaff(event.actor_id, names[event.id])
    return rows.User(event.actor_id, names[event.id])


def _is_key(actor_id: str) -> bool:
    return ids.prefix(actor_id) == "key"


def _event(record: Mapping[str, Any]) -> Event:
    changes = orjson.loads(record["changes"])
    return Event(
        id=record["id"],
        tenant_id=record["tenant_id"],
        actor_id=record["actor_id"],
        as_staff=record["as_staff"],
        action=record["action"],
        subject_id=record["subject_id"],
        changes=tuple(_change(field, values) for field, values in changes.items()),
        request_id=record["request_id"],
        created_at=record["created_at"],
    )


def _change(field: str, values: Sequence[str | None]) -> Change:
    before, after = values or (None, None)
    return Change(field, before, after)
