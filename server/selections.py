"""Selections as source of Python: what is read of an object and what is told of it (ADR 0046).

What graphql-core finds out anew for each object, of which type a field is and how its values are
told, is found out once here. A function tells of one object, with lists and objects inside it, up
to the fields that have resolvers: each of those has a function of its own, as it may be for later.

A function raises whatever it likes where something is not as expected, and has read nothing then
that cannot be read again: whoever calls it asks graphql-core.
"""

from collections.abc import Callable
from functools import partial
from inspect import iscoroutinefunction
from types import CoroutineType
from typing import Any, NamedTuple, Protocol

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    SelectionSetNode,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.type.scalars import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from schema.loaders import Loading
from server.fields import Field, Unusual

_INSIDE = "    "
_LISTS = {list, tuple, set, frozenset}
"""What can be read again; a generator cannot."""
_AWAITED = {Loading, CoroutineType}
"""Of these a resolver that is no coroutine may hand back the first."""
_TEXT = "{0}.__class__ is str"
_AS_IT_IS = {
    GraphQLString.coerce_output_value: _TEXT,
    GraphQLID.coerce_output_value: _TEXT,
    str: _TEXT,
    GraphQLBoolean.coerce_output_value: "{0}.__class__ is bool",
    GraphQLInt.coerce_output_value: (
        f"{{0}}.__class__ is int and {GRAPHQL_MIN_INT} <= {{0}} <= {GRAPHQL_MAX_INT}"
    ),
}
"""Which values these types would hand back as they are."""


class Run(Protocol):
    """One execution of the functions of a subtree.

    A function appends to `later` what has to be waited for yet: the field, the object that its
    coroutine is to be called with or what is being loaded, and the dictionary that keeps its place.
    """

    executor: Any
    later: Any

    def info(self, field: Field) -> Any: ...
    def resolver(self, field: Field) -> Callable[[Any], Any]: ...


class Compiled(NamedTuple):
    """`complete` says what is told of a value. `is_plain`: no resolver is asked for it."""

    complete: Callable[[Any, Run], Any]
    is_plain: bool


def compiled(executor: Any, kind: GraphQLObjectType, details: FieldDetailsList) -> Compiled | None:
    """Of an object of `kind`; None where that is graphql-core's."""
    source = _Source(executor)
    try:
        source.write(kind, details)
        code = compile("\n".join(source.lines), "<selection>", "exec")
    except (Unusual, SyntaxError):  # Python has limits of its own on what stands in what
        return None
    exec(code, source.names)  # noqa: S102 of what was sent it has the names of fields
    for field, name in source.resolved:
        field.complete = source.names[name]
    return Compiled(source.names["complete"], is_plain=not source.resolved)


