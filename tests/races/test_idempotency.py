"""Mutations under one `Idempotency-Key` at the same moment, and with answers that are lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from models import Catalog, IdempotencyKey, Tenant, database
from resolvers.idempotency import Attempt
from settings import Settings
from tests import cutting
from tests.clients import Person
from tests.factories import World

ROUNDS = 10
CREATE = """
mutation { createTenant(input: {name: "New", catalog: PROJECT}) {
  __typename ... on CreateTenantPayload { tenant { id } } } }
"""

INVITE = """
mutation($input: InviteMemberInput!) {
  inviteMember(input: $input) { ... on InviteMemberPayload { member { id } } } }
"""


async def create(person: Person, key: str) -> dict[str, Any]:
    answer = await person.client.http.post(
        "/graphql", json={"query": CREATE}, headers={"idempotency-key": key}
    )
    return dict(answer.json())


async def rows(model: Any) -> int:
    async with database.transaction(database.SYSTEM, read_only=True):
        return int(await model.all().count())


def outcome(answer: dict[str, Any]) -> str:
    """The code it failed with, or the id of what was made."""
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    return str(answer["data"]["createTenant"]["tenant"]["id"])


async def test_of_eight_at_once_one_is_made(world: World) -> None:
    """CASES 136: the others hear that it is in flight, or the answer.

    The line that holds it is `if not lock["is_ours"]` in `resolvers.idempotency.Attempt.claim`.
    """
    owner = await world.person()
    for number in range(ROUNDS):
        before = await rows(Tenant)
        answers = await asyncio.gather(*[create(owner, f"key {number}") for _ in range(8)])
        found = Counter(outcome(answer) for answer in answers)
        found.pop("CONFLICT", None)
        assert len(found) == 1
        assert await rows(Tenant) == before + 1
        assert outcome(await create(owner, f"key {number}")) in found


async def test_who_was_just_too_late_gets_the_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second has looked before the first was done, and claims after it.

    The line that holds it is `await self._look()` in `resolvers.idempotency.Attempt.claim`.
    """
    owner, real = await world.person(), Attempt.recall
    has_looked, first_is_done = asyncio.Event(), asyncio.Event()

    async def recall(attempt: Attempt) -> None:
        await real(attempt)
        if not has_looked.is_set():
            has_looked.set()
            await first_is_done.wait()

    monkeypatch.setattr(Attempt, "recall", recall)
    late = asyncio.create_task(create(owner, "key"))
    await has_looked.wait()
    first = await create(owner, "key")
    first_is_done.set()
    assert await late == first
    assert await rows(Tenant) == 1


@pytest.fixture
async def cutter(
    database_urls: tuple[str, str], configure: Callable[..., Settings]
) -> AsyncIterator[cutting.Cutter]:
    """A proxy before the database that can lose the reply to one commit."""
    async with cutting.before(database_urls[0]) as between:
        await database.stop()
        await database.start(between.url, configure())
        yield between
        await database.stop()


async def test_a_change_whose_commit_was_not_confirmed_is_made_once(
    cutter: cutting.Cutter,
) -> None:
    """CASES 135: the connection is cut when COMMIT has been done and not yet been told.

    The line that holds it is `await attempt.keep(answer)` in `server.idempotency._commit`, before
    the commit of both.
    """
    world = World()
    tenant = await world.tenant(Catalog.PROJECT)
    owner = await world.join(tenant)
    invitee = {"email": "nina@example.com"}
    given = {"tenantId": tenant.id, "invitee": invitee, "role": "MANAGER"}
    body = {"query": INVITE, "variables": {"input": given}}

    async def invite() -> Any:
        headers = {"idempotency-key": "one"}
        return await owner.client.http.post("/graphql", json=body, headers=headers)

    cutter.lose_commit_after(b"into idempotency_keys")
    lost = (await invite()).json()
    assert cutter.has_cut
    assert [error["extensions"]["code"] for error in lost["errors"]] == ["SERVICE_UNAVAILABLE"]
    again = await invite()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["data"]["inviteMember"]["member"]["id"].startswith("mem_")
    assert len(await world.mails()) == 1
    assert await rows(IdempotencyKey) == 1


async def test_a_change_whose_commit_never_arrived_is_made_by_the_next(
    cutter: cutting.Cutter,
) -> None:
    """CASES 135: nothing of the first is left, and no lock."""
    owner = await World().person()
    cutter.lose_commit_after(b"into idempotency_keys", before_it_arrives=True)
    assert outcome(await create(owner, "one")) == "SERVICE_UNAVAILABLE"
    assert cutter.has_cut
    assert (await rows(Tenant), await rows(IdempotencyKey)) == (0, 0)
    assert outcome(await create(owner, "one")).startswith("ten_")
    assert await rows(Tenant) == 1
