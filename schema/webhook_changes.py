"""Webhooks: made, changed, tried and removed by those who say who hears of a tenant."""

from typing import Annotated

import strawberry

from permissions.catalog import Permission
from permissions.fields import Caller, Can, guard
from resolvers import webhook_deliveries, webhooks
from schema import errors
from schema.arguments import Input, left_out, stays
from schema.context import Info
from schema.interfaces import Rows
from schema.webhooks import WebhookDelivery, WebhookEndpoint

_EVENTS = (
    "What it is to hear: actions of the audit log such as member.invite, all of a noun as in"
    " member.*, or * for every one."
)
_URL = "An https address (http in development) on the public internet that takes signed POSTs."
_DESCRIPTION = "For people: 200 characters at most."


@strawberry.input(description="Where a tenant's changes are to be told.")
class CreateWebhookEndpointInput:
    tenant_id: strawberry.ID = strawberry.field(description="Of which tenant.")
    url: str = strawberry.field(description=_URL)
    events: list[str] = strawberry.field(description=_EVENTS)
    description: str | None = strawberry.field(default=None, description=_DESCRIPTION)


@strawberry.type(description="The endpoint hears what happens from now on.")
class CreateWebhookEndpointPayload:
    webhook_endpoint: Rows = strawberry.field(
        graphql_type=WebhookEndpoint, description="The new endpoint."
    )
    secret: str = strawberry.field(
        description="`whsec_...` of Standard Webhooks, to verify calls with. It is shown this once."
    )


@strawberry.input(description="What an endpoint is to be; what is left out stays.")
class UpdateWebhookEndpointInput:
    id: strawberry.ID = strawberry.field(description="Which endpoint.")
    url: str | None = strawberry.field(default=strawberry.UNSET, description=_URL)
    events: list[str] | None = strawberry.field(default=strawberry.UNSET, description=_EVENTS)
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_DESCRIPTION} null takes it away."
    )


@strawberry.type(description="The endpoint is as it was asked for.")
class UpdateWebhookEndpointPayload:
    webhook_endpoint: Rows = strawberry.field(
        graphql_type=WebhookEndpoint, description="The endpoint."
    )


@strawberry.input(description="An endpoint that is to hear what happens, or nothing.")
class SetWebhookEndpointEnabledInput:
    id: strawberry.ID = strawberry.field(description="Which endpoint.")
    enabled: bool = strawberry.field(
        description="true: it hears what happens from now on. false: it hears nothing any more, nor"
        " what waits for it."
    )


@strawberry.type(description="The endpoint is enabled, or disabled, as asked for.")
class SetWebhookEndpointEnabledPayload:
    webhook_endpoint: Rows = strawberry.field(
        graphql_type=WebhookEndpoint, description="The endpoint."
    )


@strawberry.input(description="An endpoint whose calls are to be signed with another secret.")
class RotateWebhookSecretInput:
    id: strawberry.ID = strawberry.field(description="Which endpoint.")


@strawberry.type(
    description="Calls are signed with the new secret, and for a day with the former one as well."
)
class RotateWebhookSecretPayload:
    webhook_endpoint: Rows = strawberry.field(
        graphql_type=WebhookEndpoint, description="The endpoint."
    )
    secret: str = strawberry.field(description="The new secret. It is shown this once.")


@strawberry.input(description="An endpoint that is to hear nothing any more, for good.")
class RemoveWebhookEndpointInput:
    id: strawberry.ID = strawberry.field(description="Which endpoint.")


@strawberry.type(description="The endpoint and its log are gone.")
class RemoveWebhookEndpointPayload:
    webhook_endpoint_id: strawberry.ID = strawberry.field(description="Which endpoint it was.")


@strawberry.input(description="An endpoint that is to be tried.")
class SendTestWebhookInput:
    id: strawberry.ID = strawberry.field(description="Which endpoint.")


@strawberry.type(description="A webhook.test is about to be sent.")
class SendTestWebhookPayload:
    delivery: Rows = strawberry.field(
        graphql_type=WebhookDelivery, description="What will say what came of it."
    )


@strawberry.input(description="Something that is to be sent once more.")
class RedeliverWebhookInput:
    id: strawberry.ID = strawberry.field(description="Which delivery, whatever became of it.")


@strawberry.type(description="It is about to be sent once more, under the same `webhook-id`.")
class RedeliverWebhookPayload:
    delivery: Rows = strawberry.field(graphql_type=WebhookDelivery, description="The delivery.")


