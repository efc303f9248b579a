"""The page that a run writes, and what stands on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import figures, goals, plot
from bench.figures import Spread
from bench.goals import HAND
from bench.load import Run
from bench.ours import Ours
from bench.rounds import Measured

FOLDER = Path(__file__).parent
PAGE, PICTURE, WHY = FOLDER / "RESULTS.md", FOLDER / "results.svg", FOLDER / "why.md"
_TITLES = {
    "page": "The page: 50 members with user, role and rights, total and page info",
    "small": "The small query: `tenant { id name }`",
    "me": "The small query: `me { user { id } }`",
    "invite": "Inviting: row, audit, outbox, commit",
    "accept": "Accepting by somebody signed in",
}


@dataclass
class Section:
    """What else was measured: `figures` by the key of their goal, `bounds` where this machine sets
    another one.
    """

    title: str
    lines: list[str]
    figures: Mapping[str, Spread] = field(default_factory=dict)
    bounds: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Results:
    machine: list[str]
    versions: Mapping[str, str]
    """Of the servers by name; those that cannot be installed are among the troubles."""
    measured: Measured
    sections: list[Section]

    def figures(self) -> dict[str, Spread]:
        """By the keys of the goals."""
        found = {key: s for section in self.sections for key, s in section.figures.items()}
        for work, peer in self.measured.runs:
            if peer != Ours.name and (ratio := self._ratio(work, peer)):
                found[f"{work}/{peer}"] = ratio
        return found

    def _ratio(self, work: str, peer: str) -> Spread | None:
        runs = self.measured.runs
        return figures.ratio(runs.get((work, Ours.name), []), runs[work, peer])

    def page(self) -> str:
        bounds = {key: bound for s in self.sections for key, bound in s.bounds.items()}
        return "\n".join(
            [
                *_HEAD,
                *_part("The goals", goals.table(self.figures(), bounds)),
                *_part("Why some are missed", self._why(bounds)),
                *_part("Requests a second", self._rates()),
                *(line for s in self.sections for line in _part(s.title, s.lines)),
                *_part("What could not be measured", self._troubles()),
                *_part("The machine", self.machine),
                *_part("The servers", [f"- {n}: {v}" for n, v in self.versions.items()]),
                "",
            ]
        )

    def _why(self, bounds: Mapping[str, float]) -> list[str]:
        missed = goals.missed(self.figures(), bounds)
        if not missed:
            return ["None is."]
        explained = WHY.read_text().strip() if WHY.exists() else "Not explained yet."
        return [f"Missed: {'; '.join(missed)}.", "", explained]

    def _rates(self) -> list[str]:
        lines = [f"![Requests a second, by work and server]({PICTURE.name})"]
        for work in dict.fromkeys(work for work, _ in self.measured.runs):
            lines += ["", f"### {_TITLES[work]}", "", *_ROWS]
            lines += [self._row(work, peer) for w, peer in self.measured.runs if w == work]
        return lines

    def _row(self, work: str, peer: str) -> str:
        runs = self.measured.runs[work, peer]
        rates = figures.rates(runs)
        if rates is None:
            return f"| {peer} | not measured | | | |"
        to_hand = figures.ratio(runs, self.measured.runs.get((work, HAND), []))
        cells = [peer, rates.shown(), to_hand.shown(2) if to_hand else "-"]
        return f"| {' | '.join([*cells, *_latencies(runs)])} |"

    def _troubles(self) -> list[str]:
        if not self.measured.troubles:
            return ["Every server was measured in every work it does."]
        return [f"- **{n}**: {' '.join(t.split())}" for n, t in self.measured.troubles.items()]

    def rates(self) -> dict[str, list[tuple[str, Spread | None]]]:
        """By work, for the picture."""
        by_work: dict[str, list[tuple[str, Spread | None]]] = {}
        for (work, peer), runs in self.measured.runs.items():
            by_work.setdefault(work, []).append((peer, figures.rates(runs)))
        return by_work


_HEAD = [
    "# Results",
    "",
    "Written by `scripts/bench`; [README.md](README.md) says what is measured and how to read it.",
    "Ratios are medians of the ratios of single rounds, with the lowest and the highest.",
]
_ROWS = [
    "| server | requests/s | to the hand-written one | p50 | p99 |",
    "| --- | --- | --- | --- | --- |",
]


def _part(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *lines]


def _latencies(runs: Sequence[Run | None]) -> list[str]:
    done = [run for run in runs if run]
    halves, most = Spread.of(*[run.p50 for run in done]), Spread.of(*[run.p99 for run in done])
    return [f"{spread.median:,.1f} ms" for spread in (halves, most)]


def write(results: Results) -> None:
    """The page and its picture, in place of the last ones."""
    PAGE.write_text(results.page())
    PICTURE.write_text(plot.bars(results.rates(), ours=Ours.name))
