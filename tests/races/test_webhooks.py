import asyncio
from typing import Any

import pytest

from models import Tenant
from resolvers import webhook_events
from tests.clients import Person
from tests.factories import World
from tests.resolvers import webhook_steps as steps


async def test_a_change_does_not_fail_because_an_endpoint_is_removed_meanwhile(
    world: World, project: Tenant, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ADR 0031: of an account that staff change no tenant is locked.

    The line that holds it is `for key share` in `resolvers.webhook_events._LISTENING`: without it
    the endpoint is gone when the delivery is written.
    """
    endpoint = await steps.made(owner, project, events=["user.update"])
    insert, reached, released = webhook_events._insert, asyncio.Event(), asyncio.Event()  # noqa: SLF001

    async def hold(*values: Any) -> None:
        reached.set()
        await released.wait()
        await insert(*values)

    monkeypatch.setattr(webhook_events, "_insert", hold)
    staff, values = await world.staff(), {"userId": owner.id, "fullName": "Olga Ivanova"}
    changing = asyncio.create_task(staff.do("updateUser", values))
    await reached.wait()
    removing = asyncio.create_task(steps.remove(owner, endpoint))
    await asyncio.wait([removing], timeout=0.5)
    released.set()
    assert (await changing)["__typename"] == "UpdateUserPayload"
    assert (await removing)["__typename"] == "RemoveWebhookEndpointPayload"
    assert await steps.deliveries() == []


async def test_of_several_removals_one_removes(project: Tenant, owner: Person) -> None:
    """CASES 112: the others find nothing, under the tenant's lock.

    The line that holds it is `if locked is None` in `resolvers.webhooks.lock`.
    """
    for _ in range(3):
        endpoint = await steps.made(owner, project)
        answers = await asyncio.gather(*(steps.remove(owner, endpoint) for _ in range(4)))
        kinds = sorted(answer["__typename"] for answer in answers)
        assert kinds == ["NotFound"] * 3 + ["RemoveWebhookEndpointPayload"]
