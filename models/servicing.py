"""Which servicing organization serves which tenant, and who was last told of it (PRODUCT 6.3)."""

from tortoise import fields
from tortoise.models import Model

from models.tenant import Tenant


class Servicing(Model):
    """A tenant is served by one organization at most while `ended_at` is empty."""

    id = fields.CharField(max_length=32, primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", related_name="servicings", on_delete=fields.RESTRICT
    )
    tenant_id: str
    organization: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", related_name="served", on_delete=fields.RESTRICT
    )
    organization_id: str
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "servicings"
        indexes = (("tenant_id",), ("organization_id", "created_at", "id"))


class OperatorReport(Model):
    """The next report of a servicing organization: it is written at `due_at` and tells what has
    happened since `covered_until`.
    """

    organization_id = fields.CharField(max_length=32, primary_key=True)
    covered_until = fields.DatetimeField()
    due_at = fields.DatetimeField()

    class Meta:
        table = "operator_reports"
        indexes = (("due_at",),)
