"""`/app-sessions`, which apps call: what is let in, what is answered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from models import Tenant, database
from settings import Settings
from tests import app_servers
from tests.app_servers import shown
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers.app_steps import create

TICKET_LIVES = timedelta(seconds=60)


@pytest.fixture
async def app(project: Tenant, owner: Person) -> str:
    return await create(owner, project)


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code; refusals have GraphQL's shape and are kept nowhere."""
    [error] = answer.json()["errors"]
    assert error["message"]
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, error["extensions"]["code"]


async def test_an_app_is_told_who_is_at_work_and_gets_a_token_of_its_own(
    owner: Person, anonymous: Client, project: Tenant, app: str
) -> None:
    """PRODUCT 6.2; nothing of it may be stored on the way, and only the token's digest here."""
    made = await app_servers.launch(owner, app)
    answer = await app_servers.redeem(anonymous, made["ticket"])
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    told = answer.json()
    assert told.pop("token").startswith("tnt_aps_")
    assert told == {
        "sessionId": made["session"]["id"],
        "heartbeatSeconds": 60,
        "tenant": project.id,
        "app": app,
        "member": owner.member_id,
        "name": "Olga",
        "right": "LAUNCH_AND_ADMINISTER",
        "roles": [],
    }
    assert answer.json()["token"] not in str(await stored(told["sessionId"]))


async def stored(session_id: str) -> dict[str, Any]:
    async with database.transaction(database.SYSTEM, read_only=True):
        [row] = await database.rows("select * from app_sessions where id = $1", session_id)
    return row


async def test_a_ticket_is_redeemed_once(owner: Person, anonymous: Client, app: str) -> None:
    """Issue 5.3: single use by `jti`."""
    ticket = (await app_servers.launch(owner, app))["ticket"]
    assert (await app_servers.redeem(anonymous, ticket)).status_code == 200
    again = await app_servers.redeem(anonymous, ticket)
    assert refusal(again) == (410, "APP_SESSION_OVER")


async def test_a_ticket_works_for_a_minute(
    owner: Person, anonymous: Client, app: str, clock: Clock
) -> None:
    """Issue 5.3."""
    ticket = (await app_servers.launch(owner, app))["ticket"]
    clock.move(TICKET_LIVES)
    assert refusal(await app_servers.redeem(anonymous, ticket)) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("secret", ["", "x", "a.b.c", "\x7f"])
async def test_what_is_no_ticket_of_ours_is_refused(anonymous: Client, secret: str) -> None:
    answer = await app_servers.redeem(anonymous, secret)
    assert refusal(answer) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_signed_in_person_is_no_app(owner: Person) -> None:
    """A cookie or a session's token counts for nothing here."""
    assert (await owner.client.http.post("/app-sessions")).status_code == 401


async def test_an_app_keeps_a_session_alive_by_its_heartbeat(
    world: World, owner: Person, app: str, clock: Clock
) -> None:
    """Issue 5.3: or else it lapses; once it has, it stays so."""
    session = await app_servers.at_work(world, owner, app)
    for _ in range(3):
        clock.move(timedelta(minutes=2))
        assert await session.beat() == 204
    assert (await stored(session.id))["last_seen_at"] == pytest.approx(
        clock.now(), abs=timedelta(seconds=30)
    )
    clock.move(timedelta(minutes=3))
    assert await session.beat() == 410
    assert await session.beat() == 410


async def test_an_app_reports_the_end_of_a_session(world: World, owner: Person, app: str) -> None:
    """Issue 5.3; saying it again changes nothing."""
    session = await app_servers.at_work(world, owner, app)
    assert [await session.report_end(), await session.report_end()] == [204, 204]
    assert await session.beat() == 410


async def test_an_unknown_session_and_a_wrong_token_get_one_answer(
    world: World, owner: Person, app: str
) -> None:
    """DESIGN 3: nothing tells which sessions there are."""
    session = await app_servers.at_work(world, owner, app)
    other = await app_servers.at_work(world, owner, app)
    tried = [(session.id, other.token), (session.id, ""), ("aps_x", session.token), ("%00", "x")]
    for session_id, token in tried:
        path = f"/app-sessions/{session_id}"
        beat = await world.anonymous.http.post(f"{path}/heartbeat", headers=shown(token))
        ended = await world.anonymous.http.delete(path, headers=shown(token))
        assert refusal(beat) == refusal(ended) == (404, "NOT_FOUND")
        assert beat.content == ended.content
    assert await session.beat() == 204


async def test_the_token_is_no_session_of_a_person(world: World, owner: Person, app: str) -> None:
    """A prefix per purpose."""
    session = await app_servers.at_work(world, owner, app)
    assert await world.client(session.token).ask("{ me { login } }") == {"me": None}


async def test_calls_are_counted_by_client_address(
    world: World, owner: Person, app: str, configure: Callable[..., Settings]
) -> None:
    """All three verbs together; refused ones say how long to wait."""
    session = await app_servers.at_work(world, owner, app)
    configure(limit_app_calls="2/minute")
    assert [await session.beat() for _ in range(3)] == [204, 204, 429]
    answer = await app_servers.redeem(session.client, "x")
    assert refusal(answer) == (429, "RATE_LIMITED")
    assert int(answer.headers["retry-after"]) in range(1, 61)
    assert await session.report_end() == 429
    session.client = world.client(address="192.0.2.1")
    assert await session.beat() == 204


async def test_refusals_are_in_the_callers_language(anonymous: Client) -> None:
    answer = await anonymous.http.delete("/app-sessions/aps_x", headers={"accept-language": "ru"})
    english = await anonymous.http.delete("/app-sessions/aps_x")
    assert answer.json() != english.json()


async def test_no_other_site_may_read_the_answers(owner: Person, anonymous: Client) -> None:
    """Servers call, not browsers."""
    del owner
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    for method in ("OPTIONS", "POST"):
        answer = await anonymous.http.request(method, "/app-sessions", headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control")]
