"""Roles, and the role matrix for everybody to read."""

from dataclasses import dataclass

import strawberry

from locales import translations
from permissions import catalog as permission_catalog
from permissions import roles
from permissions.fields import Anyone, guard
from schema import arguments
from schema.context import Info
from schema.enums import Catalog
from schema.interfaces import Node, Rows, shown_from
from schema.scalars import PermissionCode, RoleCode


@strawberry.type(description="A role of a catalogue; a built-in role's id is fixed.")
@shown_from(permission_catalog.Role)
class Role(Node):
    code: RoleCode = strawberry.field(description="Its code, e.g. OWNER.")
    permissions: list[PermissionCode] = strawberry.field(description="What it may do.")
    hands_out: list[RoleCode] = strawberry.field(description="The roles it may give to others.")

    @strawberry.field(description="Its name for people, in the reader's language.")
    def name(parent: strawberry.Parent[permission_catalog.Role], info: Info) -> str:
        return translations(info.context.locale).gettext(parent.name)


@dataclass(frozen=True, slots=True)
class Matrix:
    catalog: Catalog
    roles: list[permission_catalog.Role]
    permissions: list[str]


@strawberry.type(description="Which role of a catalogue may do what: the columns and rows of it.")
@shown_from(Matrix)
class RoleMatrix:
    catalog: Catalog = strawberry.field(description="Whose roles these are.")
    roles: list[Role] = strawberry.field(description="Its roles, the owner first.")
    permissions: list[PermissionCode] = strawberry.field(
        description="Every permission the catalogue knows."
    )


@strawberry.type
class RoleQueries:
    @strawberry.field(
        graphql_type=RoleMatrix | None,
        extensions=guard(Anyone()),
        description="Which role of a catalogue may do what.",
    )
    def role_matrix(self, catalog: arguments.Catalog) -> Rows:
        every = list(roles.MATRIX[catalog].values())
        return Matrix(catalog, every, list(roles.permissions(catalog)))
