import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import errors
from auth import limits
from auth.limits import Counter
from models import RateLimit, database
from settings import Settings
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import steps

pytestmark = pytest.mark.usefixtures("database")


def counter(rates: str | tuple[str, ...] = "2/minute", *subjects: str) -> Counter:
    return limits.counter("test", rates, *(subjects or ("somebody",)))


async def refused(*counters: Counter) -> int | None:
    """Seconds to wait, or None where the attempt was let through."""
    try:
        await limits.count(*counters)
    except errors.RateLimited as limited:
        return limited.retry_after
    return None


async def counters() -> dict[str, int]:
    async with database.transaction(database.SYSTEM, read_only=True):
        return {row.key: row.count for row in await RateLimit.all()}


async def test_an_attempt_over_the_rate_is_refused_with_the_seconds_to_wait(clock: Clock) -> None:
    """PRODUCT 3.11."""
    assert [await refused(counter()) for _ in range(2)] == [None, None]
    clock.move(timedelta(seconds=20))
    assert await refused(counter()) == pytest.approx(40, abs=2)


async def test_the_wait_is_a_second_at_least(clock: Clock) -> None:
    await limits.count(counter("1/minute"))
    clock.move(timedelta(seconds=59, milliseconds=900))
    assert await refused(counter("1/minute")) == 1


async def test_as_many_are_taken_as_all_counters_have_room_for() -> None:
    """Issue 7.3: and no more than that are counted."""
    wide, narrow = counter("5/minute", "all"), counter(("4/minute", "3/hour"), "one")
    assert await limits.take(2, wide, narrow) == 2
    assert await limits.take(2, wide, narrow) == 1
    assert await limits.take(2, wide, narrow) == 0
    assert await limits.take(9, wide) == 2


async def test_what_is_taken_at_once_is_no_more_than_there_is() -> None:
    """The line that holds it is the first `_add` in `auth.limits.take`, which holds the counter."""
    for number in range(5):
        one = counter("10/minute", f"round {number}")
        taken = await asyncio.gather(*[limits.take(4, one) for _ in range(5)])
        assert sorted(taken) == [0, 0, 2, 4, 4]


async def test_of_several_attempts_each_is_counted_for_itself() -> None:
    """None where there is room, seconds where there is none, in the order they were asked for."""
    one, other = counter("1/minute", "one"), counter("2/minute", "other")
    waits = await limits.count_each([other], [one], [], [one], [other], [one, other])
    assert [wait is None for wait in waits] == [True, True, True, False, True, False]


async def test_a_new_window_begins_when_the_old_one_is_over(clock: Clock) -> None:
    assert [await refused(counter()) for _ in range(3)][:2] == [None, None]
    clock.move(timedelta(minutes=1))
    assert [await refused(counter()) is None for _ in range(3)] == [True, True, False]


async def test_every_rate_of_a_counter_holds(clock: Clock) -> None:
    both = counter(("2/minute", "3/hour"))
    assert [await refused(both) is None for _ in range(3)] == [True, True, False]
    clock.move(timedelta(minutes=1))
    assert [await refused(both) is None for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    "other",
    [counter("1/minute", "another"), limits.counter("other", "1/minute", "somebody")],
    ids=["subject", "name"],
)
async def test_what_is_counted_apart_has_a_limit_of_its_own(other: Counter) -> None:
    await limits.count(counter("1/minute"))
    assert await refused(other) is None


async def test_behind_a_full_counter_the_others_are_not_counted() -> None:
    first, second = counter("1/minute"), counter("1/minute", "another")
    await limits.count(first)
    assert await refused(first, second)
    assert await refused(second) is None


async def test_an_attempt_counts_whatever_becomes_of_it(world: World) -> None:
    """Counted in a transaction of its own, before the use case."""
    person, missing = await world.person(), "tnt_inv_missing"
    for _ in range(2):
        await person.ask("query($t: String!) { invitation(token: $t) { __typename } }", t=missing)
    assert list((await counters()).values()) == [2, 2]


async def test_counters_are_one_for_all_processes_and_survive_restarts(
    database_urls: tuple[str, str], configure: Any
) -> None:
    await limits.count(counter("1/minute"))
    await database.stop()
    settings: Settings = configure()
    await database.start(database_urls[0], settings)
    assert await refused(counter("1/minute"))


async def test_of_attempts_at_the_same_moment_as_many_pass_as_the_rate_allows() -> None:
    passed = await asyncio.gather(*(refused(counter("5/minute")) for _ in range(8)))
    assert passed.count(None) == 5


