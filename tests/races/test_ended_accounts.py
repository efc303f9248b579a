"""Accounts that end while somebody is about to do something with them (ADR 0042)."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

import errors
from models import Member, Tenant, User, clock, database
from resolvers import account_endings, locks
from tests.clients import Person
from tests.factories import World


async def end(person: Person) -> None:
    """As far as a lock looks."""
    async with database.transaction(database.SYSTEM):
        await User.filter(id=person.id).update(ended_at=clock.now())


@pytest.mark.parametrize("lock", [locks.account, locks.invitee])
async def test_an_account_that_has_ended_is_given_no_place_and_invited_nowhere(
    world: World, lock: Callable[[str], Awaitable[object]]
) -> None:
    """The lines that hold it: whether it has ended is looked at under the lock, in each."""
    person = await world.person()
    await end(person)
    async with database.transaction(database.SYSTEM):
        with pytest.raises(errors.Conflict) as refused:
            await lock(person.id)
    assert refused.value.is_passing


async def test_an_account_does_not_end_with_a_place_that_it_got_meanwhile(
    project: Tenant, owner: Person
) -> None:
    """The line that holds it: `_refuse_new`, once the account is locked."""
    async with database.transaction(database.SYSTEM):
        place = await Member.get(id=owner.member_id)
        await account_endings._refuse_new(owner.id, [place])  # noqa: SLF001 between two locks
        with pytest.raises(errors.Conflict) as refused:
            await account_endings._refuse_new(owner.id, [])  # noqa: SLF001 as above
    assert refused.value.is_passing


async def test_staff_change_nothing_of_an_account_that_ends_meanwhile(
    world: World, rival: asyncpg.Connection
) -> None:
    """The line that holds it: `ended_at` is looked at again, in `support._lock`."""
    staff, person = await world.staff(), await world.person()
    async with rival.transaction():
        await rival.execute("update users set ended_at = now() where id = $1", person.id)
        change = asyncio.create_task(
            staff.do("updateUser", {"userId": person.id, "fullName": "New Name"})
        )
        await asyncio.sleep(0.3)
    assert (await change)["__typename"] == "NotFound"
