"""Tariffs are the provider's: what it offers, in every language (PRODUCT 6.3, issue 5.7)."""

from typing import Any

import pytest

from models import ProviderRole
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers.app_steps import faults
from tests.resolvers.tariff_steps import BOOKS, NAMES, STOCK, TARIFF, make, tariff

TARIFFS = "{ tariffs { edges { node { code name isOffered } } } }"
NODE = "query($id: ID!) { node(id: $id) { ... on Tariff { code } } }"


@pytest.fixture
async def admin(world: World) -> Person:
    return await world.staff(ProviderRole.ADMIN)


async def listed(person: Person) -> list[str]:
    found = await person.ask(TARIFFS)
    return [edge["node"]["code"] for edge in found["tariffs"]["edges"]]


async def update(by: Person, tariff_id: str, **values: Any) -> dict[str, Any]:
    return await by.do("updateTariff", {"tariffId": tariff_id, **values}, TARIFF)


async def test_the_provider_makes_a_tariff(admin: Person) -> None:
    """Issue 5.7: code, name in three languages, apps included, period."""
    answer = await admin.do("createTariff", tariff("start", STOCK, BOOKS, months=12), TARIFF)
    made = answer["tariff"]
    apps = [{"code": "books", "name": "Books"}, {"code": "stock", "name": "Stock"}]
    assert made.pop("id").startswith("trf_")
    assert made == {
        "code": "start",
        "name": "Start",
        "names": NAMES,
        "months": 12,
        "isOffered": True,
        "apps": apps,
    }
    [event] = await steps.audit("tariff.create")
    assert (event.actor_id, event.as_staff, event.tenant_id) == (admin.id, True, None)
    assert event.changes == {"code": [None, "start"]}


WRONG: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no apps": ({"apps": []}, [("apps", "REQUIRED")]),
    "too many apps": (
        {"apps": [{"code": f"app{n}", "name": "App"} for n in range(51)]},
        [("apps", "TOO_MANY_APPS")],
    ),
    "an app twice": ({"apps": [BOOKS, STOCK, BOOKS]}, [("apps.2.code", "TWICE")]),
    "a wrong app": (
        {"apps": [{"code": "Books", "name": " ", "url": "javascript:1"}]},
        [("apps.0.code", "INVALID"), ("apps.0.name", "REQUIRED"), ("apps.0.url", "INVALID")],
    ),
    "no period": ({"months": 0}, [("months", "OUT_OF_RANGE")]),
    "too long a period": ({"months": 121}, [("months", "OUT_OF_RANGE")]),
    "a name left empty": ({"names": NAMES | {"kk": ""}}, [("names.kk", "REQUIRED")]),
    "no code": ({"code": ""}, [("code", "INVALID")]),
    "a code in capitals": ({"code": "Start"}, [("code", "INVALID")]),
    "a code that begins with a hyphen": ({"code": "-start"}, [("code", "INVALID")]),
    "too long a code": ({"code": "a" * 65}, [("code", "INVALID")]),
    "a code on two lines": ({"code": "start\n"}, [("code", "INVALID")]),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_tariff_has_a_code_names_a_period_and_apps(admin: Person, case: str) -> None:
    """Issue 5.7; whatever is wrong is told at once."""
    values, expected = WRONG[case]
    answer = await admin.do("createTariff", tariff() | values)
    assert faults(answer) == expected
    assert await listed(admin) == []


async def test_a_code_is_one_tariffs(world: World, admin: Person) -> None:
    await make(world)
    answer = await admin.do("createTariff", tariff(months=3))
    assert faults(answer) == [("code", "TAKEN")]
    assert await listed(admin) == ["start"]


async def test_support_makes_and_changes_no_tariffs(world: World) -> None:
    """The least right that does: what is sold is the `ADMIN`'s."""
    made = await make(world)
    support = await world.staff(ProviderRole.SUPPORT)
    assert (await support.do("createTariff", tariff("more")))["__typename"] == "PermissionDenied"
    assert (await update(support, made["id"], isOffered=False))["__typename"] == "PermissionDenied"
    assert await listed(support) == ["start"]


async def test_a_tariff_is_withdrawn_and_offered_again(
    world: World, admin: Person, stranger: Person
) -> None:
    """Staff see it still."""
    made = await make(world)
    assert (await update(admin, made["id"], isOffered=False))["tariff"]["isOffered"] is False
    assert (await listed(stranger), await listed(admin)) == ([], ["start"])
    assert (await stranger.ask(NODE, id=made["id"]))["node"] is None
    assert (await admin.ask(NODE, id=made["id"]))["node"] == {"code": "start"}
    assert (await update(admin, made["id"], isOffered=True))["tariff"]["isOffered"] is True
    assert await listed(stranger) == ["start"]
    assert (await stranger.ask(NODE, id=made["id"]))["node"] == {"code": "start"}
    withdrawn, offered = await steps.audit("tariff.update")
    assert withdrawn.changes == {"is_offered": ["true", "false"]}
    assert (offered.changes, offered.as_staff) == ({"is_offered": ["false", "true"]}, True)


async def test_a_tariff_is_renamed(world: World, admin: Person) -> None:
    """Its code, its period and what it includes stay (ADR 0022)."""
    made = await make(world)
    names = {"en": "Begin", "ru": "Начало", "kk": "Бастама"}
    answer = await update(admin, made["id"], names=names)
    assert answer["tariff"] == made | {"names": names, "name": "Begin"}
    assert (await update(admin, made["id"], names=names))["tariff"]["names"] == names
    [event] = await steps.audit("tariff.update")
    assert event.changes == {"names": []}


async def test_a_change_of_a_tariff_is_checked(world: World, admin: Person) -> None:
    made = await make(world)
    answer = await update(admin, made["id"], names=NAMES | {"ru": " "})
    assert faults(answer) == [("names.ru", "REQUIRED")]
    assert (await update(admin, "trf_unknown"))["__typename"] == "NotFound"


@pytest.mark.parametrize(("locale", "name"), [("RU", "Старт"), ("KK", "Бастау"), (None, "Start")])
async def test_a_tariff_is_named_in_the_viewers_language(
    world: World, locale: str | None, name: str
) -> None:
    """PRODUCT 8."""
    await make(world)
    person = await world.person(locale=locale)
    [edge] = (await person.ask(TARIFFS))["tariffs"]["edges"]
    assert edge["node"]["name"] == name


async def test_tariffs_have_pages(world: World, stranger: Person) -> None:
    for code in ("one", "two", "three"):
        await make(world, code)
    query = (
        "query($after: String) { tariffs(first: 2, after: $after) {"
        " pageInfo { hasNextPage endCursor } edges { node { code } } } }"
    )
    page = (await stranger.ask(query))["tariffs"]
    rest = (await stranger.ask(query, after=page["pageInfo"]["endCursor"]))["tariffs"]
    codes = [edge["node"]["code"] for edge in page["edges"] + rest["edges"]]
    assert codes == ["one", "two", "three"]
    assert not rest["pageInfo"]["hasNextPage"]
