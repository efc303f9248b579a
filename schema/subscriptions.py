"""Subscriptions of tenants to tariffs."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import Caller, Staff, guard
from resolvers import pages, rows, subscribing, subscriptions
from schema import connections, errors
from schema.arguments import After, Before, First, Input, Last, TenantId
from schema.connections import Connection
from schema.context import Info
from schema.enums import SubscriptionState
from schema.interfaces import Node, Rows, shown_from
from schema.tariffs import Tariff


@strawberry.type(description="A tenant has a tariff, from when to when.")
@shown_from(subscriptions.Subscription)
class Subscription(Node):
    state: SubscriptionState = strawberry.field(description="Whether it runs.")
    begins_at: datetime = strawberry.field(description="Since when.")
    ends_at: datetime = strawberry.field(description="Until when; renewing moves it.")
    cancelled_at: datetime | None = strawberry.field(
        description="When it was cancelled, which ended it."
    )

    @strawberry.field(graphql_type=Tariff, description="What the tenant has.")
    def tariff(parent: strawberry.Parent[subscriptions.Subscription], info: Info) -> Rows:
        return info.context.loaders.tariffs.load(parent.tariff_id)


@strawberry.type
class TenantSubscriptions:
    """What a `Tenant` says of its subscriptions."""

    @strawberry.field(
        graphql_type=Connection[Subscription] | None,
        description="Its subscriptions, newest first; for who knows of all its apps.",
    )
    async def subscriptions(
        parent: strawberry.Parent[rows.Tenant],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        viewer, window = info.context.viewer, pages.Window(first, after, last, before)
        return connections.of(await subscriptions.page_of_tenant(viewer, parent.id, window))


@strawberry.type
class ServedSubscriptions:
    """What a `ServedTenant` says of its subscriptions."""

    @strawberry.field(
        graphql_type=Connection[Subscription] | None,
        description="Its subscriptions, newest first.",
    )
    async def subscriptions(
        parent: strawberry.Parent[rows.ServedTenant],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        viewer, window = info.context.viewer, pages.Window(first, after, last, before)
        return connections.of(await subscriptions.page(viewer, parent.id, window))


@strawberry.type
class SubscriptionQueries:
    @strawberry.field(
        graphql_type=Connection[Subscription] | None,
        extensions=guard(Staff()),
        description="Any tenant's subscriptions, newest first; for the provider's staff.",
    )
    async def subscriptions(
        self,
        info: Info,
        tenant_id: TenantId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        return connections.of(await subscriptions.page(info.context.viewer, tenant_id, window))


@strawberry.input(description="Which tenant gets what.")
class SubscribeTenantInput:
    tenant_id: strawberry.ID = strawberry.field(description="Which tenant.")
    tariff_code: str = strawberry.field(description="The code of a tariff that is offered.")


@strawberry.type(description="The tenant is subscribed and has the apps that the tariff includes.")
class SubscribeTenantPayload:
    subscription: Rows = strawberry.field(
        graphql_type=Subscription, description="The new subscription."
    )


@strawberry.input(description="A subscription that is to run longer.")
class RenewSubscriptionInput:
    subscription_id: strawberry.ID = strawberry.field(description="Which subscription.")


@strawberry.type(description="The subscription ends one period of its tariff later.")
class RenewSubscriptionPayload:
    subscription: Rows = strawberry.field(
        graphql_type=Subscription, description="The subscription."
    )


@strawberry.input(description="A subscription that is to end now.")
class CancelSubscriptionInput:
    subscription_id: strawberry.ID = strawberry.field(description="Which subscription.")


@strawberry.type(
    description="The subscription is over; apps that no other one includes cannot be launched."
)
class CancelSubscriptionPayload:
    subscription: Rows = strawberry.field(
        graphql_type=Subscription, description="The subscription."
    )


SubscribeTenantResult = Annotated[
    SubscribeTenantPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.NotPermittedByProvider
    | errors.InvalidInput
    | errors.AlreadySubscribed,
    strawberry.union("SubscribeTenantResult", description="What subscribing can come to."),
]
RenewSubscriptionResult = Annotated[
    RenewSubscriptionPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.NotPermittedByProvider
    | errors.InvalidInput
    | errors.SubscriptionEnded,
    strawberry.union("RenewSubscriptionResult", description="What renewing can come to."),
]
CancelSubscriptionResult = Annotated[
    CancelSubscriptionPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.NotPermittedByProvider
    | errors.SubscriptionEnded,
    strawberry.union("CancelSubscriptionResult", description="What cancelling can come to."),
]


@strawberry.type
class SubscriptionMutations:
    @strawberry.mutation(
        graphql_type=SubscribeTenantResult | None,
        extensions=guard(Caller()),
        description="Subscribe a tenant, as the provider's staff or for who serves it.",
    )
    async def subscribe_tenant(self, info: Info, input: Input[SubscribeTenantInput]) -> Rows:
        begun = await subscribing.subscribe(
            info.context.viewer, input.tenant_id, tariff_code=input.tariff_code
        )
        return SubscribeTenantPayload(subscription=begun)

    @strawberry.mutation(
        graphql_type=RenewSubscriptionResult | None,
        extensions=guard(Caller()),
        description="Let a subscription run longer, as the provider's staff or for who serves.",
    )
    async def renew_subscription(self, info: Info, input: Input[RenewSubscriptionInput]) -> Rows:
        renewed = await subscribing.renew(info.context.viewer, input.subscription_id)
        return RenewSubscriptionPayload(subscription=renewed)

    @strawberry.mutation(
        graphql_type=CancelSubscriptionResult | None,
        extensions=guard(Caller()),
        description="End a subscription now, as the provider's staff or for who serves the tenant.",
    )
    async def cancel_subscription(self, info: Info, input: Input[CancelSubscriptionInput]) -> Rows:
        ended = await subscribing.cancel(info.context.viewer, input.subscription_id)
        return CancelSubscriptionPayload(subscription=ended)
