"""What a document asks for, before anything of it is run: how much it is, and its points.

One point for each field at its root, and one for each hundred rows that its connections may read:
as many as `first` or `last` say, 50 where neither does, times those of the connection around it. A
list of entities that a router asks for counts as one. What costs more than its kind says so beside
the field, by `metadata=costing(...)`.

A fragment is weighed once, however often it is spread: in the time it takes to read the document,
which nothing has validated yet. What makes no sense weighs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_input_object_type,
    is_interface_type,
)

from resolvers.pages import DEFAULT_SIZE, LARGEST_SIZE

ROWS_PER_POINT = 100
_DIGITS = 12  # more than any page needs
_MOST = 10**9  # rows; where it is more, it does not matter how many
_COST, _SECRET, _LONG = "cost", "secret", "long"


def costing(points: int, *, tests_secret: bool = False) -> Mapping[str, object]:
    """The `metadata=` of a field that costs so much more than its kind, each time it is run.

    `tests_secret`: whoever may send many of them at once may guess; see `guard`.
    """
    return {_COST: points, _SECRET: tests_secret}


LONG = {_LONG: True}
"""The `metadata=` of an input's list that has a limit of its own."""
HASHES = costing(5)
"""Of a root field that makes the hash of a password."""
TESTS_SECRET = costing(5, tests_secret=True)
"""Of a root field that compares what was sent with a password, a code or a link's token."""


@dataclass(slots=True)
class Weight:
    """Of a selection, what it spreads included.

    `roots` are the fields at its own level, `paid` those of them that are not left out, `secrets`
    those that test one; `chain` is how deep fragments stand in fragments.
    """

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    chain: int = 0
    rows: int = 0
    roots: int = 0
    paid: int = 0
    secrets: int = 0

    def add(self, other: "Weight", *, is_paid: bool = True) -> None:
        """What stands beside it."""
        self.fields += other.fields
        self.depth = max(self.depth, other.depth)
        self.aliases += other.aliases
        self.directives += other.directives
        self.chain = max(self.chain, other.chain)
        self.roots += other.roots
        self.secrets += other.secrets
        if is_paid:
            self.rows = min(_MOST, self.rows + other.rows)
            self.paid += other.paid


