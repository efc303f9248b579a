"""A GraphQL document that was registered, so that a request need only name it."""

from tortoise import fields
from tortoise.models import Model


class Document(Model):
    """`id` is what requests say as `documentId`: the SHA-256 of `body` in hex, or a name of the
    client's own. What an id stands for never changes.
    """

    id = fields.CharField(max_length=128, primary_key=True)
    body = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "documents"
