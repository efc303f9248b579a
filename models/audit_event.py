"""What was changed, by whom: ids, codes, states and names of fields, never personal values.

The serving role may add rows, not change them.
"""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class AuditEvent(Model):
    """`tenant_id` is empty where an account and no tenant is concerned; `actor_id` where the
    system acted. `as_staff`: he acted for the provider, not by a place of his own. `changes` is
    `{field: [before, after]}` for codes and states, `{field: []}` where the values are personal.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant_id = fields.CharField(max_length=32, null=True)
    actor_id = fields.CharField(max_length=32, null=True)
    as_staff = fields.BooleanField(default=False, db_default=False)
    action = fields.CharField(max_length=48)
    subject_id = fields.CharField(max_length=32)
    changes: fields.JSONField[dict[str, Any]] = fields.JSONField()
    request_id = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta:
        table = "audit_events"
        indexes = (
            ("tenant_id", "created_at", "id"),
            ("tenant_id", "actor_id", "created_at", "id"),
            ("tenant_id", "action", "created_at", "id"),
        )
