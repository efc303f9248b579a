"""Connections as clients see them, list by list; `tests/resolvers/test_pages.py` has details."""

import json
import re
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from models import MemberStatus, Tenant, database
from tests.clients import Person
from tests.factories import World

PAGE = "pageInfo { hasNextPage endCursor hasPreviousPage startCursor } edges { cursor node { id } }"
LISTS = {
    "members": 'members(tenantId: "TENANT", WINDOW) { PAGE }',
    "members by name": 'members(tenantId: "TENANT", orderBy: { field: NAME }, WINDOW) { PAGE }',
    "Tenant.members": 'tenant(id: "TENANT") { members(WINDOW) { PAGE } }',
    "tenants": "tenants(WINDOW) { PAGE }",
    "apps": "apps(WINDOW) { PAGE }",
    "Tenant.apps": 'tenant(id: "TENANT") { apps(WINDOW) { PAGE } }',
    "Me.memberships": "me { memberships(WINDOW) { PAGE } }",
    "Me.invitations": "me { invitations(WINDOW) { PAGE } }",
}
ONE_LIST = [{"members", "Tenant.members"}, {"apps", "Tenant.apps"}]  # reached by two ways
BOTH_WAYS = [name for name in LISTS if not name.startswith("Me.")]
WRONG = [
    {"first": 0},
    {"first": -1},
    {"first": 101},
    {"last": 0},
    {"last": -1},
    {"last": 101},
    {"first": 1, "last": 1},
]


@pytest.fixture
async def olga(world: World, project: Tenant) -> Person:
    """In five tenants, invited to five more; five people of one name and apps in the project."""
    olga = await world.join(project, "OWNER", await world.person("olga", full_name="Same"))
    for _ in range(4):
        await world.join(project, "MANAGER", await world.person(full_name="Same"))
        await world.join(await world.tenant(), "MANAGER", olga)
    for _ in range(5):
        await olga.do("createApp", {"tenantId": project.id, "name": "Same"})
    for _ in range(5):
        inviting = await world.tenant()
        inviter = await world.join(inviting)
        invitation = {"tenantId": inviting.id, "invitee": {"email": olga.email}, "role": "OWNER"}
        await inviter.do("inviteMember", invitation)
    return olga


def query(name: str, tenant: Tenant, **window: Any) -> str:
    text = ", ".join(f"{argument}: {json.dumps(value)}" for argument, value in window.items())
    filled = LISTS[name].replace("TENANT", tenant.id).replace("WINDOW", text)
    return f"{{ {filled.replace('PAGE', PAGE)} }}"


async def read(who: Person, name: str, tenant: Tenant, **window: Any) -> dict[str, Any]:
    """A page of that list."""
    found = await who.ask(query(name, tenant, **window))
    while "edges" not in found:
        [found] = found.values()
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


@pytest.mark.parametrize("name", LISTS)
async def test_every_list_is_read_forward_in_one_order(
    olga: Person, project: Tenant, name: str
) -> None:
    """PRODUCT 7: keyset pages in a stable order, equal names and moments included."""
    every = ids(await read(olga, name, project, first=100))
    pages: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    for _ in range(3):
        page = await read(olga, name, project, first=2, **after)
        after = {"after": page["pageInfo"]["endCursor"]}
        pages.append(page)
    assert len(set(every)) == 5
    assert [found for page in pages for found in ids(page)] == every
    assert [page["pageInfo"]["hasNextPage"] for page in pages] == [True, True, False]
    assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False, True, True]


@pytest.mark.parametrize("name", BOTH_WAYS)
async def test_lists_are_read_backward_in_the_same_order(
    olga: Person, project: Tenant, name: str
) -> None:
    """PRODUCT 4: pages both ways."""
    every = ids(await read(olga, name, project, first=100))
    pages: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    for _ in range(3):
        page = await read(olga, name, project, last=2, **before)
        before = {"before": page["pageInfo"]["startCursor"]}
        pages.insert(0, page)
    assert [found for page in pages for found in ids(page)] == every
    assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False, True, True]
    assert [page["pageInfo"]["hasNextPage"] for page in pages] == [True, True, False]


@pytest.mark.parametrize("name", BOTH_WAYS)
async def test_a_page_between_two_cursors_holds_what_lies_between(
    olga: Person, project: Tenant, name: str
) -> None:
    edges = (await read(olga, name, project, first=100))["edges"]
    window = {"after": edges[0]["cursor"], "before": edges[4]["cursor"]}
    middle = [edge["node"]["id"] for edge in edges[1:4]]
    assert ids(await read(olga, name, project, **window)) == middle
    assert ids(await read(olga, name, project, **window, last=1)) == middle[2:]


@pytest.fixture
async def shuffled(database_urls: tuple[str, str], olga: Person) -> None:
    """Rows lie in another order than they were made, with no index that hides it."""
    owner = await asyncpg.connect(**database.parse(database_urls[1]))
    for index in await owner.fetch("select indexname from pg_indexes where tablename = 'members'"):
        with suppress(asyncpg.DependentObjectsStillExistError):
            await owner.execute(f"drop index {index['indexname']}")
    await owner.close()
    async with database.transaction(database.SYSTEM):
        await database.rows("update members set phone = null where id <> $1", olga.member_id)


@pytest.mark.usefixtures("shuffled")
async def test_people_of_one_name_stand_in_the_order_of_their_ids(
    olga: Person, project: Tenant
) -> None:
    """PRODUCT 7: a stable order, also where the database has none of its own."""
    name, pages = "members by name", []
    after: dict[str, Any] = {}
    for _ in range(5):
        page = await read(olga, name, project, first=1, **after)
        after = {"after": page["pageInfo"]["endCursor"]}
        pages += ids(page)
    assert pages == sorted(pages)
    assert ids(await read(olga, name, project, last=100)) == pages


