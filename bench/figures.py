"""Medians of rounds, and how far they spread."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bench.load import Run


@dataclass(frozen=True)
class Spread:
    """What was measured several times."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, *values: float) -> Self:
        return cls(min(values), statistics.median(values), max(values))

    def shown(self, digits: int = 0) -> str:
        """`410 (395 to 431)`; what does not spread is one figure."""
        low, median, high = (f"{v:,.{digits}f}" for v in (self.low, self.median, self.high))
        return median if low == high else f"{median} ({low} to {high})"


def rates(runs: Sequence[Run | None]) -> Spread | None:
    """Requests a second; None where nothing was measured."""
    return _spread([run.per_second for run in runs if run])


def ratio(runs: Sequence[Run | None], others: Sequence[Run | None]) -> Spread | None:
    """How many times as fast as the others, of each round in which both were measured."""
    pairs = zip(runs, others, strict=False)
    return _spread([one.per_second / other.per_second for one, other in pairs if one and other])


def _spread(values: Sequence[float]) -> Spread | None:
    return Spread.of(*values) if values else None
