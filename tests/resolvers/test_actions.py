"""The names of what webhooks can hear are those that use cases record (ADR 0031)."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resolvers import actions, webhook_events
from settings import CHECKOUT

PORTALS = CHECKOUT / "docs" / "portals.md"
NAME = re.compile(r"[a-z_]+\.[a-z_]+")
UNHEARD = {
    "tenant.create": "nobody can listen yet",
    "tenant.delete": "whatever waits ends with the tenant",
}


@dataclass(frozen=True)
class Place:
    """A function of a module."""

    module: Path
    function: ast.AsyncFunctionDef

    @property
    def parameters(self) -> list[str]:
        given = self.function.args
        return [argument.arg for argument in (*given.args, *given.kwonlyargs)]

    def calls(self, name: str) -> Iterator[ast.Call]:
        for node in ast.walk(self.function):
            if isinstance(node, ast.Call) and re.fullmatch(name, ast.unparse(node.func)):
                yield node


PLACES = [
    Place(module, node)
    for module in sorted((CHECKOUT / "resolvers").glob("*.py"))
    for node in ast.walk(ast.parse(module.read_text()))
    if isinstance(node, ast.AsyncFunctionDef)
]


def recorded() -> set[str]:
    """Every action that is recorded of a tenant."""
    return {
        word
        for place in PLACES
        for call in place.calls(r"audit\.record(_all)?")
        if "record_all" in ast.unparse(call.func) or "tenant_id" in [k.arg for k in call.keywords]
        for word in words(place, call.args[1])
    }


def words(place: Place, value: ast.expr) -> Iterator[str]:
    """What an expression there may be; of a parameter, whatever is handed over for it."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=yes, orelse=no):
            yield from (*words(place, yes), *words(place, no))
        case ast.JoinedStr(values=[ast.Constant(value=str(noun)), ast.FormattedValue(value=verb)]):
            yield from (noun + word for word in words(place, verb))
        case ast.Name(id=name) if name in place.parameters:
            yield from handed_over(place, name)
        case _:
            yield from named(place, value)


def handed_over(place: Place, parameter: str) -> Iterator[str]:
    """By all who call the function: those of its own module, where it is that module's affair."""
    name, position = place.function.name, place.parameters.index(parameter)
    for caller in PLACES:
        own = caller.module == place.module
        prefix = "" if own else rf"{place.module.stem}\."
        for call in caller.calls(prefix + name) if own or not name.startswith("_") else ():
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            yield from words(caller, given.get(parameter) or call.args[position])


def named(place: Place, value: ast.expr) -> Iterator[str]:
    """Of a table of the module or a loop of the function: whatever in it is a name."""
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    tables = [
        node
        for node in ast.parse(place.module.read_text()).body
        if isinstance(node, ast.Assign) and names & {ast.unparse(t) for t in node.targets}
    ]
    for node in (inner for table in (*tables, place.function) for inner in ast.walk(table)):
        if isinstance(node, ast.Constant) and NAME.fullmatch(str(node.value)):
            yield str(node.value)


def test_whatever_is_recorded_of_a_tenant_can_be_heard() -> None:
    """Issue 7.5: the audit's actions, and no others."""
    assert recorded() - set(UNHEARD) == actions.HEARD
    assert set(UNHEARD) <= recorded()


def test_names_and_patterns_fit_into_their_columns() -> None:
    assert max(map(len, actions.HEARD)) <= 48
    assert all(NAME.fullmatch(action) for action in actions.HEARD)
    assert webhook_events.TEST not in actions.PATTERNS


def test_every_event_is_explained_to_those_who_hear_it() -> None:
    listed = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", PORTALS.read_text(), re.MULTILINE)
    assert listed == [*sorted(actions.HEARD), webhook_events.TEST]


def test_fields_are_named_as_in_the_api() -> None:
    assert actions.field_name("max_sessions") == "maxSessions"
    assert actions.field_name("app_01kqzx3v7yf2s8s3h4m5n6p7q8") == "app_01kqzx3v7yf2s8s3h4m5n6p7q8"
