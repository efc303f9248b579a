"""The record of who changed what: a step of the change's own transaction (PRODUCT 4).

Codes and states are kept with before and after; of personal values only the field's name.
"""

from collections.abc import Mapping, Sequence

from auth.viewer import Viewer
from models import AuditEvent, clock, database, ids

Changes = Mapping[str, tuple[str | None, str | None] | tuple[()]]

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
) -> None:
    """`action` is `noun.verb`; `actor_id` where the request made its own actor (registering)."""
    await AuditEvent.create(
        id=ids.new("evt"),
        tenant_id=tenant_id,
        actor_id=actor_id or viewer.actor_id,
        as_staff=viewer.as_staff,
        action=action,
        subject_id=subject_id,
        changes={name: list(values) for name, values in (changes or {}).items()},
        request_id=viewer.client.request_id,
        created_at=clock.now(),
    )


async def record_all(viewer: Viewer, action: str, subjects: Sequence[tuple[str, str]]) -> None:
    """The same action on many subjects, each after the tenant in whose audit it is told: one
    statement.
    """
    await database.rows(
        _INSERT,
        [ids.new("evt") for _ in subjects],
        [tenant_id for tenant_id, _ in subjects],
        [subject_id for _, subject_id in subjects],
        viewer.actor_id,
        viewer.as_staff,
        action,
        viewer.client.request_id,
        clock.now(),
    )
