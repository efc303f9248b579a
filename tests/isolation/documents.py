"""Documents to ask with, drawn from the schema itself, so that a new field is asked for as well.

A document has a few fields at its root, each with all its arguments as variables; below each stand
all plain fields and some of the others, two levels deep.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from server.graphql import SCHEMA

FIELDS, DEPTH, BRANCHES, PAGE = 8, 1, 3, 2
"""At the root; below it; objects below an object; rows of a connection below another row."""

LINKS = {"invitation", "tenantInvitation", "accountLink"}
"""Whoever holds the token is shown it."""

PLAIN = {"identityProviders", "passwordMinLength", "registrationIsOpen", "roleMatrix"}
"""The same for everybody, and of no tenant."""

OF = {"tenant": "tenantId", "memberImport": "importId"}
"""Whose id the only argument is, of a field that calls it `id`."""

Arguments = Mapping[str, GraphQLArgument]
Draw = Callable[[str, GraphQLNamedType], Any]

schema: GraphQLSchema = SCHEMA._schema  # noqa: SLF001 Strawberry offers no other way


@dataclass(frozen=True)
class Document:
    """`fields`: of each alias at the root, which field it is, and which variables are its."""

    text: str
    fields: Mapping[str, tuple[str, Arguments]]

    def variables(self, draw: Draw) -> dict[str, Any]:
        """`draw` says what an argument of that name and type may be; None is left out."""
        drawn = {
            f"{alias}_{name}": value(OF.get(field, name), argument.type, draw)
            for alias, (field, arguments) in self.fields.items()
            for name, argument in arguments.items()
        }
        return {name: each for name, each in drawn.items() if each is not None}


def queries(chance: random.Random, count: int) -> list[Document]:
    assert schema.query_type is not None
    names = sorted(schema.query_type.fields.keys() - LINKS - PLAIN)
    return [_query(chance, chance.sample(names, FIELDS)) for _ in range(count)]


def _query(chance: random.Random, names: list[str]) -> Document:
    assert schema.query_type is not None
    found = {f"f{i}": (name, schema.query_type.fields[name]) for i, name in enumerate(names)}
    takes = ", ".join(
        f"${alias}_{name}: {argument.type}"
        for alias, (_, field) in found.items()
        for name, argument in field.args.items()
    )
    asked = " ".join(
        f"{alias}: {name}{_passed(alias, field)} {_selection(chance, field, DEPTH)}"
        for alias, (name, field) in found.items()
    )
    return Document(
        f"query{f'({takes})' if takes else ''} {{ {asked} }}",
        {alias: (name, field.args) for alias, (name, field) in found.items()},
    )


def _passed(alias: str, field: GraphQLField) -> str:
    given = ", ".join(f"{name}: ${alias}_{name}" for name in field.args)
    return f"({given})" if given else ""


def mutations(chance: random.Random) -> list[Document]:
    """All that name anything by an id."""
    assert schema.mutation_type is not None
    return [
        _mutation(chance, name, field)
        for name, field in schema.mutation_type.fields.items()
        if any(_names_something(argument.type) for argument in field.args.values())
    ]


def _mutation(chance: random.Random, name: str, field: GraphQLField) -> Document:
    takes = ", ".join(f"$f0_{each}: {argument.type}" for each, argument in field.args.items())
    asked = f"f0: {name}{_passed('f0', field)} {_selection(chance, field, 1)}"
    return Document(f"mutation({takes}) {{ {asked} }}", {"f0": (name, field.args)})


def _names_something(kind: Any) -> bool:
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType):
        return any(_names_something(field.type) for field in named.fields.values())
    return bool(named.name == "ID")


def _selection(chance: random.Random, field: GraphQLField, depth: int) -> str:
    named = get_named_type(field.type)
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        kinds = schema.get_possible_types(named)
        parts = (f"... on {kind.name} {{ {_fields(chance, kind, depth)} }}" for kind in kinds)
        return f"{{ __typename {' '.join(parts)} }}"
    if isinstance(named, GraphQLObjectType):
        return f"{{ {_fields(chance, named, depth)} }}"
    return ""


def _fields(chance: random.Random, kind: GraphQLObjectType, depth: int) -> str:
    """Aliased by type, since the same name may mean different things in a union's members."""
    plain: list[tuple[str, GraphQLField]] = []
    deep: list[tuple[str, GraphQLField]] = []
    for name, field in kind.fields.items():
        if not _needs_arguments(field):
            (deep if isinstance(get_named_type(field.type), _DEEP) else plain).append((name, field))
    chosen = deep if kind.name.endswith(_PAGES) else chance.sample(deep, min(BRANCHES, len(deep)))
    below = depth if kind.name.endswith(_PAGES) else depth - 1
    parts = [f"{kind.name}_{name}: {name}" for name, _ in plain]
    parts += [
        f"{kind.name}_{name}: {name}{_page(field)} {_selection(chance, field, below)}"
        for name, field in (chosen if depth else ())
    ]
    return " ".join(["__typename", *parts])


_DEEP = GraphQLObjectType | GraphQLUnionType | GraphQLInterfaceType
_PAGES = ("Connection", "Edge")


def _needs_arguments(field: GraphQLField) -> bool:
    return any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values())


def _page(field: GraphQLField) -> str:
    return f"(first: {PAGE})" if "first" in field.args else ""


def value(name: str, kind: Any, draw: Draw) -> Any:
    """Of a list one or two, of an input object of which only one field may be set one."""
    if isinstance(kind, GraphQLNonNull):
        return value(name, kind.of_type, draw)
    if isinstance(kind, GraphQLList):
        found = [value(name, kind.of_type, draw) for _ in range(2)]
        return [each for each in found if each is not None]
    if isinstance(kind, GraphQLInputObjectType):
        return dict(_filled(kind, draw))
    return draw(name, kind)


def _filled(kind: GraphQLInputObjectType, draw: Draw) -> Iterator[tuple[str, Any]]:
    fields: list[tuple[str, GraphQLInputField]] = list(kind.fields.items())
    if getattr(kind.extensions.get("strawberry-definition"), "is_one_of", False):
        fields = [(name, field) for name, field in fields if _names_something(field.type)][:1] or (
            fields[:1]
        )
    for name, field in fields:
        found = value(name, field.type, draw)
        if found is not None:
            yield name, found


def choices(kind: GraphQLNamedType) -> list[str]:
    return list(kind.values) if isinstance(kind, GraphQLEnumType) else []
