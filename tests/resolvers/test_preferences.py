"""How somebody wants it (PRODUCT 5, source B)."""

from typing import Any

import pytest

from models import AuditEvent, database
from tests.clients import Person
from tests.factories import World

ME = "me { locale rowsPerPage wantsNews wantsSms }"
FRESH = {"locale": None, "rowsPerPage": None, "wantsNews": False, "wantsSms": False}


@pytest.mark.parametrize(
    "given",
    [{"locale": "KK"}, {"rowsPerPage": 200}, {"wantsNews": True}, {"wantsSms": True}],
    ids=["language", "rows on a page", "news", "SMS"],
)
async def test_a_person_chooses_one_setting_and_the_others_stay(
    stranger: Person, given: dict[str, Any]
) -> None:
    """B: language, rows per page, news on or off; X: SMS."""
    answer = await stranger.do("updateSettings", given, ME)
    assert answer["me"] == FRESH | given


async def test_a_setting_is_taken_back(world: World) -> None:
    """Null: none of his own."""
    person = await world.person(locale="RU", rows_per_page=20, wants_news=True)
    answer = await person.do(
        "updateSettings", {"locale": None, "rowsPerPage": None, "wantsNews": False}, ME
    )
    assert answer["me"] == FRESH


async def test_a_switch_that_is_null_stays(world: World) -> None:
    person = await world.person(wants_news=True)
    assert (await person.do("updateSettings", {"wantsNews": None}, ME))["me"]["wantsNews"] is True


@pytest.mark.parametrize("rows", [0, 501, -1])
async def test_the_number_of_rows_has_bounds(stranger: Person, rows: int) -> None:
    answer = await stranger.do("updateSettings", {"rowsPerPage": rows, "wantsNews": True}, ME)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["rowsPerPage"], "OUT_OF_RANGE")]
    assert (await stranger.ask(f"{{ {ME} }}"))["me"] == FRESH


async def test_messages_come_in_the_new_language_at_once(stranger: Person) -> None:
    """PRODUCT 8."""
    await stranger.do("updateSettings", {"locale": "RU"})
    answer = await stranger.do("updateSettings", {"rowsPerPage": 0})
    assert answer["message"] != (await stranger.do("signIn", {"login": "x", "password": "x"}))
    assert not answer["message"].isascii()


async def test_the_audit_tells_what_was_switched(stranger: Person) -> None:
    """PRODUCT 4: codes are kept, and nothing where nothing changes."""
    await stranger.do("updateSettings", {"locale": "RU", "wantsNews": False})
    await stranger.do("updateSettings", {"locale": "RU"})
    async with database.transaction(database.SYSTEM, read_only=True):
        [event] = await AuditEvent.filter(action="user.update_settings")
    assert event.changes == {"locale": [None, "RU"]}
