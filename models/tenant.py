"""What people belong to."""

from enum import StrEnum

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class Catalog(StrEnum):
    """The role catalogue a tenant was created with (PRODUCT 2); it never changes."""

    PROJECT = "PROJECT"
    SUBSCRIBER = "SUBSCRIBER"
    ACCOUNT = "ACCOUNT"


class Tenant(Model):
    """A deleted tenant keeps its row, for the audit, and is out of everybody's sight.

    `servicing` is there in a servicing organization: the permissions of the matrix's cells `s` that
    the provider switched on.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=400)
    catalog = fields.CharEnumField(Catalog, max_length=16)
    locale = fields.CharField(max_length=2)
    servicing: fields.Field[list[str] | None] = ArrayField("text", null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "tenants"
        indexes = (("name_key",),)
