"""Operations that schemathesis makes of the schema: valid ones, and some with arguments of a wrong
type.
"""

import asyncio
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import schemathesis
from graphql import introspection_from_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.graphql import nodes

from models import Catalog
from permissions.catalog import OWNER
from server.graphql import SCHEMA
from settings import Settings
from tests.clients import Client
from tests.factories import World
from tests.figures import Measured

SAMPLE, SOAK, A_WORLD = 60, 20_000, 100
OURS = {"INTERNAL", "SERVICE_UNAVAILABLE", "TIMEOUT"}
ID = re.compile(r'\b(?P<name>\w*[iI]d): (?:"(?:[^"\\]|\\.)*"|-?\d+)')


@cache
def operations() -> list[Any]:
    """One for each field of `Query` and `Mutation`."""
    for name, values in (
        ("DateTime", ["2026-11-22T00:00:00Z", "0001-01-01T00:00:00Z", "tomorrow", ""]),
        ("RoleCode", ["OWNER", "MANAGER", "USER", ""]),
        ("PermissionCode", ["members:view", "keys:manage", "*"]),
    ):
        schemathesis.graphql.scalar(name, st.sampled_from(values).map(nodes.String))
    core: Any = SCHEMA._schema  # noqa: SLF001 Strawberry offers no other way
    schema = schemathesis.graphql.from_dict(dict(introspection_from_schema(core)))
    found: list[Any] = list(schema.get_all_operations())
    return [each.ok() for each in found]


def drawn(data: st.DataObject, ids: list[str]) -> str:
    """A document, half of whose ids are of things that exist."""
    mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    operation = data.draw(st.sampled_from(operations()))
    body: str = data.draw(operation.as_strategy(generation_mode=mode)).body
    chosen = data.draw(st.sampled_from([*ids, None]))
    return ID.sub(rf'\g<name>: "{chosen}"', body) if chosen else body


async def callers(world: World) -> tuple[list[Client], list[str]]:
    """Whoever asks, and ids of things that exist."""
    owner = await world.join(tenant := await world.tenant(Catalog.SUBSCRIBER), OWNER)
    member = await world.join(tenant, "USER")
    staff = await world.staff()
    clients = [owner.client, owner.client, member.client, staff.client, world.anonymous]
    return clients, [tenant.id, owner.member_id, member.member_id, owner.id, staff.id]


async def explore(world: World, examples: int) -> None:
    clients, ids = await callers(world)
    loop = asyncio.get_running_loop()

    async def ask(client: Client, body: str) -> None:
        answer = await client.http.post("/graphql", json={"query": body})
        codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
        assert answer.status_code in {200, 400}, body
        assert not codes & OURS, body

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def each(data: st.DataObject) -> None:
        asked = ask(data.draw(st.sampled_from(clients)), drawn(data, ids))
        asyncio.run_coroutine_threadsafe(asked, loop).result()

    await asyncio.to_thread(each)


@pytest.mark.parametrize("count", [SAMPLE, pytest.param(SOAK, marks=pytest.mark.soak)])
async def test_no_operation_of_the_schema_makes_the_server_fail(
    world: World, configure: Callable[..., Settings], measured: Measured, count: int
) -> None:
    """Issue 8.9, CASES 26 and 34. Each hundred begins anew: some of them delete what there is."""
    configure(limit_failed_sign_ins_per_client="1000000/hour", limit_links="1000000/hour")
    for _ in range(0, count, A_WORLD):
        await explore(world, min(count, A_WORLD))
    measured(f"answers of 5xx to {count:,} operations generated from the schema", 0)
