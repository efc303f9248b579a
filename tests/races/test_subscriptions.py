import asyncio
from collections import Counter
from typing import Any

from models import App, AuditEvent, Subscription
from tests.factories import World
from tests.resolvers import service, steps
from tests.resolvers.tariff_steps import change, make, subscribe

ROUNDS, AT_ONCE = 4, 2
DONE, ALREADY = "SubscribeTenantPayload", "AlreadySubscribed"


def kinds(answers: list[dict[str, Any]]) -> Counter[str]:
    return Counter(str(answer["__typename"]) for answer in answers)


async def test_of_operators_who_subscribe_a_tenant_at_once_one_does(world: World) -> None:
    """Issue 5: the others hear which subscription runs; the app is made once.

    The line that holds it is `locks.tenant` in `resolvers.subscribing.subscribe`; operators alone
    would wait for each other at the servicing relation as well, and staff ask for none.
    """
    served, staff = await service.begin(world), await world.staff()
    for round_ in range(1, ROUNDS + 1):
        code = f"tariff{round_}"
        await make(world, code)
        tries = [
            subscribe(person, served.client, code)
            for person in (served.operator, served.chief, staff) * AT_ONCE
        ]
        answers = await asyncio.gather(*tries)
        assert kinds(answers) == {DONE: 1, ALREADY: 3 * AT_ONCE - 1}
        [begun] = [a["subscription"]["id"] for a in answers if a["__typename"] == DONE]
        told = {a["subscriptionId"] for a in answers if a["__typename"] == ALREADY}
        assert told == {begun}
        assert len(await steps.stored(Subscription.filter())) == round_
    assert len(await steps.stored(App.filter())) == 1
    assert len(await steps.stored(AuditEvent.filter(action="subscription.create"))) == ROUNDS


async def test_a_subscription_that_is_cancelled_and_renewed_at_once_is_over(world: World) -> None:
    """In either order; what has been cancelled is not renewed, nor cancelled again.

    The line that holds it is `ACTIVE` in `resolvers.subscribing._RENEW` and `_CANCEL`.
    """
    served = await service.begin(world)
    await make(world)
    for _ in range(ROUNDS):
        begun = (await subscribe(served.operator, served.client))["subscription"]["id"]
        renewed, *cancelled = await asyncio.gather(
            change(served.chief, "renewSubscription", begun),
            change(served.operator, "cancelSubscription", begun),
            change(served.chief, "cancelSubscription", begun),
        )
        assert renewed["__typename"] in ("RenewSubscriptionPayload", "SubscriptionEnded")
        assert kinds(cancelled) == {"CancelSubscriptionPayload": 1, "SubscriptionEnded": 1}
        [row] = await steps.stored(Subscription.filter(id=begun))
        assert row.cancelled_at == row.ends_at
