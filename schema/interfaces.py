"""What several types have in common, and how rows of the layers below become them."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

T = TypeVar("T", bound=type)


@strawberry.interface(description="Whatever has an id and can be asked for by `node`.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="A TypeID: what it is, and a UUIDv7; the same string everywhere."
    )


@strawberry.interface(
    description="Whoever does something: a person, an API key, the provider's staff, the system."
)
class Actor:
    display_name: str = strawberry.field(description="How to name him to others.")


def shown_from(row: type) -> Callable[[T], T]:
    """The decorated GraphQL type is resolved from objects of `row`, attribute by attribute."""

    def decorate(cls: T) -> T:
        def is_type_of(cls: type, obj: object, _info: object) -> bool:
            return isinstance(obj, (cls, row))

        is_type_of.by_class = True  # type: ignore[attr-defined]  # see `server/selections`
        setattr(cls, "is_type_of", classmethod(is_type_of))  # noqa: B010 Strawberry looks for it
        return cls

    return decorate


Rows = Any
"""Annotates fields that hand back a row of the layers below; `graphql_type` says as what."""
