"""What is known of each test: how long it takes, and over which lines of the targets it passes.

Learnt by running it once with the code as it is, and kept until one of the targets is rewritten.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import pytest
from coverage import Coverage

from settings import CHECKOUT
from tests.mutations import mutants

_FOLDER = CHECKOUT / ".mutations"
_QUIET = ["no-data-collected", "already-imported", "module-not-measured"]


@dataclass(frozen=True, slots=True)
class Learnt:
    """Of one test: seconds, and the lines by module."""

    seconds: float
    lines: dict[str, list[int]]

    def passes(self, mutant: mutants.Mutant) -> bool:
        return not mutant.lines.isdisjoint(self.lines.get(mutant.module, ()))


class Knowledge:
    """Of all tests of a target."""

    def __init__(self, modules: Iterable[str]) -> None:
        self.modules = sorted(modules)
        texts = "".join(mutants.source(module).read_text() for module in self.modules)
        self._file = _FOLDER / f"learnt-{hashlib.sha256(texts.encode()).hexdigest()[:12]}.json"
        self.tests: dict[str, Learnt] = {}
        self.read()

    def read(self) -> None:
        if self._file.exists():
            known = json.loads(self._file.read_text())
            self.tests = {name: Learnt(**each) for name, each in known.items()}

    def write(self) -> None:
        _FOLDER.mkdir(exist_ok=True)
        known = {name: asdict(each) for name, each in self.tests.items()}
        self._file.write_text(json.dumps(known))

    def learn(
        self, items: list[pytest.Item], run: Callable[[pytest.Item, pytest.Item], bool]
    ) -> None:
        """Run these tests, of which `run` says whether they pass; those that fail stay unknown."""
        tracing = _Tracing(self.modules)
        items[0].config.pluginmanager.register(tracing)
        for item, following in zip(items, [*items[1:], items[-1]], strict=True):
            began = time.monotonic()
            if run(item, following):
                seconds = round(time.monotonic() - began, 3)
                self.tests[item.nodeid] = Learnt(seconds, tracing.lines())
        self.write()


class _Tracing:
    """Of each test by itself, begun behind the suite's own plugin, which leaves some tests out."""

    def __init__(self, modules: list[str]) -> None:
        self._paths = {module: str(mutants.source(module)) for module in modules}
        include = [*self._paths.values()]
        self._coverage = Coverage(data_file=None, config_file=False, include=include)
        self._coverage.set_option("run:disable_warnings", _QUIET)

    def pytest_runtest_logstart(self) -> None:
        self._coverage.erase()
        self._coverage.start()

    def pytest_runtest_logfinish(self) -> None:
        self._coverage.stop()

    def lines(self) -> dict[str, list[int]]:
        data = self._coverage.get_data()
        found = {module: data.lines(path) for module, path in self._paths.items()}
        return {module: sorted(lines) for module, lines in found.items() if lines}
