"""Keyset pages, both ways: 50 by default, 100 at most (PRODUCT 4)."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import pytest

import errors
from models import Tenant
from resolvers import pages
from tests.clients import Person
from tests.factories import World

PAGE = """
query($t: ID!, $first: Int, $after: String, $last: Int, $before: String, $orderBy: MemberOrder) {
  members(tenantId: $t, first: $first, after: $after, last: $last, before: $before,
          orderBy: $orderBy) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { fullName } } } }
"""
NAMES = ["Ada", "Bob", "Cyd", "Dan", "Eve"]


@pytest.fixture
async def ada(world: World, project: Tenant) -> Person:
    """An owner, and four more in the order of the alphabet."""
    for name in NAMES:
        await world.join(project, "OWNER", person := await world.person(name.lower()))
        if name == "Ada":
            ada = person
    return ada


class Reader:
    """Reads a project's members page by page."""

    def __init__(self, who: Person, tenant: Tenant, **order: str) -> None:
        self.who, self.tenant, self.order = who, tenant, order or None

    async def read(self, **window: Any) -> dict[str, Any]:
        shown = await self.who.ask(PAGE, t=self.tenant.id, orderBy=self.order, **window)
        page: dict[str, Any] = shown["members"]
        return page

    async def names(self, **window: Any) -> list[str]:
        return [edge["node"]["fullName"] for edge in (await self.read(**window))["edges"]]

    async def cursor(self, name: str) -> str:
        edges = (await self.read())["edges"]
        return str(next(edge["cursor"] for edge in edges if edge["node"]["fullName"] == name))


ORDERS = [
    {},
    {"field": "CREATED_AT", "direction": "DESC"},
    {"field": "NAME"},
    {"field": "NAME", "direction": "DESC"},
]


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_a_list_is_read_page_by_page_in_either_direction(
    ada: Person, project: Tenant, order: dict[str, str]
) -> None:
    reader = Reader(ada, project, **order)
    names = NAMES[::-1] if order.get("direction") == "DESC" else NAMES
    first = await reader.read(first=2)
    middle = await reader.read(first=2, after=first["pageInfo"]["endCursor"])
    last = await reader.read(first=2, after=middle["pageInfo"]["endCursor"])
    back = await reader.names(last=2, before=last["pageInfo"]["startCursor"])
    shown = [e["node"]["fullName"] for p in (first, middle, last) for e in p["edges"]]
    assert shown == names
    assert back == names[2:4]
    assert await reader.names(last=2) == names[3:]


async def test_a_page_says_whether_something_follows_or_precedes_it(
    ada: Person, project: Tenant
) -> None:
    reader = Reader(ada, project)
    bob, dan = await reader.cursor("Bob"), await reader.cursor("Dan")

    async def around(**window: Any) -> tuple[bool, bool]:
        info = (await reader.read(**window))["pageInfo"]
        return info["hasPreviousPage"], info["hasNextPage"]

    assert await around() == (False, False)
    assert await around(first=2) == (False, True)
    assert await around(first=2, after=bob) == (True, True)
    assert await around(first=2, after=dan) == (True, False)
    assert await around(last=2) == (True, False)
    assert await around(last=2, before=dan) == (True, True)
    assert await around(last=2, before=bob) == (False, True)
    assert await around(after=bob, before=dan) == (True, False)


async def test_a_page_may_be_empty(ada: Person, project: Tenant) -> None:
    reader = Reader(ada, project)
    page = await reader.read(after=await reader.cursor("Eve"))
    assert page["edges"] == []
    assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (None, None)
    assert page["totalCount"] == 5


async def test_who_comes_or_goes_between_two_pages_shifts_nobody(
    world: World, ada: Person, project: Tenant
) -> None:
    """Keyset, never offset."""
    reader = Reader(ada, project, field="NAME")
    first = await reader.read(first=2)
    bob = next(e["cursor"] for e in first["edges"] if e["node"]["fullName"] == "Bob")
    await world.join(project, "OWNER", await world.person("aaron"))
    shown = await ada.ask(PAGE, t=project.id, orderBy={"field": "NAME"}, first=2, after=bob)
    assert [e["node"]["fullName"] for e in shown["members"]["edges"]] == ["Cyd", "Dan"]


