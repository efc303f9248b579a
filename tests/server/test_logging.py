import json
import logging as standard
from collections.abc import Callable, Iterator

import pytest
import structlog

from server import logging
from settings import Settings

Configure = Callable[..., Settings]
PRODUCTION = {
    "environment": "production",
    "secret": "a secret of this very test - long enough",
    "database_url": "postgresql://tenantry@localhost/tenantry",
    "smtp_url": "smtp://localhost",
    "mail_from": "tenantry@example.com",
    "public_url": "https://tenantry.example",
}


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, level = standard.root.handlers[:], standard.root.level
    yield
    standard.root.handlers[:] = handlers
    standard.root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("environment", [{}, PRODUCTION], ids=["development", "production"])
def test_whoever_names_himself_in_two_lines_makes_one(
    configure: Configure, capsys: pytest.CaptureFixture[str], environment: dict[str, str]
) -> None:
    """CASES 142."""
    logging.configure(configure(**environment))
    structlog.get_logger("server").info(
        "something happened", name="Ann\n2026-11-21 [info] forged \x1b[31m"
    )
    written = capsys.readouterr().err
    assert len(written.splitlines()) == 1
    assert "\x1b" not in written


def test_production_writes_json(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure(configure(**PRODUCTION))
    structlog.get_logger("server").info("something happened", count=1)
    standard.getLogger("a library").warning("of a %s", "library\nforged")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert ours.pop("timestamp")
    assert ours == {"event": "something happened", "count": 1, "level": "info"}
    assert theirs["event"] == "of a library\nforged"


@pytest.mark.parametrize("environment", [{}, PRODUCTION], ids=["development", "production"])
def test_an_exception_is_written_without_the_values_of_variables(
    configure: Configure, capsys: pytest.CaptureFixture[str], environment: dict[str, str]
) -> None:
    """CASES 82: they hold tokens and passwords."""
    logging.configure(configure(**environment))
    password = "correct horse battery"
    try:
        raise RuntimeError(len(password))  # noqa: TRY301 as a use case would
    except RuntimeError:
        structlog.get_logger("server").exception("failed")
    written = capsys.readouterr().err
    assert "RuntimeError" in written
    assert "test_logging.py" in written
    assert "horse" not in written.replace('password = "correct horse battery"', "")
