"""What API keys may ask in a while (issue 7.2, ADR 0029), counted by what operations cost."""

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from auth import quotas
from models import Tenant
from settings import Settings
from tests import keys
from tests.clients import Person
from tests.factories import World
from tests.keys import Key
from tests.resolvers import steps

Configure = Callable[..., Settings]

VIEWER = "{ viewer { __typename } }"
LIST = "query($t: ID!, $n: Int) { members(tenantId: $t, first: $n) { totalCount } }"


@pytest.fixture(autouse=True)
async def _counted_anew() -> AsyncIterator[None]:
    """Counters in memory last as long as the process."""
    await quotas.close()
    yield
    await quotas.close()


@pytest.fixture
async def key(world: World, owner: Person, project: Tenant) -> Key:
    return await keys.make(world, owner, project, "members:view", "members:remove")


def left(answer: httpx2.Response) -> int:
    """Points, by `RateLimit: "points";r=5;t=60`."""
    name, remaining, seconds = answer.headers["ratelimit"].split(";")
    assert name == '"points"'
    assert 0 < int(seconds.removeprefix("t=")) <= 3600
    return int(remaining.removeprefix("r="))


def code(answer: httpx2.Response) -> str:
    [error] = answer.json()["errors"]
    told: str = error["extensions"]["code"]
    return told


async def test_every_answer_says_what_is_left(key: Key, configure: Configure) -> None:
    """draft-ietf-httpapi-ratelimit-headers: structured fields, the unit named."""
    configure(limit_api_key="6000/hour")
    first, second = await key.client.post(VIEWER), await key.client.post(VIEWER)
    assert first.headers["ratelimit-policy"] == '"points";q=6000;w=3600;qu="points"'
    assert (left(first), left(second)) == (5999, 5998)
    assert "retry-after" not in first.headers


async def test_an_operation_costs_what_it_may_read_and_not_one_request(
    key: Key, project: Tenant, configure: Configure
) -> None:
    configure(limit_api_key="100/hour")
    three = "query($t: ID!) { a: members(tenantId: $t) { totalCount } viewer { __typename } }"
    assert left(await key.client.post(three, t=project.id)) == 97
    assert left(await key.client.post(LIST, t=project.id, n=100)) == 95


@pytest.mark.parametrize("media_type", ["application/json", "application/graphql-response+json"])
async def test_beyond_it_an_operation_is_refused_with_the_time_to_wait(
    key: Key, configure: Configure, media_type: str
) -> None:
    """429, RATE_LIMITED: by either media type, since nothing was executed."""
    configure(limit_api_key="1/hour")
    await key.client.post(VIEWER)
    refused = await key.client.http.post(
        "/graphql", json={"query": VIEWER}, headers={"accept": media_type}
    )
    assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")
    assert "data" not in refused.json()
    assert left(refused) == 0
    assert 0 < int(refused.headers["retry-after"]) <= 3600


async def test_nothing_is_executed_then(key: Key, manager: Person, configure: Configure) -> None:
    """Nor is anything taken off what is left for smaller operations."""
    configure(limit_api_key="2/hour")
    one = "removeMember(input: {memberId: $m}) { __typename }"
    once, twice = (f"mutation($m: ID!) {{ {fields} }}" for fields in (one, f"{one} again: {one}"))
    await key.client.post(VIEWER)
    refused = await key.client.post(twice, m=manager.member_id)
    assert (refused.status_code, left(refused)) == (429, 1)
    assert (await steps.member(manager.member_id)).status == "JOINED"
    assert (await key.client.post(once, m=manager.member_id)).status_code == 200
    assert (await steps.member(manager.member_id)).status == "REMOVED"


async def test_what_would_never_fit_is_told_apart(
    key: Key, project: Tenant, configure: Configure
) -> None:
    """Waiting would not help: 400, TOO_COSTLY."""
    configure(limit_api_key="1/hour")
    refused = await key.client.post(LIST, t=project.id)
    assert (refused.status_code, code(refused)) == (400, "TOO_COSTLY")
    assert "retry-after" not in refused.headers


