"""How many members a tenant has, so that nobody has to count a million of them."""

from tortoise import fields
from tortoise.models import Model


class MemberCount(Model):
    """So many of the tenant's members have that status and role; no row: none has.

    The database keeps it, in the transaction of each change (migrations/0010_growth.sql, ADR 0045).
    `id` is made of the other three.
    """

    id = fields.CharField(max_length=80, primary_key=True)
    tenant_id = fields.CharField(max_length=32)
    status = fields.CharField(max_length=8)
    role = fields.CharField(max_length=32)
    number = fields.IntField()

    class Meta:
        table = "member_counts"
        indexes = (("tenant_id",),)
