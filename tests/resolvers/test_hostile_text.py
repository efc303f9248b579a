"""Whatever text is sent, and wherever, it is no failure of ours (issue 2: what bad input gets).

Every place where a text can stand is read from the schema, so that a new field is tried as well.
"""

import json
from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from models import ProviderRole, Tenant
from server.graphql import SCHEMA
from tests.factories import World

TEXTS = {
    "NUL": "\u0000",
    "NUL behind a prefix": "mem_\u0000",
    "endless": "x" * 10_000,
    "longer when it is folded": "ﬃ" * 200,
    "turned round": "\u202ea",
    "beyond the first plane": "\U0010ffff",
    "SQL": "'; drop table users; --",
    "wildcards": "%\\_",
    "blanks": " \t\r\n",
    "nothing": "",
    "half an address": "https://[a",
}
TEXT, TENANT = "$x", "$t"
TYPES = SCHEMA._schema.type_map  # noqa: SLF001 Strawberry offers no other way to the whole schema
ENDS_THE_TENANT = {"deleteTenant", "leaveTenant"}


DEEPER = (
    "{ me { memberships(after: $x) { edges { cursor } } } }",
    "{ me { invitations(after: $x) { edges { cursor } } } }",
    "{ me { sessions(after: $x) { edges { cursor } } } }",
    "{ tenant(id: $t) { viewer { can(permission: $x) } } }",
    "{ tenant(id: $t) { apps(before: $x) { totalCount } } }",
    "{ tenant(id: $t) { auditLog(before: $x) { edges { cursor } } } }",
    "{ tenant(id: $t) { auditLog(filter: { actorIds: [$x] }) { edges { cursor } } } }",
    "{ tenant(id: $t) { auditLog(filter: { actions: [$x] }) { edges { cursor } } } }",
)


def operations() -> Iterator[str]:
    """Documents for every root field, with `$x` wherever a text can stand."""
    yield from DEEPER
    for name, field in TYPES["Query"].fields.items():  # type: ignore[attr-defined]
        for arguments in one_by_one(field.args):
            yield f"{{ {name}({arguments}){selected(field.type)} }}"
    for name, field in TYPES["Mutation"].fields.items():  # type: ignore[attr-defined]
        if TEXT in (arguments := given(field.args)):
            tenant = TEXT if name in ENDS_THE_TENANT else TENANT
            arguments = arguments.replace(f"tenantId: {TEXT}", f"tenantId: {tenant}")
            yield f"mutation {{ {name}({arguments}){selected(field.type)} }}"


def one_by_one(fields: dict[str, GraphQLArgument]) -> Iterator[str]:
    """The required arguments and one that takes a text: two wrong ones would hide each other."""
    required = [f"{n}: {value(f.type)}" for n, f in fields.items() if is_required_argument(f)]
    if TEXT in (alone := ", ".join(required)):
        yield alone
    tenant = [one.replace(f"tenantId: {TEXT}", f"tenantId: {TENANT}") for one in required]
    for name, field in fields.items():
        if not is_required_argument(field):
            for one in parts(field.type):
                if TEXT in one:
                    yield ", ".join([*tenant, f"{name}: {one}"])


def parts(kind: GraphQLInputType) -> Iterator[str]:
    """The value; of an input each field alone."""
    if not isinstance(kind, GraphQLInputObjectType):
        yield value(kind)
        return
    for name, field in kind.fields.items():
        yield f"{{ {name}: {value(field.type)} }}"


def given(fields: dict[str, GraphQLArgument]) -> str:
    """Every argument or input field."""
    return ", ".join(f"{name}: {value(field.type)}" for name, field in fields.items())


def value(kind: GraphQLInputType) -> str:
    if isinstance(kind, GraphQLNonNull):
        return value(kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{value(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    if isinstance(kind, GraphQLInputObjectType):
        fields = dict(list(kind.fields.items())[:1]) if kind.is_one_of else kind.fields
        return f"{{ {given(fields)} }}"
    return {"Int": "1", "Boolean": "true", "DateTime": '"2026-01-01T00:00:00Z"'}.get(
        kind.name, TEXT
    )


def selected(kind: object) -> str:
    named = get_named_type(kind)  # type: ignore[call-overload]
    if is_leaf_type(named):
        return ""
    return " { totalCount }" if named.name.endswith("Connection") else " { __typename }"


@pytest.mark.parametrize("name", TEXTS)
async def test_no_text_is_a_failure_of_ours(world: World, project: Tenant, name: str) -> None:
    """CASES 26, 34, 74; by somebody who may do whatever there is."""
    person = await world.person(provider_role=ProviderRole.ADMIN)
    owner = await world.join(project, "OWNER", person)
    text, tenant_id = json.dumps(TEXTS[name], ensure_ascii=False), json.dumps(project.id)
    for operation in operations():
        document = operation.replace(TEXT, text).replace(TENANT, tenant_id)
        answer = await owner.client.post(document)
        assert answer.status_code in (200, 400), operation
        assert b'"INTERNAL"' not in answer.content, operation
    assert (await owner.ask("{ me { login } }"))["me"] == {"login": owner.login}


def test_every_operation_that_takes_a_text_is_tried() -> None:
    tried = " ".join(operations())
    for mutation in ("updateUser", "signInWithProvider", "sendNews", "setMemberPermissions"):
        assert f"{mutation}(" in tried
    assert len(list(operations())) > 60
