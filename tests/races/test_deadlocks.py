"""Changes that PostgreSQL ends because two wait for each other (CASES 113, ADR 0042)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import asyncpg
import pytest

from models import Catalog, Invitation, Tenant, embedded
from tests import databases
from tests.clients import Person
from tests.factories import PASSWORD, World
from tests.resolvers import steps

TIMES = 4  # once, and three times again
CHANGE = """
mutation($input: ChangeRoleInput!) { changeRole(input: $input) {
  __typename ... on ChangeRolePayload { member { role { code } } } } }
"""
WAITING = """
select from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and application_name = 'tenantry'
"""


@pytest.fixture
async def impatience(server: embedded.Embedded) -> AsyncIterator[None]:
    """Deadlocks are looked for soon."""
    await databases.administer(server, "alter system set deadlock_timeout = '100ms'")
    await databases.administer(server, "select pg_reload_conf()")
    yield
    await databases.administer(server, "alter system reset deadlock_timeout")
    await databases.administer(server, "select pg_reload_conf()")


@pytest.fixture
async def rival(rival: asyncpg.Connection, impatience: None) -> asyncpg.Connection:
    """He locks rows in his own order and never gives way."""
    await rival.execute("set deadlock_timeout = '1min'")
    return rival


async def until_somebody_waits(rival: asyncpg.Connection, number: int = 1) -> None:
    async with asyncio.timeout(30):
        while len(await rival.fetch(WAITING)) < number:
            await rival.execute("select pg_stat_clear_snapshot()")
            await asyncio.sleep(0.005)


async def crossing(
    rival: asyncpg.Connection, tenant: Tenant, member_id: str, times: int
) -> asyncio.Task[None]:
    """He holds the member; so many times he wants the tenant from whoever waits for the member."""
    holds = asyncio.Event()

    async def cross() -> None:
        async with rival.transaction():
            await rival.execute("select from members where id = $1 for update", member_id)
            holds.set()
            for _ in range(times):
                await until_somebody_waits(rival)
                await rival.execute("savepoint before")
                await rival.execute("select from tenants where id = $1 for update", tenant.id)
                await rival.execute("rollback to savepoint before")

    task = asyncio.create_task(cross())
    await holds.wait()
    return task


async def change(owner: Person, member_id: str, **headers: str) -> dict[str, Any]:
    given = {"input": {"memberId": member_id, "role": "ACCOUNTANT"}}
    body = {"query": CHANGE, "variables": given}
    answer = await owner.client.http.post("/graphql", json=body, headers=headers)
    return dict(answer.json())


DONE = {
    "data": {
        "changeRole": {
            "__typename": "ChangeRolePayload",
            "member": {"role": {"code": "ACCOUNTANT"}},
        }
    }
}


@pytest.mark.parametrize("times", [1, TIMES - 1])
async def test_a_change_that_lost_is_made_again(
    project: Tenant, owner: Person, manager: Person, rival: asyncpg.Connection, times: int
) -> None:
    """CASES 113: from its first statement, so it is told and written down once.

    The line that holds it is `retrying.done` in `server.execution.Executor._mutate`.
    """
    held = await crossing(rival, project, manager.member_id, times)
    assert await change(owner, manager.member_id) == DONE
    await held
    assert len(await steps.audit("member.change_role")) == 1
    assert [entry.message for entry in await steps.queued()] == ["role_changed"]


async def test_a_change_that_loses_each_time_is_a_conflict_and_does_nothing(
    project: Tenant, owner: Person, manager: Person, rival: asyncpg.Connection
) -> None:
    """CASES 113: begun four times in all."""
    before = await steps.everything()
    held = await crossing(rival, project, manager.member_id, TIMES)
    [error] = (await change(owner, manager.member_id))["errors"]
    assert error["extensions"]["code"] == "CONFLICT"
    await held
    after = await steps.everything()
    assert after | {"sessions": before["sessions"]} == before


async def test_a_change_under_a_key_is_made_again_in_the_same_commit(
    project: Tenant, owner: Person, manager: Person, rival: asyncpg.Connection
) -> None:
    """CASES 113 and 135: what lost was a savepoint, whose locks are given back."""
    held = await crossing(rival, project, manager.member_id, 1)
    answers = [await change(owner, manager.member_id, **{"idempotency-key": "one"})]
    await held
    answers.append(await change(owner, manager.member_id, **{"idempotency-key": "one"}))
    assert answers == [DONE, DONE]
    assert len(await steps.audit("member.change_role")) == 1


@pytest.mark.parametrize("link_first", [True, False])
async def test_a_link_and_the_account_it_is_about_are_locked_in_one_order(
    world: World, rival: asyncpg.Connection, lost: list[BaseException], *, link_first: bool
) -> None:
    """CASES 92 and 113: the password is changed and reset by a link at the same moment.

    Both wait for the account, in this order; the second finds the link dead, or the password
    wrong. The line that holds it is `profiles.lock` in `resolvers.account_links.use`.
    """
    olga = await world.person("olga")
    await world.anonymous.do("requestPasswordReset", {"login": "olga"})
    reset = {"token": await world.link_token(olga.email), "newPassword": "another twelve"}
    change = {"password": PASSWORD, "newPassword": "quite another twelve"}
    works: list[Callable[[], Coroutine[Any, Any, dict[str, Any]]]] = [
        lambda: world.anonymous.do("resetPassword", reset),
        lambda: olga.do("changePassword", change),
    ]
    async with rival.transaction():
        await rival.execute("select from users where id = $1 for update", olga.id)
        tasks: list[asyncio.Task[dict[str, Any]]] = []
        for number, work in enumerate(works if link_first else works[::-1], 1):
            tasks.append(asyncio.create_task(work()))
            await until_somebody_waits(rival, number)
    kinds = [answer["__typename"] for answer in await asyncio.gather(*tasks)]
    assert lost == []
    assert kinds == (
        ["ResetPasswordPayload", "ChangePasswordPayload"]
        if link_first
        else ["ChangePasswordPayload", "LinkUnavailable"]
    )


BREAK = """
create function refuse() returns trigger language plpgsql as
  $$ begin raise exception 'not now'; end $$;
create trigger refuse before {event} on {table} for each row execute function refuse()
"""
STEPS_OF_DELETING = {
    "invitations": "update",
    "servicings": "update",
    "outbox_entries": "update",
    "audit_events": "insert",
}


async def test_a_tenant_is_deleted_as_a_whole_or_not_at_all(
    world: World, project: Tenant, owner: Person, rival: asyncpg.Connection
) -> None:
    """CASES 114: whichever of its steps fails, whatever was done before it is undone.

    The line that holds it is `database.transaction` in `resolvers.tenants.delete`.
    """
    await steps.invite(owner, project)
    await world.serve(project, by=await world.tenant(Catalog.SUBSCRIBER, servicing=[]))
    before = await steps.everything()
    mutation = "mutation($id: ID!) { deleteTenant(input: {tenantId: $id}) { __typename } }"
    for table, event in STEPS_OF_DELETING.items():
        await rival.execute(BREAK.format(table=table, event=event))
        assert await owner.refusal(mutation, id=project.id) == "INTERNAL"
        after = await steps.everything()
        assert after | {"sessions": before["sessions"]} == before, table
        await rival.execute(f"drop trigger refuse on {table}; drop function refuse()")
    deleted = await owner.do("deleteTenant", {"tenantId": project.id})
    assert deleted["__typename"] == "DeleteTenantPayload"
    [invitation] = await steps.stored(Invitation.filter(tenant_id=project.id))
    assert invitation.state == "REVOKED"
