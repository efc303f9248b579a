"""An application of a tenant, and who may do what with it."""

from enum import StrEnum

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from models.member import Member
from models.tenant import Tenant


class AppRight(StrEnum):
    """What a member may do with an app; no row, no right (PRODUCT 6.1)."""

    LAUNCH = "LAUNCH"
    LAUNCH_AND_ADMINISTER = "LAUNCH_AND_ADMINISTER"


class App(Model):
    """`code` where tariffs include it: it can be launched while one of them is subscribed.

    Its server hears of `actions` at `control_url`, signed with `control_secret`, which is sealed.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", on_delete=fields.RESTRICT
    )
    tenant_id: str
    name = fields.CharField(max_length=200)
    url = fields.CharField(max_length=2000, null=True)
    code = fields.CharField(max_length=64, null=True)
    control_url = fields.CharField(max_length=2000, null=True)
    control_secret = fields.CharField(max_length=400, null=True)
    actions: fields.Field[list[str]] = ArrayField("text", default=list, db_default=[])
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "apps"
        unique_together = (("tenant_id", "code"),)
        indexes = (("tenant_id", "id"),)


class AppAccess(Model):
    """A right given to a pending member holds from acceptance on."""

    id = fields.CharField(max_length=32, primary_key=True)
    tenant_id = fields.CharField(max_length=32)
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", on_delete=fields.RESTRICT
    )
    member_id: str
    app: fields.ForeignKeyRelation[App] = fields.ForeignKeyField(
        "models.App", on_delete=fields.RESTRICT
    )
    app_id: str
    right = fields.CharEnumField(AppRight, max_length=24)

    class Meta:
        table = "app_access"
        unique_together = (("tenant_id", "member_id", "app_id"),)
        indexes = (("app_id", "member_id"),)
