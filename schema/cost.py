"""What an operation may cost, before it is run, in points.

One for each field at its root, and one for each hundred rows that its connections may read: as many
as `first` or `last` say, 50 where neither does, times those of the connection around it. A list of
entities that a router asks for counts as one. A fragment is weighed once, however often it is
spread: in the time it takes to read the document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_directive_values,
    get_named_type,
    is_interface_type,
    value_from_ast_untyped,
)
from graphql.execution.values import VariableValues

from resolvers.pages import DEFAULT_SIZE, LARGEST_SIZE

ROWS_PER_POINT = 100
_MOST = 10**9  # rows; where it is more, it does not matter how many


@dataclass(frozen=True, slots=True)
class Weight:
    """Of a selection: how many fields it has itself, and how many rows it may read."""

    fields: int = 0
    rows: int = 0

    def __add__(self, other: "Weight") -> "Weight":
        return Weight(min(_MOST, self.fields + other.fields), min(_MOST, self.rows + other.rows))


def points(rows: int, *, fields: int = 1) -> int:
    """Of so many rows, and so many fields at the root."""
    return max(1, fields) + -(-rows // ROWS_PER_POINT)


def of(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: VariableValues,
) -> int:
    """The points of a validated operation with its coerced variables; at least 1."""
    scales = _Scales(schema, fragments, variables)
    weight = scales.selection(operation.selection_set, schema.get_root_type(operation.operation))
    return points(weight.rows, fields=weight.fields)


def of_running(info: GraphQLResolveInfo[Any]) -> int:
    """Of the operation that a field is part of."""
    return of(info.schema, info.operation, info.fragments, info.variable_values)


@dataclass
class _Scales:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues
    weighed: dict[str, Weight] = field(default_factory=dict)

    def selection(
        self, selected: SelectionSetNode | None, parent: GraphQLNamedType | None
    ) -> Weight:
        found = Weight()
        for node in selected.selections if selected else ():
            if self._is_left_out(node):
                continue
            if isinstance(node, FragmentSpreadNode):
                found += self._fragment(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                found += self.selection(node.selection_set, self._narrowed(node, parent))
            elif isinstance(node, FieldNode):
                found += self._field(node, parent)
        return found

    def _fragment(self, name: str) -> Weight:
        """Weighs nothing inside itself, where validation has not been."""
        if name not in self.weighed:
            self.weighed[name] = Weight()
            definition = self.fragments[name]
            self.weighed[name] = self.selection(
                definition.selection_set, self._narrowed(definition, None)
            )
        return self.weighed[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        if node.name.value == "__typename":
            return Weight()
        kind = self._kind(node, parent)
        below = self.selection(node.selection_set, kind).rows
        if kind is not None and kind.name.endswith("Connection"):
            return Weight(1, min(_MOST, self._size(node) * (1 + below)))
        if kind is not None and kind.name == "_Entity":
            return Weight(1, min(_MOST, self._references(node) * (1 + below)))
        return Weight(1, below)

    def _kind(self, node: FieldNode, parent: GraphQLNamedType | None) -> GraphQLNamedType | None:
        """None for what introspection adds."""
        if not (isinstance(parent, GraphQLObjectType) or is_interface_type(parent)):
            return None
        known = parent.fields.get(node.name.value)
        return get_named_type(known.type) if known else None

    def _narrowed(
        self, node: InlineFragmentNode | FragmentDefinitionNode, parent: GraphQLNamedType | None
    ) -> GraphQLNamedType | None:
        condition = node.type_condition
        return self.schema.get_type(condition.name.value) if condition else parent

    def _size(self, node: FieldNode) -> int:
        """What it may read; the field itself refuses what no page may be."""
        given = {
            argument.name.value: value_from_ast_untyped(argument.value, self.variables.coerced)
            for argument in node.arguments or ()
            if argument.name.value in ("first", "last")
        }
        sizes = [size for size in given.values() if type(size) is int]
        return min(LARGEST_SIZE, max(1, *sizes)) if sizes else DEFAULT_SIZE

    def _references(self, node: FieldNode) -> int:
        """How many entities a router asks for (`federation`)."""
        given = [
            value_from_ast_untyped(a.value, self.variables.coerced) for a in node.arguments or ()
        ]
        return sum(len(each) if isinstance(each, list) else 1 for each in given)

    def _is_left_out(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return bool((skip and skip["if"]) or (include and not include["if"]))
