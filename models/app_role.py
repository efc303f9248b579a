"""What an app calls its users inside, and which of its roles a member has there."""

from tortoise import fields
from tortoise.models import Model

from models.app import App
from models.member import Member


class AppRole(Model):
    """`code` is what the app is told; defined by who administers the app."""

    id = fields.CharField(max_length=32, primary_key=True)
    tenant_id = fields.CharField(max_length=32)
    app: fields.ForeignKeyRelation[App] = fields.ForeignKeyField(
        "models.App", on_delete=fields.CASCADE
    )
    app_id: str
    code = fields.CharField(max_length=64)
    name = fields.CharField(max_length=200)
    created_at = fields.DatetimeField()

    class Meta:
        table = "app_roles"
        unique_together = (("tenant_id", "app_id", "code"),)
        indexes = (("app_id",),)


class AppRoleAssignment(Model):
    """Given to a pending member it holds from acceptance on; it waits while he has no right."""

    id = fields.CharField(max_length=32, primary_key=True)
    tenant_id = fields.CharField(max_length=32)
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", on_delete=fields.RESTRICT
    )
    member_id: str
    app_role: fields.ForeignKeyRelation[AppRole] = fields.ForeignKeyField(
        "models.AppRole", on_delete=fields.CASCADE
    )
    app_role_id: str

    class Meta:
        table = "app_role_assignments"
        unique_together = (("tenant_id", "member_id", "app_role_id"),)
        indexes = (("app_role_id",),)
