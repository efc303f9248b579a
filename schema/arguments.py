"""The arguments of fields, described for clients once."""

from datetime import datetime
from typing import Annotated, TypeVar

import strawberry
from strawberry import argument

from resolvers.identifiers import LEFT_OUT, LeftOut
from schema.enums import Catalog as CatalogEnum
from schema.scalars import PermissionCode

T = TypeVar("T")


def left_out(value: T | None) -> T | LeftOut | None:
    """An optional field of an input, where null is a value of its own."""
    return LEFT_OUT if value is strawberry.UNSET else value


def stays(value: T | None) -> T | LeftOut:
    """An optional field of an input, where null means the same as leaving it out."""
    return LEFT_OUT if value is strawberry.UNSET or value is None else value


Id = Annotated[strawberry.ID, argument(description="Its TypeID.")]
TenantId = Annotated[strawberry.ID, argument(description="Of which tenant.")]
Token = Annotated[str, argument(description="What follows # in the link.")]
Catalog = Annotated[CatalogEnum, argument(description="Of which catalogue.")]
Permission = Annotated[PermissionCode, argument(description="Which permission.")]
Input = Annotated[T, argument(description="What to do, field by field.")]
Filter = Annotated[T | None, argument(description="Which of them; all where it is left out.")]
OrderBy = Annotated[T | None, argument(description="In which order; oldest first if left out.")]
First = Annotated[int | None, argument(description="At most so many from the start, 1 to 100.")]
After = Annotated[str | None, argument(description="Only what follows this cursor.")]
Last = Annotated[int | None, argument(description="At most so many from the end, 1 to 100.")]
Before = Annotated[str | None, argument(description="Only what precedes this cursor.")]
UpdatedSince = Annotated[
    datetime | None,
    argument(
        description="Only who was changed at that moment or later, in the order of these changes "
        "unless asked otherwise; with those removed, where the viewer holds audit:view. Nothing is "
        "missed by who gives the latest `updatedAt` he has."
    ),
]
