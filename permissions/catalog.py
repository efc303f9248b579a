"""The words of the role matrix: every permission, `resource:action`, and the shape of a role.

Each catalogue is one table in a module of its own (`project subscriber account`); `roles` puts them
together. Nobody else knows who may do what.
"""

from collections.abc import Collection, Mapping
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


OWNER = "OWNER"


@dataclass(frozen=True, slots=True)
class Role:
    """A column of a catalogue's table. `hands_out` are codes of the same catalogue.

    `permissions` hold in every tenant of the catalogue, `servicing` only in a servicing
    organization and where the provider switched them on. Who has a role that `needs_email` must
    have a verified address (PRODUCT 3.3). `name` is English, and gettext's message id.
    """

    catalog: Catalog
    code: str
    name: str
    permissions: tuple[Permission, ...]
    servicing: tuple[Permission, ...]
    hands_out: tuple[str, ...]
    needs_email: bool = False

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
    need_email: Collection[str] = (),
) -> dict[str, Role]:
    """The roles of a table: a head of role codes, then a permission and its cells a line.

    Cells: `+` holds, `-` does not, `s` where servicing is switched on, `g` where granted singly.
    """
    head, *lines = (line.split() for line in table.strip().splitlines())

    def column(index: int, cell: str) -> tuple[Permission, ...]:
        return tuple(Permission(line[0]) for line in lines if line[1 + index] == cell)

    return {
        code: Role(
            catalog,
            code,
            names[code],
            column(index, "+"),
            column(index, "s"),
            hands_out[code],
            code in need_email,
        )
        for index, code in enumerate(head)
    }
