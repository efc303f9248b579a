"""What other software shows who is no person: a tenant's key, with part of its maker's rights."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from models.member import Member
from models.tenant import Tenant


class ApiKey(Model):
    """`member` made it, and it can do no more than he can now: it ends with his place, and does not
    come back with a new one. `operations` are ids of registered documents; None: whatever its
    permissions allow.

    After a rotation the former secret works until `former_until`.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", on_delete=fields.RESTRICT
    )
    tenant_id: str
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", on_delete=fields.RESTRICT
    )
    member_id: str
    name = fields.CharField(max_length=100)
    permissions: fields.Field[list[str]] = ArrayField("text")
    operations: fields.Field[list[str] | None] = ArrayField("text", null=True)
    token_digest = fields.CharField(max_length=64, unique=True)
    former_digest = fields.CharField(max_length=64, null=True, unique=True)
    former_until = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_keys"
        indexes = (("tenant_id", "id"), ("member_id",))
