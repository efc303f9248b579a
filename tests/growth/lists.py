"""Every list of the schema: how to come to it, and with what it can be asked.

A list, a filter or an order that is new to the schema is asked by itself, or misses its example
here.
"""

import re
from collections.abc import Iterator
from typing import Any

from graphql import GraphQLEnumType, GraphQLField, GraphQLInputObjectType, get_named_type

from tests.permissions.crawling import TYPES, selection
from tests.permissions.readings import KINDS

WAYS = {
    "Query": "{}",
    "Me": "me {{ {} }}",
    "AddMemberOptions": "tenant(id: $tenant) {{ addMemberOptions {{ {} }} }}",
    "ServedTenant": "tenant(id: $tenant) {{ servicedTenants {{ edges {{ node {{ {} }} }} }} }}",
    **{
        kind: f"node(id: {variable}) {{{{ ... on {kind} {{{{ {{}} }}}} }}}}"
        for kind, variable in KINDS.items()
    },
}
"""From a query to the object with the list."""

_OLD, _NEW = '"2020-01-01T00:00:00Z"', '"2100-01-01T00:00:00Z"'
EXAMPLES = {
    "search": ('"person 77"', '"user77"', '"1"', '"nobody"'),
    "roles": ('["OWNER"]', '["ACCOUNTANT"]', '["OWNER", "MANAGER"]'),
    "statuses": ("[JOINED]", "[PENDING]", "[REMOVED]", "[DISABLED, JOINED]"),
    "invitationStates": ("[PENDING]", "[EXPIRED]", "[DECLINED]"),
    "appId": ("$app",),
    "catalogs": ("[PROJECT]", "[ACCOUNT]"),
    "actorIds": ("[$user]",),
    "actions": ('["member.invite"]', '["nothing"]'),
    "from": (_OLD, _NEW),
    "until": (_OLD, _NEW),
    "updatedSince": (_OLD, _NEW),
    "states": (),
}
"""Values for arguments and fields of filters, common ones and rare ones."""

_PLACES = {"first", "after", "last", "before", "tenantId", "orderBy"}


def fields() -> dict[str, GraphQLField]:
    """Of all lists by `Type.field`."""
    return {
        f"{kind.name}.{name}": field
        for kind in TYPES.values()
        for name, field in getattr(kind, "fields", {}).items()
        if str(get_named_type(field.type)).endswith("Connection")
    }


def whole(name: str) -> str:
    """A page with all that its items show, and how many there are."""
    return _asked(name, {}, selection(get_named_type(fields()[name].type), 3))


def choices(name: str) -> Iterator[str]:
    """Each filter's examples, each in every order."""
    for chosen in _filters(name):
        for order in list(_orders(name))[::2] or [{}]:
            yield _asked(name, chosen | order, _brief(name))


def ends(name: str) -> Iterator[str]:
    """The first page of each order, and the last one where a list can be read from there."""
    sizes = [{"first": "50"}, *([{"last": "50"}] if "last" in fields()[name].args else [])]
    for order in list(_orders(name)) or [{}]:
        for size in sizes:
            yield _asked(name, order | size, "{ pageInfo { startCursor endCursor } }")


def beyond(name: str, end: str, cursor: str) -> Iterator[str]:
    """What follows the cursor of such a page, and what precedes it."""
    for way in sorted({"after", "before"} & fields()[name].args.keys()):
        yield re.sub(r"(first|last): 50", f'first: 50, {way}: "{cursor}"', end)


def document(asked: str) -> str:
    takes = ", ".join(f"{name}: ID!" for name in sorted(set(re.findall(r"\$\w+", asked))))
    return f"query{f'({takes})' if takes else ''} {{ {asked} }}"


def examples() -> set[str]:
    """Whatever a list can be narrowed by."""
    found = set()
    for field in fields().values():
        for name, argument in field.args.items():
            kind = get_named_type(argument.type)
            if name not in _PLACES:
                inner = kind.fields if isinstance(kind, GraphQLInputObjectType) else ()
                found |= set(inner) or {name}
    return found


def _asked(name: str, arguments: dict[str, str], select: str) -> str:
    kind, _, field = name.partition(".")
    given = {"tenantId": "$tenant"} if "tenantId" in fields()[name].args else {}
    values = ", ".join(f"{key}: {value}" for key, value in (given | arguments).items())
    return WAYS[kind].format(f"{field}{f'({values})' if values else ''} {select}")


def _brief(name: str) -> str:
    connection: Any = get_named_type(fields()[name].type)
    return f"{{ edges {{ cursor }} {'totalCount' if 'totalCount' in connection.fields else ''} }}"


def _filters(name: str) -> Iterator[dict[str, str]]:
    for argument, declared in fields()[name].args.items():
        kind = get_named_type(declared.type)
        if argument in _PLACES:
            continue
        if isinstance(kind, GraphQLInputObjectType):
            for each, inner in kind.fields.items():
                for value in _examples(each, inner):
                    yield {argument: f"{{ {each}: {value} }}"}
        else:
            yield from ({argument: value} for value in _examples(argument, declared))


def _examples(name: str, declared: Any) -> tuple[str, ...]:
    kind = get_named_type(declared.type)
    if not EXAMPLES[name] and isinstance(kind, GraphQLEnumType):
        return tuple(f"[{value}]" for value in kind.values)
    return EXAMPLES[name]


def _orders(name: str) -> Iterator[dict[str, str]]:
    if "orderBy" not in fields()[name].args:
        return
    for field in TYPES["MemberOrderField"].values:
        for direction in TYPES["OrderDirection"].values:
            yield {"orderBy": f"{{ field: {field}, direction: {direction} }}"}
