"""Where a tenant's other software hears what was done in it, and what it was told."""

from enum import StrEnum

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from models.tenant import Tenant


class DisabledReason(StrEnum):
    """`GONE`: it answered so itself."""

    BY_HAND = "BY_HAND"
    FAILING = "FAILING"
    GONE = "GONE"


class WebhookState(StrEnum):
    QUEUED = "QUEUED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class WebhookEndpoint(Model):
    """`events` are actions of the audit log, `member.invite`, or all of a noun, `member.*`. The
    secrets are sealed; after a rotation calls are signed with the former one as well, until
    `former_until`. `failing_since` is the first of the failures that no success has followed;
    until `rests_until` nothing is sent there, since it has not answered or has asked for patience.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "models.Tenant", on_delete=fields.RESTRICT
    )
    tenant_id: str
    user_id = fields.CharField(max_length=32)
    url = fields.CharField(max_length=2000)
    description = fields.CharField(max_length=200, null=True)
    events: fields.Field[list[str]] = ArrayField("text")
    secret = fields.CharField(max_length=800)
    former_secret = fields.CharField(max_length=800, null=True)
    former_until = fields.DatetimeField(null=True)
    failing_since = fields.DatetimeField(null=True)
    rests_until = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True)
    disabled_reason = fields.CharEnumField(DisabledReason, max_length=7, null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "webhook_endpoints"
        indexes = (("tenant_id", "id"),)


class WebhookDelivery(Model):
    """One event for one endpoint. `body` is the same at each attempt; the receiver knows a message
    by `event_id`. `status` is the last answer's, `error` why there was none.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    tenant_id = fields.CharField(max_length=32)
    endpoint: fields.ForeignKeyRelation[WebhookEndpoint] = fields.ForeignKeyField(
        "models.WebhookEndpoint", on_delete=fields.CASCADE
    )
    endpoint_id: str
    event_id = fields.CharField(max_length=32)
    event = fields.CharField(max_length=48)
    body = fields.TextField()
    state = fields.CharEnumField(WebhookState, max_length=9)
    attempts = fields.IntField(default=0)
    status = fields.IntField(null=True)
    error = fields.CharField(max_length=200, null=True)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook_deliveries"
        indexes = (("endpoint_id", "id"), ("created_at",))
