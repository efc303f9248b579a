import asyncio
import contextvars
from collections import Counter
from collections.abc import Awaitable
from typing import Any

from auth import tokens
from models import AuditEvent, OutboxEntry, PhoneCode, User, database
from resolvers import phones
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

NUMBER = "+77051250043"
GUESSES, ROUNDS = 40, 5
DEAD = "CodeUnavailable"


async def kinds(*attempts: Awaitable[dict[str, Any]]) -> Counter[str]:
    return Counter([answer["__typename"] for answer in await asyncio.gather(*attempts)])


async def living(person: Person) -> list[PhoneCode]:
    return await steps.stored(PhoneCode.filter(user_id=person.id, closed_at=None))


async def asked(world: World) -> tuple[Person, str]:
    """Somebody who has asked for a code, and its digits."""
    person = await world.person(phone=NUMBER)
    await person.do("requestPhoneCode")
    [code] = await living(person)
    return person, str(tokens.code(code.id))


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06}"


async def test_guesses_at_once_are_five_as_well(world: World) -> None:
    """Issue 4.2: forty wrong ones, then the right one.

    The line that holds it is `c.attempts < $4` in `resolvers.phones._TRY`, which stands in the
    statement that counts.
    """
    person, digits = await asked(world)
    guesses = [person.do("confirmPhone", {"code": wrong(digits)}) for _ in range(GUESSES)]
    answers = await asyncio.gather(*guesses)
    assert Counter(answer["__typename"] for answer in answers) == {
        "WrongCode": phones.TRIES - 1,
        DEAD: GUESSES - phones.TRIES + 1,
    }
    left = sorted(answer["attemptsLeft"] for answer in answers if "attemptsLeft" in answer)
    assert left == [1, 2, 3, 4]
    assert (await living(person))[0].attempts == phones.TRIES
    assert (await person.do("confirmPhone", {"code": digits}))["__typename"] == DEAD


async def test_a_code_is_used_once(world: World) -> None:
    """The line that holds it is `PhoneCode.filter(id=..., closed_at=None)` in `phones._use`."""
    for _ in range(ROUNDS):
        person, digits = await asked(world)
        found = await kinds(*[person.do("confirmPhone", {"code": digits}) for _ in range(4)])
        assert found == {"ConfirmPhonePayload": 1, DEAD: 3}
    confirmed = AuditEvent.filter(action="user.confirm_phone")
    assert len(await steps.stored(confirmed)) == ROUNDS


async def test_of_requests_at_once_one_code_lives(world: World) -> None:
    """Issue 4.2: the newest; and its SMS is the only one that is to leave.

    The line that holds it is `profiles.lock` in `phones._request`.
    """
    for _ in range(ROUNDS):
        person = await world.person(phone=NUMBER)
        found = await kinds(*[person.do("requestPhoneCode") for _ in range(4)])
        assert found == {"RequestPhoneCodePayload": 4}
        [code] = await living(person)
        waiting = OutboxEntry.filter(user_id=person.id, cancelled_at=None)
        assert [entry.code_id for entry in await steps.stored(waiting)] == [code.id]


async def test_a_number_that_changes_while_its_code_is_looked_at_is_not_confirmed(
    world: World,
) -> None:
    """What is confirmed is the number that the code was sent to.

    The line that holds it is `user.phone != tried["phone"]` in `phones._use`, under the lock.
    """
    person, digits = await asked(world)
    context = contextvars.copy_context()
    async with database.transaction(database.SYSTEM):
        account = User.filter(id=person.id)
        await account.select_for_update().get()
        confirming = person.do("confirmPhone", {"code": digits})
        task = asyncio.create_task(confirming, context=context)
        while not await database.rows("select from pg_locks where not granted"):  # noqa: ASYNC110 no event
            await asyncio.sleep(0.01)
        await account.update(phone="+77051250044")
    assert (await task)["__typename"] == DEAD
    [user] = await steps.stored(User.filter(id=person.id))
    assert user.phone_confirmed_at is None
