import asyncio
import contextvars
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from models import (
    AppAccess,
    AppSession,
    AuditEvent,
    Member,
    MemberStatus,
    Tenant,
    database,
)
from resolvers import app_sessions
from tests.clients import Person
from tests.resolvers import steps
from tests.resolvers.app_steps import create, give

ROUNDS, AT_ONCE = 5, 6
OPENED, FULL = "LaunchAppPayload", "SessionLimitReached"

WAITING = "select from pg_locks where not granted"
Launching = Coroutine[Any, Any, str]


@pytest.fixture
async def user(project: Tenant, owner: Person, accountant: Person) -> tuple[Person, list[str]]:
    """Somebody who may launch two apps."""
    apps = [await create(owner, project, name) for name in ("Books", "Stock")]
    for app_id in apps:
        await give(owner, accountant.member_id, app_id)
    return accountant, apps


async def launch(person: Person, app_id: str) -> str:
    return str((await person.do("launchApp", {"appId": app_id}))["__typename"])


async def test_of_launches_at_once_one_takes_the_last_place(
    user: tuple[Person, list[str]],
) -> None:
    """Issue 5.4: in whichever of the tenant's apps.

    The line that holds it is `select_for_update` in `resolvers.launches._locked`.
    """
    person, apps = user
    for places in range(1, ROUNDS + 1):
        await steps.edit(person.member_id, max_sessions=places)
        tries = [launch(person, apps[number % 2]) for number in range(AT_ONCE)]
        assert Counter(await asyncio.gather(*tries)) == {OPENED: 1, FULL: AT_ONCE - 1}
        assert len(await steps.stored(AppSession.filter())) == places
    assert len(await steps.stored(AuditEvent.filter(action="app.launch"))) == ROUNDS


async def while_it_happens(change: Callable[[], Awaitable[object]], launched: Launching) -> str:
    """What a launch comes to that begins before the change is committed."""
    context = contextvars.copy_context()
    async with database.transaction(database.SYSTEM):
        await change()
        task = asyncio.create_task(launched, context=context)
        while not (task.done() or await database.rows(WAITING)):  # noqa: ASYNC110 no event
            await asyncio.sleep(0.01)
    return await task


async def test_who_is_disabled_meanwhile_launches_nothing(user: tuple[Person, list[str]]) -> None:
    """The line that holds it is `select_for_update` in `resolvers.launches._locked`."""
    person, [app, _] = user

    async def disable() -> None:
        await Member.filter(id=person.member_id).update(status=MemberStatus.DISABLED)

    assert await while_it_happens(disable, launch(person, app)) == "NotFound"
    assert await steps.stored(AppSession.filter()) == []


@pytest.mark.parametrize("who", ["user", "owner"])
async def test_whose_right_is_taken_meanwhile_launches_nothing(
    user: tuple[Person, list[str]], owner: Person, who: str
) -> None:
    """The owner knows of the app still and is told so; to the other it has become unknown.

    The line that holds it is `select_for_update` in `resolvers.launches._locked`.
    """
    person, [app, _] = user
    person = owner if who == "owner" else person

    async def take() -> None:
        await Member.filter(id=person.member_id).select_for_update(no_key=True).get()
        await AppAccess.filter(app_id=app, member_id=person.member_id).delete()

    found = await while_it_happens(take, launch(person, app))
    assert found == ("PermissionDenied" if who == "owner" else "NotFound")
    assert await steps.stored(AppSession.filter()) == []


async def test_an_app_is_launched_and_removed_at_once_in_either_order(
    project: Tenant, owner: Person
) -> None:
    """Neither request fails, and no session lives on."""
    for _ in range(ROUNDS):
        app = await create(owner, project)
        launched, removed = await asyncio.gather(
            launch(owner, app), owner.do("removeApp", {"appId": app})
        )
        assert launched in (OPENED, "NotFound", "PermissionDenied")
        assert removed["__typename"] == "RemoveAppPayload"
    async with database.transaction(database.SYSTEM, read_only=True):
        assert await app_sessions.held(owner.member_id) == []
