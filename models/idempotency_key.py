"""A mutation done under an `Idempotency-Key`, and its answer, for whoever sends it again."""

from tortoise import fields
from tortoise.models import Model


class IdempotencyKey(Model):
    """`id` is the digest of caller, operation and key; `payload_digest` of what was sent. The
    answer is sealed: it may hold a secret that is shown once.
    """

    id = fields.CharField(max_length=64, primary_key=True)
    payload_digest = fields.CharField(max_length=64)
    answer = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_keys"
        indexes = (("created_at",),)
