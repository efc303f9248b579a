"""README and the pages behind it do what they say: their documents are run as they stand, in order.

Conventions: a block in ```graphql is answered by the ```json after it; a `curl` in ```sh by the
```json or ```text after it; `TOKEN=` in ```sh says who asks from there on; a document in a table's
last column is answered without errors, and with no refusal but one that it names. Ids, tokens and
times may differ, each in the same way wherever it stands.
"""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from server import demo
from server.cli import OPERATOR
from settings import CHECKOUT
from tests.factories import World

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
DEMO = (CHECKOUT / "docs" / "demo.md").read_text(encoding="utf-8")
CABINET = (CHECKOUT / "docs" / "cabinet.md").read_text(encoding="utf-8")
SERVICING = (CHECKOUT / "docs" / "servicing.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IN_TABLE = re.compile(r"^\|.*\| `((?:mutation )?\{.*\})` \|$", re.MULTILINE)
TIME = re.compile(r"\d{4}-")
VARIABLE = re.compile(
    r"\b(?:(?:ten|mem|inv|usr|ses|app|trf|sub|aps)_[0-9a-z]{26}|tnt_[a-z]{3}_[\w-]{43}"
    r"|\d{4}-\d\d-\d\dT[\d:.]+\+00:00|\d{6}\b)"
)


class Reader:
    """Somebody who follows the README; `mine` has his own value for each of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = world.anonymous
        self.mine: dict[str, str] = {}

    async def run(self, document: str) -> Any:
        return await self.client.execute(self.own(document))

    async def shell(self, script: str) -> Any:
        """What a block of shell prints; None where it prints nothing that matters."""
        for line in script.splitlines():
            name, assigned, value = line.partition("=")
            if assigned and name == "TOKEN":
                self.client = self.world.client(self.own(value) or None)
        return await self.curl(script) if script.startswith("curl ") else None

    async def curl(self, script: str) -> Any:
        await self.world.mails()
        curl, _, pipe = script.replace("\\\n", "").partition(" | ")
        arguments = shlex.split(curl)
        path = next(a for a in arguments if a.startswith(ADDRESS)).removeprefix(ADDRESS)
        data = next((a for a in arguments if a.startswith("{")), None)
        http = self.client.http
        answer = await (
            http.get(path)
            if data is None
            else http.post(path, content=data, headers={"content-type": "application/json"})
        )
        return _piped(answer.text, pipe) if pipe else answer.json()

    def own(self, text: str) -> str:
        return VARIABLE.sub(lambda found: self.mine.get(found[0], found[0]), text)

    def check(self, expected: Any, actual: Any) -> None:
        if isinstance(expected, dict):
            assert list(expected) == list(actual)
            for name, value in expected.items():
                self.check(value, actual[name])
        elif isinstance(expected, list):
            assert len(expected) == len(actual)
            for one, other in zip(expected, actual, strict=True):
                self.check(one, other)
        elif isinstance(expected, str):
            assert VARIABLE.sub("", expected) == VARIABLE.sub("", actual)
            self.remember(VARIABLE.findall(expected), VARIABLE.findall(actual))
        else:
            assert expected == actual

    def remember(self, readme: list[str], mine: list[str]) -> None:
        for one, other in zip(readme, mine, strict=True):
            if not TIME.match(one):
                assert self.mine.setdefault(one, other) == other


def _piped(text: str, pipe: str) -> str:
    command = [sys.executable if a == "python3" else a for a in shlex.split(pipe)]
    done = subprocess.run(  # noqa: S603 the README's own
        command, input=text, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def steps(page: str) -> Iterator[tuple[str, str, Any]]:
    """Language, text and answer of each block; `table`, the document and None of each row."""
    blocks = list(BLOCK.finditer(page))
    found: dict[int, tuple[str, str, Any]] = {
        row.start(): ("table", row[1], None) for row in IN_TABLE.finditer(page)
    }
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block[1] in {"graphql", "sh"}:
            kind, answer = (following[1], following[2]) if following else ("", "")
            expected = json.loads(answer) if kind == "json" else answer.strip()
            found[block.start()] = (block[1], block[2], expected)
    for _, step in sorted(found.items()):
        yield step


@pytest.fixture
async def reader(world: World) -> Reader:
    await demo.load(OPERATOR)
    return Reader(world)


@pytest.mark.parametrize(
    "page", [README, DEMO, CABINET, SERVICING], ids=["README", "demo", "cabinet", "servicing"]
)
async def test_every_document_is_answered_as_the_page_says(reader: Reader, page: str) -> None:
    for language, text, expected in steps(page):
        if language == "table":
            succeeds(text, await reader.run(text))
            continue
        actual = await (reader.run(text) if language == "graphql" else reader.shell(text))
        if actual is not None:
            print(text, json.dumps(actual, ensure_ascii=False), sep="\n")  # noqa: T201 to mend it
            reader.check(expected, actual)


def succeeds(document: str, answer: Any) -> None:
    """A row that shows a refusal names its type, and reads something of it."""
    assert "errors" not in answer, document
    assert all(value not in (None, {}) for value in answer["data"].values()), document
    kinds = re.findall(r'"__typename": "(\w+)"', json.dumps(answer))
    assert all(kind.endswith("Payload") or kind == "SignedIn" for kind in kinds), document


def test_the_main_job_is_there_step_by_step() -> None:
    documents = " ".join(text for language, text, _ in steps(README) if language == "graphql")
    for step in ("signIn", "tenants", "inviteMember", "acceptInvitation", "changeRole"):
        assert step in documents
    assert len(IN_TABLE.findall(README)) > 15


async def test_it_prints_what_the_server_prints(reader: Reader) -> None:
    """The block after "Then it prints"."""
    printed = BLOCK.findall(README)[0][1]
    reader.check(printed.partition("\nTenantry is up")[0], await demo.load(OPERATOR))


def test_every_file_it_names_has_the_functions_and_fields_it_names() -> None:
    for names, path in re.findall(r"((?:`\w+(?:\(\))?`(?:, )?)+) in \[([\w/.]+)\]", README):
        source = (CHECKOUT / path).read_text(encoding="utf-8")
        for name in re.findall(r"\w+", names):
            function = re.sub(r"(?=[A-Z])", "_", name).lower()
            assert f"def {function}(" in source, (name, path)
