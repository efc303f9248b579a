"""What is to be reached (SPEED.md), and whether it was."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.figures import Spread
from bench.handwritten.peer import Handwritten
from bench.peers import BetterAuth, Mercurius, PostGraphile

HAND = Handwritten.name


@dataclass(frozen=True)
class Goal:
    """A bound on a median: at least, unless `at_most`. `unit` follows the figure."""

    what: str
    bound: float
    unit: str = ""
    at_most: bool = False
    digits: int = 2

    def is_met(self, measured: Spread) -> bool:
        if self.at_most:
            return measured.median <= self.bound
        return measured.median >= self.bound

    @property
    def wanted(self) -> str:
        sign = "at most" if self.at_most else "at least"
        return f"{sign} {self.bound:g}{self.unit}"


def _ratio(work: str, peer: str, bound: float) -> tuple[str, Goal]:
    return f"{work}/{peer}", Goal(f"{work}, to {peer}", bound)


GOALS: Mapping[str, Goal] = {
    **dict(
        [
            _ratio("page", HAND, 0.7),
            _ratio("page", PostGraphile.name, 1.5),
            _ratio("page", Mercurius.name, 1.5),
            _ratio("small", HAND, 0.6),
            _ratio("me", HAND, 0.6),
            _ratio("invite", HAND, 0.6),
            _ratio("invite", BetterAuth.name, 2),
            _ratio("accept", HAND, 0.6),
            _ratio("accept", BetterAuth.name, 2),
        ]
    ),
    "depth": Goal("page at depth 900,000, to the first page", 1.2, at_most=True),
    "name": Goal("search by a prefix of the name, to the first page", 3, at_most=True),
    "email": Goal("search by a prefix of the e-mail, to the first page", 3, at_most=True),
    "memory": Goal("memory after 10,000 mixed requests", 150, " MiB", at_most=True, digits=0),
    "flat": Goal("memory after the second 10,000, to the first", 1.02, at_most=True),
    "start": Goal("cold `serve` until it listens", 3, " s", at_most=True),
    "processes": Goal("two processes, to one", 1.7),
    "trips me": Goal("round trips of `me { user { id } }`", 3, at_most=True, digits=0),
    "trips small": Goal("round trips of `tenant { id name }`", 3, at_most=True, digits=0),
    "trips page": Goal("round trips of the page", 6, at_most=True, digits=0),
    "outbox": Goal("mails to a local sink by one worker", 200, "/s", digits=0),
}


def table(measured: Mapping[str, Spread], bounds: Mapping[str, float]) -> list[str]:
    """Rows of Markdown, one a goal; `bounds` are those that this machine sets otherwise."""
    lines = ["| what | goal | measured | |", "| --- | --- | --- | --- |"]
    for key, goal in GOALS.items():
        given = Goal(goal.what, bounds.get(key, goal.bound), goal.unit, goal.at_most, goal.digits)
        lines.append(f"| {goal.what} | {given.wanted} | {_result(given, measured.get(key))} |")
    return lines


def _result(goal: Goal, found: Spread | None) -> str:
    if found is None:
        return "- | not measured"
    outcome = "met" if goal.is_met(found) else "**missed**"
    return f"{found.shown(goal.digits)}{goal.unit} | {outcome}"


def missed(measured: Mapping[str, Spread], bounds: Mapping[str, float]) -> list[str]:
    """The goals that were measured and not met, by what they are of."""
    return [
        goal.what
        for key, goal in GOALS.items()
        if key in measured
        and not Goal(goal.what, bounds.get(key, goal.bound), at_most=goal.at_most).is_met(
            measured[key]
        )
    ]
