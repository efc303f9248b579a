"""From an endpoint to what its receiver does, with the sample receiver as a process; and a worker
that is killed while it is told something.
"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models import Catalog, OutboxEntry, Tenant, clock
from models import database as db
from tests import processes
from tests.clients import Person
from tests.factories import World
from tests.journeys import receivers, sample_app
from tests.journeys.machines import MACHINES
from tests.journeys.site import Browser, Site
from tests.mail import gateway as gateways
from tests.mail.gateway import Gateway
from tests.mail.test_app_calls import Hanging
from tests.resolvers import app_steps, webhook_steps

SETTLES_WITHIN = 60
STATE = "query($id: ID!) { node(id: $id) { ... on WebhookDelivery { state status attempts } } }"


async def settled(by: Browser, delivery_id: str) -> dict[str, Any]:
    """The delivery, once it does not wait any more."""
    async with asyncio.timeout(SETTLES_WITHIN):
        while True:
            found: dict[str, Any] = (await by.ask(STATE, id=delivery_id))["node"]
            if found["state"] != "QUEUED":
                return found
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("site", ["mailbox", MACHINES], indirect=True)
async def test_a_portal_hears_what_happens_in_a_tenant(site: Site, world: World) -> None:
    """Issue 7.5; `examples/webhooks` is what its README says."""
    tenant = await world.tenant(Catalog.PROJECT)
    olga = await world.join(tenant, "OWNER", await world.person("olga"))
    mark = await world.join(tenant, "MANAGER", await world.person("mark"))
    owner, port = await site.signed_in(olga.login), sample_app.free_port()
    wanted = {"tenantId": tenant.id, "url": f"http://127.0.0.1:{port}/", "events": ["member.*"]}
    made = await owner.do("createWebhookEndpoint", wanted, "webhookEndpoint { id } secret")
    async with receivers.receiving(made["secret"], port=port) as receiver:
        change = {"memberId": mark.member_id, "role": "ACCOUNTANT"}
        await owner.do("changeRole", change)
        event = await receiver.next()
        assert (event["type"], event["subjectId"]) == ("member.change_role", mark.member_id)
        assert event["actor"] == {"kind": "USER", "id": olga.id}
        endpoint = {"id": made["webhookEndpoint"]["id"]}
        sent = (await owner.do("sendTestWebhook", endpoint, "delivery { id }"))["delivery"]["id"]
        assert (await receiver.next())["type"] == "webhook.test"
        once = {"state": "DELIVERED", "status": 204, "attempts": 1}
        assert await settled(owner, sent) == once
        await owner.do("redeliverWebhook", {"id": sent})
        assert await settled(owner, sent) == once | {"attempts": 2}
        await owner.do("removeMember", {"memberId": mark.member_id})
        assert (await receiver.next())["type"] == "member.remove"  # and not the test again
    async with receivers.receiving("whsec_" + "A" * 44, port=port):
        sent = (await owner.do("sendTestWebhook", endpoint, "delivery { id }"))["delivery"]["id"]
        async with asyncio.timeout(SETTLES_WITHIN):
            while (await owner.ask(STATE, id=sent))["node"]["status"] != 400:  # noqa: ASYNC110 nobody tells
                await asyncio.sleep(0.02)


async def test_a_worker_that_is_killed_in_the_middle_loses_nothing(
    project: Tenant, owner: Person, database_urls: tuple[str, str]
) -> None:
    """CASES 116: another one sends it again, under the same id, once the lease has ended."""
    async with gateways.listening(Gateway()) as gateway:
        hanging = Hanging(gateway)
        endpoint = await webhook_steps.made(owner, project, gateway.url, ["app.create"])
        await app_steps.create(owner, project)
        killed = await processes.start("worker", settings={"database_url": database_urls[0]})
        async with asyncio.timeout(SETTLES_WITHIN):
            await hanging.reached.wait()
        killed.kill()
        await killed.communicate()
        hanging.released.set()
        async with db.transaction(db.SYSTEM):
            held = OutboxEntry.filter(channel="WEBHOOK", state="QUEUED")
            assert await held.update(leased_until=clock.now() - timedelta(seconds=1)) == 1
        async with (
            processes.working(database_url=database_urls[0]),
            asyncio.timeout(SETTLES_WITHIN),
        ):
            while (await told(owner, endpoint))["state"] != "DELIVERED":  # noqa: ASYNC110 nobody tells
                await asyncio.sleep(0.05)
    first, second = gateway.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


async def told(by: Person, endpoint: str) -> dict[str, Any]:
    """The only thing it was told."""
    [found] = await webhook_steps.log(by, endpoint)
    return found
