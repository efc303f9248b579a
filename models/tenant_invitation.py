"""A new tenant that an operator invites into the service; it exists once its owner accepts."""

from tortoise import fields
from tortoise.models import Model

from models.invitation import InvitationState
from models.tenant import Catalog, Tenant
from models.user import User


class TenantInvitation(Model):
    """`generation` counts the links sent, as of an `Invitation`. `tenant_id` is the tenant that
    acceptance made.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    organization: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", related_name="tenant_invitations", on_delete=fields.RESTRICT
    )
    organization_id: str
    inviter: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", on_delete=fields.RESTRICT
    )
    inviter_id: str
    name = fields.CharField(max_length=200)
    catalog = fields.CharEnumField(Catalog, max_length=16)
    locale = fields.CharField(max_length=2)
    email = fields.CharField(max_length=254)
    state = fields.CharEnumField(InvitationState, max_length=8)
    generation = fields.IntField()
    token_digest = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    tenant_id = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "tenant_invitations"
        indexes = (("organization_id", "id"),)
