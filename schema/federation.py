"""The schema as a subgraph of Apollo Federation 2: others' subgraphs refer to what is here by id.

Nothing is declared twice. What is served gains the two fields that a router asks for; the SDL that
a composition reads is the printed schema with a few directives in it (ADR 0036).
"""

import asyncio
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter
from typing import Annotated, NewType, TypeGuard

import strawberry
from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DocumentNode,
    GraphQLError,
    Node,
    ObjectTypeDefinitionNode,
    parse,
    print_ast,
)
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.scalar import ScalarDefinition

from permissions.fields import Anyone, Explorer, guard
from resolvers import nodes
from schema import root
from schema.accounts import User
from schema.apps import App
from schema.context import Info
from schema.interfaces import Rows
from schema.members import Member
from schema.tenants import Tenant

MOST = 1000
"""Entities of one request, so that its size is no way around the pages of lists."""
LOADERS = {
    "App": attrgetter("apps"),
    "Member": attrgetter("members"),
    "Tenant": attrgetter("tenants"),
    "User": attrgetter("users"),
}
"""How each kind of entity is read, all of one request in one statement."""
RENAMED = {"Subscription": "TariffSubscription"}
"""What a composition would take for the root of subscriptions, which is `Live` here."""
MARKS = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])

type App @key(fields: "id")
type Member @key(fields: "id")
type Tenant @key(fields: "id")
type User @key(fields: "id")
type PageInfo @shareable
"""
"""What the SDL of the subgraph says of types beyond the schema's own."""


Marks = dict[str, tuple[ConstDirectiveNode, ...]]


@dataclass(frozen=True, slots=True)
class Reference:
    """What another subgraph knows of an entity."""

    kind: str
    id: str


def _reference(value: object) -> Reference:
    match value:
        case {"__typename": str(kind), "id": str(key)} if kind in LOADERS:
            return Reference(kind, key)
    raise GraphQLError(f"Name an entity by `__typename` and `id`: {', '.join(LOADERS)}.")


Representation = NewType("Representation", Reference)
SCALARS: dict[object, ScalarDefinition] = {
    Representation: strawberry.scalar(
        name="_Any",
        description="What another subgraph knows of an entity: its `__typename` and its `id`.",
        parse_value=_reference,
    )
}
Representations = Annotated[
    list[Representation], strawberry.argument(description=f"Which ones; {MOST} at most.")
]
Entity = Annotated[
    App | Member | Tenant | User,
    strawberry.union("_Entity", description="What other subgraphs refer to."),
]


@strawberry.type(name="_Service", description="What this subgraph brings into a composition.")
class Service:
    @strawberry.field(description="Its types, with the directives of Federation 2.")
    def sdl(self, info: Info) -> str:
        return sdl(info.schema)


@strawberry.type(name="Query", description="What can be asked.")
class Query(root.Query):
    @strawberry.field(
        name="_service",
        graphql_type=Service,
        extensions=guard(Explorer()),
        description="For compositions; to those who may explore the schema.",
    )
    def service(self) -> Rows:
        return Service()

    @strawberry.field(
        name="_entities",
        graphql_type=list[Entity | None],
        extensions=guard(Anyone()),
        description="For routers, in their order; null where it is absent or not the viewer's.",
    )
    async def entities(self, info: Info, representations: Representations) -> Rows:
        if len(representations) > MOST:
            raise GraphQLError(f"Ask for {MOST} entities at most at once.")
        return await asyncio.gather(*[_entity(info, each) for each in representations])


async def _entity(info: Info, wanted: Reference) -> object | None:
    row = await LOADERS[wanted.kind](info.context.loaders).load(wanted.id)
    return row if nodes.shows(info.context.viewer, row) else None


class Names(NameConverter):
    """Those of the schema, but for `RENAMED`."""

    def from_object(self, object_type: StrawberryObjectDefinition) -> str:
        name = super().from_object(object_type)
        return RENAMED.get(name, name)


def build(executor: type) -> root.Schema:
    """`root.build`, for a router in front."""
    return root.build(executor, query=Query, scalars=SCALARS, names=Names())


@cache
def sdl(schema: root.Schema) -> str:
    """The subgraph as compositions want it: without what each router knows to be there."""
    link, *marked = parse(MARKS).definitions
    marks = {each.name.value: each.directives or () for each in marked if _is_object(each)}
    ours = [_marked(each, marks) for each in parse(schema.as_str()).definitions if _is_ours(each)]
    return print_ast(DocumentNode(definitions=(link, *ours)))


def _is_object(node: Node) -> TypeGuard[ObjectTypeDefinitionNode]:
    return isinstance(node, ObjectTypeDefinitionNode)


def _is_ours(node: Node) -> bool:
    """The specification begins names with an underscore; only the schema itself has none."""
    name = getattr(node, "name", None)
    return name is None or not name.value.startswith("_")


def _marked(node: DefinitionNode, marks: Marks) -> DefinitionNode:
    if not _is_object(node):
        return node
    fields = tuple(filter(_is_ours, node.fields or ()))
    directives = (*(node.directives or ()), *marks.get(node.name.value, ()))
    return replace(node, fields=fields, directives=directives)
