"""Coverage traces the tests that its gate needs alone: tracing about doubles what a test takes.

The others start processes, or go once more through what these have been through.
"""

import asyncio
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from coverage import Coverage

_HERE = Path(__file__).parent
_TRACED = (
    *("auth", "mail", "races", "resolvers", "schema"),
    *("permissions/test_creating_tenants.py", "permissions/test_staff.py"),
    *("permissions/test_api_keys.py", "permissions/test_exploring.py"),
    *("server/test_idempotency.py", "server/test_metrics.py"),
    *("server/test_app_sessions.py", "server/test_avatars.py", "server/test_rate_limits.py"),
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    running = Coverage.current()
    if running is None or item.path.relative_to(_HERE).as_posix().startswith(_TRACED):
        return (yield)
    running.stop()
    try:
        return (yield)
    finally:
        running.start()


@pytest.fixture
async def new_threads() -> None:
    """Threads that are traced: those made while tracing was stopped would go on untraced."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
