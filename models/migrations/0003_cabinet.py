"""The personal cabinet: links, codes, identities, factors, avatars, single permissions; the rest
stands in 0003_cabinet.sql.
"""

from pathlib import Path

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.account_link import LinkPurpose
from models.outbox_entry import Channel
from models.phone_code import CodePurpose


class Migration(migrations.Migration):
    dependencies = [("models", "0002_apps")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AccountLink",
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
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "purpose",
                    fields.CharEnumField(
                        description="EMAIL: EMAIL\nPASSWORD: PASSWORD\nREGISTRATION: REGISTRATION",
                        enum_type=LinkPurpose,
                        max_length=12,
                    ),
                ),
                ("email", fields.CharField(null=True, max_length=254)),
                ("facts", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("token_digest", fields.CharField(unique=True, max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account_links",
                "app": "models",
                "indexes": [Index(fields=["user_id"]), Index(fields=["expires_at"])],
                "pk_attr": "id",
                "table_description": "Dead once `closed_at` is set (used, or overtaken) or `expires_at` is past.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Avatar",
            fields=[
                (
                    "user",
                    fields.OneToOneField(
                        "models.User",
                        source_field="user_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("digest", fields.CharField(max_length=64)),
                ("image", fields.BinaryField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "avatars",
                "app": "models",
                "pk_attr": "user_id",
                "table_description": "`digest` is the SHA-256 of `image`, in hex.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Identity",
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
                ("provider", fields.CharField(max_length=32)),
                ("subject", fields.CharField(max_length=255)),
                ("email", fields.CharField(null=True, max_length=254)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "last_used_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "identities",
                "app": "models",
                "unique_together": (("provider", "subject"),),
                "indexes": [Index(fields=["user_id"])],
                "pk_attr": "id",
                "table_description": "`subject` is what the provider calls the person for ever; `email` is only shown.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PhoneCode",
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
                ("phone", fields.CharField(max_length=16)),
                (
                    "purpose",
                    fields.CharEnumField(
                        description="CONFIRM: CONFIRM\nREMOVE: REMOVE",
                        enum_type=CodePurpose,
                        max_length=7,
                    ),
                ),
                ("attempts", fields.IntField(default=0, db_default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "phone_codes",
                "app": "models",
                "indexes": [Index(fields=["user_id"]), Index(fields=["expires_at"])],
                "pk_attr": "id",
                "table_description": "The code itself stands nowhere: it is a keyed hash of `id` (`auth.tokens.code`). Of one",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ProviderVisit",
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
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("provider", fields.CharField(max_length=32)),
                ("token_digest", fields.CharField(unique=True, max_length=64)),
                ("state_digest", fields.CharField(max_length=64)),
                ("nonce", fields.CharField(max_length=64)),
                ("verifier", fields.CharField(max_length=400)),
                ("subject", fields.CharField(null=True, max_length=255)),
                ("email", fields.CharField(null=True, max_length=254)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "provider_visits",
                "app": "models",
                "indexes": [Index(fields=["user_id"]), Index(fields=["expires_at"])],
                "pk_attr": "id",
                "table_description": "Somebody was sent to a provider and has to come back with the same `state`.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RecoveryCode",
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
                ("digest", fields.CharField(max_length=64)),
            ],
            options={
                "table": "recovery_codes",
                "app": "models",
                "unique_together": (("user_id", "digest"),),
                "pk_attr": "id",
                "table_description": "Taking a code deletes its row.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SecondFactor",
            fields=[
                (
                    "user",
                    fields.OneToOneField(
                        "models.User",
                        source_field="user_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("secret", fields.CharField(max_length=400)),
                ("last_step", fields.BigIntField(default=0, db_default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "confirmed_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "second_factors",
                "app": "models",
                "pk_attr": "user_id",
                "table_description": "`secret` is sealed. It counts from `confirmed_at` on. `last_step` is the time step of the",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="AuditEvent",
            name="as_staff",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="Member",
            name="denials",
            field=ArrayField(default=list, db_default=[], element_type="TEXT"),
        ),
        ops.AddField(
            model_name="Member",
            name="grants",
            field=ArrayField(default=list, db_default=[], element_type="TEXT"),
        ),
        ops.AlterModelOptions(
            name="OutboxEntry",
            options={
                "table": "outbox_entries",
                "app": "models",
                "indexes": [
                    Index(fields=["tenant_id", "invitation_id", "created_at"]),
                    Index(fields=["user_id"]),
                    Index(fields=["link_id"]),
                    Index(fields=["code_id"]),
                ],
                "pk_attr": "id",
                "table_description": "`facts` are what the template needs beside the token or code, which is computed when the mail",
            },
        ),
        ops.AddField(
            model_name="OutboxEntry",
            name="channel",
            field=fields.CharEnumField(
                default=Channel.MAIL,
                description="MAIL: MAIL\nSMS: SMS",
                db_default="MAIL",
                enum_type=Channel,
                max_length=4,
            ),
        ),
        ops.AddField(
            model_name="OutboxEntry",
            name="code",
            field=fields.ForeignKeyField(
                "models.PhoneCode",
                source_field="code_id",
                null=True,
                db_constraint=True,
                to_field="id",
                on_delete=OnDelete.CASCADE,
            ),
        ),
        ops.AddField(
            model_name="OutboxEntry",
            name="link",
            field=fields.ForeignKeyField(
                "models.AccountLink",
                source_field="link_id",
                null=True,
                db_constraint=True,
                to_field="id",
                on_delete=OnDelete.CASCADE,
            ),
        ),
        ops.AddField(
            model_name="OutboxEntry",
            name="user_id",
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddIndex(
            model_name="OutboxEntry",
            index=Index(fields=["user_id"]),
        ),
        ops.AddIndex(
            model_name="OutboxEntry",
            index=Index(fields=["link_id"]),
        ),
        ops.AddIndex(
            model_name="OutboxEntry",
            index=Index(fields=["code_id"]),
        ),
        ops.AlterModelOptions(
            name="Session",
            options={
                "table": "sessions",
                "app": "models",
                "indexes": [Index(fields=["user_id", "last_used_at"])],
                "pk_attr": "id",
                "table_description": "Ending a session deletes its row. `device` is what the client called itself.",
            },
        ),
        ops.AddField(
            model_name="Session",
            name="device",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name="User",
            name="email_is_registered",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="User",
            name="ended_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="User",
            name="name_key",
            field=fields.CharField(default="", db_default="", max_length=400),
        ),
        ops.AddIndex(
            model_name="User",
            index=Index(fields=["email_key"]),
        ),
        ops.AddIndex(
            model_name="User",
            index=Index(fields=["name_key"]),
        ),
        ops.AddField(
            model_name="User",
            name="phone_confirmed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="User",
            name="rows_per_page",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="User",
            name="wants_news",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="User",
            name="wants_sms",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.RunSQL(Path(__file__).with_suffix(".sql").read_text()),
    ]
