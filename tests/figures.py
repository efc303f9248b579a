"""Figures that a long run has measured, as a page: what `--figures=FILE` asks for.

A test says `measured("answers of 5xx in 50,000 requests", 0)`; `scripts/soak` writes them down.
"""

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

_HEAD = """# Figures of the long run

Written by `scripts/soak` on {date:%Y-%m-%d}: {cores} cores, {memory} GiB, Python {python}.
What each promise is, and how it is tested, stands in [assurance.md](assurance.md).

| measured | figure | by |
| --- | --- | --- |
"""

Measured = Callable[[str, object], None]


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Write down a figure of this test: what it is of, in words, and the figure with its unit."""
    return lambda what, figure: record_property(what, str(figure))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, help="write what was measured to this file")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if (file := config.getoption("--figures")) is not None:
        reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        rows = [row for report in reports if report.when == "call" for row in _rows(report)]
        file.write_text(_head() + "".join(rows))


def _rows(report: pytest.TestReport) -> list[str]:
    name = f"{report.location[0]}::{report.location[2]}"
    marked = "" if report.passed else " **failed**"
    return [
        f"| {what} | {figure}{marked} | `{name}` |\n" for what, figure in report.user_properties
    ]


def _head() -> str:
    return _HEAD.format(
        date=datetime.now(UTC),
        cores=psutil.cpu_count(),
        memory=round(psutil.virtual_memory().total / 2**30),
        python=platform.python_version(),
    )
