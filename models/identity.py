"""Somebody's account with an identity provider, and the way there and back."""

from tortoise import fields
from tortoise.models import Model

from models.user import User


class Identity(Model):
    """`subject` is what the provider calls the person for ever; `email` is only shown."""

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", on_delete=fields.CASCADE
    )
    user_id: str
    provider = fields.CharField(max_length=32)
    subject = fields.CharField(max_length=255)
    email = fields.CharField(max_length=254, null=True)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "identities"
        unique_together = (("provider", "subject"),)
        indexes = (("user_id",),)


class ProviderVisit(Model):
    """Somebody was sent to a provider and has to come back with the same `state`.

    Whoever started it holds the token behind `token_digest`, so nobody can be made to finish a
    visit of somebody else's. `verifier` (PKCE) is sealed. `user` is who links from his session;
    empty: somebody signs in. `subject` is there once the provider has said who he is.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, on_delete=fields.CASCADE
    )
    user_id: str | None
    provider = fields.CharField(max_length=32)
    token_digest = fields.CharField(max_length=64, unique=True)
    state_digest = fields.CharField(max_length=64)
    nonce = fields.CharField(max_length=64)
    verifier = fields.CharField(max_length=400)
    subject = fields.CharField(max_length=255, null=True)
    email = fields.CharField(max_length=254, null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "provider_visits"
        indexes = (("user_id",), ("expires_at",))
