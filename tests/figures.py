"""Figures that a long run has measured, on a page: what `--figures=FILE` asks for.

A test says `measured("answers of 5xx in 50,000 requests", 0)`; `scripts/soak` writes them down. A
figure stays on the page until its test has measured it anew.
"""

import platform
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

_HEAD = """# Figures of the long runs

Written by `scripts/soak`, the newest on {cores} cores, {memory} GiB, Python {python}. What is
promised, and how it is tested, stands in [assurance.md](assurance.md).

| measured | figure | on | by |
| --- | --- | --- | --- |
"""
_ROW = re.compile(r"^\| (?P<what>.+?) \| .+ \| `(?P<test>.+)` \|$", re.MULTILINE)

Measured = Callable[[str, object], None]


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Write down a figure of this test: what it is of, in words, and the figure with its unit."""
    return lambda what, figure: record_property(what, str(figure))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, help="write what was measured to this file")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if (file := config.getoption("--figures")) is None:
        return
    rows = {(row["test"], row["what"]): row[0] for row in _kept(file)}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        if report.when == "call":
            rows |= _rows(report)
    file.write_text(_head() + "".join(f"{row}\n" for _, row in sorted(rows.items())))


def _kept(file: Path) -> Iterator[re.Match[str]]:
    return _ROW.finditer(file.read_text() if file.exists() else "")


def _rows(report: pytest.TestReport) -> dict[tuple[str, str], str]:
    test = f"{report.location[0]}::{report.location[2]}"
    mark, today = "" if report.passed else " **failed**", f"{datetime.now(UTC):%Y-%m-%d}"
    return {
        (test, what): f"| {what} | {figure}{mark} | {today} | `{test}` |"
        for what, figure in report.user_properties
    }


def _head() -> str:
    return _HEAD.format(
        cores=psutil.cpu_count(),
        memory=round(psutil.virtual_memory().total / 2**30),
        python=platform.python_version(),
    )
