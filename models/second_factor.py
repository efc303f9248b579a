"""A second factor: what an authenticator app shares with us, and codes for when it is lost."""

from tortoise import fields
from tortoise.models import Model

from models.user import User


class SecondFactor(Model):
    """`secret` is sealed. It counts from `confirmed_at` on. `last_step` is the time step of the
    last code that was taken, so that no code is taken twice.
    """

    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "models.User", primary_key=True, on_delete=fields.CASCADE
    )
    user_id: str
    secret = fields.CharField(max_length=400)
    last_step = fields.BigIntField(default=0, db_default=0)
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "second_factors"


class RecoveryCode(Model):
    """Taking a code deletes its row."""

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", on_delete=fields.CASCADE
    )
    user_id: str
    digest = fields.CharField(max_length=64)

    class Meta:
        table = "recovery_codes"
        unique_together = (("user_id", "digest"),)
