import pytest

from bench import figures
from bench.figures import Spread
from bench.load import Run


def run(per_second: float) -> Run:
    return Run(requests=1, per_second=per_second, p50=1, p99=2)


def test_a_spread_is_the_median_between_lowest_and_highest() -> None:
    assert Spread.of(5, 1, 3) == Spread(low=1, median=3, high=5)


def test_a_spread_names_its_ends_and_a_single_figure_has_none() -> None:
    assert Spread.of(1234, 1000, 2000).shown() == "1,234 (1,000 to 2,000)"
    assert Spread.of(0.5).shown(2) == "0.50"


def test_a_ratio_compares_within_rounds_and_not_between_them() -> None:
    """A machine that was slow in one round was so for both."""
    ours, theirs = [run(100), run(10), run(100)], [run(200), run(20), run(100)]
    assert figures.ratio(ours, theirs) == Spread(low=0.5, median=0.5, high=1)


def test_a_round_in_which_one_failed_compares_nothing() -> None:
    assert figures.ratio([run(100), None, run(30)], [None, run(20), run(10)]) == Spread.of(3)


@pytest.mark.parametrize("runs", [[], [None, None]])
def test_what_was_never_measured_has_no_figure(runs: list[Run | None]) -> None:
    assert figures.rates(runs) is None
    assert figures.ratio(runs, [run(1), run(1)]) is None
