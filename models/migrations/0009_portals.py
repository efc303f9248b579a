"""API keys, the feed of members, imports, webhooks, registered documents and idempotency keys;
besides what stands in 0009_portals.sql.
"""

from pathlib import Path

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.fields.db_defaults import Now
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.member_import import ImportRowState, ImportState
from models.outbox_entry import Channel
from models.webhook import DisabledReason, WebhookState


class Migration(migrations.Migration):
    dependencies = [("models", "0008_live")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                (
                    "tenant",
                    fields.ForeignKeyField(
                        "models.Tenant",
                        source_field="tenant_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "member",
                    fields.ForeignKeyField(
                        "models.Member",
                        source_field="member_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=100)),
                ("permissions", ArrayField(element_type="TEXT")),
                ("operations", ArrayField(null=True, element_type="TEXT")),
                ("token_digest", fields.CharField(unique=True, max_length=64)),
                ("former_digest", fields.CharField(null=True, unique=True, max_length=64)),
                (
                    "former_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "last_used_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "api_keys",
                "app": "models",
                "indexes": [Index(fields=["tenant_id", "id"]), Index(fields=["member_id"])],
                "pk_attr": "id",
                "table_description": "`member` made it, and it can do no more than he can now: it ends with his place, and does not",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                ),
                ("body", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "documents",
                "app": "models",
                "pk_attr": "id",
                "table_description": "`id` is what requests say as `documentId`: the SHA-256 of `body` in hex, or a name of the",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("payload_digest", fields.CharField(max_length=64)),
                ("answer", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "idempotency_keys",
                "app": "models",
                "indexes": [Index(fields=["created_at"])],
                "pk_attr": "id",
                "table_description": "`id` is the digest of caller, operation and key; `payload_digest` of what was sent. The answer",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MemberImport",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                (
                    "tenant",
                    fields.ForeignKeyField(
                        "models.Tenant",
                        source_field="tenant_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("user_id", fields.CharField(max_length=32)),
                ("key_id", fields.CharField(null=True, max_length=32)),
                (
                    "state",
                    fields.CharEnumField(
                        description="PLANNED: PLANNED\nAPPLYING: APPLYING\nAPPLIED: APPLIED",
                        enum_type=ImportState,
                        max_length=8,
                    ),
                ),
                ("total", fields.IntField()),
                ("request_id", fields.CharField(max_length=64)),
                ("lease", fields.CharField(null=True, max_length=32)),
                (
                    "leased_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("started_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "finished_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "member_imports",
                "app": "models",
                "indexes": [Index(fields=["tenant_id", "id"])],
                "pk_attr": "id",
                "table_description": "Planned by `user` as a member of the tenant, or by `key` in his stead; from then on that of",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MemberImportRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("tenant_id", fields.CharField(max_length=32)),
                (
                    "member_import",
                    fields.ForeignKeyField(
                        "models.MemberImport",
                        source_field="member_import_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("number", fields.IntField()),
                ("given", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                (
                    "state",
                    fields.CharEnumField(
                        description="READY: READY\nREFUSED: REFUSED\nINVITED: INVITED\nFAILED: FAILED",
                        enum_type=ImportRowState,
                        max_length=7,
                    ),
                ),
                ("reasons", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("member_id", fields.CharField(null=True, max_length=32)),
            ],
            options={
                "table": "member_import_rows",
                "app": "models",
                "unique_together": (("tenant_id", "member_import_id", "number"),),
                "indexes": [
                    Index(fields=["tenant_id", "member_import_id", "state", "number"]),
                    Index(fields=["member_import_id", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "`number` counts from 1. `given` is what stood in the row, by the names of the columns, as it",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WebhookEndpoint",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                (
                    "tenant",
                    fields.ForeignKeyField(
                        "models.Tenant",
                        source_field="tenant_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("user_id", fields.CharField(max_length=32)),
                ("url", fields.CharField(max_length=2000)),
                ("description", fields.CharField(null=True, max_length=200)),
                ("events", ArrayField(element_type="TEXT")),
                ("secret", fields.CharField(max_length=800)),
                ("former_secret", fields.CharField(null=True, max_length=800)),
                (
                    "former_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "failing_since",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "rests_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "disabled_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "disabled_reason",
                    fields.CharEnumField(
                        null=True,
                        description="BY_HAND: BY_HAND\nFAILING: FAILING\nGONE: GONE",
                        enum_type=DisabledReason,
                        max_length=7,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "webhook_endpoints",
                "app": "models",
                "indexes": [Index(fields=["tenant_id", "id"])],
                "pk_attr": "id",
                "table_description": "`events` are actions of the audit log, `member.invite`, or all of a noun, `member.*`. The",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("tenant_id", fields.CharField(max_length=32)),
                (
                    "endpoint",
                    fields.ForeignKeyField(
                        "models.WebhookEndpoint",
                        source_field="endpoint_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("event_id", fields.CharField(max_length=32)),
                ("event", fields.CharField(max_length=48)),
                ("body", fields.TextField(unique=False)),
                (
                    "state",
                    fields.CharEnumField(
                        description="QUEUED: QUEUED\nDELIVERED: DELIVERED\nFAILED: FAILED",
                        enum_type=WebhookState,
                        max_length=9,
                    ),
                ),
                ("attempts", fields.IntField(default=0)),
                ("status", fields.IntField(null=True)),
                ("error", fields.CharField(null=True, max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "finished_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "webhook_deliveries",
                "app": "models",
                "indexes": [
                    Index(fields=["tenant_id", "endpoint_id", "id"]),
                    Index(fields=["created_at"]),
                ],
                "pk_attr": "id",
                "table_description": "One event for one endpoint; `body` is the same at each attempt, and for the receiver a message",
            },
            bases=["Model"],
        ),
        ops.AlterField(
            model_name="Member",
            name="updated_at",
            field=fields.DatetimeField(db_default=Now(), auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Member",
            name="revision",
            field=fields.BigIntField(db_default=0),
        ),
        ops.AddIndex(
            model_name="Member",
            index=Index(fields=["tenant_id", "revision"]),
        ),
        ops.AddIndex(
            model_name="Member",
            index=Index(fields=["tenant_id", "updated_at", "id"]),
        ),
        ops.AlterField(
            model_name="OutboxEntry",
            name="channel",
            field=fields.CharEnumField(
                default=Channel.MAIL,
                description="MAIL: MAIL\nSMS: SMS\nAPP: APP\nWEBHOOK: WEBHOOK",
                db_default="MAIL",
                enum_type=Channel,
                max_length=7,
            ),
        ),
        ops.AddField(
            model_name="OutboxEntry",
            name="webhook_delivery",
            field=fields.ForeignKeyField(
                "models.WebhookDelivery",
                source_field="webhook_delivery_id",
                null=True,
                db_constraint=True,
                to_field="id",
                on_delete=OnDelete.CASCADE,
            ),
        ),
        ops.AddIndex(
            model_name="OutboxEntry",
            index=Index(fields=["webhook_delivery_id"]),
        ),
        ops.RunSQL(Path(__file__).with_suffix(".sql").read_text()),
    ]
