import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any

from models import SecondFactor, Session, database
from tests.authenticator import STEP, enrol, sign_in, switch_on
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.resolvers import steps

ROUNDS, AT_ONCE = 5, 8

Answer = dict[str, Any]


async def kinds(*attempts: Awaitable[Answer]) -> Counter[str]:
    return Counter([answer["__typename"] for answer in await asyncio.gather(*attempts)])


async def sign_in_at_once(world: World, person: Person, code: str) -> Counter[str]:
    """With one code from many sides."""
    sides = [world.anonymous for _ in range(AT_ONCE)]
    return await kinds(*[sign_in(side, person.login, code) for side in sides])


async def test_one_code_opens_one_session(world: World, stranger: Person, clock: Clock) -> None:
    """Issue 4.5, RFC 6238, 5.2: a replay is refused, however fast it comes.

    The line that holds it is `last_step__lt=step` in `resolvers.second_factors._take_step`.
    """
    app, _ = await switch_on(stranger)
    for number in range(1, ROUNDS + 1):
        clock.move(STEP)
        found = await sign_in_at_once(world, stranger, app.code())
        assert found == {"SignedIn": 1, "InvalidInput": AT_ONCE - 1}
        assert len(await steps.stored(Session.filter(user_id=stranger.id))) == 1 + number


async def test_one_recovery_code_opens_one_session(world: World, stranger: Person) -> None:
    """Issue 4.5. The line that holds it is `delete` in `resolvers.second_factors._take`, whose
    count of rows is looked at.
    """
    _, codes = await switch_on(stranger)
    for code in codes[:ROUNDS]:
        found = await sign_in_at_once(world, stranger, code)
        assert found == {"SignedIn": 1, "InvalidInput": AT_ONCE - 1}


async def test_of_two_confirmations_one_shows_recovery_codes(world: World) -> None:
    """Those of the other would be dead when they are shown.

    The line that holds it is `select_for_update` in `resolvers.second_factors._locked`.
    """
    for _ in range(ROUNDS):
        person = await world.person()
        app = await enrol(person)
        confirm = {"code": app.code()}
        found = await kinds(*[person.do("confirmSecondFactor", confirm) for _ in range(AT_ONCE)])
        assert found == {"ConfirmSecondFactorPayload": 1, "InvalidInput": AT_ONCE - 1}


async def test_what_is_being_confirmed_is_not_replaced(world: World) -> None:
    """Either the app that has just proved itself counts, or it was told that it does not.

    The line that holds it is `where second_factors.confirmed_at is null` in
    `resolvers.second_factors._ENROL`.
    """
    for _ in range(ROUNDS):
        person = await world.person()
        app = await enrol(person)
        found = await kinds(
            person.do("confirmSecondFactor", {"code": app.code()}),
            person.do("enrolSecondFactor", {"password": PASSWORD}),
        )
        [factor] = await steps.stored(SecondFactor.filter(user_id=person.id))
        confirmed = found["ConfirmSecondFactorPayload"] == 1
        assert (factor.confirmed_at is not None) is confirmed
        assert found["InvalidInput"] == 1 or not confirmed


async def test_of_two_renewals_the_later_codes_are_the_ones_that_work(world: World) -> None:
    """Ten in all, never ten of each.

    The line that holds it is `select_for_update` in `resolvers.second_factors._locked`.
    """
    for _ in range(ROUNDS):
        person = await world.person()
        _, codes = await switch_on(person)
        renew = [{"password": PASSWORD, "code": code} for code in codes[:AT_ONCE]]
        await kinds(*[person.do("renewRecoveryCodes", given) for given in renew])
        async with database.transaction(database.SYSTEM, read_only=True):
            [row] = await database.rows(
                "select count(*) from recovery_codes where user_id = $1", person.id
            )
        assert row["count"] == 10
