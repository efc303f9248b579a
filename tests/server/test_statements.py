"""How many round trips a query takes, all guards on (SPEED.md): a trip more is a decision."""

import pytest

from models import Tenant
from tests import statements
from tests.clients import Person
from tests.factories import World

ME = "{ me { user { id } } }"
TENANT = "query($id: ID!) { tenant(id: $id) { id name } }"
PAGE = """
query($id: ID!) { tenant(id: $id) { id name members(first: 50) {
  totalCount pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
  edges { cursor node {
    id status fullName email role { code } user { id fullName }
    appAccess { edges { node { right app { id name } } } } } } } } }
"""


async def trips(person: Person, query: str, **variables: str | int) -> list[str]:
    for _ in range(3):  # the first ones on each connection prepare what they ask
        with statements.recorded() as found:
            await person.ask(query, **variables)
    return found


async def test_who_am_i_takes_the_look_up_and_a_commit(owner: Person) -> None:
    begun, ended = await trips(owner, ME)
    assert begun.startswith("BEGIN READ ONLY;copy (select to_json(found) from open_session(")
    assert ended == "COMMIT"


async def test_a_tenant_takes_three(owner: Person, project: Tenant) -> None:
    assert len(await trips(owner, TENANT, id=project.id)) == 3


@pytest.mark.parametrize("size", [1, 7])
async def test_a_page_takes_six_whatever_its_size(
    owner: Person, project: Tenant, world: World, size: int
) -> None:
    """The look-up, the tenant, its members, how many they are, their rights on apps, the end."""
    for number in range(size):
        await world.join(project, "MANAGER", await world.person(f"person{number}"))
    found = await trips(owner, PAGE, id=project.id)
    assert len(found) == 6, found
