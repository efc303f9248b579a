"""Roles inside apps, sessions in them, and the keys that sign their tickets; the rest stands in
0004_app_sessions.sql.
"""

from pathlib import Path

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0003_cabinet")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AppRole",
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
                ("code", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "app_roles",
                "app": "models",
                "unique_together": (("tenant_id", "app_id", "code"),),
                "pk_attr": "id",
                "table_description": "`code` is what the app is told; defined by who administers the app.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AppRoleAssignment",
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
                    "app_role",
                    fields.ForeignKeyField(
                        "models.AppRole",
                        source_field="app_role_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={
                "table": "app_role_assignments",
                "app": "models",
                "unique_together": (("tenant_id", "member_id", "app_role_id"),),
                "indexes": [Index(fields=["tenant_id", "app_role_id"])],
                "pk_attr": "id",
                "table_description": "Given to a pending member it holds from acceptance on; without a right on the app it waits.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AppSession",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("tenant_id", fields.CharField(max_length=32)),
                ("app_id", fields.CharField(max_length=32)),
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
                ("token_digest", fields.CharField(null=True, unique=True, max_length=64)),
                ("launched_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "redeemed_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "last_seen_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "app_sessions",
                "app": "models",
                "indexes": [
                    Index(fields=["tenant_id", "app_id", "launched_at", "id"]),
                    Index(fields=["tenant_id", "member_id"]),
                ],
                "pk_attr": "id",
                "table_description": "`id` is the ticket's `jti`. The app redeems the ticket once, and from then on shows the token",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("public", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("private", fields.CharField(max_length=800)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("signs_from", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("retires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "signing_keys",
                "app": "models",
                "pk_attr": "id",
                "table_description": "`id` is the `kid`. The public half (a JWK) is shown from the beginning, so that apps know it",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="Avatar",
            options={
                "table": "avatars",
                "app": "models",
                "pk_attr": "user_id",
                "table_description": "`digest` is the SHA-256 of `image`, in hex.",
            },
        ),
        ops.AlterModelOptions(
            name="SecondFactor",
            options={
                "table": "second_factors",
                "app": "models",
                "pk_attr": "user_id",
                "table_description": "`secret` is sealed. It counts from `confirmed_at` on. `last_step` is the time step of the",
            },
        ),
        ops.RunSQL(Path(__file__).with_suffix(".sql").read_text()),
    ]
