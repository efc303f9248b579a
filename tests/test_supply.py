"""What is installed: exact versions with hashes, and none with a published advisory."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-pages.lock", "requirements-test.lock")
NPM_LOCKS = (
    "web/package-lock.json",
    "web/tools/package-lock.json",
    "examples/spa/package-lock.json",
    "tests/federation/package-lock.json",
    "tests/conformance/package-lock.json",
    "bench/peers/package-lock.json",
)
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")

# TRAPS, "Floors against published advisories". python-multipart is no dependency of ours; where
# one brings it, this is its floor.
FLOORS = {
    "strawberry-graphql": "0.327.2",
    "graphql-core": "3.3.2",
    "starlette": "1.3.1",
    "aiosmtplib": "5.1.2",
    "python-multipart": "0.0.26",
    "tortoise-orm": "0.16.6",
    "aiosmtpd": "1.4.6",
}


def text(lock: str) -> str:
    return (ROOT / lock).read_text()


def pins(lock: str) -> dict[str, Version]:
    return {found["name"]: Version(found["version"]) for found in PIN.finditer(text(lock))}


@pytest.mark.parametrize("package", FLOORS)
@pytest.mark.parametrize("lock", LOCKS)
def test_nothing_is_older_than_its_last_advisory(lock: str, package: str) -> None:
    """TRAPS."""
    assert pins(lock).get(package, Version("9999")) >= Version(FLOORS[package])


def test_what_has_a_floor_is_installed() -> None:
    """So that a renamed package does not pass unseen."""
    assert set(FLOORS) - set(pins("requirements-test.lock")) <= {"python-multipart"}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_version_is_exact_and_has_its_hashes(lock: str) -> None:
    """DESIGN 3."""
    requirements = re.split(r"\n(?=[a-z0-9])", text(lock).strip())
    assert len(requirements) == len(pins(lock)) > 0
    for requirement in requirements:
        assert PIN.match(requirement), requirement
        assert HASH.search(requirement), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_of_a_registry(lock: str) -> None:
    """DESIGN 3: whoever installs has his own."""
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host| @ ", text(lock))


@pytest.mark.parametrize("lock", NPM_LOCKS)
def test_a_lock_of_npm_has_hashes_and_names_no_address_of_a_registry(lock: str) -> None:
    """DESIGN 3. `resolved` is where npm writes addresses; .npmrc says not to."""
    _, *packages = json.loads(text(lock))["packages"].values()
    assert packages
    for package in packages:
        assert package["integrity"].startswith("sha512-"), package
        assert "resolved" not in package, package


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_pages_and_tests_are_built_on_the_versions_that_are_served(lock: str) -> None:
    served, other = pins(LOCKS[0]), pins(lock)
    assert {name: other[name] for name in served} == served


def test_every_dependency_we_name_is_locked() -> None:
    """`scripts/lock` writes all from pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for lock, wanted in (
        (LOCKS[0], project["dependencies"]),
        (LOCKS[1], project["optional-dependencies"]["pages"]),
        (LOCKS[2], project["optional-dependencies"]["test"]),
    ):
        for requirement in wanted:
            name, _, floor = requirement.partition(">=")
            assert pins(lock)[name] >= Version(floor), requirement
