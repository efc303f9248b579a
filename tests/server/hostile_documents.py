"""Documents that ask the server for as much work as 16 KiB of text can: families that are known to
be slow somewhere, and random ones that grow from the schema.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    get_introspection_query,
    get_named_type,
)

from server.graphql import SCHEMA

LARGEST = 16 * 1024
CORE: GraphQLSchema = SCHEMA._schema  # noqa: SLF001 Strawberry offers no other way
TYPES = sorted(CORE.type_map, key=len)
MUTATIONS = sorted(CORE.mutation_type.fields, key=len) if CORE.mutation_type else []
_COMPOSITE = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)
_DEEPEST, _FRAGMENTS = 9, 12
_SOMETIMES, _MISTAKEN = 0.12, 0.01
_SIZES = (15, 30, 60, 119, 1_000, 8_000)


def many(template: str, number: int, separator: str = " ") -> str:
    """`%d` in it counts; cut where the whole would be too long."""
    room = LARGEST // (len(template) + 4)
    texts = (template.replace("%d", str(n)) for n in range(min(number, room)))
    return separator.join(texts)


def doubling(levels: int) -> str:
    """CASES 1."""
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return f"{{ ...F0 }} {chain} fragment F{levels} on Query {{ viewer {{ __typename }} }}"


def cycle(length: int) -> str:
    """CASES 2."""
    return "{ ...F0 } " + " ".join(
        f"fragment F{n} on Query {{ ...F{(n + 1) % length} viewer {{ __typename }} }}"
        for n in range(length)
    )


def spread_everywhere(number: int) -> str:
    spreads = [" ".join(f"...F{m}" for m in range(n + 1, number)) for n in range(number)]
    return '{ node(id: "a") { ...F0 } } ' + " ".join(
        f"fragment F{n} on Member {{ id role {{ code }} {spread} }}"
        for n, spread in enumerate(spreads)
    )


def same(field: str, number: int) -> str:
    """The same field again and again, which has to be compared with itself."""
    return f'{{ tenant(id: "a") {{ {many(field, number)} }} }}'


def fields(number: int) -> Iterator[str]:
    yield same("id", number)
    yield same("name { id { a } }", number)
    yield same("members(first: 1) { totalCount }", number)
    yield same("members(first: %d) { totalCount }", number)
    yield same(
        'members(first: 1, after: "a", filter: {roles: ["A"]}) { edges { node { id } } }', 12
    )
    yield same("members { edges { node { role { code } } } }", number)
    yield same("... on Tenant { id }", number)
    yield same("... { ... { id } }", number)
    yield f"{{ {many('a%d: __typename', number)} }}"  # CASES 4
    yield f"{{ {many('a%d', number)} }}"
    yield f"{{ {many('a%d { b }', number)} }}"
    yield f"{{ me {{ {many('user { id { b { c } } }', number)} }} }}"
    yield f'{{ node(id: "a") {{ {many("... on Node { id }", number)} }} }}'
    yield f"mutation {{ {many('a%d: signOut { signedOut }', number)} }}"
    yield f"subscription {{ {many('a%d', number)} }}"
    yield f"{{ ...A }} fragment A on Query {{ {many('a%d: viewer {{ __typename }}', number)} }}"
    yield "{ a " * number + "}" * number  # CASES 15
    yield (
        "{ __schema { types { "
        + "fields { type { " * min(number, 90)
        + "name "
        + "} " * (2 * min(number, 90) + 3)
    )  # CASES 16


def fragments(number: int) -> Iterator[str]:
    yield doubling(min(number, 200))
    yield cycle(min(number, 300))
    yield spread_everywhere(min(number, 40))
    pairs = many("fragment F%d on User { id login fullName }", number)
    yield f"{{ me {{ user {{ {many('...F%d', min(number, 300))} }} }} }} {pairs}"
    yield many("query Q%d { ...F }", number) + " fragment F on Query { viewer { __typename } }"
    yield "{ a }" + many(" fragment F on Query { a }", number)


def near_names(number: int) -> Iterator[str]:
    """CASES 18: what takes long to make suggestions for."""
    types = " ".join(f"... on {each}x {{ id }}" for each in TYPES[-min(number, 300) :])
    yield f'{{ node(id: "a") {{ {types} }} }}'
    inputs = many("... on Set%dWebhookEndpointEnabledInput { id }", number)
    yield f'{{ node(id: "a") {{ {inputs} }} }}'
    yield "mutation { " + " ".join(f"{each}s" for each in MUTATIONS[-min(number, 300) :]) + " }"
    yield f"{{ {many('passwordMinLengt%d', number)} }}"
    yield f"{{ tenants({many('firs%d: 1', number)}) {{ totalCount }} }}"
    yield f"{{ tenants(filter: {{ catalogs: [{many('PROJEC%d', number)}] }}) {{ totalCount }} }}"
    inputs = many('passwor%d: "x"', number)
    yield f"mutation {{ signIn(input: {{ {inputs} }}) {{ __typename }} }}"
    yield f"query({many('$v%d: SetMemberPermissionsInpu%d', number)}) {{ a }}"


def values(number: int) -> Iterator[str]:
    for value in ("PROJECT", "1", '"x"', "{}", "[]"):
        yield f"{{ tenants(filter: {{ catalogs: [{many(value, number)}] }}) {{ totalCount }} }}"
    yield f"{{ tenants({many('first: 1', number)}) {{ totalCount }} }}"
    yield f"{{ tenants(filter: {{ {many('a%d: 1', number)} }}) {{ totalCount }} }}"
    long = many('a%d: "' + "x" * 50 + '"', number)
    yield f"{{ tenants(filter: {{ {long} }}) {{ totalCount }} }}"
    nested = "[" * number + "]" * number
    yield f"{{ tenants(filter: {{ catalogs: {nested[:LARGEST]} }}) {{ totalCount }} }}"
    deep = "{a: " * min(number, 3_000) + "1" + "}" * min(number, 3_000)
    yield f"{{ tenants(filter: {deep}) {{ totalCount }} }}"
    apps = many("{}", number)
    yield f"mutation {{ inviteMember(input: {{ apps: [{apps}] }}) {{ __typename }} }}"
    yield f"{{ tenants(first: {'9' * min(number, 8_000)}) {{ totalCount }} }}"


def variables(number: int) -> Iterator[str]:
    yield f"query({many('$v%d: Int', number)}) {{ viewer {{ __typename }} }}"
    used = many("a%d: members(first: $v%d) { totalCount }", min(number, 100))
    yield f'query({many("$v%d: Int = 1", number)}) {{ tenant(id: "a") {{ {used} }} }}'
    yield f'{{ tenant(id: "a") {{ {used} }} }}'
    yield f"query({many('$v%d: [[[[Int]]]] = [[[[1]]]]', number)}) {{ a }}"
    yield f"query($v: {'[' * number}Int{']' * number}) {{ a }}"[:LARGEST]


def directives(number: int) -> Iterator[str]:
    yield f"{{ viewer {{ __typename {many('@include(if: true)', number)} }} }}"
    yield f"{{ viewer {{ __typename {many('@a%d', number)} }} }}"
    yield f"query {many('@skip(if: false)', number)} {{ viewer {{ __typename }} }}"
    yield f"{{ {many('a%d: __typename @skip(if: true)', number)} }}"


def texts(number: int) -> Iterator[str]:
    """What the lexer reads letter by letter; CASES 11."""
    length = min(LARGEST - 100, number * 2)
    unknown = many("a%d", 100)
    yield "\n" * length + "{ a }"
    yield "\n" * (length - 1000) + f"{{ {unknown} }}"
    yield "," * length + "{ a }"
    yield "#\n" * (length // 2) + "{ a }"
    yield f"#{'x' * length}\n{{ a }}"
    for text in ("x", "\\n", "\\u0041", "\\u{1F600}", '\\"', "\u00e9"):
        yield f'{{ node(id: "{text * (length // len(text.encode()))}") {{ id }} }}'
    for line in ("\n x", '\\"""', "\n", " "):
        yield f'{{ node(id: """{line * (length // len(line))}""") {{ id }} }}'
    yield f"{{ {'x' * length} }}"
    yield '{ node(id: "' + "x" * length