async def test_keys_are_counted_apart_and_people_not_at_all(
    world: World, owner: Person, project: Tenant, key: Key, configure: Configure
) -> None:
    configure(limit_api_key="1/hour")
    other = await keys.make(world, owner, project, "members:view")
    for each in (key, other):
        assert (await each.client.post(VIEWER)).status_code == 200
    assert (await key.client.post(VIEWER)).status_code == 429
    for _ in range(3):
        answer = await owner.client.post(VIEWER)
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers


async def test_a_secret_that_nobody_has_is_not_counted(
    world: World, key: Key, configure: Configure
) -> None:
    """It would fill the counters; and what it finds is for anonymous callers."""
    configure(limit_api_key="1/hour")
    unknown = world.client(f"{key.secret[:-4]}aaaa")
    for _ in range(2):
        answer = await unknown.post(VIEWER)
        assert "ratelimit" not in answer.headers
        assert answer.status_code == 200


async def test_a_document_that_is_not_valid_costs_nothing(key: Key, configure: Configure) -> None:
    configure(limit_api_key="10/hour")
    await key.client.post("{ nonsense }")
    assert left(await key.client.post(VIEWER)) == 9


async def test_a_new_window_begins_anew(
    key: Key, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(limit_api_key="1/hour")
    await key.client.post(VIEWER)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3601)
    assert (await key.client.post(VIEWER)).status_code == 200


async def test_beginning_to_listen_costs_as_well(
    world: World, key: Key, project: Tenant, configure: Configure
) -> None:
    """Over server-sent events; the messages cost nothing, the server sends them."""
    configure(limit_api_key="1/hour")
    await key.client.post(VIEWER)
    listen = {"query": f'subscription {{ memberChanged(tenantId: "{project.id}") {{ memberId }} }}'}
    answer = await key.client.http.post(
        "/graphql", json=listen, headers={"accept": "text/event-stream"}
    )
    assert "RATE_LIMITED" in answer.text


@pytest.fixture
def redis(tmp_path: Any) -> Iterator[str]:
    """The address of a Redis of the test's own."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server on PATH (apt-get install redis-server)")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    options = ["--port", str(port), "--save", "", "--dir", str(tmp_path), "--bind", "127.0.0.1"]
    with subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True) as running:  # noqa: S603 a program of the system
        assert running.stdout is not None
        while "Ready to accept connections" not in running.stdout.readline():
            pass
        yield f"redis://127.0.0.1:{port}/0"
        running.terminate()


async def test_in_redis_processes_count_together(
    key: Key, configure: Configure, redis: str
) -> None:
    configure(limit_api_key="5/hour", limits_url=redis)
    assert left(await key.client.post(VIEWER)) == 4
    await quotas.close()  # as another process would find it
    assert left(await key.client.post(VIEWER)) == 3
    configure(limits_url="memory://")
    assert left(await key.client.post(VIEWER)) == 4


async def test_a_redis_that_is_away_stops_nobody(
    key: Key, configure: Configure, unused: str
) -> None:
    """ADR 0029: uncounted, with a line in the log, and asked again only after a pause."""
    configure(limits_url=unused)
    with capture_logs() as lines:
        answers = [await key.client.post(VIEWER) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all("ratelimit" not in answer.headers for answer in answers)
    assert len([line for line in lines if line["event"] == "quotas.uncounted"]) == 1


@pytest.fixture
def unused() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"redis://127.0.0.1:{taken.getsockname()[1]}/0"


@pytest.mark.parametrize("url", ["mongodb://x", "memcached://x", "redis"])
def test_counters_elsewhere_are_refused(configure: Configure, url: str) -> None:
    with pytest.raises(ValueError, match="must begin with"):
        configure(limits_url=url)