async def test_people_of_one_moment_and_one_name_are_told_apart_by_id(
    world: World, project: Tenant, ada: Person
) -> None:
    """PRODUCT 7: a stable order."""
    for number in range(4):
        await world.join(project, "OWNER", await world.person(f"x{number}", full_name="Same"))
    reader, names, after = Reader(ada, project, field="NAME"), [], None
    while (page := await reader.read(first=1, after=after))["edges"]:
        names += [edge["node"]["fullName"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert names == [*NAMES, *["Same"] * 4]


async def test_fifty_are_shown_unless_asked_otherwise_and_a_hundred_at_most(
    world: World, project: Tenant, ada: Person
) -> None:
    for number in range(100):
        await world.join(project, "OWNER", await world.person(f"n{number}"))
    reader = Reader(ada, project)
    assert len(await reader.names()) == 50
    assert len(await reader.names(first=100)) == 100
    assert (await reader.read(first=1))["totalCount"] == 105


@pytest.mark.parametrize(
    "window",
    [
        {"first": 0},
        {"first": -1},
        {"first": 101},
        {"first": 99_999_999},
        {"last": 0},
        {"last": 101},
        {"first": 1, "last": 1},
    ],
    ids=str,
)
def test_a_size_out_of_range_is_refused(window: dict[str, int]) -> None:
    """CASES 20."""
    with pytest.raises(errors.InvalidInput) as refused:
        assert pages.Window(**window).size  # type: ignore[arg-type]
    assert [fault.path for fault in refused.value.faults] == [(name,) for name in window]


def forged(*parts: object) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


async def test_a_cursor_of_another_list_or_of_nobodys_is_refused(
    world: World, ada: Person, project: Tenant
) -> None:
    """CASES 106; the client sees a code and never a failure of ours."""
    other = await world.tenant()
    await world.join(other, "OWNER", ada)
    by_time, by_name = Reader(ada, project), Reader(ada, project, field="NAME")
    own = f"members:CREATED_AT:{project.id}"
    cursors = {
        "of another tenant": await Reader(ada, other).cursor("Ada"),
        "of another order": await by_name.cursor("Ada"),
        "of another kind": forged("tenants", project.id, project.id),
        "empty": "",
        "one letter": "a",
        "not ASCII": "é",
        "no JSON": "AAAA",
        "no list": forged("x")[:-1],
        "too short": forged(own),
        "too long": forged(own, "2026-01-01T00:00:00+00:00", "mem_1", 1),
        "no moment": forged(own, "tomorrow", "mem_1"),
        "no text": forged(own, 1, "mem_1"),
        "no identity": forged(own, "2026-01-01T00:00:00+00:00", 1),
        "beyond time": forged(own, "0001-01-01T00:00:00+14:00", "mem_1"),
        "with a NUL": forged(own, "2026-01-01T00:00:00+00:00", "mem_\u0000"),
        "nested": urlsafe_b64encode(b"[" * 10_000).decode(),
    }
    for name, cursor in cursors.items():
        for argument in ("after", "before"):
            code = await ada.refusal(PAGE, t=project.id, **{argument: cursor})
            assert code == "BAD_USER_INPUT", name
    assert await by_time.names(first=1) == ["Ada"]


@dataclass(frozen=True)
class Item:
    id: str


def test_a_short_list_is_cut_as_a_long_one_is_read() -> None:
    """The invitee's own list is read whole."""
    items = [Item(letter) for letter in "abcde"]

    def cut(**window: Any) -> pages.Page[Item]:
        return pages.cut(items, pages.Window(**window), name="letters")

    b, d = cut().edges[1].cursor, cut().edges[3].cursor
    assert [item.id for item in cut(first=2, after=b).items] == ["c", "d"]
    assert [item.id for item in cut(last=2, before=d).items] == ["b", "c"]
    assert [item.id for item in cut(last=1).items] == ["e"]
    assert (cut(first=2).has_next_page, cut(first=2).has_previous_page) == (True, False)
    assert (cut(last=2).has_next_page, cut(last=2).has_previous_page) == (False, True)
    assert (cut(last=9, before=d).has_next_page, cut(first=9, after=b).has_previous_page) == (
        True,
        True,
    )
    with pytest.raises(errors.InvalidInput):
        pages.cut(items, pages.Window(after=b), name="numbers")
