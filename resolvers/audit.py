"""The record of who changed what: a step of the change's own transaction (PRODUCT 4).

Codes and states are kept with before and after; of personal values only the field's name.
"""

from collections.abc import Mapping

from auth.viewer import Viewer
from models import AuditEvent, clock, ids

Changes = Mapping[str, tuple[str | None, str | None] | tuple[()]]


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
        actor_id=actor_id or viewer.user_id,
        as_staff=viewer.as_staff,
        action=action,
        subject_id=subject_id,
        changes={name: list(values) for name, values in (changes or {}).items()},
        request_id=viewer.client.request_id,
        created_at=clock.now(),
    )
