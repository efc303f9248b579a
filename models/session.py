"""Somebody signed in somewhere: an opaque token, of which only the digest is kept."""

from tortoise import fields
from tortoise.models import Model

from models.user import User


class Session(Model):
    """Ending a session deletes its row. `device` is what the client called itself."""

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", on_delete=fields.CASCADE
    )
    user_id: str
    token_digest = fields.CharField(max_length=64, unique=True)
    device = fields.CharField(max_length=200, null=True)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()

    class Meta:
        table = "sessions"
        indexes = (("user_id",), ("last_used_at",))