CreateWebhookEndpointResult = Annotated[
    CreateWebhookEndpointPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union(
        "CreateWebhookEndpointResult", description="What making an endpoint can come to."
    ),
]
UpdateWebhookEndpointResult = Annotated[
    UpdateWebhookEndpointPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union(
        "UpdateWebhookEndpointResult", description="What changing an endpoint can come to."
    ),
]
SetWebhookEndpointEnabledResult = Annotated[
    SetWebhookEndpointEnabledPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union(
        "SetWebhookEndpointEnabledResult",
        description="What enabling or disabling an endpoint can come to.",
    ),
]
RotateWebhookSecretResult = Annotated[
    RotateWebhookSecretPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union(
        "RotateWebhookSecretResult", description="What a new secret for an endpoint can come to."
    ),
]
RemoveWebhookEndpointResult = Annotated[
    RemoveWebhookEndpointPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union(
        "RemoveWebhookEndpointResult", description="What removing an endpoint can come to."
    ),
]
SendTestWebhookResult = Annotated[
    SendTestWebhookPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("SendTestWebhookResult", description="What a test event can come to."),
]
RedeliverWebhookResult = Annotated[
    RedeliverWebhookPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("RedeliverWebhookResult", description="What sending anew can come to."),
]


@strawberry.type
class WebhookMutations:
    @strawberry.mutation(
        graphql_type=CreateWebhookEndpointResult | None,
        extensions=guard(Can(Permission.KEYS_MANAGE)),
        description="Have what happens in a tenant told to an address; needs audit:view as well.",
    )
    async def create_webhook_endpoint(
        self, info: Info, input: Input[CreateWebhookEndpointInput]
    ) -> Rows:
        made = await webhooks.create(
            info.context.viewer,
            input.tenant_id,
            url=input.url,
            events=input.events,
            description=input.description,
        )
        return CreateWebhookEndpointPayload(webhook_endpoint=made.endpoint, secret=made.secret)

    @strawberry.mutation(
        graphql_type=UpdateWebhookEndpointResult | None,
        extensions=guard(Caller()),
        description="Change an endpoint's address, events or description.",
    )
    async def update_webhook_endpoint(
        self, info: Info, input: Input[UpdateWebhookEndpointInput]
    ) -> Rows:
        changed = await webhooks.update(
            info.context.viewer,
            input.id,
            url=stays(input.url),
            events=stays(input.events),
            description=left_out(input.description),
        )
        return UpdateWebhookEndpointPayload(webhook_endpoint=changed)

    @strawberry.mutation(
        graphql_type=SetWebhookEndpointEnabledResult | None,
        extensions=guard(Caller()),
        description="Enable an endpoint, or disable it; what it missed meanwhile is not sent by"
        " itself.",
    )
    async def set_webhook_endpoint_enabled(
        self, info: Info, input: Input[SetWebhookEndpointEnabledInput]
    ) -> Rows:
        changed = await webhooks.set_enabled(info.context.viewer, input.id, enabled=input.enabled)
        return SetWebhookEndpointEnabledPayload(webhook_endpoint=changed)

    @strawberry.mutation(
        graphql_type=RotateWebhookSecretResult | None,
        extensions=guard(Caller()),
        description="Give an endpoint a new secret.",
    )
    async def rotate_webhook_secret(
        self, info: Info, input: Input[RotateWebhookSecretInput]
    ) -> Rows:
        made = await webhooks.rotate_secret(info.context.viewer, input.id)
        return RotateWebhookSecretPayload(webhook_endpoint=made.endpoint, secret=made.secret)

    @strawberry.mutation(
        graphql_type=RemoveWebhookEndpointResult | None,
        extensions=guard(Caller()),
        description="Remove an endpoint and its log.",
    )
    async def remove_webhook_endpoint(
        self, info: Info, input: Input[RemoveWebhookEndpointInput]
    ) -> Rows:
        await webhooks.remove(info.context.viewer, input.id)
        return RemoveWebhookEndpointPayload(webhook_endpoint_id=input.id)

    @strawberry.mutation(
        graphql_type=SendTestWebhookResult | None,
        extensions=guard(Caller()),
        description="Send a webhook.test to an endpoint, whatever it listens for.",
    )
    async def send_test_webhook(self, info: Info, input: Input[SendTestWebhookInput]) -> Rows:
        sent = await webhook_deliveries.send_test(info.context.viewer, input.id)
        return SendTestWebhookPayload(delivery=sent)

    @strawberry.mutation(
        graphql_type=RedeliverWebhookResult | None,
        extensions=guard(Caller()),
        description="Send an event once more; what waits is sent at once.",
    )
    async def redeliver_webhook(self, info: Info, input: Input[RedeliverWebhookInput]) -> Rows:
        sent = await webhook_deliveries.redeliver(info.context.viewer, input.id)
        return RedeliverWebhookPayload(delivery=sent)
