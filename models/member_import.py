"""Many people who are to be invited at once: looked at first, then invited row by row."""

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.tenant import Tenant


class ImportState(StrEnum):
    PLANNED = "PLANNED"
    APPLYING = "APPLYING"
    APPLIED = "APPLIED"


class ImportRowState(StrEnum):
    """`REFUSED` when it was planned, `FAILED` when it was applied; both with their reasons."""

    READY = "READY"
    REFUSED = "REFUSED"
    INVITED = "INVITED"
    FAILED = "FAILED"


class MemberImport(Model):
    """Planned by `user` as a member of the tenant, or by `key` in his stead; from then on that of
    whoever applies it. A worker holds it while `lease` is its own and `leased_until` is ahead; once
    it has given it back, `leased_until` says when that was, so that all have their turn.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", on_delete=fields.RESTRICT
    )
    tenant_id: str
    user_id = fields.CharField(max_length=32)
    key_id = fields.CharField(max_length=32, null=True)
    state = fields.CharEnumField(ImportState, max_length=8)
    total = fields.IntField()
    request_id = fields.CharField(max_length=64)
    lease = fields.CharField(max_length=32, null=True)
    leased_until = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "member_imports"
        indexes = (("tenant_id", "id"),)


class MemberImportRow(Model):
    """`number` counts from 1. `given` is what stood in the row, by the names of the columns, as it
    was typed; `reasons` are as `resolvers/import_reasons` writes them.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant_id = fields.CharField(max_length=32)
    member_import: fields.ForeignKeyRelation[MemberImport] = fields.ForeignKeyField(
        "models.MemberImport", on_delete=fields.CASCADE
    )
    member_import_id: str
    number = fields.IntField()
    given: fields.JSONField[dict[str, Any]] = fields.JSONField()
    state = fields.CharEnumField(ImportRowState, max_length=7)
    reasons: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    member_id = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "member_import_rows"
        indexes = (
            ("tenant_id", "member_import_id", "state", "number"),
            ("member_import_id", "id"),
        )
        unique_together = (("tenant_id", "member_import_id", "number"),)
