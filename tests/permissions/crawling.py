"""Everything that somebody can come to: asked from the first fields, then from each id found.

What is selected is made from the schema, so a new field is walked as soon as it is there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)

from server.graphql import SCHEMA
from tests.clients import Client

TYPES: Any = SCHEMA._schema.type_map  # noqa: SLF001 Strawberry offers no other way to the whole schema
ID = re.compile(r"\b[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}\b")
AT_ONCE = 5
KINDS = {
    "act": "AppAction",
    "app": "App",
    "aps": "AppSession",
    "aro": "AppRole",
    "evt": "AuditEvent",
    "imp": "MemberImport",
    "inv": "Invitation",
    "key": "ApiKey",
    "mem": "Member",
    "sub": "Subscription",
    "ten": "Tenant",
    "trf": "Tariff",
    "usr": "User",
    "whd": "WebhookDelivery",
    "whe": "WebhookEndpoint",
}
_NODES = SCHEMA._schema.get_possible_types(TYPES["Node"])  # noqa: SLF001 as above


@dataclass
class Crawl:
    """By one client: `found` are all ids in the answers, with the type of where each stood."""

    client: Client
    found: dict[str, str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    async def walk(self, *ids: str) -> None:
        """From every query that takes no more than ids, these ones among them, to the end."""
        for name, asked in TYPES["Query"].fields.items():
            await self._ask_root(name, asked, ids)
        while ahead := sorted(set(self.found) - self._asked):
            alike = [each for each in ahead if each[:3] == ahead[0][:3]]
            await self._ask_nodes(alike[:AT_ONCE])

    async def _ask_root(self, name: str, asked: GraphQLField, ids: Iterable[str]) -> None:
        needed = [n for n, argument in asked.args.items() if is_required_argument(argument)]
        if not needed:
            await self._ask(f"{{ {name}{_select(asked)} }}")
        elif needed in (["id"], ["tenantId"]):
            for each in ids:
                await self._ask(f'{{ {name}({needed[0]}: "{each}"){_select(asked, open=True)} }}')

    async def _ask_nodes(self, ids: list[str]) -> None:
        self._asked.update(ids)
        asked = " ".join(f'n{n}: node(id: "{each}") {{ ...N }}' for n, each in enumerate(ids))
        kind = TYPES[KINDS.get(ids[0][:3], "Node")]
        fields = " ".join(_fields(kind, 3)) if kind.name != "Node" else ""
        await self._ask(f"{{ {asked} }} fragment N on {kind.name} {{ __typename id {fields} }}")

    async def _ask(self, document: str) -> None:
        answer = await self.client.execute(document)
        for error in answer.get("errors", ()):
            code = error["extensions"]["code"]
            assert code in ("PERMISSION_DENIED", "NOT_FOUND", "UNAUTHENTICATED"), (error, document)
        self._note(answer.get("data"), "Query")

    def _note(self, value: Any, kind: str) -> None:
        if isinstance(value, dict):
            for each in value.values():
                self._note(each, value.get("__typename", kind))
        elif isinstance(value, list):
            for each in value:
                self._note(each, kind)
        elif isinstance(value, str):
            self.found |= {each: kind for each in ID.findall(value) if each not in self.found}


def _select(asked: GraphQLField, depth: int = 3, *, open: bool = False) -> str:  # noqa: A002 as brackets are
    """What a field shows, down to the ids of what it leads to; with a page's size, where it has
    one and no other argument.
    """
    page = "(first: 20)" if "first" in asked.args and not open else ""
    kind = get_named_type(asked.type)
    return page + selection(kind, depth)


def selection(kind: Any, depth: int) -> str:
    """All that needs no argument, `depth` objects down to those that have an id of their own."""
    if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
        more = " ... on Node { id }" if kind.name in ("Node", "Actor") else ""
        return f" {{ __typename{more} }}"
    if not isinstance(kind, GraphQLObjectType):
        return ""
    return f" {{ __typename {' '.join(_fields(kind, depth))} }}"


def _fields(kind: GraphQLObjectType, depth: int) -> list[str]:
    """Objects with an id of their own are asked by it."""
    wanted = []
    for name, each in kind.fields.items():
        leads = get_named_type(each.type)
        if any(is_required_argument(argument) for argument in each.args.values()):
            continue
        if not isinstance(leads, GraphQLObjectType | GraphQLUnionType | GraphQLInterfaceType):
            wanted.append(name)
        elif leads in _NODES:
            wanted.append(f"{name} {{ __typename id }}")
        elif depth > 0:
            wanted.append(f"{name}{_select(each, depth - 1)}")
    return wanted
