from collections.abc import Callable

import pytest

from auth import sealing
from settings import Settings

Configure = Callable[..., Settings]
OLD, NEW = "the old secret of this server " * 2, "the new secret of this server " * 2
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.mark.parametrize("text", [SECRET, "", "жаңа құпия"])
def test_what_was_sealed_can_be_read_again(configure: Configure, text: str) -> None:
    configure()
    assert sealing.unseal(sealing.seal(text)) == text


def test_a_seal_shows_nothing_and_no_two_are_alike(configure: Configure) -> None:
    """DESIGN 3: secrets are not stored in clear."""
    configure()
    sealed = {sealing.seal(SECRET) for _ in range(10)}
    assert len(sealed) == 10
    assert not any(SECRET in one for one in sealed)


def test_what_an_earlier_secret_has_sealed_stays_readable(configure: Configure) -> None:
    """DESIGN 1.6: rotating the secret kills nothing."""
    configure(secret=OLD)
    sealed = sealing.seal(SECRET)
    configure(secret=f"{NEW},{OLD}")
    assert sealing.unseal(sealed) == SECRET


def test_the_first_secret_seals(configure: Configure) -> None:
    """So that the others can be taken out one day."""
    configure(secret=f"{NEW},{OLD}")
    sealed = sealing.seal(SECRET)
    configure(secret=NEW)
    assert sealing.unseal(sealed) == SECRET


def test_a_forgotten_secret_opens_nothing(configure: Configure) -> None:
    configure(secret=OLD)
    sealed = sealing.seal(SECRET)
    configure(secret=NEW)
    assert sealing.unseal(sealed) is None


@pytest.mark.parametrize("at", [0, 20, -5])
def test_a_changed_seal_opens_nothing(configure: Configure, at: int) -> None:
    configure()
    sealed = sealing.seal(SECRET)
    other = "A" if sealed[at] != "A" else "B"
    assert sealing.unseal(sealed[:at] + other + sealed[at:][1:]) is None


@pytest.mark.parametrize("text", ["", "no seal at all", "é"])
def test_what_is_no_seal_opens_nothing(configure: Configure, text: str) -> None:
    configure()
    assert sealing.unseal(text) is None
