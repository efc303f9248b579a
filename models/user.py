"""A person's account with the service; may belong to many tenants."""

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model


class ProviderRole(StrEnum):
    """Staff of who runs the service."""

    SUPPORT = "SUPPORT"
    ADMIN = "ADMIN"


class User(Model):
    """`email_key` is the address as it is compared, `email` as it is written to.

    One account at most has verified an address (a partial unique index); unverified copies of it
    count as not registered.

    `manager_id` is the tenant that made the account for somebody without an e-mail; whoever set
    the password does not keep it to himself, so `password_expired` asks for a new one.

    `name_key` is the folded name, which staff search by.

    `email_is_registered`: it is still the address he registered with, which only provider support
    changes (PRODUCT 5). An account that has ended keeps its row, emptied, for the audit.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    login = fields.CharField(max_length=64, unique=True)
    email = fields.CharField(max_length=254, null=True)
    email_key = fields.CharField(max_length=254, null=True)
    email_verified_at = fields.DatetimeField(null=True)
    email_is_registered = fields.BooleanField(default=False, db_default=False)
    full_name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=400, default="", db_default="")
    phone = fields.CharField(max_length=16, null=True)
    phone_confirmed_at = fields.DatetimeField(null=True)
    locale = fields.CharField(max_length=2, null=True)
    rows_per_page = fields.IntField(null=True)
    wants_news = fields.BooleanField(default=False, db_default=False)
    wants_sms = fields.BooleanField(default=False, db_default=False)
    password_hash = fields.CharField(max_length=200, null=True)
    password_expired = fields.BooleanField(default=False, db_default=False)
    manager_id = fields.CharField(max_length=32, null=True)
    provider_role = fields.CharEnumField(ProviderRole, max_length=8, null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "users"
        indexes = (("email_key",), ("name_key",))
