"""Rounds are counted here, not attempts: the limits on those are out of the way."""

from collections.abc import Callable

import pytest

from models import retrying
from settings import Settings

ALWAYS = "1000000/minute"


@pytest.fixture(autouse=True)
def unlimited(configure: Callable[..., Settings]) -> None:
    limits = [name for name in Settings.model_fields if name.startswith("limit_")]
    configure(**dict.fromkeys(limits, ALWAYS) | {"limit_invitations_per_inviter": (ALWAYS,)})


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """For what changes were begun again."""
    found: list[BaseException] = []
    is_wanted = retrying.is_wanted

    def recording(failure: BaseException) -> bool:
        if is_wanted(failure):
            found.append(failure)
        return is_wanted(failure)

    monkeypatch.setattr(retrying, "is_wanted", recording)
    return found
