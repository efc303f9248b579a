import asyncio
import contextvars
from collections import Counter

import pytest

from models import AppAccess, AppSession, Tenant, database
from resolvers import locks
from tests import app_servers
from tests.clients import Person
from tests.factories import World
from tests.resolvers.app_steps import create, give

ROUNDS, AT_ONCE = 5, 4


@pytest.fixture
async def app(project: Tenant, owner: Person) -> str:
    return await create(owner, project)


async def test_of_those_who_redeem_a_ticket_at_once_one_wins(
    world: World, owner: Person, app: str
) -> None:
    """Issue 5.3: single use; the winner's token is the one that lives.

    The line that holds it is `s.redeemed_at is null` in `resolvers.redemptions._REDEEM`.
    """
    for _ in range(ROUNDS):
        ticket = (await app_servers.launch(owner, app))["ticket"]
        tried = [app_servers.redeem(world.anonymous, ticket) for _ in range(AT_ONCE)]
        answers = await asyncio.gather(*tried)
        assert Counter(a.status_code for a in answers) == {200: 1, 410: AT_ONCE - 1}
        [told] = [answer.json() for answer in answers if answer.status_code == 200]
        session = app_servers.Session(told["sessionId"], told["token"], world.anonymous)
        assert await session.beat() == 204


async def waits() -> None:
    """Until somebody waits for what this transaction holds."""
    while not await database.rows("select from pg_locks where not granted"):  # noqa: ASYNC110 no event
        await asyncio.sleep(0.01)


async def test_a_heartbeat_revives_no_session_that_is_ended_meanwhile(
    world: World, owner: Person, app: str
) -> None:
    """Issue 5.4: ended at once.

    The line that holds it is `coalesce(s.ended_at, $1)` in `resolvers.redemptions._BEAT`, which
    reads the row again once the other transaction has ended.
    """
    session = await app_servers.at_work(world, owner, app)
    context = contextvars.copy_context()
    async with database.transaction(database.SYSTEM):
        row = AppSession.filter(id=session.id)
        ended_at = (await row.select_for_update().get()).launched_at
        beating = asyncio.create_task(session.beat(), context=context)
        await waits()
        await row.update(ended_at=ended_at)
    assert await beating == 410
    async with database.transaction(database.SYSTEM):
        assert (await AppSession.get(id=session.id)).ended_at == ended_at


async def test_who_loses_the_right_meanwhile_ends_no_session(
    world: World, project: Tenant, owner: Person, accountant: Person, app: str
) -> None:
    """CASES 98: he had it when his request came.

    The line that holds it is `_THEIRS` in the statement of `resolvers.app_sessions.end`, under
    the lock.
    """
    await give(owner, accountant.member_id, app, "LAUNCH_AND_ADMINISTER")
    session = await app_servers.at_work(world, owner, app)
    context = contextvars.copy_context()
    async with database.transaction(database.SYSTEM):
        await locks.tenant(project.id)
        end = accountant.do("endAppSession", {"sessionId": session.id})
        ending = asyncio.create_task(end, context=context)
        await waits()
        await AppAccess.filter(member_id=accountant.member_id).delete()
    assert (await ending)["__typename"] == "NotFound"
    assert await session.beat() == 204
