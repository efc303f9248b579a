"""What the provider offers, and which tenant is subscribed to it from when to when."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.tenant import Tenant


class Tariff(Model):
    """`names` by language: `{"EN": "Start", ...}`. `months` is its period."""

    id = fields.CharField(max_length=32, primary_key=True)
    code = fields.CharField(max_length=64, unique=True)
    names: fields.JSONField[dict[str, Any]] = fields.JSONField()
    months = fields.IntField()
    is_offered = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "tariffs"


class TariffApp(Model):
    """An app that a tariff includes: its subscribers have one app of that `code`."""

    id = fields.CharField(max_length=32, primary_key=True)
    tariff: fields.ForeignKeyRelation[Tariff] = fields.ForeignKeyField(
        "models.Tariff", related_name="apps", on_delete=fields.CASCADE
    )
    tariff_id: str
    code = fields.CharField(max_length=64)
    name = fields.CharField(max_length=200)
    url = fields.CharField(max_length=2000, null=True)

    class Meta:
        table = "tariff_apps"
        unique_together = (("tariff_id", "code"),)


class Subscription(Model):
    """Active until `ends_at`; cancelled ones ended at `cancelled_at`, which is then `ends_at` too.

    `organization_id` is the servicing organization that subscribed the tenant, if one did.
    `reminded_days` is the last reminder sent to the owners: that many days before the end.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", on_delete=fields.RESTRICT
    )
    tenant_id: str
    tariff: fields.ForeignKeyRelation[Tariff] = fields.ForeignKeyField(
        "models.Tariff", on_delete=fields.RESTRICT
    )
    tariff_id: str
    organization_id = fields.CharField(max_length=32, null=True)
    begins_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    cancelled_at = fields.DatetimeField(null=True)
    reminded_days = fields.IntField(null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "subscriptions"
        indexes = (("tenant_id", "begins_at", "id"), ("ends_at",))
