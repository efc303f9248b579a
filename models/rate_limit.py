"""A counter of the `limits` library's fixed windows; the key is a digest, since it names people."""

from tortoise import fields
from tortoise.models import Model


class RateLimit(Model):
    key = fields.CharField(max_length=64, primary_key=True)
    count = fields.IntField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "rate_limits"
        indexes = (("expires_at",),)
