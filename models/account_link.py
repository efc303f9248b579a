"""A link mailed to somebody about his account: a new address, a new password, a registration."""

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.user import User


class LinkPurpose(StrEnum):
    EMAIL = "EMAIL"
    PASSWORD = "PASSWORD"  # noqa: S105 no password
    REGISTRATION = "REGISTRATION"


class AccountLink(Model):
    """Dead once `closed_at` is set (used, or overtaken) or `expires_at` is past.

    `user` is empty for who has no account, be it that he wants one or that a stranger's name was
    typed. `email` is the address that the link goes to and proves. `facts` are what was asked for.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, on_delete=fields.CASCADE
    )
    user_id: str | None
    purpose = fields.CharEnumField(LinkPurpose, max_length=12)
    email = fields.CharField(max_length=254, null=True)
    facts: fields.JSONField[dict[str, Any]] = fields.JSONField()
    token_digest = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "account_links"
        indexes = (("user_id",), ("expires_at",))
