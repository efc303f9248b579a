"""Webhooks: where other software of a tenant listens, and what it was told."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.catalog import Permission
from permissions.fields import Can, guard
from resolvers import webhook_deliveries, webhook_directory
from resolvers.pages import Window
from schema import connections
from schema.accounts import User
from schema.arguments import After, Before, First, Last, TenantId
from schema.connections import Connection
from schema.context import Info
from schema.enums import DisabledReason, WebhookState
from schema.interfaces import Node, Rows, shown_from

if TYPE_CHECKING:
    from schema.tenants import Tenant

LazyTenant = Annotated["Tenant", strawberry.lazy("schema.tenants")]
States = Annotated[
    list[WebhookState] | None,
    strawberry.argument(description="Only those in one of these states."),
]


@strawberry.type(description="An event for an endpoint, and what has come of it; kept for 30 days.")
@shown_from(webhook_deliveries.Delivery)
class WebhookDelivery(Node):
    endpoint_id: strawberry.ID = strawberry.field(description="Of which endpoint.")
    event_id: strawberry.ID = strawberry.field(
        description="The `webhook-id` of each attempt: of the audit event, but for a webhook.test."
    )
    event: str = strawberry.field(description="What has happened, as in `AuditEvent.action`.")
    body: str = strawberry.field(description="What was sent: JSON, the same at each attempt.")
    state: WebhookState = strawberry.field(description="What has become of it.")
    attempts: int = strawberry.field(description="How often it was sent.")
    status: int | None = strawberry.field(
        description="The HTTP status of the last answer; null where none came."
    )
    error: str | None = strawberry.field(
        description="Why no answer came: ConnectTimeout, NotPublic, Disabled, ..."
    )
    created_at: datetime = strawberry.field(description="When it happened.")
    finished_at: datetime | None = strawberry.field(
        description="When it was taken, or given up; null while it is QUEUED."
    )
    next_attempt_at: datetime | None = strawberry.field(
        description="When it is sent next, at the earliest; null where it is not any more."
    )


@strawberry.type(description="An address that is told what happens in a tenant.")
@shown_from(webhook_directory.Endpoint)
class WebhookEndpoint(Node):
    url: str = strawberry.field(description="Where signed calls are posted to.")
    description: str | None = strawberry.field(description="What people wrote about it.")
    events: list[str] = strawberry.field(description="What it hears: names, `noun.*`, or `*`.")
    former_until: datetime | None = strawberry.field(
        name="formerSecretUntil",
        description="Until when calls are also signed with the secret before the last rotation.",
    )
    failing_since: datetime | None = strawberry.field(
        description="When the first call failed that no success has followed."
    )
    disabled_at: datetime | None = strawberry.field(description="Since when it hears nothing.")
    disabled_reason: DisabledReason | None = strawberry.field(description="Why it hears nothing.")
    created_by: Rows = strawberry.field(
        graphql_type=User | None, description="Who made it; where a key did, its maker."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @strawberry.field(graphql_type=LazyTenant | None, description="The tenant it belongs to.")
    def tenant(parent: strawberry.Parent[webhook_directory.Endpoint], info: Info) -> Rows:
        return info.context.loaders.tenants.load(parent.tenant_id)

    @strawberry.field(
        graphql_type=Connection[WebhookDelivery] | None,
        description="What it was told in the last 30 days, newest first.",
    )
    async def deliveries(
        parent: strawberry.Parent[webhook_directory.Endpoint],
        info: Info,
        states: States = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        page = await webhook_deliveries.page(
            info.context.viewer, parent, Window(first, after, last, before), states=states
        )
        return connections.of(page, lambda: webhook_deliveries.count(parent, states))


@strawberry.type
class WebhookQueries:
    @strawberry.field(
        graphql_type=Connection[WebhookEndpoint] | None,
        extensions=guard(Can(Permission.KEYS_MANAGE)),
        description="The webhook endpoints of a tenant, newest first; needs audit:view as well.",
    )
    async def webhook_endpoints(
        self,
        info: Info,
        tenant_id: TenantId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        window = Window(first, after, last, before)
        page = await webhook_directory.page(info.context.viewer, tenant_id, window)
        return connections.of(page, lambda: webhook_directory.count(tenant_id))
