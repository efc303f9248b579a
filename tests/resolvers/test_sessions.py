"""Where somebody is signed in, and ending it from elsewhere (issue 4.6)."""

from datetime import timedelta
from typing import Any

import pytest

from models import Session, database
from resolvers import sessions
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.resolvers import steps

ME = "{ me { login } }"
MINE = """query($first: Int, $after: String) { me { sessions(first: $first, after: $after) {
  edges { node { id device createdAt lastUsedAt current } }
  pageInfo { hasNextPage endCursor } } } }"""
LIFE = timedelta(days=30)


async def mine(who: Client | Person, **window: Any) -> list[dict[str, Any]]:
    edges = (await who.ask(MINE, **window))["me"]["sessions"]["edges"]
    return [edge["node"] for edge in edges]


async def elsewhere(world: World, person: Person, device: str = "Firefox") -> Client:
    """Somebody signs in to that account on another device."""
    client = world.anonymous
    client.http.headers["user-agent"] = device
    await client.do("signIn", {"login": person.login, "password": PASSWORD})
    return client


async def present(who: Client | Person) -> str:
    [session_id] = [session["id"] for session in await mine(who) if session["current"]]
    return str(session_id)


async def test_people_see_where_they_are_signed_in(
    world: World, stranger: Person, clock: Clock
) -> None:
    """Issue 4.6: the session used last first, each with its device."""
    clock.move(timedelta(minutes=2))
    await elsewhere(world, stranger, "Firefox on Linux")
    clock.move(timedelta(minutes=2))
    phone = await elsewhere(world, stranger, "An app")
    found = await mine(phone)
    assert [(session["device"], session["current"]) for session in found] == [
        ("An app", True),
        ("Firefox on Linux", False),
        (None, False),
    ]
    made = await steps.stored(Session.filter(user_id=stranger.id).order_by("-created_at"))
    assert [(s["id"], s["createdAt"], s["lastUsedAt"]) for s in found] == [
        (row.id, row.created_at.isoformat(), row.last_used_at.isoformat()) for row in made
    ]


async def test_the_session_that_is_used_moves_to_the_front(
    world: World, stranger: Person, clock: Clock
) -> None:
    await elsewhere(world, stranger)
    clock.move(timedelta(minutes=2))
    await stranger.ask(ME)
    assert [session["current"] for session in await mine(stranger)] == [True, False]


async def test_others_and_what_has_died_of_age_are_not_in_the_list(
    world: World, owner: Person, stranger: Person, clock: Clock
) -> None:
    """PRODUCT 4: sessions last 30 days from the last use."""
    await elsewhere(world, owner)
    old = await present(await elsewhere(world, stranger))
    clock.move(LIFE - timedelta(minutes=1))
    await stranger.ask(ME)
    assert old in [session["id"] for session in await mine(stranger)]
    clock.move(timedelta(minutes=2))
    assert [session["id"] for session in await mine(stranger)] == [await present(stranger)]


