"""The documents name what is there, and all of it where they promise that."""

import re
from pathlib import Path

import pytest

import errors
from schema.sentences import FAULTS, LENGTH_FAULTS
from server.cli import app
from settings import CHECKOUT

DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)")
FUNCTION = re.compile(r"`((?:\w+/)+\w+)\.(\w+)\(\)`")
MODULE = re.compile(r"`((?:\w+/)+\w+\.\w+)`")


def text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def failures(kind: type[errors.Failure]) -> set[str]:
    return {kind.code}.union(*(failures(below) for below in kind.__subclasses__()))


def anchors(document: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for path, anchor in LINK.findall(text(document)):
        target = document.parent / path if path else document
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), anchor


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_function_and_file_it_names_is_there(document: Path) -> None:
    for module, function in FUNCTION.findall(text(document)):
        source = text(CHECKOUT / f"{module}.py")
        assert re.search(rf"^(?: {{4}})?(?:async )?def {function}\(", source, re.MULTILINE), (
            function
        )
    for path in MODULE.findall(text(document)):
        assert (CHECKOUT / path).exists(), path


def test_every_code_of_an_error_is_explained_to_developers_of_clients() -> None:
    api = text(CHECKOUT / "docs" / "api.md")
    for code in failures(errors.Failure) | set(FAULTS) | set(LENGTH_FAULTS):
        assert f"`{code}`" in api, code


def test_every_command_is_explained_to_operators() -> None:
    operations = text(CHECKOUT / "docs" / "operations.md")
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.callback.__name__.replace("_", "-")
        assert f"| `{name}` |" in operations, name


def test_every_folder_is_on_the_map() -> None:
    architecture = text(CHECKOUT / "docs" / "ARCHITECTURE.md")
    for package in CHECKOUT.glob("*/__init__.py"):
        assert f"| `{package.parent.name}/` |" in architecture


CITED = re.compile(r"CASES\s+(\d+(?:(?:,\s+|\s+and\s+|\s+to\s+)\d+)*)")


def cited() -> set[int]:
    """The cases that tests name: `CASES 56`, `CASES 70 to 76`, `CASES 111, 112 and 113`."""
    found: set[int] = set()
    for file in CHECKOUT.glob("tests/**/test_*.py"):
        for numbers in CITED.findall(text(file)):
            for first, last in re.findall(r"(\d+)(?:\s+to\s+(\d+))?", numbers):
                found |= set(range(int(first), int(last or first) + 1))
    return found


def test_every_case_is_named_by_a_test() -> None:
    """docs/cases.md."""
    listed = re.findall(r"^\| (\d+) \|", text(CHECKOUT / "docs/cases.md"), re.MULTILINE)
    assert set(map(int, listed)) - cited() == set()
