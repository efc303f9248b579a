"""docs/mutations.md: how many mutants the tests killed, and why the others live."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from settings import CHECKOUT
from tests.mutations import mutants
from tests.mutations.mutants import Mutant
from tests.mutations.results import Results
from tests.mutations.targets import TARGETS

PAGE = CHECKOUT / "docs" / "mutations.md"
REASONS = Path(__file__).parent / "reasons.json"

_HEAD = """# Mutations

Written by `scripts/mutate` on {date:%Y-%m-%d}. A mutant is the code with one change that makes it \
wrong: a comparison turned round, a condition or a statement left out, a constant altered. It is \
killed when a test fails. **{killed} of {tried} were: {score}**, tried out of {every} \
that there are. How it is done and why so is \
[ADR 0044](decisions/0044-mutants-are-forks-of-one-process.md).

| module | mutants | tried | killed | score |
| --- | --- | --- | --- | --- |
"""
_SURVIVORS = """
## Survivors

Each with the reason why it may live. One without is a rule that no test holds yet.

"""


def write(results: Results) -> None:
    reasons = json.loads(REASONS.read_text())
    every = {module: mutants.of(module) for target in TARGETS.values() for module in target.modules}
    rows = [_row(f"`{module}`", found, results) for module, found in every.items() if found]
    together = [mutant for found in every.values() for mutant in found]
    tried, killed = _counts(together, results)
    head = _HEAD.format(
        date=datetime.now(UTC),
        killed=killed,
        tried=tried,
        every=len(together),
        score=_score(killed, tried),
    )
    last = _row("**together**", together, results)
    PAGE.write_text(
        "\n".join([head + "\n".join([*rows, last]), *_survivors(every, results, reasons)])
    )


def _row(name: str, found: list[Mutant], results: Results) -> str:
    tried, killed = _counts(found, results)
    return f"| {name} | {len(found)} | {tried} | {killed} | {_score(killed, tried)} |"


def _counts(found: list[Mutant], results: Results) -> tuple[int, int]:
    known = [result for mutant in found if (result := results.of(mutant))]
    return len(known), sum(result.killer is not None for result in known)


def _score(killed: int, tried: int) -> str:
    return f"{100 * killed / tried:.1f} %" if tried else ""


def _survivors(
    every: dict[str, list[Mutant]], results: Results, reasons: dict[str, str]
) -> Iterator[str]:
    yield _SURVIVORS.rstrip("\n")
    for module, found in every.items():
        known = [(mutant, results.of(mutant)) for mutant in found]
        living = [mutant for mutant, result in known if result and result.killer is None]
        if living:
            yield f"\n### `{module}`\n"
        for mutant in living:
            name = f"`{mutant.function.removeprefix('=')}`: `{mutant.name}`"
            yield f"- {name}. {reasons.get(mutant.key, '**No reason is known.**')}"
    yield ""
