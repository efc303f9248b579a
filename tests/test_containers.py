"""Dockerfile and compose.yaml, as far as they can be held without building them."""

import json
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml  # type: ignore[import-untyped]

from server import cli
from settings import CHECKOUT, Settings
from tests import production

DOCKERFILE = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (CHECKOUT / "compose.yaml").read_text(encoding="utf-8")
IGNORED = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()
INSTRUCTIONS = re.sub(r"\\\n\s*|^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).splitlines()
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "tenantry"]
GIVEN = re.compile(r"(?<!\$)\$\{(\w+)(?::?([?-])([^}]*))?\}")


def instructions(name: str) -> list[str]:
    found = [line.partition(" ") for line in INSTRUCTIONS]
    return [rest for kind, _, rest in found if kind == name]


def copied() -> Iterator[str]:
    """What comes from the checkout."""
    for line in instructions("COPY"):
        if not line.startswith("--from"):
            yield from line.split()[:-1]


def is_sent(path: str) -> bool:
    """Whether the builder gets it: the last rule of .dockerignore that fits decides."""
    sent = True
    for rule in IGNORED:
        pattern = rule.removeprefix("!").rstrip("/").removeprefix("**/")
        places = [Path(path), *Path(path).parents]
        parts = {*map(str, places), *(place.name for place in places if rule.startswith("**/"))}
        if rule and not rule.startswith("#") and any(fnmatch(p, pattern) for p in parts):
            sent = rule.startswith("!")
    return sent


def commands() -> dict[str, Any]:
    group = typer.main.get_command(cli.app)
    found: dict[str, Any] = group.commands  # type: ignore[attr-defined]
    return found


def test_the_image_is_made_of_what_is_there() -> None:
    for path in copied():
        assert (CHECKOUT / path).exists(), path
        assert is_sent(path.rstrip("/")), path


def test_the_image_holds_every_folder_that_the_server_imports() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    for package in CHECKOUT.glob("*/__init__.py"):
        if package.parent.name != "tests":
            assert f"COPY {package.parent.name}/ {package.parent.name}/" in final


HERE_ONLY = (
    *(".env", ".git/config", ".data/postgresql/PG_VERSION", ".venv/bin/python", "x.pem"),
    *("web/node_modules/x", "web/dist/manifest.json", "server/__pycache__/app.pyc"),
    "tests/conftest.py",
)


@pytest.mark.parametrize("path", HERE_ONLY)
def test_nothing_of_this_machine_is_sent_to_the_builder(path: str) -> None:
    """Secrets in `.env` least of all."""
    assert not is_sent(path)


@pytest.mark.parametrize(
    "path", ["server/app.py", "web/src/api.ts", "scripts/install", "errors.py"]
)
def test_what_the_image_is_made_of_is_sent_to_the_builder(path: str) -> None:
    assert is_sent(path)


def test_nobody_is_root_in_the_image_and_nothing_is_secret_in_it() -> None:
    final = INSTRUCTIONS[max(n for n, line in enumerate(INSTRUCTIONS) if line.startswith("FROM")) :]
    [user] = [line for line in final if line.startswith("USER")]
    assert int(user.split()[1]) > 0
    assert final.index(user) < final.index(next(x for x in final if x.startswith("ENTRYPOINT")))
    named = re.findall(r"\b(?:ENV|ARG)\b.*", DOCKERFILE)
    assert not re.search(r"SECRET|PASSWORD|TOKEN|_URL", " ".join(named))


def test_the_image_serves_as_production_does() -> None:
    [environment] = instructions("ENV")
    assert "TENANTRY_ENVIRONMENT=production" in environment
    [entry], [command] = instructions("ENTRYPOINT"), instructions("CMD")
    assert json.loads(entry) == [".venv/bin/python", "-m", "server"]
    check_command(json.loads(command))


def check_command(words: list[str]) -> None:
    """As `python -m server` would read them, but nothing is run."""
    command = commands()[words[0]]
    command.make_context(words[0], words[1:], resilient_parsing=False)


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    for wrong in (["server"], ["serve", "--prot", "1"]):
        with pytest.raises((KeyError, *typer.BadParameter.__bases__)):
            check_command(wrong)


@pytest.mark.parametrize("service", OURS)
def test_a_service_runs_a_command_that_is_there(service: str) -> None:
    check_command(SERVICES[service]["command"])


def filled(text: str) -> str:
    """As Compose does it, from an environment that has everything."""

    def value(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        if kind == "-":
            return str(default)
        setting = name.removeprefix("TENANTRY_").lower()
        return str(production.PRODUCTION.get(setting, "letters0digits"))

    return GIVEN.sub(value, text).replace("$$", "$")


@pytest.mark.parametrize("service", OURS)
def test_a_service_has_all_settings_that_production_wants_and_no_other(service: str) -> None:
    environment = {k: filled(v) for k, v in SERVICES[service]["environment"].items()}
    names = {name: name.removeprefix("TENANTRY_").lower() for name in environment}
    assert set(names.values()) <= set(Settings.model_fields)
    given: dict[str, Any] = {names[name]: value for name, value in environment.items() if value}
    given["environment"] = "production"
    assert Settings(**given).production


def test_every_secret_has_to_be_given() -> None:
    """Compose stops where one is missing; a default would be everybody's."""
    for name, kind, _ in GIVEN.findall(COMPOSE):
        assert kind == "?" or name == "TENANTRY_TRUSTED_PROXIES", name
    secret = re.findall(r"^ +\w*(?:PASSWORD|SECRET)\w*: (.*)", COMPOSE, re.MULTILINE)
    assert len(secret) == 4
    assert all(value.startswith('"${') for value in secret)


@pytest.mark.parametrize("service", OURS)
def test_a_service_may_do_as_little_as_it_needs(service: str) -> None:
    found = SERVICES[service]
    assert found["read_only"]
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert int(found["stop_grace_period"].rstrip("s")) > 15


def test_the_tables_are_there_before_anything_serves() -> None:
    assert SERVICES["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in ("server", "worker"):
        assert "migrate" in SERVICES[name]["depends_on"]
    owner = [n for n in OURS if "TENANTRY_MIGRATION_DATABASE_URL" in SERVICES[n]["environment"]]
    assert owner == ["migrate"]


def test_figures_and_the_database_are_published_to_nobody() -> None:
    ports = {name: found["ports"] for name, found in SERVICES.items() if "ports" in found}
    assert ports == {"server": ["127.0.0.1:8000:8000"]}


def test_health_is_asked_where_it_is_answered() -> None:
    [image] = [line for line in INSTRUCTIONS if line.lstrip().startswith("HEALTHCHECK")]
    assert "http://127.0.0.1:8000/healthz" in image
    worker = SERVICES["worker"]
    port = worker["environment"]["TENANTRY_METRICS_ADDRESS"].rpartition(":")[2]
    assert f"http://127.0.0.1:{port}/healthz" in worker["healthcheck"]["test"][-1]
    for check in (json.loads(image.partition("CMD ")[2]), worker["healthcheck"]["test"][1:]):
        compile(check[-1], "healthcheck", "exec")
        assert shlex.join(check).startswith(".venv/bin/python -c")
