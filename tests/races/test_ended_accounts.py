"""Accounts that end while somebody is about to do something with them (ADR 0042)."""

import asyncio

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


async def test_an_account_that_has_ended_is_given_no_place(world: World) -> None:
    """The line that holds it: `ended_at` is looked at under the lock, in `locks.account`."""
    person = await world.person()
    await end(person)
    async with database.transaction(database.SYSTEM):
        with pytest.raises(errors.Conflict) as refused:
            await locks.account(person.id)
    assert refused.value.is_passing


async def test_an_account_that_has_ended_is_invited_nowhere(world: World) -> None:
    """The line that holds it: `living` is looked at under the lock, in `locks.invitee`."""
    person = await world.person()
    await end(person)
    async with database.transaction(database.SYSTEM):
        with pytest.raises(errors.Conflict) as refused:
            await locks.invitee(person.id)
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
    world: World, database_urls: tuple[str, str]
) -> None:
    """The line that holds it: `ended_at` is looked at again, in `support._lock`."""
    staff, person = await world.staff(), await world.person()
    rival = await asyncpg.connect(**database.parse(database_urls[1]) | {"user": "postgres"})
    async with rival.transaction():
        await rival.execute("update users set ended_at = now() where id = $1", person.id)
        change = asyncio.create_task(
            staff.do("updateUser", {"userId": person.id, "fullName": "New Name"})
        )
        await asyncio.sleep(0.3)
    assert (await change)["__typename"] == "NotFound"
    await rival.close()
