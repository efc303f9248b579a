"""The role matrix: the three catalogues together, and what follows from a role alone."""

from collections.abc import Collection, Mapping

from models import Catalog
from permissions import account, project, subscriber
from permissions.catalog import MANAGING, OWNER, Permission, Role

MATRIX: Mapping[Catalog, Mapping[str, Role]] = {
    Catalog.PROJECT: project.ROLES,
    Catalog.SUBSCRIBER: subscriber.ROLES,
    Catalog.ACCOUNT: account.ROLES,
}

SERVICING_ONLY = "OPERATOR"
# What an operator is once the tenant serves no longer: what is not his by serving is the same.
AFTER_SERVICING = "USER"
_DEFAULT = {Catalog.SUBSCRIBER: "USER", Catalog.ACCOUNT: "USER"}
_AFTER_OWNERSHIP = {
    Catalog.PROJECT: "MANAGER",
    Catalog.SUBSCRIBER: "ADMINISTRATOR",
    Catalog.ACCOUNT: "USER",
}


def role(catalog: Catalog, code: str) -> Role:
    return MATRIX[catalog][code]


def in_tenant(catalog: Catalog, *, servicing: bool) -> tuple[Role, ...]:
    """The roles that members can have; OPERATOR in servicing organizations only (PRODUCT 2)."""
    every = MATRIX[catalog].values()
    return tuple(r for r in every if servicing or r.code != SERVICING_ONLY)


def grantable(
    catalog: Catalog, code: str, permissions: Collection[Permission], *, servicing: bool
) -> tuple[Role, ...]:
    """What somebody with role `code` who holds `permissions` may hand out."""
    own = MATRIX[catalog][code]
    codes = {*own.hands_out, *(() if MANAGING.isdisjoint(permissions) else own.managing)}
    if Permission.OWNERS_CREATE not in permissions:
        codes.discard(OWNER)
    return tuple(r for r in in_tenant(catalog, servicing=servicing) if r.code in codes)


def permissions(catalog: Catalog) -> tuple[Permission, ...]:
    """Every permission the catalogue knows: its owner's, in the table's order."""
    owner = MATRIX[catalog][OWNER]
    return owner.permissions + owner.servicing


def default(catalog: Catalog) -> str | None:
    """The role of an invitation that names none (contract); PROJECT has no default."""
    return _DEFAULT.get(catalog)


def after_ownership(catalog: Catalog) -> str:
    """What a former owner keeps if he names nothing (PRODUCT 4)."""
    return _AFTER_OWNERSHIP[catalog]


def by_id(role_id: str) -> Role | None:
    """The built-in role behind a `rol_...` id."""
    every = (r for catalog in MATRIX.values() for r in catalog.values())
    return next((r for r in every if r.id == role_id), None)
