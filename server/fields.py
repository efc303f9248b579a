"""A field of a compiled selection: where it stands, what is read for it, who resolves it.

What Strawberry and graphql-core work out for each object, here an execution works out once: `info`
and the arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import Enum
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from graphql import GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

_FIXED = (str, int, float, type(None), Enum)
"""What no resolver can change for the next one."""


class Unusual(Exception):
    """graphql-core has to do it."""


@dataclass(slots=True, eq=False)
class Field:
    """One of objects of `kind`; `above` is the field whose value they are, if that is compiled too.

    `complete` says what is told of its value, where a resolver hands that back.
    """

    above: "Field | None"
    kind: GraphQLObjectType
    key: str
    details: FieldDetailsList
    complete: Callable[[Any, Any], Any] = dataclass_field(init=False)

    @property
    def definition(self) -> GraphQLField:
        """Raises:
        Unusual: it is one of introspection.
        """
        found: GraphQLField | None = self.kind.fields.get(self.details[0].node.name.value)
        if found is None:
            raise Unusual
        return found

    @property
    def ours(self) -> StrawberryField:
        """Raises:
        Unusual: something else may stand between it and its value.
        """
        found = self.definition.extensions.get("strawberry-definition")
        if type(found) is not StrawberryField:
            raise Unusual
        return found

    @property
    def attribute(self) -> str | None:
        """What is read of its object, where that is all."""
        ours = self.ours
        if not ours.is_basic_field:
            return None
        if ours.default_resolver is not getattr or ours.python_name is None:
            raise Unusual
        return ours.python_name

    @property
    def waits(self) -> bool:
        return iscoroutinefunction(self.definition.resolve)

    def info(self, executor: Any, top: Path) -> Any:
        """One for all objects, so that its path has no indexes."""
        nodes = [each.node for each in self.details]
        return executor.build_resolve_info(self.definition, nodes, self.kind, self._path(top))

    def _path(self, top: Path) -> Path:
        above = top if self.above is None else self.above._path(top)  # noqa: SLF001 of its own kind
        return Path(above, self.key, self.kind.name)

    def resolver(self, executor: Any, info: Any) -> Callable[[Any], Any]:
        """Of an object, with the arguments of this execution.

        Raises:
            Exception: they are no arguments.
        """
        definition, node = self.definition, self.details[0].node
        sent, hides = executor.variable_values, executor.hide_suggestions
        given = get_argument_values(definition, node, sent, hide_suggestions=hides)
        function = _function(self.ours)
        if function is not None and all(isinstance(each, _FIXED) for each in given.values()):
            named = _named(self.ours, executor.schema, info, given)
            return partial(function, **named)
        resolve: Any = definition.resolve
        return lambda source: resolve(source, info, **given)


def _function(field: StrawberryField) -> Callable[..., Any] | None:
    """What resolves it, where nothing stands around: takes its object first, the rest by name."""
    resolver: Any = field.base_resolver
    if field.extensions:
        return None
    taken = (resolver.self_parameter, resolver.parent_parameter, resolver.root_parameter)
    first = next(iter(resolver.signature.parameters.values()), None)
    return resolver.wrapped_func if [each for each in taken if each] == [first] else None


def _named(field: StrawberryField, schema: Any, info: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments as Strawberry names and converts them."""
    converter: Any = schema.extensions["strawberry-definition"].schema_converter
    config, scalars = converter.config, converter.scalar_registry
    named = convert_arguments(given, field.arguments, scalar_registry=scalars, config=config)
    resolver: Any = field.base_resolver
    if resolver.info_parameter:
        named[resolver.info_parameter.name] = config.info_class(_raw_info=info, _field=field)
    return named
