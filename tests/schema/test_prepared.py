from collections.abc import Callable

import pytest

import errors
from schema import prepared as preparing
from schema.prepared import prepared
from server.graphql import SCHEMA
from settings import Settings
from settings.guard import AnonymousLimits, QueryLimits

Configure = Callable[..., Settings]
CORE = SCHEMA._schema  # noqa: SLF001 Strawberry offers no other way
MOST = QueryLimits()
MEMBERS = "query ($n: Int, $all: Boolean = true) { members(tenantId: 1, first: $n)"
MEMBERS += " @include(if: $all) { totalCount } }"


@pytest.fixture(autouse=True)
def _empty() -> None:
    preparing._kept.cache_clear()  # noqa: SLF001 what other tests have left


def test_a_text_is_parsed_once() -> None:
    first, second = (prepared(CORE, "{ me { user { id } } }", MOST) for _ in range(2))
    assert first.document is second.document
    assert second.times == 2


def test_what_is_wrong_is_wrong_each_time_and_told_anew() -> None:
    """Whoever tells of an error writes the client's words into it."""
    found = prepared(CORE, "{ nothing }", MOST)
    first, second = found.faults(), found.faults()
    assert [each.message for each in first] == [each.message for each in second]
    assert first[0] is not second[0]


def test_hints_are_not_kept_for_who_may_not_see_them() -> None:
    found = prepared(CORE, "{ mee { user { id } } }", MOST)
    assert "Did you mean" in found.faults(hints=True)[0].message
    assert "Did you mean" not in found.faults()[0].message


def test_points_follow_the_variables() -> None:
    found = prepared(CORE, MEMBERS, MOST)
    sizes: list[dict[str, object]] = [{}, {"n": 100}, {"n": 1}, {"n": 100, "all": False}]
    assert [found.points(each, None) for each in [*sizes, *sizes]] == [2, 2, 2, 1] * 2
    assert found.points({"n": 1.0}, None) == 2
    assert found.points({"n": True}, None) == 2


def test_a_document_that_one_kind_of_caller_may_send_is_refused_to_another() -> None:
    fields = " ".join(f"a{n}: __typename" for n in range(8))
    prepared(CORE, f"{{ {fields} }}", MOST).points({}, None)
    with pytest.raises(errors.QueryTooComplex):
        prepared(CORE, f"{{ {fields} }}", AnonymousLimits()).points({}, None)


def test_too_many_values_are_refused_whatever_was_sent_before() -> None:
    found = prepared(CORE, "{ me { user { id } } }", MOST)
    found.points({}, None)
    with pytest.raises(errors.QueryTooComplex):
        found.points({"list": [1] * 3000}, None)


def test_only_the_last_texts_are_kept() -> None:
    first = prepared(CORE, "{ me { user { id } } }", MOST)
    for number in range(preparing._KEPT):  # noqa: SLF001 what is given to no setting
        prepared(CORE, f"{{ a{number}: __typename }}", MOST)
    assert prepared(CORE, "{ me { user { id } } }", MOST) is not first


def test_nothing_is_kept_where_a_setting_says_so(configure: Configure) -> None:
    configure(accelerations="false")
    first, second = (prepared(CORE, "{ me { user { id } } }", MOST) for _ in range(2))
    assert first is not second
