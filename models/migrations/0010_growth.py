"""How many members a tenant has, and the indexes that large tables want; besides what stands in
0010_growth.sql.
"""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0009_portals")]

    initial = False

    operations = [
        ops.CreateModel(
            name="MemberCount",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80),
                ),
                ("tenant_id", fields.CharField(max_length=32)),
                ("status", fields.CharField(max_length=8)),
                ("role", fields.CharField(max_length=32)),
                ("number", fields.IntField()),
            ],
            options={
                "table": "member_counts",
                "app": "models",
                "indexes": [Index(fields=["tenant_id"])],
                "pk_attr": "id",
                "table_description": "So many of the tenant's members have that status and role; no row: none has.",
            },
            bases=["Model"],
        ),
        ops.AddIndex(
            model_name="Member",
            index=Index(fields=["tenant_id", "status", "role"]),
        ),
        ops.RemoveIndex(model_name="AppAccess", fields=["tenant_id", "app_id"]),
        ops.AddIndex(model_name="AppAccess", index=Index(fields=["app_id", "member_id"])),
        ops.RemoveIndex(model_name="AppAction", fields=["tenant_id", "app_id", "id"]),
        ops.AddIndex(model_name="AppAction", index=Index(fields=["app_id", "id"])),
        ops.AddIndex(model_name="AppAction", index=Index(fields=["requested_at"])),
        ops.AddIndex(model_name="AppRole", index=Index(fields=["app_id"])),
        ops.RemoveIndex(model_name="AppRoleAssignment", fields=["tenant_id", "app_role_id"]),
        ops.AddIndex(model_name="AppRoleAssignment", index=Index(fields=["app_role_id"])),
        ops.AddIndex(model_name="AppSession", index=Index(fields=["launched_at"])),
        ops.AddIndex(
            model_name="AuditEvent",
            index=Index(fields=["tenant_id", "actor_id", "created_at", "id"]),
        ),
        ops.AddIndex(
            model_name="AuditEvent", index=Index(fields=["tenant_id", "action", "created_at", "id"])
        ),
        ops.RemoveIndex(model_name="Servicing", fields=["organization_id", "id"]),
        ops.AddIndex(
            model_name="Servicing", index=Index(fields=["organization_id", "created_at", "id"])
        ),
        ops.RemoveIndex(model_name="Session", fields=["user_id", "last_used_at"]),
        ops.AddIndex(model_name="Session", index=Index(fields=["user_id"])),
        ops.AddIndex(model_name="Session", index=Index(fields=["last_used_at"])),
        ops.RemoveIndex(model_name="Subscription", fields=["tenant_id", "ends_at", "id"]),
        ops.AddIndex(
            model_name="Subscription", index=Index(fields=["tenant_id", "begins_at", "id"])
        ),
        ops.AddIndex(model_name="Tenant", index=Index(fields=["name_key"])),
        ops.RemoveIndex(model_name="WebhookDelivery", fields=["tenant_id", "endpoint_id", "id"]),
        ops.AddIndex(model_name="WebhookDelivery", index=Index(fields=["endpoint_id", "id"])),
        ops.RunSQL(Path(__file__).with_suffix(".sql").read_text()),
    ]
