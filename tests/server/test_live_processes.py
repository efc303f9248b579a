"""Subscriptions over several processes on one database, and what they hear of a stop."""

from contextlib import AsyncExitStack
from pathlib import Path

import httpx2

from models import Tenant
from tests import databases, listeners, processes
from tests.clients import Person
from tests.listeners import ACCESS, MEMBERS, Hall

CHANGE = """
mutation($id: ID!) {
  changeRole(input: {memberId: $id, role: "ACCOUNTANT"}) { __typename }
}
"""


async def send(http: httpx2.AsyncClient, person: Person, document: str, **variables: str) -> None:
    body = {"query": document, "variables": variables}
    answer = await http.post("/graphql", json=body, headers=listeners.bearer(person))
    assert "errors" not in answer.json()


async def test_a_change_through_one_server_reaches_the_subscribers_of_another(
    tmp_path: Path, project: Tenant, owner: Person, manager: Person
) -> None:
    """Issue 7, how it is judged. The session that ends through one ends streams of the other."""
    async with AsyncExitStack() as stack:
        one, other = [
            await stack.enter_async_context(
                processes.serving(
                    "--no-worker", database_url=databases.address(), data_dir=tmp_path
                )
            )
            for _ in range(2)
        ]
        http = await stack.enter_async_context(httpx2.AsyncClient(base_url=one.url))
        events = await stack.enter_async_context(
            Hall(other.url).listening(owner, MEMBERS, id=project.id)
        )
        socket = await stack.enter_async_context(Hall(other.url).socket(owner))
        access = await socket.subscribe(ACCESS)
        await access.begun()
        await send(http, owner, CHANGE, id=manager.member_id)
        assert (await events.next())["member"]["role"] == {"code": "ACCOUNTANT"}
        await send(http, owner, "mutation { signOut { signedOut } }")
        assert await events.end() == "UNAUTHENTICATED"
        assert await access.end() == "UNAUTHENTICATED"


async def test_a_server_that_stops_says_goodbye_and_stops_at_once(
    tmp_path: Path, project: Tenant, owner: Person
) -> None:
    """CASES 137: streams hear why, sockets are closed with 1001, nobody is waited for."""
    async with (
        processes.serving(
            "--no-worker", database_url=databases.address(), data_dir=tmp_path
        ) as server,
        Hall(server.url).listening(owner, MEMBERS, id=project.id) as events,
        Hall(server.url).socket(owner) as idle,
        Hall(server.url).socket(owner) as socket,
    ):
        access = await socket.subscribe(ACCESS)
        await access.begun()
        assert await server.stop() == 0
        assert "Traceback" not in server.log
        assert "timeout" not in server.log
        assert await events.end() == "INTERRUPTED"
        assert await access.end() == "INTERRUPTED"
        assert [(await each.closed())[0] for each in (idle, socket)] == [1001, 1001]