async def test_an_attempt_that_turned_out_well_is_taken_back() -> None:
    for _ in range(5):
        await limits.count(counter())
        await limits.forgive(counter())
    assert list((await counters()).values()) == [0]


async def test_forgiving_gives_nobody_more_than_the_rate(clock: Clock) -> None:
    await limits.forgive(counter("1/minute"))
    await limits.forgive(counter("1/minute"))
    assert [await refused(counter("1/minute")) is None for _ in range(2)] == [True, False]
    clock.move(timedelta(minutes=1))
    await limits.forgive(counter("1/minute"))
    assert [await refused(counter("1/minute")) is None for _ in range(2)] == [True, False]


async def test_counters_whose_window_is_over_are_forgotten(clock: Clock) -> None:
    await limits.count(counter("1/minute"), counter("1/hour", "another"))
    clock.move(timedelta(minutes=1))
    assert await limits.forget_expired() == 1
    assert len(await counters()) == 1


async def test_whom_a_counter_is_about_cannot_be_read_from_the_database() -> None:
    await limits.count(counter("1/minute", "ann@example.com"))
    assert "ann" not in str(await counters())


async def test_a_query_that_breaks_its_transaction_still_counts_its_links(
    configure: Callable[..., Settings], world: World
) -> None:
    """CASES 87: every look counts, also several in one query, and a field beside cannot undo it."""
    configure(limit_links="3/minute")
    person = await world.person()
    breaking = """query($nul: String!) {
      a: invitation(token: "x") { __typename } b: invitation(token: "y") { __typename }
      tenants(filter: {search: $nul}) { totalCount } }"""
    await person.client.execute(breaking, nul="\0")
    await person.client.execute(breaking, nul="\0")
    look = '{ invitation(token: "x") { __typename } }'
    assert (await person.ask(look))["invitation"]["__typename"] == "RateLimited"


async def test_what_is_remembered_is_known_until_its_time_is_over(clock: Clock) -> None:
    """ADR 0041; looking counts nothing."""
    one, other = counter("1/hour"), counter("1/hour", "another")

    async def known() -> list[bool]:
        async with database.transaction(database.SYSTEM, read_only=True):
            return [await limits.is_remembered(one), await limits.is_remembered(other)]

    assert await known() == [False, False]
    for _ in range(2):
        async with database.transaction(database.SYSTEM):
            await limits.remember(one)
        clock.move(timedelta(minutes=40))
    assert await known() == [True, False]
    clock.move(timedelta(minutes=20))
    assert await known() == [False, False]


async def test_a_crowd_of_clients_is_slowed_and_a_link_in_somebodys_hand_still_opens(
    configure: Callable[..., Settings], world: World, clock: Clock
) -> None:
    """CASES 87: guessing from many addresses, while each of them alone is under its own limit."""
    configure(
        limit_links="20/minute", limit_links_of_server="30/minute", limit_links_in_crowd="2/minute"
    )
    look = '{ invitation(token: "tnt_inv_guess") { __typename } }'

    async def guess() -> list[int]:
        """How many guesses of five addresses in turn were answered, by address."""
        answered = [0] * 5
        for number in range(100):
            client = world.client(address=f"192.0.2.{number % 5}")
            shown = (await client.ask(look))["invitation"]["__typename"]
            answered[number % 5] += shown == "InvitationUnavailable"
        return answered

    assert await guess() == [8] * 5
    tenant = await world.tenant()
    await steps.invite(await world.join(tenant), tenant)
    holder = world.client(address="203.0.113.1")
    token = await world.link_token(steps.NINA)
    assert (await steps.look(holder, token))["__typename"] == "InvitationPreview"
    accepted = await steps.accept(holder, token=token, registration=steps.NEWCOMER)
    assert accepted["__typename"] == "AcceptInvitationPayload"
    clock.move(timedelta(minutes=1))
    assert (await steps.look(world.client(address="192.0.2.0"), token))["code"] == (
        "INVITATION_UNAVAILABLE"
    )


async def test_one_client_over_its_own_limit_makes_no_crowd(
    configure: Callable[..., Settings], world: World
) -> None:
    """CASES 87: what is refused by one's own counter reaches nobody else's."""
    configure(
        limit_links="3/minute", limit_links_of_server="6/minute", limit_links_in_crowd="1/minute"
    )
    loud, quiet = world.client(address="192.0.2.1"), world.client(address="192.0.2.2")
    look = '{ invitation(token: "tnt_inv_guess") { __typename } }'
    for _ in range(20):
        await loud.ask(look)
    shown = [(await quiet.ask(look))["invitation"]["__typename"] for _ in range(3)]
    assert shown == ["InvitationUnavailable"] * 3
