import json
import logging as standard
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
import structlog

from server import logging, redaction
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


SECRETS = {
    "database_url": "postgresql://tenantry:s3cr%40t-passw0rd@localhost/tenantry",
    "sms_authorization": "Bearer of-the-gateway",
}
SAID = [
    ("no answer of postgres://u:p@h/db", "no answer of postgres://***@h/db"),
    ("postgresql://u:with/odd@signs@h:5432/d?x=1", "postgresql://***@h:5432/d?x=1"),
    ("smtps://user:p4ss@mail.example.com refused", "smtps://***@mail.example.com refused"),
    ("the token tnt_ses_AbC-d_1 is unknown", "the token tnt_ses_*** is unknown"),
    ("key tnt_key_x.", "key tnt_key_***."),
    ("Authorization: Basic dXNlcjpwYXNz", "Authorization: *** ***"),
    ("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl was refused", "*** was refused"),
    ("{'password': 'two words', 'login': 'ann'}", "{'password': ***, 'login': 'ann'}"),
    ("duplicate\nDETAIL:  Key (email)=(a@b.c) already exists.", "duplicate\nDETAIL: ***"),
    ("with s3cr@t-passw0rd as the password", "with *** as the password"),
    ("of-the-gateway and Bearer of-the-gateway", "of-the-gateway and ***"),
    ("nothing hidden: ann@example.com at https://a.example/b", None),
]


@pytest.mark.parametrize(("said", "written"), SAID, ids=[said[:24] for said, _ in SAID])
def test_an_exception_does_not_take_a_secret_into_the_log(
    configure: Configure, capsys: pytest.CaptureFixture[str], said: str, written: str | None
) -> None:
    """CASES 34, 82: not in its text, nor in the text of what caused it, nor in a fact."""
    logging.configure(configure(**PRODUCTION | SECRETS))
    try:
        try:
            stumble(OSError(said))
        except OSError as error:
            raise RuntimeError("failed") from error
    except RuntimeError:
        structlog.get_logger("server").exception("failed", facts={"deep": [said]}, plain=said)
    line = json.loads(capsys.readouterr().err)
    expected = said if written is None else written
    assert line["plain"] == line["facts"]["deep"][0] == expected
    assert f"OSError: {expected}" in line["exception"]


@pytest.mark.parametrize("environment", [{}, PRODUCTION], ids=["development", "production"])
def test_what_libraries_log_is_rid_of_secrets_as_well(
    configure: Configure, capsys: pytest.CaptureFixture[str], environment: dict[str, str]
) -> None:
    """CASES 34: whoever logs, and by whatever means."""
    logging.configure(configure(**environment))
    log = standard.getLogger("a library")
    log.warning("cannot reach %s", "amqp://user:password@host/")
    log.warning("of %r", SecretInside())
    try:
        stumble(OSError("redis://:hunter22@host"))
    except OSError:
        log.exception("failed")
    written = capsys.readouterr().err
    assert "hunter22" not in written
    assert "user:password" not in written
    assert "tnt_inv_x" not in written


def stumble(error: Exception) -> None:
    raise error


class SecretInside:
    """Something whose `repr` quotes a link."""

    def __repr__(self) -> str:
        return "https://a.example/invitation#tnt_inv_x"


def test_a_fact_that_is_called_a_secret_is_one(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.configure(configure(**PRODUCTION))
    structlog.get_logger("server").info("x", token="abc", headers={"Authorization": "x y"}, n=1)
    line = json.loads(capsys.readouterr().err)
    assert (line["token"], line["headers"], line["n"]) == ("***", {"Authorization": "***"}, 1)


def test_the_text_of_an_event_forges_no_line_either(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    """CASES 142: in development, where JSON does not escape it; a stack trace keeps its lines."""
    logging.configure(configure())
    standard.getLogger("a library").warning("of %s", "a\n2026-11-21 forged\x1b[31m\x9b\u2028")
    [line] = capsys.readouterr().err.splitlines()
    assert r"a\n2026-11-21 forged\x1b[31m\x9b\u2028" in line
    try:
        stumble(ValueError("red \x1b[31m"))
    except ValueError:
        standard.getLogger("a library").exception("failed")
    written = capsys.readouterr().err
    assert len(written.splitlines()) > 3
    assert "\x1b" not in written


def test_a_text_without_end_does_not_hold_up_those_who_wait() -> None:
    """It loses its middle, so that looking for secrets stays short."""
    long = "a-" * 1_000_000 + " postgres://u:p@h"
    assert len(redaction.redacted(long)) < 20_000
    assert redaction.redacted(long).endswith(" postgres://***@h")


def test_of_what_is_written_at_once_secrets_are_taken_out_and_the_middle_as_well(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    """A secret of the settings looks like nothing, and stands in JSON otherwise than it is."""
    odd = 's3cr@t"\u0436-passw0rd'
    secrets = {"database_url": f"postgresql://tenantry:{quote(odd)}@localhost/tenantry"}
    logging.configure(configure(**PRODUCTION | secrets))
    structlog.get_logger("server").info("it was", said=f"of {odd}")
    structlog.get_logger("server").info("too long", said="a" * 1_000_000)
    short, long = capsys.readouterr().err.splitlines()
    assert json.loads(short)["said"] == "of ***"
    assert len(long) < 20_000
