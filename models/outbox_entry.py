"""What is to leave, written in the transaction of the change it tells of: a mail, an SMS, what an
app is asked to do, or what a webhook is told.
"""

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.account_link import AccountLink
from models.app_action import AppAction
from models.invitation import Invitation
from models.phone_code import PhoneCode
from models.tenant import Tenant
from models.tenant_invitation import TenantInvitation
from models.webhook import WebhookDelivery


class Channel(StrEnum):
    """How it leaves; each way has its own queue, so that one that is down holds up nothing else."""

    MAIL = "MAIL"
    SMS = "SMS"
    APP = "APP"
    WEBHOOK = "WEBHOOK"


class OutboxState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    BOUNCED = "BOUNCED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class OutboxEntry(Model):
    """`facts` are what the template needs beside the token or code, which is computed when the mail
    is written, from an invitation, an account link or a phone code, and stands nowhere. `user_id`
    is the account written to, where it is one. Once finished, `facts` and `recipient` are emptied.

    A worker holds an entry while `lease` is its own and `leased_until` is ahead. `id` is also the
    left part of the Message-ID, so every copy has the same one.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant: fields.ForeignKeyNullableRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", null=True, on_delete=fields.RESTRICT
    )
    tenant_id: str | None
    invitation: fields.ForeignKeyNullableRelation[Invitation] = fields.ForeignKeyField(
        "models.Invitation", null=True, on_delete=fields.RESTRICT
    )
    invitation_id: str | None
    generation = fields.IntField(null=True)
    link: fields.ForeignKeyNullableRelation[AccountLink] = fields.ForeignKeyField(
        "models.AccountLink", null=True, on_delete=fields.CASCADE
    )
    link_id: str | None
    code: fields.ForeignKeyNullableRelation[PhoneCode] = fields.ForeignKeyField(
        "models.PhoneCode", null=True, on_delete=fields.CASCADE
    )
    code_id: str | None
    tenant_invitation: fields.ForeignKeyNullableRelation[TenantInvitation] = fields.ForeignKeyField(
        "models.TenantInvitation", null=True, on_delete=fields.RESTRICT
    )
    tenant_invitation_id: str | None
    app_action: fields.ForeignKeyNullableRelation[AppAction] = fields.ForeignKeyField(
        "models.AppAction", null=True, on_delete=fields.CASCADE
    )
    app_action_id: str | None
    webhook_delivery: fields.ForeignKeyNullableRelation[WebhookDelivery] = fields.ForeignKeyField(
        "models.WebhookDelivery", null=True, on_delete=fields.CASCADE
    )
    webhook_delivery_id: str | None
    user_id = fields.CharField(max_length=32, null=True)
    channel = fields.CharEnumField(Channel, max_length=7, default=Channel.MAIL, db_default="MAIL")
    message = fields.CharField(max_length=48)
    recipient = fields.CharField(max_length=254)
    locale = fields.CharField(max_length=2)
    facts: fields.JSONField[dict[str, Any]] = fields.JSONField()
    state = fields.CharEnumField(OutboxState, max_length=9)
    attempts = fields.IntField(default=0)
    due_at = fields.DatetimeField()
    not_after = fields.DatetimeField(null=True)
    cancelled_at = fields.DatetimeField(null=True)
    lease = fields.CharField(max_length=32, null=True)
    leased_until = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=200, null=True)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "outbox_entries"
        indexes = (
            ("tenant_id", "invitation_id", "created_at"),
            ("user_id",),
            ("link_id",),
            ("code_id",),
            ("tenant_invitation_id",),
            ("app_action_id",),
            ("webhook_delivery_id",),
        )
