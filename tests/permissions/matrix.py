"""The role matrix as PRODUCT 2 prints it, copied by hand: what the code is compared with.

`+` holds, `-` does not, `g` where it is granted singly, `s` in a servicing organization where the
provider switched it on. Sources: F, C, B are the manuals, X goes beyond them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models import Catalog

PROJECT = """
permission              source  OWNER  MANAGER  ADMINISTRATOR  ACCOUNTANT
servers:manage            C       +       +           +            -
templates:manage          C       +       +           +            -
networks:manage           C       +       +           +            -
storage:manage            C       +       +           +            -
dns:manage                C       +       +           +            -
ssl:manage                C       +       +           +            -
ssh:manage                C       +       +           +            -
partners:use              C       +       +           +            +
billing:manage            C       +       +           +            +
support:use               C       +       +           +            +
legal_entities:manage     C       +       +           +            +
members:view              C       +       +           +            +
members:invite            C       +       +           -            -
members:change_role       C       +       +           -            -
members:remove            C       +       +           -            -
members:leave             C       +       +           +            +
owners:create             C       +       -           -            -
owners:transfer           C       +       -           -            -
owners:remove             C       +       -           -            -
tenant:view               C       +       +           +            +
tenant:edit               C       +       +           +            -
tenant:delete             C       +       -           -            -
members:disable           X       +       +           -            -
members:edit              X       +       +           -            -
members:grant             X       +       +           -            -
members:limit             X       +       +           -            -
apps:assign               X       +       +           -            -
audit:view                X       +       +           -            -
apps:manage               X       +       +           +            -
keys:manage               X       +       -           -            -
"""

SUBSCRIBER = """
permission              source  OWNER  ADMINISTRATOR  USER  OPERATOR
tenant:view               FX      +          +          +       +
members:leave             FX      +          +          +       +
members:view              F       +          +          -       -
members:invite            F       +          +          -       -
apps:assign               F       +          +          -       -
members:remove            FX      +          +          -       -
members:disable           FX      +          +          -       -
members:edit              FX      +          +          -       -
members:limit             FX      +          +          -       -
audit:view                FX      +          +          -       -
apps:manage               X       +          +          -       -
tenant:edit               X       +          +          -       -
members:change_role       FX      +          -          -       -
members:grant             FX      +          -          -       -
owners:create             X       +          -          -       -
owners:transfer           X       +          -          -       -
owners:remove             X       +          -          -       -
tenant:delete             X       +          -          -       -
keys:manage               X       +          -          -       -
tenants:invite            F       s          -          -       s
subscriptions:manage      F       s          -          -       s
"""

ACCOUNT = """
permission              source  OWNER  USER
tenant:view               BX      +      +
members:leave             BX      +      +
billing:manage            B       +      g
documents:manage          B       +      g
support:use               B       +      g
members:view              B       +      g
members:invite            B       +      g
members:remove            B       +      g
members:disable           B       +      g
members:edit              B       +      g
members:grant             B       +      g
members:limit             B       +      g
apps:manage               B       +      g
apps:assign               B       +      g
audit:view                B       +      g
tenant:edit               B       +      g
members:change_role       X       +      -
owners:create             X       +      -
owners:transfer           X       +      -
owners:remove             X       +      -
tenant:delete             X       +      -
keys:manage               X       +      -
"""

HANDS_OUT = """
catalogue   source  role           hands out
PROJECT     C       OWNER          OWNER MANAGER ADMINISTRATOR ACCOUNTANT
PROJECT     C       MANAGER        MANAGER ADMINISTRATOR ACCOUNTANT
PROJECT     C       ADMINISTRATOR  none
PROJECT     C       ACCOUNTANT     none
SUBSCRIBER  F       OWNER          OWNER ADMINISTRATOR USER OPERATOR
SUBSCRIBER  F       ADMINISTRATOR  USER
SUBSCRIBER  F       USER           none
SUBSCRIBER  F       OPERATOR       none
ACCOUNT     BX      OWNER          OWNER USER
ACCOUNT     BX      USER           none
"""

TABLES = {
    Catalog.PROJECT: PROJECT,
    Catalog.SUBSCRIBER: SUBSCRIBER,
    Catalog.ACCOUNT: ACCOUNT,
}


@dataclass(frozen=True)
class Cell:
    """One crossing of the table."""

    catalog: Catalog
    role: str
    permission: str
    sign: str

    @property
    def holds(self) -> bool:
        return self.sign == "+"

    def __str__(self) -> str:
        return f"{self.catalog}-{self.role}-{self.permission}"


def _cells(catalog: Catalog, table: str) -> list[Cell]:
    head, *lines = (line.split() for line in table.strip().splitlines())
    return [
        Cell(catalog, role, line[0], sign)
        for line in lines
        for role, sign in zip(head[2:], line[2:], strict=True)
    ]


CELLS = [cell for catalog, table in TABLES.items() for cell in _cells(catalog, table)]
ROLES = {c: tuple(dict.fromkeys(cell.role for cell in CELLS if cell.catalog is c)) for c in TABLES}


def granted(catalog: Catalog, role: str) -> set[str]:
    """What a role may do everywhere in its catalogue."""
    own = (cell for cell in CELLS if (cell.catalog, cell.role) == (catalog, role))
    return {cell.permission for cell in own if cell.holds}


def switched(role: str, on: Iterable[str]) -> set[str]:
    """What a role may do besides in a servicing organization where these are on."""
    own = (cell for cell in CELLS if cell.role == role and cell.sign == "s")
    return {cell.permission for cell in own}.intersection(on)


def hands_out(catalog: Catalog, role: str) -> tuple[str, ...]:
    """The roles it may give, by the catalogue's last row."""
    for line in HANDS_OUT.strip().splitlines()[1:]:
        words = line.split()
        if (words[0], words[2]) == (catalog, role):
            return tuple(word for word in words[3:] if word != "none")
    raise KeyError(role)
