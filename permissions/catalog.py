"""The words of the role matrix: every permission, `resource:action`, and the shape of a role.

Each catalogue is one table in a module of its own (`project subscriber account`); `roles` puts them
together. Nobody else knows who may do what.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models import Catalog


class Permission(StrEnum):
    SERVERS_MANAGE = "servers:manage"
    TEMPLATES_MANAGE = "templates:manage"
    NETWORKS_MANAGE = "networks:manage"
    STORAGE_MANAGE = "storage:manage"
    DNS_MANAGE = "dns:manage"
    SSL_MANAGE = "ssl:manage"
    SSH_MANAGE = "ssh:manage"
    PARTNERS_USE = "partners:use"
    BILLING_MANAGE = "billing:manage"
    DOCUMENTS_MANAGE = "documents:manage"
    SUPPORT_USE = "support:use"
    LEGAL_ENTITIES_MANAGE = "legal_entities:manage"
    MEMBERS_VIEW = "members:view"
    MEMBERS_INVITE = "members:invite"
    MEMBERS_CHANGE_ROLE = "members:change_role"
    MEMBERS_REMOVE = "members:remove"
    MEMBERS_LEAVE = "members:leave"
    MEMBERS_DISABLE = "members:disable"
    MEMBERS_EDIT = "members:edit"
    MEMBERS_GRANT = "members:grant"
    MEMBERS_LIMIT = "members:limit"
    OWNERS_CREATE = "owners:create"
    OWNERS_TRANSFER = "owners:transfer"
    OWNERS_REMOVE = "owners:remove"
    TENANT_VIEW = "tenant:view"
    TENANT_EDIT = "tenant:edit"
    TENANT_DELETE = "tenant:delete"
    APPS_MANAGE = "apps:manage"
    APPS_ASSIGN = "apps:assign"
    AUDIT_VIEW = "audit:view"
    KEYS_MANAGE = "keys:manage"
    TENANTS_INVITE = "tenants:invite"
    SUBSCRIPTIONS_MANAGE = "subscriptions:manage"


class Source(StrEnum):
    """What decides whether somebody holds a permission."""

    ROLE = "ROLE"
    GRANT = "GRANT"
    DENIAL = "DENIAL"


OWNER = "OWNER"

# Without these one would not belong; they come with the place and are not switched.
_OF_ALL = (Permission.TENANT_VIEW, Permission.MEMBERS_LEAVE)

# Whoever holds one of these acts on other members (PRODUCT 2, ACCOUNT's last row).
MANAGING = frozenset(
    permission
    for permission in Permission
    if permission.startswith("members:")
    and permission not in (Permission.MEMBERS_VIEW, Permission.MEMBERS_LEAVE)
)


@dataclass(frozen=True, slots=True)
class Role:
    """A column of a catalogue's table. `hands_out` are codes of the same catalogue.

    `permissions` hold in every tenant of the catalogue, `servicing` only in a servicing
    organization and where the provider switched them on. Who has a role that `needs_email` must
    have a verified address (PRODUCT 3.3). `name` is English, and gettext's message id.

    Who has it hands out `managing` as well while he holds a permission of `MANAGING`. `switchable`
    are the permissions that can be switched on or off for one member of that role: none of an
    owner's, nor what comes with belonging, nor what the provider switches.
    """

    catalog: Catalog
    code: str
    name: str
    permissions: tuple[Permission, ...]
    servicing: tuple[Permission, ...]
    hands_out: tuple[str, ...]
    managing: tuple[str, ...]
    switchable: tuple[Permission, ...]
    needs_email: bool

    @property
    def id(self) -> str:
        """A built-in role's id is fixed: the same in every tenant of the catalogue."""
        return f"rol_{self.catalog.lower()}_{self.code.lower()}"


def read_table(
    catalog: Catalog,
    table: str,
    *,
    names: Mapping[str, str],
    hands_out: Mapping[str, tuple[str, ...]],
    managing: Mapping[str, tuple[str, ...]] | None = None,
    need_email: Collection[str] = (),
) -> dict[str, Role]:
    """The roles of a table: a head of role codes, then a permission and its cells a line.

    Cells: `+` holds, `-` does not, `s` where servicing is switched on, `g` where it is switched on
    for one member; a table without `g` lets every permission of it be switched.
    """
    head, *lines = (line.split() for line in table.strip().splitlines())
    cells = {code: _column(lines, index) for index, code in enumerate(head)}
    fixed = {*_OF_ALL, *(Permission(line[0]) for line in lines if "s" in line)}
    singly = any("g" in column.values() for column in cells.values())
    return {
        code: Role(
            catalog,
            code,
            names[code],
            _where(column, "+"),
            _where(column, "s"),
            hands_out[code],
            (managing or {}).get(code, ()),
            _switchable(code, column, fixed, singly=singly),
            code in need_email,
        )
        for code, column in cells.items()
    }


def _column(lines: Sequence[Sequence[str]], index: int) -> dict[Permission, str]:
    return {Permission(line[0]): line[1 + index] for line in lines}


def _where(column: Mapping[Permission, str], *cells: str) -> tuple[Permission, ...]:
    return tuple(permission for permission, cell in column.items() if cell in cells)


def _switchable(
    code: str, column: Mapping[Permission, str], fixed: Collection[Permission], *, singly: bool
) -> tuple[Permission, ...]:
    if code == OWNER:
        return ()
    found = _where(column, "g") if singly else column
    return tuple(permission for permission in found if permission not in fixed)
