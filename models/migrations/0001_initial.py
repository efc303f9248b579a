"""The first tables; what Tortoise cannot say stands in 0001_initial.sql."""

from pathlib import Path

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.invitation import InvitationState
from models.member import MemberStatus
from models.outbox_entry import OutboxState
from models.tenant import Catalog
from models.user import ProviderRole


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("tenant_id", fields.CharField(null=True, max_length=32)),
                ("actor_id", fields.CharField(null=True, max_length=32)),
                ("action", fields.CharField(max_length=48)),
                ("subject_id", fields.CharField(max_length=32)),
                ("changes", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("request_id", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "audit_events",
                "app": "models",
                "indexes": [Index(fields=["tenant_id", "created_at", "id"])],
                "pk_attr": "id",
                "table_description": "`tenant_id` is empty where an account and no tenant is concerned; `actor_id` where the",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RateLimit",
            fields=[
                (
                    "key",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("count", fields.IntField()),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "rate_limits",
                "app": "models",
                "indexes": [Index(fields=["expires_at"])],
                "pk_attr": "key",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Tenant",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("name", fields.CharField(max_length=200)),
                ("name_key", fields.CharField(max_length=400)),
                (
                    "catalog",
                    fields.CharEnumField(
                        description="PROJECT: PROJECT\nSUBSCRIBER: SUBSCRIBER\nACCOUNT: ACCOUNT",
                        enum_type=Catalog,
                        max_length=16,
                    ),
                ),
                ("locale", fields.CharField(max_length=2)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "tenants",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A deleted tenant keeps its row, for the audit, and is out of everybody's sight.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("login", fields.CharField(unique=True, max_length=64)),
                ("email", fields.CharField(null=True, max_length=254)),
                ("email_key", fields.CharField(null=True, max_length=254)),
                (
                    "email_verified_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("full_name", fields.CharField(max_length=200)),
                ("phone", fields.CharField(null=True, max_length=16)),
                ("locale", fields.CharField(null=True, max_length=2)),
                ("password_hash", fields.CharField(null=True, max_length=200)),
                (
                    "provider_role",
                    fields.CharEnumField(
                        null=True,
                        description="SUPPORT: SUPPORT\nADMIN: ADMIN",
                        enum_type=ProviderRole,
                        max_length=8,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "users",
                "app": "models",
                "pk_attr": "id",
                "table_description": "`email_key` is the address as it is compared, `email` as it is written to.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Member",
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
                    "user",
                    fields.ForeignKeyField(
                        "models.User",
                        source_field="user_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "status",
                    fields.CharEnumField(
                        description="PENDING: PENDING\nJOINED: JOINED\nDISABLED: DISABLED\nREMOVED: REMOVED",
                        enum_type=MemberStatus,
                        max_length=8,
                    ),
                ),
                ("role", fields.CharField(max_length=32)),
                ("email", fields.CharField(null=True, max_length=254)),
                ("full_name", fields.CharField(null=True, max_length=200)),
                ("login", fields.CharField(null=True, max_length=64)),
                ("phone", fields.CharField(null=True, max_length=16)),
                ("email_key", fields.CharField(null=True, max_length=254)),
                ("name_key", fields.CharField(max_length=400)),
                ("login_key", fields.CharField(null=True, max_length=64)),
                ("max_sessions", fields.IntField(null=True)),
                ("is_first_user", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("joined_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "members",
                "app": "models",
                "indexes": [
                    Index(fields=["tenant_id", "created_at", "id"]),
                    Index(fields=["tenant_id", "name_key", "id"]),
                    Index(fields=["tenant_id", "email_key"]),
                    Index(fields=["tenant_id", "login_key"]),
                    Index(fields=["user_id", "tenant_id"]),
                ],
                "pk_attr": "id",
                "table_description": "While `PENDING`, `email full_name login phone` hold what the inviter typed and `user` is",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Invitation",
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
                (
                    "inviter",
                    fields.ForeignKeyField(
                        "models.User",
                        source_field="inviter_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PENDING: PENDING\nACCEPTED: ACCEPTED\nDECLINED: DECLINED\nREVOKED: REVOKED\nEXPIRED: EXPIRED",
                        enum_type=InvitationState,
                        max_length=8,
                    ),
                ),
                ("generation", fields.IntField()),
                ("token_digest", fields.CharField(unique=True, max_length=64)),
                ("locale", fields.CharField(null=True, max_length=2)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "invitations",
                "app": "models",
                "unique_together": (("tenant_id", "member_id"),),
                "indexes": [Index(fields=["tenant_id", "state", "expires_at"])],
                "pk_attr": "id",
                "table_description": "`generation` counts the links sent; only the newest one's digest is kept, so every older",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OutboxEntry",
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
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "invitation",
                    fields.ForeignKeyField(
                        "models.Invitation",
                        source_field="invitation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("generation", fields.IntField(null=True)),
                ("message", fields.CharField(max_length=48)),
                ("recipient", fields.CharField(max_length=254)),
                ("locale", fields.CharField(max_length=2)),
                ("facts", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                (
                    "state",
                    fields.CharEnumField(
                        description="QUEUED: QUEUED\nSENT: SENT\nBOUNCED: BOUNCED\nFAILED: FAILED\nCANCELLED: CANCELLED",
                        enum_type=OutboxState,
                        max_length=9,
                    ),
                ),
                ("attempts", fields.IntField(default=0)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("not_after", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "cancelled_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("lease", fields.CharField(null=True, max_length=32)),
                (
                    "leased_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("last_error", fields.CharField(null=True, max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "finished_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "outbox_entries",
                "app": "models",
                "indexes": [Index(fields=["tenant_id", "invitation_id", "created_at"])],
                "pk_attr": "id",
                "table_description": "`facts` are what the template needs beside the token, which is computed when the mail is",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "models.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("token_digest", fields.CharField(unique=True, max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_used_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sessions",
                "app": "models",
                "indexes": [Index(fields=["user_id", "last_used_at"])],
                "pk_attr": "id",
                "table_description": "Ending a session deletes its row.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(Path(__file__).with_suffix(".sql").read_text()),
    ]
