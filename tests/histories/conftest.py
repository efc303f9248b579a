"""Rules are looked at here, not limits: those are out of the way, as in `races`."""

import pytest

from models import clock as clock_module
from tests.histories.stage import Clock
from tests.races.conftest import lost, unlimited

__all__ = ["lost", "standing", "unlimited"]


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The process's clock, which stands still."""
    clock = Clock()
    monkeypatch.setattr(clock_module, "now", clock.now)
    return clock