async def test_the_list_comes_in_pages(world: World, stranger: Person) -> None:
    """Sessions of one moment too: each is on one page."""
    for _ in range(4):
        await world.session(stranger.id)
    async with database.transaction(database.SYSTEM):
        await database.rows(
            "update sessions set last_used_at = (select max(last_used_at) from sessions)"
        )
    seen, after, more = [], None, True
    while more:
        page = (await stranger.ask(MINE, first=2, after=after))["me"]["sessions"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len(seen) == len(set(seen)) == 5
    assert await stranger.refusal(MINE, after="x") == "BAD_USER_INPUT"


async def test_a_session_that_was_ended_is_dead_at_its_next_request(
    world: World, stranger: Person
) -> None:
    """Issue 4.6; CASES 98."""
    other, third = [await elsewhere(world, stranger) for _ in range(2)]
    ended = await present(other)
    answer = await stranger.do("endSession", {"sessionId": ended}, "sessionId")
    assert answer == {"__typename": "EndSessionPayload", "sessionId": ended}
    assert await other.ask(ME) == {"me": None}
    assert await third.ask(ME) == await stranger.ask(ME) == {"me": {"login": stranger.login}}
    assert ended not in [session["id"] for session in await mine(stranger)]


async def test_ending_the_present_session_is_signing_out(world: World, stranger: Person) -> None:
    """CASES 98: also for what the same request does afterwards, and for the browser's cookie."""
    client = await elsewhere(world, stranger)
    assert "tenantry" in client.http.cookies
    end = f'endSession(input: {{ sessionId: "{await present(client)}" }}) {{ __typename }}'
    data = await client.ask(f"mutation {{ first: {end} again: {end} }}")
    assert data == {
        "first": {"__typename": "EndSessionPayload"},
        "again": {"__typename": "PermissionDenied"},
    }
    assert "tenantry" not in client.http.cookies
    assert await stranger.ask(ME) == {"me": {"login": stranger.login}}


async def test_foreign_unknown_and_dead_sessions_are_all_not_found(
    world: World, owner: Person, stranger: Person, clock: Clock
) -> None:
    """DESIGN 3: unknown and not-yours are the same."""
    ended, dead = [await present(await elsewhere(world, stranger)) for _ in range(2)]
    await stranger.do("endSession", {"sessionId": ended})
    clock.move(LIFE - timedelta(minutes=1))
    await stranger.ask(ME)
    clock.move(timedelta(minutes=2))
    foreign = await present(await elsewhere(world, owner))
    answers = [
        await stranger.do("endSession", {"sessionId": session_id})
        for session_id in (foreign, "ses_x", ended, dead)
    ]
    assert {answer["__typename"] for answer in answers} == {"NotFound"}
    assert answers == [answers[0]] * 4
    assert len(await steps.stored(Session.filter(id=foreign))) == 1


async def test_all_other_sessions_end_at_once_and_nobody_elses(
    world: World, owner: Person, stranger: Person
) -> None:
    """Issue 4.6; CASES 98: "log out everywhere"."""
    others = [await elsewhere(world, stranger) for _ in range(3)]
    answer = await stranger.do("endOtherSessions", select="ended")
    assert answer == {"__typename": "EndOtherSessionsPayload", "ended": 3}
    assert [await other.ask(ME) for other in others] == [{"me": None}] * 3
    assert [session["current"] for session in await mine(stranger)] == [True]
    assert await owner.ask(ME) == {"me": {"login": owner.login}}


async def test_sessions_that_had_died_before_are_not_told_as_ended(
    world: World, stranger: Person, clock: Clock
) -> None:
    await elsewhere(world, stranger)
    clock.move(LIFE - timedelta(minutes=1))
    await stranger.ask(ME)
    await elsewhere(world, stranger)
    clock.move(timedelta(minutes=2))
    assert (await stranger.do("endOtherSessions", select="ended"))["ended"] == 1
    assert (await stranger.do("endOtherSessions", select="ended"))["ended"] == 0
    assert len(await steps.stored(Session.filter(user_id=stranger.id))) == 1


async def test_whoever_ends_sessions_is_recorded(world: World, stranger: Person) -> None:
    """PRODUCT 4: one by its id, all others by their number; ending none is no change."""
    ended = await present(await elsewhere(world, stranger))
    for _ in range(2):
        await elsewhere(world, stranger)
    await stranger.do("endSession", {"sessionId": ended})
    for _ in range(2):
        await stranger.do("endOtherSessions")
    rows = await steps.audit("session.end", "session.end_all")
    assert [(row.action, row.actor_id, row.subject_id, row.changes) for row in rows] == [
        ("session.end", stranger.id, ended, {}),
        ("session.end_all", stranger.id, stranger.id, {"ended": [None, "2"]}),
    ]


async def test_all_sessions_of_an_account_can_be_ended_within_another_change(
    world: World, owner: Person, stranger: Person
) -> None:
    """Whoever is locked out signs nobody out; support is named as who did it."""
    viewer = await world.viewer(owner)
    async with database.transaction(database.SYSTEM):
        assert await sessions.end_all(viewer, stranger.id) == 1
    assert await stranger.ask(ME) == {"me": None}
    [row] = await steps.audit("session.end_all")
    assert (row.actor_id, row.subject_id) == (owner.id, stranger.id)


async def test_signing_in_ends_no_session_and_takes_none_over(
    world: World, stranger: Person
) -> None:
    """CASES 110: the session of before lives on beside the new one, under another id."""
    client = await elsewhere(world, stranger)
    before = await present(client)
    await client.do("signIn", {"login": stranger.login, "password": PASSWORD})
    assert await present(client) != before
    assert before in [session["id"] for session in await mine(client)]


@pytest.mark.usefixtures("owner")
async def test_sessions_that_have_died_of_age_are_deleted(
    world: World, stranger: Person, clock: Clock
) -> None:
    """The worker does so every hour; a living one is left alone."""
    clock.move(LIFE - timedelta(minutes=1))
    await stranger.ask(ME)
    clock.move(timedelta(minutes=1))
    assert await sessions.forget_expired() == 1
    assert await stranger.ask(ME) == {"me": {"login": stranger.login}}
    assert await sessions.forget_expired() == 0
