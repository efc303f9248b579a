"""Coverage traces the tests of the gated folders alone: tracing about doubles what a test takes.

What it gates is reached by them; the others start processes, or go through the whole server.
"""

from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

_HERE = Path(__file__).parent
_TRACED = {"auth", "mail", "permissions", "races", "resolvers", "schema", "server"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    running = Coverage.current()
    if running is None or item.path.relative_to(_HERE).parts[0] in _TRACED:
        return (yield)
    running.stop()
    try:
        return (yield)
    finally:
        running.start()
