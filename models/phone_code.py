"""Six digits sent to a number: to confirm it, or to take it out of the profile."""

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from models.user import User


class CodePurpose(StrEnum):
    CONFIRM = "CONFIRM"
    REMOVE = "REMOVE"


class PhoneCode(Model):
    """The code itself stands nowhere: it is a keyed hash of `id` (`auth.tokens.code`). Of one
    account only the newest is alive, until it was used, tried too often, or is too old.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", on_delete=fields.CASCADE
    )
    user_id: str
    phone = fields.CharField(max_length=16)
    purpose = fields.CharEnumField(CodePurpose, max_length=7)
    attempts = fields.IntField(default=0, db_default=0)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "phone_codes"
        indexes = (("user_id",), ("expires_at",))
