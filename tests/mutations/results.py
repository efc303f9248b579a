"""What became of each mutant, kept from one run to the next."""

import ast
import functools
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from settings import CHECKOUT
from tests.mutations import mutants
from tests.mutations.mutants import Mutant

FILE = CHECKOUT / ".mutations" / "results.jsonl"


@dataclass(frozen=True, slots=True)
class Result:
    """Which test killed the mutant, if any did, of how many that pass over it."""

    key: str
    killer: str | None
    tests: int
    seconds: float
    written: str


class Results:
    """Those of a mutant count while its function, or the module's constants, are as they were."""

    def __init__(self) -> None:
        self.by_key: dict[str, Result] = {}
        if FILE.exists():
            for line in FILE.read_text().splitlines():
                result = Result(**json.loads(line))
                self.by_key[result.key] = result

    def wanted(self, mutant: Mutant, *, new: bool = True) -> bool:
        """Whether it survived, or is new or rewritten."""
        before = self.of(mutant)
        return new if before is None else before.killer is None

    def of(self, mutant: Mutant) -> Result | None:
        found = self.by_key.get(mutant.key)
        return found if found and found.written == written(mutant) else None

    def keep(self, mutant: Mutant, killer: str | None, tests: int, seconds: float) -> None:
        result = Result(mutant.key, killer, tests, round(seconds, 2), written(mutant))
        self.by_key[mutant.key] = result
        FILE.parent.mkdir(exist_ok=True)
        with FILE.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")


def written(mutant: Mutant) -> str:
    """A digest of the function's text, or of the constant's."""
    text = _texts(mutant.module)[mutant.function]
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@functools.cache
def _texts(module: str) -> dict[str, str]:
    tree: Any = ast.parse(mutants.source(module).read_text())
    functions = {name: ast.unparse(each) for name, each in mutants.named(tree)}
    return functions | {
        f"={name}": ast.unparse(each)
        for each in tree.body
        if (name := mutants.target(each)) is not None
    }
