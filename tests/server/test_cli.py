"""What the commands say; that they work is in the tests of processes."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from models import database
from resolvers import signing_keys
from schema import federation
from server import graphql
from settings import CHECKOUT

NOWHERE = "postgresql://tenantry@/tenantry?host=/nowhere"


def run(*command: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")}
    return subprocess.run(  # noqa: S603 our own command
        [sys.executable, "-m", "server", *command],
        cwd=CHECKOUT,
        env=own | {f"TENANTRY_{name}": value for name, value in environment.items()},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_wrong_setting_is_told_in_a_line_of_its_own() -> None:
    """DESIGN 3."""
    done = run("check", SECRET="short", DATABASE_POOL_SIZE="0")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "TENANTRY_DATABASE_POOL_SIZE: Input should be greater than or equal to 1",
        "TENANTRY_SECRET: each secret needs 32 characters or more",
    ]


@pytest.mark.parametrize("command", ["check", "serve", "worker", "migrate"])
def test_a_database_that_is_away_is_told_in_a_sentence(command: str) -> None:
    """CASES 132."""
    done = run(command, DATABASE_URL=NOWHERE, MIGRATION_DATABASE_URL=NOWHERE)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("The database does not answer: ")


def test_migrating_a_database_of_ones_own_needs_its_owner() -> None:
    done = run("migrate", DATABASE_URL=NOWHERE)
    assert done.returncode == 1
    assert done.stderr.startswith("TENANTRY_MIGRATION_DATABASE_URL: ")


async def test_a_server_does_not_start_before_its_tables_are_there(
    database_urls: tuple[str, str],
) -> None:
    """CASES 140."""
    owner = await asyncpg.connect(**database.parse(database_urls[1]))
    await owner.execute("drop table tortoise_migrations")
    await owner.close()
    done = run("serve", DATABASE_URL=database_urls[0])
    assert done.returncode == 1
    assert done.stderr.startswith("Run `python -m server migrate` first; missing: 0001_initial")


async def test_a_server_does_not_start_as_a_role_that_row_level_security_does_not_bind(
    database_urls: tuple[str, str],
) -> None:
    """CASES 108."""
    done = run("serve", DATABASE_URL=database_urls[1])
    assert done.returncode == 1
    assert "row-level security" in done.stderr


def test_the_schema_is_printed_as_it_is_served() -> None:
    assert run("print-schema").stdout == f"{graphql.SCHEMA.as_str()}\n"


def test_the_schema_is_printed_for_compositions_as_well() -> None:
    """Issue 7.10: without a database, and whatever the setting."""
    done = run("print-schema", "--federation")
    assert done.stdout == f"{federation.sdl(graphql.subgraph())}\n"


@pytest.mark.usefixtures("database")
async def test_a_key_is_rotated_and_listed_without_being_shown(
    database_urls: tuple[str, str],
) -> None:
    """Issue 5.3: ids and times, and nothing of the keys themselves."""
    first = (await signing_keys.current()).kid
    made = run("keys", "rotate", DATABASE_URL=database_urls[0])
    listed = run("keys", "list", DATABASE_URL=database_urls[0])
    assert (made.stderr, listed.stderr) == ("", "")
    moment = r"[-0-9]{10} [:0-9]{8} UTC"
    old, new = listed.stdout.splitlines(keepends=True)
    assert re.fullmatch(rf"{first}  signs from {moment}, shown until {moment}\n", old)
    assert re.fullmatch(rf"sig_\w{{26}}  signs from {moment}, newest\n", new)
    assert made.stdout == new


ME = "query Me { me { login } }"
SHA1 = hashlib.sha1(ME.encode()).hexdigest()  # noqa: S324 what graphql-codegen takes unless told


@pytest.mark.usefixtures("database")
def test_documents_are_registered_listed_and_removed(
    database_urls: tuple[str, str], tmp_path: Path
) -> None:
    """Issue 7.6: `persisted-documents.json`, as graphql-codegen writes it."""
    file, database = tmp_path / "persisted-documents.json", {"DATABASE_URL": database_urls[0]}
    digest = hashlib.sha256(ME.encode()).hexdigest()
    file.write_text(json.dumps({SHA1: ME, f"sha256:{digest}": ME}))
    assert run("documents", "add", str(file), **database).stdout == "2 registered\n"
    assert run("documents", "add", str(file), **database).stdout == "0 registered\n"
    listed = run("documents", "list", **database).stdout.splitlines()
    moment = r"[-0-9]{10} [:0-9]{8} UTC"
    for line, id_ in zip(listed, sorted([SHA1, digest]), strict=True):
        assert re.fullmatch(rf"{id_}  {moment}  query Me", line)
    assert run("documents", "remove", SHA1, **database).returncode == 0
    absent = run("documents", "remove", SHA1, **database)
    assert (absent.returncode, absent.stderr) == (
        1,
        "No document is registered here by that id.\n",
    )


@pytest.mark.usefixtures("database")
def test_of_documents_that_are_wrong_every_one_is_named_and_none_registered(
    database_urls: tuple[str, str], tmp_path: Path
) -> None:
    """Issue 7.6: parsed, validated against the schema, and an id keeps its document."""
    file, database = tmp_path / "documents.json", {"DATABASE_URL": database_urls[0]}
    file.write_text(
        json.dumps(
            {
                "good": ME,
                "syntax": "query {",
                "field": "{ you { login } }",
                "fragment": "fragment A on Query { me { login } }",
            }
        )
    )
    done = run("documents", "add", str(file), **database)
    assert (done.returncode, done.stdout) == (1, "")
    named = [line.partition(":")[0] for line in done.stderr.splitlines() if ": " in line]
    assert [name for name in named if name in {"syntax", "field", "fragment", "good"}] == [
        "syntax",
        "field",
        "fragment",
    ]
    assert run("documents", "list", **database).stdout == ""
    file.write_text(json.dumps({"0" * 64: ME}))
    assert "SHA-256" in run("documents", "add", str(file), **database).stderr


@pytest.mark.parametrize("content", ["[]", '{"a": 5}', "{", None])
@pytest.mark.usefixtures("database")
def test_a_file_that_holds_no_documents_is_told_in_a_sentence(
    database_urls: tuple[str, str], tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "documents.json"
    if content is not None:
        file.write_text(content)
    done = run("documents", "add", str(file), DATABASE_URL=database_urls[0])
    assert done.returncode == 1
    assert done.stderr.startswith(str(file))
    assert len(done.stderr.splitlines()) == 1
