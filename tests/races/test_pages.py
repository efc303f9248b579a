"""Reading a list page by page while other rows of it come and go."""

import asyncio

import pytest

from models import Tenant
from tests.clients import Person
from tests.factories import World

PAGE = """query($id: ID!, $after: String, $field: MemberOrderField!) {
  members(tenantId: $id, first: 4, after: $after, orderBy: {field: $field}) {
    pageInfo { hasNextPage endCursor } edges { node { id } } } }"""


async def walk(person: Person, tenant: Tenant, field: str) -> list[str]:
    found: list[str] = []
    after, more = None, True
    while more:
        page = (await person.ask(PAGE, id=tenant.id, after=after, field=field))["members"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        await asyncio.sleep(0)
    return found


async def churn(person: Person, tenant: Tenant, doomed: list[Person]) -> None:
    for number, member in enumerate(doomed):
        await person.do("removeMember", {"memberId": member.member_id})
        invitee = {"email": f"m{number}@example.com"}
        asked = {"tenantId": tenant.id, "invitee": invitee, "role": "ACCOUNTANT"}
        await person.do("inviteMember", asked)


@pytest.mark.parametrize("field", ["CREATED_AT", "NAME"])
async def test_whoever_stays_is_read_once_and_in_order_whatever_others_do(
    world: World, project: Tenant, owner: Person, field: str
) -> None:
    """A cursor is a position and no offset: rows that go before it shift nothing."""
    people = [await world.join(project, "ACCOUNTANT") for _ in range(24)]
    staying = [person.member_id for person in people[::2]]
    before = [one for one in await walk(owner, project, field) if one in staying]
    read, _ = await asyncio.gather(walk(owner, project, field), churn(owner, project, people[1::2]))
    assert [one for one in read if one in staying] == before
    assert len(read) == len(set(read))
