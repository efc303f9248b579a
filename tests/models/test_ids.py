import re
from datetime import UTC, datetime, timedelta

import pytest

from models import ids
from tests.conftest import Clock

TYPE_ID = re.compile(r"mem_[0-7][0-9a-hjkmnp-tv-z]{25}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_an_id_says_what_it_is_and_holds_a_uuid_of_version_7() -> None:
    """DESIGN 1.7."""
    made = ids.new("mem")
    assert TYPE_ID.fullmatch(made)
    number = 0
    for digit in made.removeprefix("mem_"):
        number = number * 32 + ids.ALPHABET.index(digit)
    assert number >> 76 & 0xF == 7
    assert number >> 62 & 0b11 == 0b10


def test_ids_made_later_sort_later(clock: Clock) -> None:
    """DESIGN 1.7."""
    made = []
    for _ in range(50):
        made.append(ids.new("mem"))
        clock.move(timedelta(milliseconds=1))
    assert made == sorted(made)


def test_ids_of_one_moment_differ() -> None:
    assert len({ids.new("mem") for _ in range(10_000)}) == 10_000


def test_an_id_tells_when_it_was_made(clock: Clock) -> None:
    clock.move(timedelta(days=400))
    assert abs(ids.made_at(ids.new("ten")) - clock.now()) < timedelta(seconds=1)


@pytest.mark.parametrize("value", ["", "ten_", "ten_short", "ten_" + "u" * 26, "ten_" + "0" * 27])
def test_what_is_no_id_was_made_at_no_time(value: str) -> None:
    assert ids.made_at(value) == EPOCH


@pytest.mark.parametrize(
    ("value", "prefix"), [("mem_01k", "mem"), ("rol_project_owner", "rol"), ("nothing", "nothing")]
)
def test_the_prefix_is_what_stands_before_the_underscore(value: str, prefix: str) -> None:
    assert ids.prefix(value) == prefix


def test_ids_made_in_one_millisecond_keep_their_order() -> None:
    made = [ids.new("evt") for _ in range(2000)]
    assert made == sorted(set(made))