def definitions(number: int) -> Iterator[str]:
    """No operations at all."""
    yield many("type A%d { b: C }", number)
    yield f"type A {{ {many('b%d: C', number)} }}"
    yield f"union A = {many('B%d', number, '|')}"
    yield f"extend schema {many('@a%d', number)}"


FAMILIES = (
    *(fields, fragments, near_names, values),
    *(variables, directives, texts, definitions),
)


def known() -> Iterator[str]:
    """Of each family, from small ones on: the worst is often the largest that is let through."""
    yield get_introspection_query()
    for size in _SIZES:
        for family in FAMILIES:
            yield from (text[:LARGEST] for text in family(size))


def grown(number: int, seed: int) -> Iterator[str]:
    """Random ones: real fields below each other, now and then with a mistake, up to the limits."""
    chance = random.Random(seed)  # noqa: S311 no secret
    for _ in range(number):
        kind = chance.choice([each for each in OperationType if CORE.get_root_type(each)])
        tree = Tree(chance, chance.choice((40, 80, 110, 119)))
        body = tree.selection(CORE.get_root_type(kind), depth=0)
        yield f"{kind.value} {body}{''.join(tree.fragments)}"[:LARGEST]


@dataclass
class Tree:
    """A document that grows while there is `room` for selections."""

    chance: random.Random
    room: int
    fragments: list[str] = field(default_factory=list)

    def selection(self, kind: GraphQLNamedType | None, depth: int) -> str:
        parts = [self._part(kind, depth) for _ in range(self.chance.randint(1, 12))]
        return f"{{ {' '.join(parts)} }}"

    def _part(self, kind: GraphQLNamedType | None, depth: int) -> str:
        if self.room <= 0 or not isinstance(kind, _COMPOSITE):
            return "__typename"
        self.room -= 1
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            each = self.chance.choice(CORE.get_possible_types(kind))
            return f"... on {each.name} {self.selection(each, depth + 1)}"
        if self._sometimes() and len(self.fragments) < _FRAGMENTS:
            return self._spread(kind, depth)
        return self._field(kind, depth)

    def _spread(self, kind: GraphQLObjectType, depth: int) -> str:
        name = f"F{len(self.fragments)}"
        self.fragments.append("")
        body = self.selection(kind, depth)
        self.fragments[int(name[1:])] = f" fragment {name} on {kind.name} {body}"
        return f"...{name} ...{name}"

    def _field(self, kind: GraphQLObjectType, depth: int) -> str:
        name = self.chance.choice(list(kind.fields))
        below = get_named_type(kind.fields[name].type)
        alias = f"a{self.chance.randint(0, 30)}: " * self._sometimes()
        mistake = "x" * (self.chance.random() < _MISTAKEN)
        arguments = '(first: 1, id: "a")' * self._sometimes()
        skipped = " @skip(if: false)" * self._sometimes()
        inside = ""
        if isinstance(below, _COMPOSITE):
            inside = " " + (
                self.selection(below, depth + 1) if depth < _DEEPEST else "{ __typename }"
            )
        return f"{alias}{name}{mistake}{arguments}{skipped}{inside}"

    def _sometimes(self) -> bool:
        return self.chance.random() < _SOMETIMES
