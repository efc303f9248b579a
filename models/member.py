"""A person's place in one tenant, from the invitation on: one row from `PENDING` to `REMOVED`."""

from enum import StrEnum

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.db_defaults import Now
from tortoise.models import Model

from models.tenant import Tenant
from models.user import User


class MemberStatus(StrEnum):
    PENDING = "PENDING"
    JOINED = "JOINED"
    DISABLED = "DISABLED"
    REMOVED = "REMOVED"


class Member(Model):
    """While `PENDING`, `email full_name login phone` hold what the inviter typed and `user` is
    empty; from acceptance on the account holds them and these are empty.

    The `*_key` columns are what lists are searched and ordered by, in this tenant's own index:
    the folded values of whichever of the two holds.

    `revision` and `updated_at` are the database's to write: within a tenant they grow in the order
    in which changes become visible, those of rights on apps and of the invitation included
    (migrations/0009_portals.sql, ADR 0027).

    `grants` and `denials` are single permissions on top of the role (PRODUCT 2, rule 3); an owner
    has neither.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", on_delete=fields.RESTRICT
    )
    tenant_id: str
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, on_delete=fields.RESTRICT
    )
    user_id: str | None
    status = fields.CharEnumField(MemberStatus, max_length=8)
    role = fields.CharField(max_length=32)
    email = fields.CharField(max_length=254, null=True)
    full_name = fields.CharField(max_length=200, null=True)
    login = fields.CharField(max_length=64, null=True)
    phone = fields.CharField(max_length=16, null=True)
    email_key = fields.CharField(max_length=254, null=True)
    name_key = fields.CharField(max_length=400)
    login_key = fields.CharField(max_length=64, null=True)
    grants: fields.Field[list[str]] = ArrayField("text", default=list, db_default=[])
    denials: fields.Field[list[str]] = ArrayField("text", default=list, db_default=[])
    max_sessions = fields.IntField(null=True)
    is_first_user = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    joined_at = fields.DatetimeField(null=True)
    updated_at = fields.DatetimeField(db_default=Now())
    revision = fields.BigIntField(db_default=0)

    class Meta:
        table = "members"
        indexes = (
            ("tenant_id", "created_at", "id"),
            ("tenant_id", "name_key", "id"),
            ("tenant_id", "email_key"),
            ("tenant_id", "login_key"),
            ("tenant_id", "status", "role"),
            ("tenant_id", "revision"),
            ("tenant_id", "updated_at", "id"),
            ("user_id", "tenant_id"),
        )
