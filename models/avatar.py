"""Somebody's picture, as we have drawn it anew."""

from tortoise import fields
from tortoise.models import Model

from models.user import User


class Avatar(Model):
    """`digest` is the SHA-256 of `image`, in hex."""

    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "models.User", primary_key=True, on_delete=fields.CASCADE
    )
    user_id: str
    digest = fields.CharField(max_length=64)
    image = fields.BinaryField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "avatars"