class _Source:
    """The functions of one subtree and what they name. The local that holds a value holds what is
    told of it afterwards.
    """

    def __init__(self, executor: Any) -> None:
        self.executor = executor
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "LISTS": _LISTS,
            "AWAITED": _AWAITED,
            "Loading": Loading,
            "refuse": _refuse,
        }
        self.resolved: list[tuple[Field, str]] = []
        self.beginning = 0
        self.locals = 0

    def name(self, thing: object) -> str:
        name = f"n{len(self.names)}"
        self.names[name] = thing
        return name

    def local(self) -> str:
        self.locals += 1
        return f"x{self.locals}"

    def line(self, pad: str, text: str) -> None:
        self.lines.append(pad + text)

    def write(self, kind: GraphQLObjectType, details: FieldDetailsList) -> None:
        self.function("complete")
        self.object(kind, details, None, "value", _INSIDE)
        self.line(_INSIDE, "return value")
        for field, name in self.resolved:  # which grows
            self.function(name)
            self.value(field.definition.type, field, "value", _INSIDE)
            self.line(_INSIDE, "return value")

    def function(self, name: str) -> None:
        self.line("", f"def {name}(value, run):")
        self.beginning = len(self.lines)

    def object(
        self,
        kind: GraphQLObjectType,
        details: FieldDetailsList,
        above: Field | None,
        x: str,
        pad: str,
    ) -> None:
        pairs, later, found = [], [], self.local()
        for key, inner in self.collected(kind, details).items():
            field = Field(above, kind, key, inner)
            if inner[0].node.name.value == "__typename":
                told = repr(kind.name)
            elif field.attribute is not None:
                told = self.read(field, x, pad)
            elif field.waits:
                told = "None"
                name, _ = self.resolved_by(field)
                later.append(f"run.later.append(({name}, {x}, {found}))")
            else:
                told, name = self.resolved_at_once(field, x, pad)
                waiting = f"run.later.append(({name}, {told}, {found}))"
                later.append(f"if {told}.__class__ is Loading: {waiting}")
            pairs.append(f"{key!r}: {told}")
        self.line(pad, f"{found} = {{{', '.join(pairs)}}}")
        for each in (*later, f"{x} = {found}"):
            self.line(pad, each)

    def collected(
        self, kind: GraphQLObjectType, details: FieldDetailsList
    ) -> dict[str, FieldDetailsList]:
        """As graphql-core merges them, where that is so whatever the variables are."""
        for each in details:
            self.require_plain(each.node.selection_set, set())
        found: dict[str, FieldDetailsList]
        found = self.executor.collect_subfields(kind, details).grouped_field_set
        return found

    def require_plain(self, selected: SelectionSetNode | None, seen: set[str]) -> None:
        """Raises:
        Unusual: there are directives.
        """
        for node in selected.selections if selected else ():
            if node.directives:
                raise Unusual
            inside: Any = None if isinstance(node, FieldNode) else node
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                inside = None if name in seen else self.executor.fragment_definitions[name]
                seen.add(name)
            if inside is not None:
                self.require_plain(inside.selection_set, seen)

    def read(self, field: Field, source: str, pad: str) -> str:
        """The local that holds what is told of an attribute."""
        x = self.local()
        self.line(pad, f"{x} = {source}.{field.attribute}")
        self.value(field.definition.type, field, x, pad)
        return x

    def resolved_at_once(self, field: Field, source: str, pad: str) -> tuple[str, str]:
        """The local that holds what is told of it, or what is being loaded; the field's name."""
        name, complete = self.resolved_by(field)
        x, resolve = self.local(), self.local()
        self.lines.insert(self.beginning, f"{_INSIDE}{resolve} = run.resolver({name})")
        self.line(pad, f"{x} = {resolve}({source})")
        self.line(pad, f"if {x}.__class__ not in AWAITED: {x} = {complete}({x}, run)")
        self.line(pad, f"elif {x}.__class__ is not Loading: refuse({x})")
        return x, name

    def resolved_by(self, field: Field) -> tuple[str, str]:
        """The names of the field and of the function that tells of its value."""
        names = self.name(field), self.name(None)
        self.resolved.append((field, names[1]))
        return names

    def value(self, kind: GraphQLOutputType, field: Field, x: str, pad: str) -> None:
        if is_non_null_type(kind):
            self.present(kind.of_type, field, x, pad)
        else:
            self.line(pad, f"if {x} is not None:")
            self.present(kind, field, x, pad + _INSIDE)

    def present(self, kind: GraphQLOutputType, field: Field, x: str, pad: str) -> None:
        """Of what is not None, or must not be."""
        if is_list_type(kind):
            self.list(kind.of_type, field, x, pad)
        elif is_leaf_type(kind):
            self.leaf(kind, x, pad)
        elif is_object_type(kind):
            self.admit(kind, field, x, pad)
            self.object(kind, field.details, field, x, pad)
        else:
            raise Unusual

    def list(self, kind: GraphQLOutputType, field: Field, x: str, pad: str) -> None:
        each, found = self.local(), self.local()
        self.line(pad, f"if {x}.__class__ not in LISTS: refuse()")
        self.line(pad, f"{found} = []")
        self.line(pad, f"for {each} in {x}:")
        self.value(kind, field, each, pad + _INSIDE)
        self.line(pad + _INSIDE, f"{found}.append({each})")
        self.line(pad, f"{x} = {found}")

    def leaf(self, kind: GraphQLLeafType, x: str, pad: str) -> None:
        told = f"{x} = {self.name(partial(_leaf, kind.coerce_output_value))}({x}, run)"
        known = _AS_IT_IS.get(kind.coerce_output_value)
        if isinstance(kind, GraphQLEnumType):
            members: Any = getattr(kind, "wrapped_cls", ())
            names = {each.name: kind.coerce_output_value(each) for each in members}
            self.line(pad, f"if {x}.__class__ is {self.name(members)}:")
            self.line(pad + _INSIDE, f"{x} = {self.name(names)}[{x}._name_]")
            self.line(pad, f"else: {told}")
        elif known is not None:
            self.line(pad, f"if not ({known.format(x)}): {told}")
        else:
            self.line(pad, told)

    def admit(self, kind: GraphQLObjectType, field: Field, x: str, pad: str) -> None:
        """Once for each class of objects, or for each object where its type looks at more."""
        if iscoroutinefunction(kind.is_type_of):
            raise Unusual
        known: set[type] = set()
        admit = f"{self.name(partial(_admit, kind, field, known))}({x}, run)"
        is_by_class = kind.is_type_of is None or getattr(kind.is_type_of, "by_class", False)
        condition = f"if {x}.__class__ not in {self.name(known)}: " if is_by_class else ""
        self.line(pad, condition + admit)


def _refuse(value: object = None) -> None:
    if isinstance(value, CoroutineType):
        value.close()  # else Python complains that nobody awaits it
    raise Unusual


def _require_value(value: object, run: Run) -> None:
    nothing = value is None or value is Undefined
    if nothing or isinstance(value, Exception) or run.executor.is_awaitable(value):
        raise Unusual


def _leaf(coerce: Callable[[Any], Any], value: object, run: Run) -> Any:
    _require_value(value, run)
    found = coerce(value)
    if found is None or found is Undefined:
        raise Unusual
    return found


def _admit(
    kind: GraphQLObjectType, field: Field, known: set[type], value: object, run: Run
) -> None:
    _require_value(value, run)
    if kind.is_type_of is not None and kind.is_type_of(value, run.info(field)) is not True:
        raise Unusual
    known.add(value.__class__)
