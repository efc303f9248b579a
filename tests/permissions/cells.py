"""The tables of `operations`, read: a letter for each kind of actor, in the order of `actors`."""

import itertools
from dataclasses import dataclass

from models import Catalog
from tests.permissions.matrix import ROLES, granted, switched
from tests.permissions.operations import ROWS

GROUPS = (2, 4, 4, 2, 3, 2, 2, 1, 2)
NEVER_A_KEYS = ("members:leave", "owners:transfer")
SWITCHES = ("tenants:invite", "subscriptions:manage")


@dataclass(frozen=True)
class Row:
    """The letters for the own tenant and for the foreign one; the latter are empty where nothing
    of a tenant is named.
    """

    own: str
    foreign: str


def rows(text: str) -> dict[str, Row]:
    """By operation; by `Type.field` where a line names fields of a type and the next their row."""
    found: dict[str, Row] = {}
    for line in filter(None, text.replace("\n    ", " = ").splitlines()):
        name, _, cells = line.partition(" = ") if " = " in line else line.partition(" ")
        for each in _named(name):
            found[each] = _row(cells.split())
    return found


def spread(letters: str) -> str:
    """In the groups of the tables."""
    ends = [sum(GROUPS[:number]) for number in range(len(GROUPS) + 1)]
    return " ".join(letters[start:end] for start, end in itertools.pairwise(ends))


def _named(name: str) -> list[str]:
    kind, colon, fields = name.partition(": ")
    return [f"{kind}.{field}" for field in fields.split()] if colon else [name]


def _row(cells: list[str]) -> Row:
    own, cells = _half(cells)
    foreign, rest = _half(cells) if cells else ("", [])
    assert not rest, rest
    return Row(own, foreign)


def _half(cells: list[str]) -> tuple[str, list[str]]:
    """The letters at the beginning, and what follows."""
    if ":" in cells[0]:
        return _permitted(cells[0]), cells[1:]
    if cells[0] in _ROWS:
        return _ROWS[cells[0]], cells[1:]
    return _letters(cells[: len(GROUPS)]), cells[len(GROUPS) :]


def _letters(groups: list[str]) -> str:
    assert [len(group) for group in groups] == list(GROUPS), groups
    return "".join(groups)


_ROWS = {line.split()[0]: _letters(line.split()[1:]) for line in ROWS.strip().splitlines()[1:]}


def _permitted(permission: str) -> str:
    """As the role matrix has it; where one has no place, the tenant does not exist."""
    roles = "".join(
        _sign(permission in granted(catalog, role) | _switched(catalog, role))
        for catalog, codes in ROLES.items()
        for role in codes
    )
    key = _sign(permission in granted(Catalog.PROJECT, "OWNER") and permission not in NEVER_A_KEYS)
    user = _sign(permission in granted(Catalog.SUBSCRIBER, "USER"))
    maker = _sign(permission in granted(Catalog.PROJECT, "OWNER"))
    return f"u0{roles}000{key}-{user}{maker}000"


def _switched(catalog: Catalog, role: str) -> set[str]:
    """The SUBSCRIBER is a servicing organization where the provider has switched on everything."""
    return switched(role, SWITCHES) if catalog is Catalog.SUBSCRIBER else set()


def _sign(holds: bool) -> str:  # noqa: FBT001 a letter of a truth
    return "+" if holds else "-"