def points(rows: int, *, fields: int = 1) -> int:
    """Of so many rows, and so many fields at the root."""
    return max(1, fields) + -(-rows // ROWS_PER_POINT)


@dataclass
class Scales:
    """For one document; points are those of the operation that is meant, with its variables as
    they were sent. What they cannot mean is refused later.
    """

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    definitions: list[FragmentDefinitionNode] = field(init=False)
    fragments: dict[str, FragmentDefinitionNode] = field(init=False)
    operations: list[OperationDefinitionNode] = field(init=False)
    """The one that is meant comes first."""
    weighed: dict[str, Weight] = field(init=False, default_factory=dict)
    names: dict[str, set[str]] = field(init=False, default_factory=dict)
    """Of the fields at the level of each fragment, as the answer has them."""
    repeats: int = field(init=False, default=0)
    """Fields named as another one of the same selection: those are compared with each other."""
    read: set[str] = field(init=False, default_factory=set)
    """The variables that what was weighed depends on."""
    selections: int = field(init=False, default=0)
    """As they are written: fields, fragments and what spreads them."""

    def __post_init__(self) -> None:
        definitions = self.document.definitions
        operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
        self.operations = sorted(operations, key=lambda each: not self._is_meant(each))
        self.definitions = [d for d in definitions if isinstance(d, FragmentDefinitionNode)]
        self.fragments = {each.name.value: each for each in self.definitions}

    def _is_meant(self, operation: OperationDefinitionNode) -> bool:
        named = operation.name.value if operation.name else None
        return self.name in (None, named)

    def every(self) -> list[Weight]:
        """Of the operations, and of the fragments that none of them spreads."""
        found = [self._operation(each) for each in self.operations]
        for each in self.definitions:
            if self.fragments[each.name.value] is not each:  # two of one name, which is refused
                found.append(self.selection(each.selection_set, self._narrowed(each, None)))
            elif each.name.value not in self.weighed:
                found.append(self._fragment(each.name.value))
        return found

    def _operation(self, operation: OperationDefinitionNode) -> Weight:
        root = self.schema.get_root_type(operation.operation)
        found = self.selection(operation.selection_set, root)
        found.directives += len(operation.directives or ())
        return found

    def selection(
        self,
        selected: SelectionSetNode | None,
        parent: GraphQLNamedType | None,
        names: set[str] | None = None,
    ) -> Weight:
        """`names` of the fields that stand beside it."""
        found, names = Weight(), set() if names is None else names
        self.selections += len(selected.selections) if selected else 0
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                self._note({(node.alias or node.name).value}, names)
                part = self._field(node, parent)
            elif isinstance(node, FragmentSpreadNode):
                part = self._fragment(node.name.value)
                self._note(self.names.get(node.name.value, set()), names)
            elif isinstance(node, InlineFragmentNode):
                part = self.selection(node.selection_set, self._narrowed(node, parent), names)
            if node.directives:
                found.directives += len(node.directives)
                found.add(part, is_paid=not any(map(self._leaves_out, node.directives)))
            else:
                found.add(part)
        return found

    def _note(self, more: set[str], names: set[str]) -> None:
        self.repeats += len(more & names)
        names |= more

    def _fragment(self, name: str) -> Weight:
        """Weighs nothing inside itself; that is no valid document."""
        if name not in self.weighed:
            self.weighed[name], names = Weight(), self.names.setdefault(name, set())
            definition = self.fragments.get(name)
            if definition is not None:
                within = self._narrowed(definition, None)
                inside = self.selection(definition.selection_set, within, names)
                inside.chain += 1
                inside.directives += len(definition.directives or ())
                self.weighed[name] = inside
        return self.weighed[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        known = self._known(node, parent)
        kind = get_named_type(known.type) if known else None
        declared = _declared(known)
        found = self.selection(node.selection_set, kind) if node.selection_set else Weight()
        found.fields += 1
        found.depth += 1
        found.aliases += node.alias is not None
        found.roots = 1
        found.paid = node.name.value != "__typename"
        found.secrets = int(bool(declared.get(_SECRET)))
        if kind is not None and kind.name.endswith("Connection"):
            found.rows = self._size(node) * (1 + found.rows)
        elif kind is not None and kind.name == "_Entity":
            found.rows = self._references(node) * (1 + found.rows)
        found.rows = min(_MOST, found.rows + declared.get(_COST, 0) * ROWS_PER_POINT)
        return found

    def _known(self, node: FieldNode, parent: GraphQLNamedType | None) -> GraphQLField | None:
        """None for what introspection adds, and for what is not there."""
        if isinstance(parent, GraphQLObjectType) or is_interface_type(parent):
            known: GraphQLField | None = parent.fields.get(node.name.value)
            return known
        return None

    def _narrowed(
        self, node: InlineFragmentNode | FragmentDefinitionNode, parent: GraphQLNamedType | None
    ) -> GraphQLNamedType | None:
        condition = node.type_condition
        return self.schema.get_type(condition.name.value) if condition else parent

    def _size(self, node: FieldNode) -> int:
        """What it may read; the field itself refuses what no page may be."""
        given = [
            self._value(argument.value)
            for argument in node.arguments or ()
            if argument.name.value in ("first", "last")
        ]
        sizes = [int(size) for size in given if _is_whole(size)]
        return min(LARGEST_SIZE, max(1, *sizes)) if sizes else DEFAULT_SIZE

    def _references(self, node: FieldNode) -> int:
        """How many entities a router asks for (`federation`)."""
        given = [self._value(argument.value) for argument in node.arguments or ()]
        return sum(len(each) if isinstance(each, list | tuple) else 1 for each in given)

    def _leaves_out(self, directive: DirectiveNode) -> bool:
        wanted = {"skip": True, "include": False}.get(directive.name.value)
        return wanted is not None and any(
            self._value(argument.value) is wanted
            for argument in directive.arguments or ()
            if argument.name.value == "if"
        )

    def _value(self, node: ValueNode) -> Any:
        """A number, a truth or a list; None for everything else."""
        match node:
            case VariableNode():
                return self._variable(node.name.value)
            case IntValueNode():
                return int(node.value[:_DIGITS])
            case BooleanValueNode():
                return node.value
            case ListValueNode():
                return node.values
        return None

    def _variable(self, name: str) -> Any:
        self.read.add(name)
        if name in self.variables:
            return self.variables[name]
        for each in self.operations[0].variable_definitions or () if self.operations else ():
            if each.variable.name.value == name and each.default_value is not None:
                return self._value(each.default_value)
        return None


def _declared(known: GraphQLField | GraphQLInputField | None) -> Mapping[str, int]:
    definition = known.extensions.get("strawberry-definition") if known else None
    return getattr(definition, "metadata", None) or {}


def _is_whole(size: object) -> bool:
    """JSON may write 100 as 100.0, which GraphQL takes for an Int."""
    return type(size) is int or (isinstance(size, float) and size.is_integer())


def items(schema: GraphQLSchema, variables: object) -> int:
    """How many there are in the lists of what was sent, but for those with limits of their own."""
    found, inside, long = 0, [variables], _long(schema)
    while inside:
        each = inside.pop()
        if isinstance(each, dict):
            inside += [value for name, value in each.items() if name not in long]
        elif isinstance(each, list):
            found += len(each)
            inside += [value for value in each if isinstance(value, dict | list)]
    return found


@cache
def _long(schema: GraphQLSchema) -> frozenset[str]:
    """The names of those lists, as no other field of an input is named."""
    inputs = filter(is_input_object_type, schema.type_map.values())
    fields = [each for kind in inputs for each in kind.fields.items()]
    return frozenset(name for name, each in fields if _declared(each).get(_LONG))
