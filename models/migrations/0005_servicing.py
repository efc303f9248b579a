"""Servicing organizations, tariffs and subscriptions, and what apps are asked to do; the rest stands in
0005_servicing.sql.
"""

from pathlib import Path

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from models.app_action import AppActionState
from models.invitation import InvitationState
from models.outbox_entry import Channel
from models.tenant import Catalog


class Migration(migrations.Migration):
    dependencies = [("models", "0004_app_sessions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AppAction",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("tenant_id", fields.CharField(max_length=32)),
                (
                    "app",
                    fields.ForeignKeyField(
                        "models.App",
                        source_field="app_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("member_id", fields.CharField(max_length=32)),
                ("action", fields.CharField(max_length=64)),
                ("argument", fields.CharField(null=True, max_length=1000)),
                (
                    "state",
                    fields.CharEnumField(
                        description="REQUESTED: REQUESTED\nDONE: DONE\nREFUSED: REFUSED\nFAILED: FAILED",
                        enum_type=AppActionState,
                        max_length=9,
                    ),
                ),
                ("answer", fields.TextField(null=True, unique=False)),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "answered_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "app_actions",
                "app": "models",
                "indexes": [Index(fields=["tenant_id", "app_id", "id"])],
                "pk_attr": "id",
                "table_description": "`action` is a code that the app names; `argument` and `answer` are the app's affair.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OperatorReport",
            fields=[
                (
                    "organization_id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("covered_until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "operator_reports",
                "app": "models",
                "indexes": [Index(fields=["due_at"])],
                "pk_attr": "organization_id",
                "table_description": "The next report of a servicing organization: it is written at `due_at` and tells what has",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Servicing",
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
                        related_name="servicings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Tenant",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="served",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "servicings",
                "app": "models",
                "indexes": [Index(fields=["tenant_id"]), Index(fields=["organization_id", "id"])],
                "pk_attr": "id",
                "table_description": "A tenant is served by one organization at most while `ended_at` is empty.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Tariff",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("code", fields.CharField(unique=True, max_length=64)),
                ("names", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("months", fields.IntField()),
                ("is_offered", fields.BooleanField(default=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "tariffs",
                "app": "models",
                "pk_attr": "id",
                "table_description": '`names` by language: `{"EN": "Start", ...}`. `months` is its period.',
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Subscription",
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
                    "tariff",
                    fields.ForeignKeyField(
                        "models.Tariff",
                        source_field="tariff_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("organization_id", fields.CharField(null=True, max_length=32)),
                ("begins_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "cancelled_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("reminded_days", fields.IntField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "subscriptions",
                "app": "models",
                "indexes": [
                    Index(fields=["tenant_id", "ends_at", "id"]),
                    Index(fields=["ends_at"]),
                ],
                "pk_attr": "id",
                "table_description": "Active until `ends_at`; cancelled ones ended at `cancelled_at`, which is then `ends_at` too.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TariffApp",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                (
                    "tariff",
                    fields.ForeignKeyField(
                        "models.Tariff",
                        source_field="tariff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="apps",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("code", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=200)),
                ("url", fields.CharField(null=True, max_length=2000)),
            ],
            options={
                "table": "tariff_apps",
                "app": "models",
                "unique_together": (("tariff_id", "code"),),
                "pk_attr": "id",
                "table_description": "An app that a tariff includes: its subscribers have one app of that `code`.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TenantInvitation",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Tenant",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="tenant_invitations",
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
                ("name", fields.CharField(max_length=200)),
                (
                    "catalog",
                    fields.CharEnumField(
                        description="PROJECT: PROJECT\nSUBSCRIBER: SUBSCRIBER\nACCOUNT: ACCOUNT",
                        enum_type=Catalog,
                        max_length=16,
                    ),
                ),
                ("locale", fields.CharField(max_length=2)),
                ("email", fields.CharField(max_length=254)),
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
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("tenant_id", fields.CharField(null=True, max_length=32)),
            ],
            options={
                "table": "tenant_invitations",
                "app": "models",
                "indexes": [Index(fields=["organization_id", "id"])],
                "pk_attr": "id",
                "table_description": "`generation` counts the links sent, as of an `Invitation`. `tenant_id` is the tenant that",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="App",
            options={
                "table": "apps",
                "app": "models",
                "unique_together": (("tenant_id", "code"),),
                "indexes": [Index(fields=["tenant_id", "id"])],
                "pk_attr": "id",
                "table_description": "`code` where tariffs include it: it can be launched while one of them is subscribed.",
            },
        ),
        ops.AddField(
            model_name="App",
            name="actions",
            field=ArrayField(default=list, db_default=[], element_type="TEXT"),
        ),
        ops.AddField(
            model_name="App",
            name="code",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name="App",
            name="control_secret",
            field=fields.CharField(null=True, max_length=400),
        ),
        ops.AddField(
            model_name="App",
            name="control_url",
            field=fields.CharField(null=True, max_length=2000),
        ),
        ops.AddConstraint(
            model_name="App",
            constraint=UniqueConstraint(fields=("tenant_id", "code"), name=None),
        ),
        ops.AlterModelOptions(
            name="AppRoleAssignment",
            options={
                "table": "app_role_assignments",
                "app": "models",
                "unique_together": (("tenant_id", "member_id", "app_role_id"),),
                "indexes": [Index(fields=["tenant_id", "app_role_id"])],
                "pk_attr": "id",
                "table_description": "Given to a pending member it holds from acceptance on; it waits while he has no right.",
            },
        ),
        ops.AlterField(
            model_name="OutboxEntry",
            name="channel",
            field=fields.CharEnumField(
                default=Channel.MAIL,
                description="MAIL: MAIL\nSMS: SMS\nAPP: APP",
                db_default="MAIL",
                enum_type=Channel,
                max_length=4,
            ),
        ),
        ops.AddField(
            model_name="OutboxEntry",
            name="app_action",
            field=fields.ForeignKeyField(
                "models.AppAction",
                source_field="app_action_id",
                null=True,
                db_constraint=True,
                to_field="id",
                on_delete=OnDelete.CASCADE,
            ),
        ),
        ops.AddField(
            model_name="OutboxEntry",
            name="tenant_invitation",
            field=fields.ForeignKeyField(
                "models.TenantInvitation",
                source_field="tenant_invitation_id",
                null=True,
                db_constraint=True,
                to_field="id",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="OutboxEntry",
            index=Index(fields=["tenant_invitation_id"]),
        ),
        ops.AddIndex(
            model_name="OutboxEntry",
            index=Index(fields=["app_action_id"]),
        ),
        ops.AddField(
            model_name="Tenant",
            name="servicing",
            field=ArrayField(null=True, element_type="TEXT"),
        ),
        ops.RunSQL(Path(__file__).with_suffix(".sql").read_text()),
    ]
