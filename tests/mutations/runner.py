"""Runs the tests against each mutant: pytest collects once, then a process is forked for each.

A mutant's tests are those that pass over its lines, of each file the fastest first, and before them
whichever noticed an earlier mutant of the function. The first that fails has killed it. Each
process has its own event loop, pool and database; only the server is older than they are.
"""

import asyncio
import contextlib
import gc
import os
import select
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import asyncpg
import pytest

from models import database
from models.embedded import Embedded
from tests.mutations import mutants
from tests.mutations.learning import Knowledge
from tests.mutations.mutants import Mutant

_LEAST = 20  # seconds for a test; besides, ten times what it takes by itself
_FACTOR = 10
_SURVIVED = b"survived"
_TOGETHER = 20
_LEFT = "select datname from pg_database where datname like 'test\\_%'"

Keep = Callable[[Mutant, str | None, int, float], None]


class Runner:
    """A plugin of pytest, in place of its own loop over the tests."""

    def __init__(self, chosen: Sequence[Mutant], modules: Sequence[str], keep: Keep) -> None:
        self.most: int | None = None
        self._chosen, self._keep = chosen, keep
        self._knowledge = Knowledge(modules)
        self._items: dict[str, pytest.Item] = {}
        self._killers: dict[str, Counter[str]] = {}
        self._failed: str | None = None
        self._server: Embedded | None = None

    def pytest_runtest_call(self, item: Any) -> None:
        self._server = self._server or item.funcargs["server"]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed = report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        first, *items = session.items
        self._run(first, items[0])
        self._items = {item.nodeid: item for item in items}
        self._learn([item for item in items if item.nodeid not in self._knowledge.tests])
        functions = mutants.functions(self._knowledge.modules)
        gc.collect()
        gc.freeze()
        for number, mutant in enumerate(self._chosen, start=1):
            self._try(mutant, functions)
            if number % _TOGETHER == 0:
                asyncio.run(self._tidy())
        return True

    def _learn(self, items: list[pytest.Item]) -> None:
        if items and (child := os.fork()):
            assert os.waitpid(child, 0)[1] == 0, "the tests could not be run"
            self._knowledge.read()
        elif items:
            _end(lambda: self._knowledge.learn(items, self._run))
        for name in self._items.keys() - self._knowledge.tests.keys():
            print(f"left out, as it fails with the code as it is: {name}")  # noqa: T201
            del self._items[name]

    def _run(self, item: pytest.Item, following: pytest.Item) -> bool:
        """Whether it passes. Fixtures that `following` needs stay, the server's in any case."""
        self._failed = None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return self._failed is None

    def _try(self, mutant: Mutant, functions: mutants.Functions) -> None:
        began, names = time.monotonic(), self._tests(mutant)
        killer = self._fork(mutant, functions, names) if names else None
        if killer is not None:
            self._killers.setdefault(mutant.where, Counter())[killer] += 1
        self._keep(mutant, killer, len(names), time.monotonic() - began)

    def _tests(self, mutant: Mutant) -> list[str]:
        """Those that pass over it; of a constant, which any module may use, then all others."""
        known = {name: self._knowledge.tests[name] for name in self._items}
        passing = [name for name, learnt in known.items() if learnt.passes(mutant)]
        if mutant.is_constant:
            passing = [*known]
        passing.sort(key=lambda name: (not known[name].passes(mutant), known[name].seconds))
        killers, seen = self._killers.get(mutant.where, Counter()), Counter[str]()
        turns = {name: _turn(name, seen) for name in passing}
        passing.sort(key=lambda name: (-killers[name], not _is_of_tables(name), turns[name]))
        return passing[: self.most]

    def _fork(
        self, mutant: Mutant, functions: mutants.Functions, names: Sequence[str]
    ) -> str | None:
        reading, writing = os.pipe()
        if not (child := os.fork()):
            os.setpgid(0, 0)
            _end(lambda: os.write(writing, self._be(mutant, functions, names)))
        os.close(writing)
        told = b""
        if select.select([reading], [], [], sum(map(self._seconds, names)))[0]:
            told = os.read(reading, 4096)
        os.close(reading)
        _kill(child)
        return (
            None if told == _SURVIVED else told.decode() or "the end of the process, or of its time"
        )

    def _be(self, mutant: Mutant, functions: mutants.Functions, names: Sequence[str]) -> bytes:
        """The name of the first test that fails."""
        mutant.apply(functions)
        items = [self._items[name] for name in names]
        for item, following in zip(items, [*items[1:], items[-1]], strict=True):
            signal.alarm(self._seconds(item.nodeid))
            if not self._run(item, following):
                return item.nodeid.encode()
        return _SURVIVED

    def _seconds(self, name: str) -> int:
        """That a test may take."""
        return _LEAST + int(_FACTOR * self._knowledge.tests[name].seconds)

    async def _tidy(self) -> None:
        """Drop the databases of processes that have ended."""
        assert self._server is not None
        host = database.parse(self._server.url)["host"]
        connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
        try:
            for record in await connection.fetch(_LEFT):
                await connection.execute(f"drop database {record['datname']} with (force)")
        finally:
            await connection.close()


def _is_of_tables(name: str) -> bool:
    """Their tests are the fastest for constants, and for nothing else."""
    return name.startswith("tests/permissions/test_tables.py")


def _turn(name: str, seen: Counter[str]) -> int:
    """So that files take turns, each with its fastest first: their tests differ most."""
    file = name.partition("::")[0]
    seen[file] += 1
    return seen[file]


def _end(work: Callable[[], object]) -> NoReturn:
    """Do the work and end this forked process, whatever else pytest had in mind; in silence."""
    heard, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        work()
    except BaseException:  # noqa: BLE001 nobody is left who would deal with it
        os.write(heard, traceback.format_exc().encode())
        os._exit(1)
    os._exit(0)


def _kill(child: int) -> None:
    """With whatever it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
