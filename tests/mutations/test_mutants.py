"""The mutants themselves: that a change is made, and that it is found again."""

import json

from permissions import checks
from tests.mutations import mutants, page
from tests.mutations.targets import TARGETS

_EVERY = {module: mutants.of(module) for target in TARGETS.values() for module in target.modules}


def _names(module: str, function: str) -> list[str]:
    return [mutant.name for mutant in _EVERY[module] if mutant.function == function]


def test_a_check_is_left_out_and_a_comparison_turned_round() -> None:
    """CASES, strength of the tests: what would let somebody do what he may not."""
    assert _names("permissions.checks", "require") == [
        "actor is None -> actor is not None",
        "raise errors.NotFound -> pass",
        "not holds(actor, permission) -> holds(actor, permission)",
        "raise errors.PermissionDenied(permission) -> pass",
    ]


def test_every_cell_of_a_table_of_roles_is_one_mutant() -> None:
    tables = {"permissions.project": 30 * 4}
    for module, cells in tables.items():
        assert len(_names(module, "=TABLE")) == cells


def test_a_mutant_lives_in_the_functions_that_are_there() -> None:
    """It is another code object: nothing is imported again."""
    [mutant] = [m for m in _EVERY["permissions.checks"] if m.where.endswith(".holds")][:1]
    functions = mutants.functions(["permissions.checks"])
    before = checks.holds.__code__
    try:
        mutant.apply(functions)
        assert checks.holds.__code__ is mutant.code is not before
    finally:
        checks.holds.__code__ = before


def test_no_two_mutants_have_the_same_name() -> None:
    keys = [mutant.key for found in _EVERY.values() for mutant in found]
    assert len(keys) == len({*keys})


def test_reasons_are_given_for_mutants_that_there_are() -> None:
    """What was rewritten has to be tried again before it is excused."""
    keys = {mutant.key for found in _EVERY.values() for mutant in found}
    assert json.loads(page.REASONS.read_text()).keys() <= keys
