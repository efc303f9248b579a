"""The record of who changed what: a step of the change's own transaction (PRODUCT 4).

Codes and states are kept with before and after; of personal values only the field's name. What is
recorded of a tenant its webhooks are told: every change passes here (ADR 0031).
"""

from collections.abc import Sequence

from tortoise.models import Model

from auth.viewer import Viewer
from models import AuditEvent, clock, database, ids
from resolvers import webhook_events
from resolvers.webhook_events import Changes, Event

__all__ = ["Changes", "record", "record_all"]

_INSERT = """
insert into audit_events (id, tenant_id, subject_id, actor_id, as_staff, action, changes,
  request_id, created_at)
select given.*, $4, $5, $6, '{}', $7, $8 from unnest($1::text[], $2::text[], $3::text[]) as given
"""


async def record(
    viewer: Viewer,
    action: str,
    *,
    subject_id: str,
    tenant_id: str | None = None,
    changes: Changes | None = None,
    actor_id: str | None = None,
    along: Sequence[Model] = (),
) -> None:
    """`action` is `noun.verb`; `actor_id` where the request made its own actor (registering).

    `along` are rows of the change that are written in the same statement.
    """
    event = Event(
        id=ids.new("evt"),
        tenant_id=tenant_id,
        actor_id=actor_id or viewer.actor_id,
        as_staff=viewer.as_staff,
        action=action,
        subject_id=subject_id,
        changes=changes or {},
        request_id=viewer.client.request_id,
        created_at=clock.now(),
    )
    changed = {name: list(values) for name, values in event.changes.items()}
    recorded = AuditEvent(**event.facts() | {"changes": changed})
    await webhook_events.announce([event], *along, recorded)


async def record_all(viewer: Viewer, action: str, subjects: Sequence[tuple[str, str]]) -> None:
    """The same action on many subjects, each after the tenant in whose audit it is told: one
    statement.
    """
    now = clock.now()
    events = [
        Event(
            id=ids.new("evt"),
            tenant_id=tenant_id,
            actor_id=viewer.actor_id,
            as_staff=viewer.as_staff,
            action=action,
            subject_id=subject_id,
            changes={},
            request_id=viewer.client.request_id,
            created_at=now,
        )
        for tenant_id, subject_id in subjects
    ]
    await database.rows(
        _INSERT,
        [event.id for event in events],
        [event.tenant_id for event in events],
        [event.subject_id for event in events],
        viewer.actor_id,
        viewer.as_staff,
        action,
        viewer.client.request_id,
        now,
    )
    await webhook_events.announce(events)
