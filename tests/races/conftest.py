"""Rounds are counted here, not attempts: the limits on those are out of the way."""

from collections.abc import Callable

import pytest

from settings import Settings

ALWAYS = "1000000/minute"


@pytest.fixture(autouse=True)
def unlimited(configure: Callable[..., Settings]) -> None:
    limits = [name for name in Settings.model_fields if name.startswith("limit_")]
    configure(**dict.fromkeys(limits, ALWAYS) | {"limit_invitations_per_inviter": (ALWAYS,)})
