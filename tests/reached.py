"""Every answer a client has to handle is one that some test has got through the API.

Notes which member of which union the operations of a run have answered with, over all processes of
the run; a run of the whole suite that leaves one out fails.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLUnionType

from server.execution import Executor
from server.graphql import SCHEMA

LATER: dict[tuple[str, str], str] = {}
_found: set[tuple[str, str]] = set()


@pytest.fixture(scope="session", autouse=True)
def _note_answers() -> Iterator[None]:
    complete = Executor.ensure_valid_runtime_type

    def note(self: Executor, name: str | None, abstract: Any, *rest: Any) -> Any:
        member = complete(self, name, abstract, *rest)
        _found.add((abstract.name, member.name))
        return member

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Executor, "ensure_valid_runtime_type", note)
        yield


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of pytest-xdist has ended and sent what it found."""
    _found.update(map(tuple, node.workeroutput.get("reached", ())))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["reached"] = [list(pair) for pair in _found]
    elif session.config.args_source is pytest.Config.ArgsSource.TESTPATHS and missing():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        for union, member in sorted(missing()):
            terminalreporter.write_line(f"No test reaches {member} of {union}.", red=True)


def missing() -> set[tuple[str, str]]:
    """Members that nothing has answered with, and those of LATER that something has."""
    unions = [
        kind
        for kind in SCHEMA._schema.type_map.values()  # noqa: SLF001 Strawberry shows it nowhere
        if isinstance(kind, GraphQLUnionType)
    ]
    members = {(union.name, member.name) for union in unions for member in union.types}
    return (members - _found) ^ set(LATER)
