import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from resolvers import operator_reports, reminders
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import report_steps, steps

ROUNDS, WORKERS = 5, 4


async def test_of_several_workers_one_writes_a_report(world: World, clock: Clock) -> None:
    """Issue 5.8: "sent once however many workers run"; also where they find no schedule yet.

    The line that holds it is `select_for_update` in `resolvers.operator_reports._send`.
    """
    for count in range(ROUNDS):
        organization = await report_steps.organization(world)
        await report_steps.operator(world, organization)
        served = await report_steps.serve(world, organization)
        await report_steps.subscribe(served)
        assert await _at_once(operator_reports.send_due) == 0
        clock.move(timedelta(days=7, minutes=count))
        assert await _at_once(operator_reports.send_due) == 1
        await report_steps.change(organization, servicing=None)
    assert len(await steps.queued()) == ROUNDS


async def test_of_several_workers_one_writes_a_reminder(world: World) -> None:
    """Issue 5.8.

    The line that holds it is `select_for_update` in `resolvers.reminders._send`.
    """
    tenant = await world.tenant()
    await world.join(tenant)
    for _ in range(ROUNDS):
        await report_steps.subscribe(tenant, days=3)
        assert await _at_once(reminders.send_due) == 1
    assert len(await steps.queued()) == ROUNDS


async def _at_once(send_due: Callable[[], Awaitable[int]]) -> int:
    return sum(await asyncio.gather(*(send_due() for _ in range(WORKERS))))
