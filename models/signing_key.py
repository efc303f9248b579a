"""A key that signs tickets, so that apps can tell ours from others."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class SigningKey(Model):
    """`id` is the `kid`. The public half (a JWK) is shown from the beginning, so that apps know it
    when it begins to sign at `signs_from`, and until `retires_at`. The private half is sealed.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    public: fields.JSONField[dict[str, Any]] = fields.JSONField()
    private = fields.CharField(max_length=800)
    created_at = fields.DatetimeField()
    signs_from = fields.DatetimeField()
    retires_at = fields.DatetimeField(null=True)

    class Meta:
        table = "signing_keys"
