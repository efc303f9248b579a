import pytest

from bench import goals
from bench.figures import Spread
from bench.goals import Goal


@pytest.mark.parametrize(("median", "met"), [(0.69, False), (0.7, True), (0.8, True)])
def test_a_ratio_is_to_be_reached(median: float, *, met: bool) -> None:
    assert Goal("page", 0.7).is_met(Spread(0, median, 1)) is met


@pytest.mark.parametrize(("median", "met"), [(140, True), (150, True), (151, False)])
def test_a_size_is_not_to_be_passed(median: float, *, met: bool) -> None:
    assert Goal("memory", 150, at_most=True).is_met(Spread(0, median, 200)) is met


def test_the_table_says_of_every_goal_whether_it_was_met_missed_or_not_measured() -> None:
    found = {"memory": Spread.of(160), "start": Spread.of(2.5)}
    rows = goals.table(found, {})
    assert len(rows) == len(goals.GOALS) + 2
    assert "| memory after 10,000 mixed requests | at most 150 MiB | 160 MiB | **missed** |" in rows
    assert "| cold `serve` until it listens | at most 3 s | 2.50 s | met |" in rows
    assert sum("not measured" in row for row in rows) == len(goals.GOALS) - 2
    assert goals.missed(found, {}) == ["memory after 10,000 mixed requests"]


def test_a_machine_of_few_cores_sets_a_bound_of_its_own() -> None:
    found, bounds = {"processes": Spread.of(1.3)}, {"processes": 1.2}
    assert "| two processes, to one | at least 1.2 | 1.30 | met |" in goals.table(found, bounds)
    assert goals.missed(found, bounds) == []
    assert goals.missed(found, {}) == ["two processes, to one"]
