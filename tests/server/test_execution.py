"""How operations meet the database: transactions, what they see, and trouble."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from models import Tenant, database
from resolvers import nodes
from settings import Settings
from tests import statements
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World

Configure = Callable[..., Settings]
NOWHERE = "postgresql://tenantry@/tenantry?host=/nowhere"
MEMBERS = "query($id: ID!) { tenant(id: $id) { members { edges { node {%s} } } } }"
CREATE = 'createTenant(input: {name: "%s", catalog: PROJECT})'


_FRAME = re.compile("(?:^|;)(BEGIN READ ONLY|BEGIN|COMMIT|ROLLBACK)")


@pytest.fixture
def frames() -> Iterator[Callable[[], list[str]]]:
    """What has begun and ended transactions so far, in its order."""
    with statements.recorded() as sent:
        yield lambda: [frame for each in sent for frame in _FRAME.findall(each)]


@pytest.fixture
async def impatient(database_urls: tuple[str, str], configure: Configure) -> AsyncIterator[None]:
    """A server whose statements may run for half a second."""
    hurried = configure(database_statement_timeout=timedelta(seconds=0.5))
    await database.start(database_urls[0], hurried)
    yield
    await database.stop()


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in answer["errors"]}


async def test_a_query_is_one_transaction_that_cannot_write(
    project: Tenant, owner: Person, frames: Callable[[], list[str]]
) -> None:
    """DESIGN 1.3."""
    await owner.ask(
        "query($id: ID!) { me { memberships { totalCount edges { node { tenant { name } } } } }"
        " tenants { totalCount } tenant(id: $id) { members { totalCount edges { node {"
        " invitation { state } viewer { canRemove } } } } } node(id: $id) { id } }",
        id=project.id,
    )
    assert frames() == ["BEGIN READ ONLY", "COMMIT"]


async def test_looking_at_a_link_is_counted_before_a_transaction_that_only_reads(
    world: World, frames: Callable[[], list[str]]
) -> None:
    """By its client and for the whole server at once (ADR 0041)."""
    await world.anonymous.ask('{ invitation(token: "tnt_inv_x") { __typename } }')
    assert frames() == ["BEGIN", "COMMIT", "BEGIN READ ONLY", "COMMIT"]


async def test_a_change_is_read_back_after_its_commit(
    owner: Person, frames: Callable[[], list[str]]
) -> None:
    """DESIGN 1.3: who asks, the limit, the change, its payload; one after the other."""
    data = await owner.ask(
        f"mutation {{ {CREATE % 'New'} {{ ... on CreateTenantPayload {{"
        " tenant { name viewer { role { code } } members { totalCount } } } } }"
    )
    assert data["createTenant"]["tenant"] == {
        "name": "New",
        "viewer": {"role": {"code": "OWNER"}},
        "members": {"totalCount": 1},
    }
    assert frames() == [
        *["BEGIN READ ONLY", "COMMIT"],
        *["BEGIN", "COMMIT"] * 2,
        *["BEGIN READ ONLY", "COMMIT"],
    ]


async def test_a_refused_change_is_rolled_back_as_a_whole(
    project: Tenant, owner: Person, frames: Callable[[], list[str]]
) -> None:
    answer = await owner.do("leaveTenant", {"tenantId": project.id})
    assert answer["__typename"] == "LastOwner"
    assert frames()[2:4] == ["BEGIN", "ROLLBACK"]


async def test_a_change_sees_what_the_one_before_it_in_the_request_did(
    project: Tenant, owner: Person
) -> None:
    data = await owner.ask(
        "mutation($id: ID!) {"
        f" made: {CREATE % 'A'} {{ __typename }}"
        ' first: updateTenant(input: {tenantId: $id, name: "B"})'
        " { ... on UpdateTenantPayload { tenant { name } } }"
        " second: updateTenant(input: {tenantId: $id, locale: KK})"
        " { ... on UpdateTenantPayload { tenant { name locale } } }"
        " gone: deleteTenant(input: {tenantId: $id}) { __typename }"
        " late: updateTenant(input: {tenantId: $id}) { __typename } }",
        id=project.id,
    )
    assert data["first"]["tenant"] == {"name": "B"}
    assert data["second"]["tenant"] == {"name": "B", "locale": "KK"}
    assert data["gone"] == {"__typename": "DeleteTenantPayload"}
    assert data["late"] == {"__typename": "NotFound"}


async def test_who_signs_in_acts_in_the_same_request(world: World, owner: Person) -> None:
    data = await world.anonymous.ask(
        f'mutation {{ signIn(input: {{login: "{owner.login}", password: "a password of a test"}})'
        f" {{ ... on SignedIn {{ me {{ login }} }} }} {CREATE % 'New'} {{ __typename }} }}"
    )
    assert data["signIn"] == {"me": {"login": "olga"}}
    assert data["createTenant"] == {"__typename": "CreateTenantPayload"}


async def test_who_signs_out_acts_no_more_in_the_same_request(owner: Person) -> None:
    data = await owner.ask(
        f"mutation {{ signOut {{ signedOut }} {CREATE % 'New'}"
        " { __typename ... on Error { code } } }"
    )
    assert data["createTenant"] == {"__typename": "PermissionDenied", "code": "UNAUTHENTICATED"}


async def test_requests_at_the_same_moment_do_not_mix(owner: Person, stranger: Person) -> None:
    """CASES 104."""
    answers = await asyncio.gather(
        *(
            person.ask("{ me { login } tenants { totalCount } }")
            for person in [owner, stranger] * 10
        )
    )
    assert [answer["me"]["login"] for answer in answers] == ["olga", "stella"] * 10
    assert [answer["tenants"]["totalCount"] for answer in answers] == [1, 0] * 10


@pytest.mark.parametrize(
    "operation", ["{ me { login } }", f"mutation {{ {CREATE % 'A'} {{ __typename }} }}"]
)
async def test_a_database_that_is_away_is_said_to_be(configure: Configure, operation: str) -> None:
    """CASES 132."""
    await database.start(NOWHERE, configure(database_url=NOWHERE))
    answer = await World().client("tnt_ses_x").post(operation)
    await database.stop()
    assert answer.status_code == 200
    assert codes(answer.json()) == {"SERVICE_UNAVAILABLE"}
    assert "nowhere" not in answer.text


async def test_connections_that_were_cut_are_made_again(
    owner: Person, rival: asyncpg.Connection
) -> None:
    """CASES 132: without a restart of ours."""
    await rival.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and usename = 'tenantry'"
    )
    answer = await owner.client.execute("{ me { login } }")
    assert "errors" not in answer or codes(answer) == {"SERVICE_UNAVAILABLE"}
    assert await owner.ask("{ me { login } }") == {"me": {"login": "olga"}}


@pytest.mark.usefixtures("impatient")
async def test_a_statement_that_runs_too_long_fails_its_field_and_whatever_follows(
    rival: asyncpg.Connection,
) -> None:
    """CASES 22."""
    world = World()
    tenant = await world.tenant()
    owner = await world.join(tenant)
    async with rival.transaction():
        await rival.execute("lock table outbox_entries in access exclusive mode")
        answer = await owner.client.execute(
            MEMBERS % "invitation { state } viewer { canRemove }", id=tenant.id
        )
    assert codes(answer) == {"TIMEOUT"}
    assert await owner.ask(MEMBERS % "invitation { state }", id=tenant.id)


async def test_a_text_that_no_column_can_hold_fails_its_field_and_nothing_else_breaks(
    owner: Person,
) -> None:
    answer = await owner.client.execute(
        "query($id: ID!) { me { login } node(id: $id) { id } tenants { totalCount } }",
        id="mem_\0",
    )
    assert answer["data"]["me"] == {"login": "olga"}
    assert codes(answer) == {"BAD_USER_INPUT"}


async def test_what_nobody_foresaw_is_hidden_and_can_be_found_by_its_request(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CASES 34."""

    async def fail(*_: object) -> None:
        raise RuntimeError("postgres://user:secret@host")

    monkeypatch.setattr(nodes, "get", fail)
    answer = await owner.client.post('{ me { login } node(id: "a") { id } }')
    assert "secret" not in answer.text
    assert answer.json()["data"] == {"me": {"login": "olga"}, "node": None}
    [error] = answer.json()["errors"]
    assert error["extensions"] == {
        "code": "INTERNAL",
        "requestId": answer.headers["x-request-id"],
    }


@pytest.mark.usefixtures("impatient")
async def test_an_answer_does_not_suffer_where_the_last_use_cannot_be_written(
    rival: asyncpg.Connection, clock: Clock
) -> None:
    """DESIGN 1.4."""
    person = await World().person("olga")
    clock.move(timedelta(minutes=5))
    async with rival.transaction():
        await rival.execute("lock table sessions in share mode")
        assert await person.ask("{ me { login } }") == {"me": {"login": "olga"}}
