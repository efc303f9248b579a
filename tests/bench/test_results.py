from xml.etree import ElementTree as ET

from bench import goals, plot
from bench.figures import Spread
from bench.load import Run
from bench.ours import Ours
from bench.results import Results, Section
from bench.rounds import Measured


def results() -> Results:
    measured = Measured(troubles={"absent": "npm is\n not there"})
    for name, per_second in ((Ours.name, 600.0), (goals.HAND, 1000.0)):
        measured.add("small", name, Run(requests=1, per_second=per_second, p50=1, p99=2))
    measured.add("small", "absent", None)
    return Results([], {}, measured, [Section("Memory", [], {"memory": Spread.of(149)})])


def test_the_page_holds_ratios_goals_and_what_could_not_be_measured() -> None:
    page = results().page()
    assert "| small, to hand-written | at least 0.6 | 0.60 | met |" in page
    assert "| memory after 10,000 mixed requests | at most 150 MiB | 149 MiB | met |" in page
    assert f"| {Ours.name} | 600 | 0.60 | 1.0 ms | 2.0 ms |" in page
    assert "| absent | not measured | | | |" in page
    assert "- **absent**: npm is not there" in page


def test_the_picture_has_a_bar_for_each_server_that_was_measured() -> None:
    rates = results().rates() | {"a < b": [("c & d", Spread(1, 2, 3))]}
    picture = ET.fromstring(plot.bars(rates, ours=Ours.name))  # noqa: S314 ours
    bars = [each.get("class") for each in picture.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars == ["ours", "bar", "bar"]
    assert "not measured" in [
        each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")
    ]
