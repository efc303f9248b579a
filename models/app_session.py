"""Somebody at work in an app: begun by a launch, kept alive by the app's heartbeat."""

from tortoise import fields
from tortoise.models import Model

from models.member import Member


class AppSession(Model):
    """`id` is the ticket's `jti`. The app redeems the ticket once, and from then on shows the token
    behind `token_digest`. It is over once `ended_at` is set, when its ticket has expired without
    being redeemed, or when no heartbeat has come for a while.

    `app_id` may name an app that has been removed: its server is still told that the session is
    over, and not that there never was one.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant_id = fields.CharField(max_length=32)
    app_id = fields.CharField(max_length=32)
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", on_delete=fields.RESTRICT
    )
    member_id: str
    token_digest = fields.CharField(max_length=64, null=True, unique=True)
    launched_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    redeemed_at = fields.DatetimeField(null=True)
    last_seen_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "app_sessions"
        indexes = (
            ("tenant_id", "app_id", "launched_at", "id"),
            ("tenant_id", "member_id"),
            ("launched_at",),
        )
