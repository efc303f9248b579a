"""Webhooks: how many, how long one that fails is borne with, and where calls may lead."""

from datetime import timedelta

from pydantic import BaseModel, Field

from settings.durations import Duration
from settings.limits import Rate


class Webhooks(BaseModel):
    """Where calls may lead holds for those to apps as well."""

    private_destinations: bool | None = Field(
        None,
        description="Whether apps and webhooks may be called at addresses that are not public: "
        "loopback and private networks. Unset: `true` in development, `false` in production.",
    )
    webhook_endpoints: int = Field(20, ge=1, description="Webhook endpoints of one tenant.")
    webhook_patience: Duration = Field(
        timedelta(days=5),
        description="How long an endpoint may fail without a success before it is disabled.",
    )
    limit_webhook_calls: Rate = Field(
        "120/hour", description="Test events and redeliveries that one person asks for."
    )
