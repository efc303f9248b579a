"""Schemas, data and documents that nobody wrote, for whoever has to answer as graphql-core does."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from math import nan
from random import Random
from types import SimpleNamespace
from typing import Annotated, Any, NewType, Optional

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    NoUnusedVariablesRule,
    Undefined,
    execute,
    parse,
    specified_rules,
    validate,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import FieldExtension
from strawberry.schema.config import StrawberryConfig

from schema.loaders import Loader
from server.subtrees import Executor

RULES = [rule for rule in specified_rules if rule is not NoUnusedVariablesRule]
ARGUMENTS = ("", "(size: 5)", "(size: $n)", "(color: BLUE, size: 2)", "(color: $c)", "(size: 13)")
DIRECTIVES = ("@include(if: $yes)", "@skip(if: $no)", "@skip(if: true)", "@include(if: true)")
CLOSED = 13
"""A size that the guard refuses."""
WRAPPERS = ("", "", "!", "[", "![", "[!", "![!", "[[", "![![")
"""Around a type, the outermost first: not null, list."""

Even = NewType("Even", int)
Resolve = Callable[..., Any]


def _even(value: int) -> object:
    if value % 2:
        raise ValueError("odd")
    return f"{value}!" if value else None


@strawberry.enum
class Color(Enum):
    RED = "red"
    BLUE = 2


@strawberry.interface
class Named:
    name: str | None


class Guard(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **given: Any) -> Any:
        if given.get("size") == CLOSED:
            raise PermissionError("closed")
        return next_(source, info, **given)

    async def resolve_async(
        self, next_: Any, source: Any, info: strawberry.Info, **given: Any
    ) -> Any:
        return await self.resolve(next_, source, info, **given)


LEAVES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "str": (str, ("a", "", "я")),
    "int": (int, (0, -7, 2**31 - 1)),
    "float": (float, (0.5, 3, -1e300)),
    "bool": (bool, (True, False)),
    "id": (strawberry.ID, ("x", 12)),
    "moment": (datetime, (datetime(2026, 11, 22, tzinfo=UTC),)),
    "color": (Color, (*Color, "red", 2)),
    "even": (Even, (2, 4)),
}
TROUBLES: tuple[Any, ...] = (
    *(None, Undefined, "red", 7, 0, 2**31, nan, True, [], ["a", None], {"a": 1}, object()),
    *(ValueError("returned"), datetime(1, 1, 1), Color.RED, frozenset({"a"})),  # noqa: DTZ001
)


@dataclass
class Kept:
    """A document that was sent so often."""

    times: int = 2
    subtrees: dict[Any, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Raised:
    """What a field holds that raises."""


@dataclass(eq=False)
class Ask:
    """A key of the loader."""

    outcome: Any


class Row:
    """An object of the layers below."""

    def __init__(self, kind: str, held: dict[str, Any]) -> None:
        self.kind, self.held = kind, held

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.held:
            raise AttributeError(name)
        return told(self.held[name])


def told(outcome: Any) -> Any:
    if isinstance(outcome, Raised):
        raise LookupError("raised")  # noqa: TRY004 somebody's, whatever it is
    return outcome


@dataclass
class Shape:
    """Of a field: its type, and how it is resolved: `read`, `now`, `later`, `loaded`."""

    named: str
    wrappers: str
    how: str
    takes: bool
    is_guarded: bool


@dataclass
class Maker:
    """Of a schema, then of data and documents for it: `trouble` is how much of the data is not as
    the schema says, `hows` the ways in which fields are resolved, `strict` whether some are not
    null.
    """

    random: Random
    trouble: float
    hows: tuple[str, ...] = ("read", "read", "now", "later")
    strict: bool = True
    fragments: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.abstract = self.random.random() < 0.3
        self.directed = self.random.random() < 0.3
        self.types = {f"T{number}": self._fields(number) for number in range(4)}
        self.types["Named"] = {"name": self.types["T3"]["name"]}
        self.types["Any"] = {}

    def _fields(self, number: int) -> dict[str, Shape]:
        """They lead to later types only, so that all ends."""
        below = [f"T{each}" for each in range(number + 1, 4)]
        if self.abstract and number < 2:
            below += ["Named", "Any"]
        names = [f"f{each}" for each in range(self.random.randint(1, 5))]
        return {
            "name": Shape("str", "", "read", takes=False, is_guarded=False),
            **{name: self._shape(below) for name in names},
        }

    def _shape(self, below: list[str]) -> Shape:
        choose, chance = self.random.choice, self.random.random
        named = choose(below) if below and chance() < 0.5 else choose([*LEAVES])
        wrappers = choose(WRAPPERS) if self.strict else choose(WRAPPERS).replace("!", "")
        how = choose(self.hows)
        takes = how in {"now", "later"} and chance() < 0.5
        return Shape(named, wrappers, how, takes, takes and chance() < 0.3)

    def schema(self) -> GraphQLSchema:
        known: dict[str, Any] = {name: kind for name, (kind, _) in LEAVES.items()}
        known["Named"] = Named
        for name in ("T3", "T2", "T1", "T0"):
            known[name] = self._type(name, known)
            if name == "T2":
                either = known["T2"] | known["T3"]
                known["Any"] = Annotated[either, strawberry.union("Any")]

        async def top(info: strawberry.Info) -> Any:
            return info.context.top

        root = strawberry.field(resolver=top, graphql_type=_annotation("", known["T0"]))
        query: Any = strawberry.type(type("Query", (), {"top": root}))
        scalars: Any = {Even: strawberry.scalar(name="Even", serialize=_even, parse_value=int)}
        every = [known[name] for name in ("T0", "T1", "T2", "T3")]
        config = StrawberryConfig(scalar_map=scalars)
        made: Any = strawberry.Schema(query, config=config, types=every)
        schema: GraphQLSchema = made._schema  # noqa: SLF001 Strawberry offers no other way
        return schema

    def _type(self, name: str, known: dict[str, Any]) -> Any:
        shapes, members = self.types[name], {}
        for each, shape in shapes.items():
            kind = _annotation(shape.wrappers, known[shape.named])
            if shape.how == "read":
                members[each] = strawberry.field(graphql_type=kind)
            else:
                extensions: list[FieldExtension] = [Guard()] if shape.is_guarded else []
                resolver: Any = _resolver(each, shape)
                members[each] = strawberry.field(
                    resolver=resolver, graphql_type=kind, extensions=extensions
                )
        members["__annotations__"] = {e: Any for e, s in shapes.items() if s.how == "read"}
        if name != "T0":
            members["is_type_of"] = _decider(name)
        return strawberry.type(type(name, (Named,) if name in {"T2", "T3"} else (), members))

    def row(self, name: str) -> Row:
        held: dict[str, Any] = {}
        for each, shape in self.types[name].items():
            held[each] = self._value(shape.wrappers, shape.named)
            if shape.how == "loaded":
                held[each] = Ask(held[each])
        if self.random.random() < self.trouble:
            held.pop(self.random.choice([*held]))
        return Row(name, held)

    def _value(self, wrappers: str, named: str) -> Any:
        choose, chance = self.random.choice, self.random.random
        if chance() < self.trouble:
            return choose((*TROUBLES, Raised(), Row("T3", {"name": "wrong"})))
        if not wrappers.startswith("!") and chance() < 0.2:
            return None
        wrappers = wrappers.removeprefix("!")
        if wrappers:
            each = [self._value(wrappers[1:], named) for _ in range(self.random.randint(0, 3))]
            return choose([list, tuple])(each)
        if named in LEAVES:
            return choose(LEAVES[named][1])
        return self.row(choose(["T2", "T3"]) if named in {"Named", "Any"} else named)

    def document(self) -> str:
        self.fragments.clear()
        tops = [f"{alias}top {self._selection('T0', 4)}" for alias in self._aliases()]
        spread = [f"fragment {name} on {on} {inside}" for name, on, inside in self.fragments]
        variables = "$n: Int! = 4, $c: Color, $yes: Boolean! = true, $no: Boolean! = false"
        return "\n".join([f"query Made({variables}) {{ {' '.join(tops)} }}", *spread])

    def _aliases(self) -> list[str]:
        return self.random.choice([[""], [""], ["", ""], ["", "again: "]])

    def _selection(self, on: str, depth: int) -> str:
        parts = [self._part(on, depth) for _ in range(self.random.randint(1, 5))]
        return f"{{ {' '.join(parts)} }}"

    def _part(self, on: str, depth: int) -> str:
        chance = self.random.random()
        if on == "Any" or chance < 0.1:
            inside = on if on not in {"Named", "Any"} else self.random.choice(["T2", "T3"])
            if (depth and on in {"Named", "Any"}) or chance < 0.05:
                return f"... on {inside} {self._directive()} {self._selection(inside, depth - 1)}"
            return "__typename"
        if chance < 0.2 and depth:
            return f"... {self._directive()} {self._selection(on, depth - 1)}"
        if chance < 0.35 and depth:
            return f"...{self._fragment(on, depth)} {self._directive()}"
        return self._field(on, depth)

    def _fragment(self, on: str, depth: int) -> str:
        known = [name for name, other, _ in self.fragments if other == on]
        if known and self.random.random() < 0.5:
            return self.random.choice(known)
        wanted = "Named" if on in {"T2", "T3"} and self.random.random() < 0.3 else on
        inside = self._selection(wanted, depth - 1)
        name = f"F{len(self.fragments)}"
        self.fragments.append((name, wanted, inside))
        return name

    def _field(self, on: str, depth: int) -> str:
        shapes = self.types[on]
        inner = [name for name, each in shapes.items() if each.named not in LEAVES]
        if inner and depth and self.random.random() < 0.6:
            name = self.random.choice(inner)
        else:
            name = self.random.choice([each for each in shapes if each not in inner])
        shape = shapes[name]
        chosen = self.random.randrange(len(ARGUMENTS)) if shape.takes else 0
        alias = f"{name}_{chosen}: " if chosen or self.random.random() < 0.2 else ""
        inside = self._selection(shape.named, depth - 1) if name in inner else ""
        return f"{alias}{name}{ARGUMENTS[chosen]} {self._directive()} {inside}"

    def _directive(self) -> str:
        wanted = self.directed and self.random.random() < 0.15
        return self.random.choice(DIRECTIVES) if wanted else ""

    def variables(self) -> dict[str, Any]:
        given = {"n": 13, "c": "RED", "yes": False, "no": True}
        return {name: value for name, value in given.items() if self.random.random() < 0.3}


def _annotation(wrappers: str, kind: Any) -> Any:
    inner = wrappers.removeprefix("!")
    found = list[_annotation(inner[1:], kind)] if inner else kind  # type: ignore[misc]
    return found if wrappers.startswith("!") else Optional[found]  # noqa: UP045 made of a variable


def _decider(name: str) -> Any:
    """T1 looks at the class only, the others at the row."""

    def decide(cls: type, row: Any, _info: Any) -> bool:
        return isinstance(row, Row) and name in {"T1", row.kind}

    if name == "T1":
        decide.by_class = True  # type: ignore[attr-defined]
    return classmethod(decide)


def _resolver(name: str, shape: Shape) -> Resolve:
    def found(parent: Row, size: int, color: Color | None) -> Any:
        value = told(parent.held[name])
        return f"{value} {size} {color}" if shape.takes and isinstance(value, str) else value

    async def later(
        parent: strawberry.Parent[Row], size: int = 1, color: Color | None = None
    ) -> Any:
        await asyncio.sleep(0)
        return found(parent, size, color)

    def loaded(parent: strawberry.Parent[Row], info: strawberry.Info) -> Any:
        return info.context.loader.load(parent.held[name], lambda ask: told(ask.outcome))

    def now(
        info: strawberry.Info,
        parent: strawberry.Parent[Row],
        size: int = 1,
        color: Color | None = None,
    ) -> Any:
        assert info.field_name == name
        return found(parent, size, color)

    made: dict[str, Resolve] = {"now": now, "later": later, "loaded": loaded}
    return made[shape.how]


def context(top: object, document: Kept | None = None) -> Any:
    """`batches`: how many keys the loader was asked for, time after time."""
    batches: list[int] = []

    async def read(keys: list[Ask]) -> dict[Ask, Ask]:
        batches.append(len(keys))
        await asyncio.sleep(0)
        return {key: key for key in keys}

    return SimpleNamespace(top=top, document=document, batches=batches, loader=Loader(read))


async def answer(
    schema: GraphQLSchema,
    document: DocumentNode,
    within: Any,
    variables: dict[str, Any] | None = None,
) -> ExecutionResult:
    found: Any = execute(
        schema,
        document,
        context_value=within,
        variable_values=variables,
        executor_class=Executor,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # as Strawberry calls it
    )
    answered: ExecutionResult = await found if hasattr(found, "__await__") else found
    for _ in range(30):  # whatever graphql-core settles in the background
        await asyncio.sleep(0)
    return answered


def errors(result: ExecutionResult) -> list[str]:
    return [json.dumps(each.formatted) for each in result.errors or ()]


def valid(schema: GraphQLSchema, text: str) -> DocumentNode | None:
    document = parse(text)
    return None if validate(schema, document, RULES) else document