@pytest.mark.parametrize("window", WRONG, ids=str)
@pytest.mark.parametrize("name", LISTS)
async def test_a_page_is_of_one_to_a_hundred_from_one_end(
    olga: Person, project: Tenant, name: str, window: dict[str, int]
) -> None:
    """CASES 20. A list that is read forward only knows no `last`, which is no better input."""
    assert await olga.refusal(query(name, project, **window)) == "BAD_USER_INPUT"


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_belongs_to_one_list(
    world: World, olga: Person, project: Tenant, name: str
) -> None:
    """CASES 106: forged, of another list, or of the same list of another tenant."""
    foreign = await world.tenant()
    await world.join(foreign, "OWNER", olga)
    pages = {other: await read(olga, other, project, first=1) for other in LISTS}
    pages["foreign"] = await read(olga, "members", foreign, first=1)
    same = next((pair for pair in ONE_LIST if name in pair), {name})
    cursors = [page["pageInfo"]["endCursor"] for other, page in pages.items() if other not in same]
    for cursor in [*cursors, "", "forged", "b3ZlciB0aGUgcmFpbmJvdw"]:
        refused = await olga.refusal(query(name, project, first=1, after=cursor))
        assert refused == "BAD_USER_INPUT", cursor


COUNTED = {
    "members": 'members(tenantId: "TENANT") { totalCount }',
    "Tenant.members": 'tenant(id: "TENANT") { members { totalCount } }',
    "tenants": "tenants { totalCount }",
    "apps": "apps { totalCount }",
    "Tenant.apps": 'tenant(id: "TENANT") { apps { totalCount } }',
}


COUNTS = re.compile(r"count\(|member_counts")  # ADR 0045


@pytest.mark.parametrize("name", COUNTED)
async def test_a_list_is_counted_only_when_asked(
    olga: Person, project: Tenant, statements: list[str], name: str
) -> None:
    """DESIGN 2: what nobody asks for costs nothing."""
    await read(olga, name, project, first=1)
    assert not [sql for sql in statements if COUNTS.search(sql)]
    found: Any = await olga.ask(f"{{ {COUNTED[name].replace('TENANT', project.id)} }}")
    while isinstance(found, dict):
        [found] = found.values()
    assert found == 5
    assert len([sql for sql in statements if COUNTS.search(sql)]) == 1


@pytest.mark.parametrize("name", ["memberships", "invitations"])
async def test_ones_own_lists_are_not_counted(olga: Person, name: str) -> None:
    """Contract: null where a list is not counted."""
    found = await olga.ask(f"{{ me {{ {name} {{ totalCount }} }} }}")
    assert found["me"][name] == {"totalCount": None}


EVERYTHING = """query($id: ID!) { members(tenantId: $id, first: 100) { totalCount
    edges { node { id fullName login permissions role { code } user { id } tenant { name viewer {
    role { code } } } viewer { canRemove grantableRoles { code } }
    appAccess { edges { node { right app { name tenant { id } } } } }
    invitation { id state delivery apps { name } invitedBy { displayName } member { id } }
} } } }"""


async def fill(world: World, tenant: Tenant, inviter: Person, size: int) -> None:
    """`size` members besides the inviter: a third each pending, joined and disabled.

    The pending ones have a right on an app.
    """
    made = await inviter.do("createApp", {"tenantId": tenant.id, "name": "Books"}, "app { id }")
    apps = [{"appId": made["app"]["id"], "right": "LAUNCH"}]
    for number in range(size // 3):
        await world.join(tenant, "MANAGER")
        await world.join(tenant, "ACCOUNTANT", status=MemberStatus.DISABLED)
        email = f"pending{number}@example.com"
        invitation = {"tenantId": tenant.id, "invitee": {"email": email}, "role": "MANAGER"}
        answer = await inviter.do("inviteMember", {**invitation, "apps": apps})
        assert answer["__typename"] == "InviteMemberPayload"


async def test_a_page_of_members_costs_the_same_few_statements_whatever_its_size(
    world: World, statements: list[str]
) -> None:
    """Issue 2, point 5: with tenant, invitation and viewer of each."""
    costs = {}
    for size in (3, 60):
        tenant = await world.tenant()
        owner = await world.join(tenant)
        await fill(world, tenant, owner, size)
        statements.clear()
        found = await owner.ask(EVERYTHING, id=tenant.id)
        assert len(found["members"]["edges"]) == size + 1
        costs[size] = len(statements)
    # the page, the count; of all: tenants, rights with their apps, invitations and what they bring,
    # the invitations' members
    assert costs == {3: 7, 60: 7}


EVERY_PLACE = """{ me { memberships(first: 100) { edges { node { role { code } tenant { name }
    invitation { id } viewer { canRemove } } } } invitations(first: 100) { edges { node { id
    role { code } invitedBy { displayName } } } } } tenants(first: 100) { edges { node { name
    viewer { role { code } permissions member { id fullName } } grantableRoles { code } } } } }"""


async def test_ones_own_lists_cost_the_same_few_statements_whatever_their_size(
    world: World, statements: list[str]
) -> None:
    """Issue 2, point 5."""
    costs = {}
    for size in (2, 20):
        person = await world.person()
        for _ in range(size):
            await world.join(await world.tenant(), "MANAGER", person)
        statements.clear()
        found = await person.ask(EVERY_PLACE)
        assert len(found["me"]["memberships"]["edges"]) == size
        assert len(found["tenants"]["edges"]) == size
        costs[size] = len(statements)
    # both lists of `me`, the tenants; of all: tenants, invitations and what they bring, own members
    assert costs == {2: 7, 20: 7}
