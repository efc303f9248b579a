"""Codes that are scalars and not enums, because tenants will define their own."""

from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

RoleCode = NewType("RoleCode", str)
PermissionCode = NewType("PermissionCode", str)


def _code(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("A code is a string.")
    return str(value)


SCALARS: dict[object, ScalarDefinition] = {
    RoleCode: strawberry.scalar(
        name="RoleCode",
        description="A role of the tenant's catalogue, e.g. OWNER.",
        serialize=str,
        parse_value=_code,
    ),
    PermissionCode: strawberry.scalar(
        name="PermissionCode",
        description="`resource:action`, e.g. members:invite.",
        serialize=str,
        parse_value=_code,
    ),
}
