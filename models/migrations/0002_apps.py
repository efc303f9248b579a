"""Apps and rights on them, managed accounts, blocks; the rest stands in 0002_apps.sql."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.app import AppRight


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    initial = False

    operations = [
        ops.CreateModel(
            name="App",
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
                ("name", fields.CharField(max_length=200)),
                ("url", fields.CharField(null=True, max_length=2000)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "apps",
                "app": "models",
                "indexes": [Index(fields=["tenant_id", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AppAccess",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("tenant_id", fields.CharField(max_length=32)),
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
                    "app",
                    fields.ForeignKeyField(
                        "models.App",
                        source_field="app_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "right",
                    fields.CharEnumField(
                        description="LAUNCH: LAUNCH\nLAUNCH_AND_ADMINISTER: LAUNCH_AND_ADMINISTER",
                        enum_type=AppRight,
                        max_length=24,
                    ),
                ),
            ],
            options={
                "table": "app_access",
                "app": "models",
                "unique_together": (("tenant_id", "member_id", "app_id"),),
                "indexes": [Index(fields=["tenant_id", "app_id"])],
                "pk_attr": "id",
                "table_description": "A right given to a pending member holds from acceptance on.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TenantBlock",
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
                ("email_key", fields.CharField(null=True, max_length=254)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "tenant_blocks",
                "app": "models",
                "indexes": [
                    Index(fields=["tenant_id", "email_key"]),
                    Index(fields=["tenant_id", "user_id"]),
                    Index(fields=["user_id"]),
                ],
                "pk_attr": "id",
                "table_description": "Kept by account, or by address for who has none: one of the two is empty.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Invitation",
            name="suppressed",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="User",
            name="manager_id",
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddField(
            model_name="User",
            name="password_expired",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.RunSQL(Path(__file__).with_suffix(".sql").read_text()),
    ]
