"""Somebody does not want to be invited by a tenant any more, until he lifts it (PRODUCT 3.8)."""

from tortoise import fields
from tortoise.models import Model

from models.tenant import Tenant
from models.user import User


class TenantBlock(Model):
    """Kept by account, or by address for who has none: one of the two is empty."""

    id = fields.CharField(max_length=32, primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", on_delete=fields.RESTRICT
    )
    tenant_id: str
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, on_delete=fields.RESTRICT
    )
    user_id: str | None
    email_key = fields.CharField(max_length=254, null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "tenant_blocks"
        indexes = (("tenant_id", "email_key"), ("tenant_id", "user_id"), ("user_id",))
