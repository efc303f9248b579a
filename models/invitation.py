"""The offer behind a pending member: its link, its expiry, who stands for it."""

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from models.member import Member
from models.tenant import Tenant
from models.user import User


class InvitationState(StrEnum):
    """`EXPIRED` is never stored: it is `PENDING` past `expires_at`."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"


class Invitation(Model):
    """`generation` counts the links sent; only the newest one's digest is kept, so every older
    link is unknown. What is offered (role, apps, address) stands on the member. `suppressed`: the
    invitee blocks the tenant, so no mail was written.
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
    inviter: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", on_delete=fields.RESTRICT
    )
    inviter_id: str
    state = fields.CharEnumField(InvitationState, max_length=8)
    generation = fields.IntField()
    token_digest = fields.CharField(max_length=64, unique=True)
    locale = fields.CharField(max_length=2, null=True)
    suppressed = fields.BooleanField(default=False, db_default=False)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitations"
        unique_together = (("tenant_id", "member_id"),)
        indexes = (("tenant_id", "state", "expires_at"),)
