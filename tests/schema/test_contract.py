import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    BreakingChangeType,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    find_breaking_changes,
    print_type,
)

from server.graphql import SCHEMA

REFRESH = "python -m server print-schema > schema/schema.graphql"
ROOT = Path(__file__).parents[2]
OURS = build_schema(SCHEMA.as_str())

MISSING: tuple[str, ...] = ()  # what clients rely on and the schema does not have yet
REMOVALS = {
    BreakingChangeType.TYPE_REMOVED,
    BreakingChangeType.FIELD_REMOVED,
    BreakingChangeType.ARG_REMOVED,
    BreakingChangeType.TYPE_REMOVED_FROM_UNION,
    BreakingChangeType.VALUE_REMOVED_FROM_ENUM,
}


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema((ROOT / "tests/contract.graphql").read_text())


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "schema/schema.graphql").read_text()
    assert committed == SCHEMA.as_str() + "\n", f"refresh it: {REFRESH}"


def test_of_the_contract_only_what_is_listed_is_missing(contract: GraphQLSchema) -> None:
    """An entry that is there by now has to go, and nothing else may."""
    absent = set(parts(contract)) - set(parts(OURS))
    assert sorted(part for part in absent if not absent & set(wholes(part))) == sorted(MISSING)


def parts(schema: GraphQLSchema) -> Iterator[str]:
    """Everything that clients can name: types, fields, arguments, values, members of unions."""
    for kind in ours_of(schema):
        yield kind.name
        yield from (f"{kind.name}.{name}" for name in getattr(kind, "fields", {}))
        for name, field in getattr(kind, "fields", {}).items():
            yield from (f"{kind.name}.{name}({arg}:)" for arg in getattr(field, "args", {}))
        if isinstance(kind, GraphQLEnumType):
            yield from (f"{kind.name}.{value}" for value in kind.values)
        if isinstance(kind, GraphQLUnionType):
            yield from (f"{kind.name} = {member.name}" for member in kind.types)


def wholes(part: str) -> list[str]:
    """What a part is a part of: of a field its type, of an argument its field as well."""
    kind, field = re.split(r" = |\.", part)[0], part.partition("(")[0]
    return [whole for whole in (kind, field) if whole != part]


def ours_of(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """The types that are not GraphQL's own."""
    return [kind for name, kind in schema.type_map.items() if not name.startswith("__")]


def test_nothing_that_clients_rely_on_has_changed(contract: GraphQLSchema) -> None:
    """Contract: no output becomes nullable, no input gains a required field, nothing is renamed."""
    changes = find_breaking_changes(contract, OURS)
    assert [change.description for change in changes if change.type not in REMOVALS] == []


def test_what_may_be_left_out_defaults_as_promised(contract: GraphQLSchema) -> None:
    for kind in ours_of(contract):
        mine = OURS.type_map.get(kind.name)
        if isinstance(kind, GraphQLInputObjectType) and isinstance(mine, GraphQLInputObjectType):
            assert mine.is_one_of == kind.is_one_of, kind.name
            assert defaults(kind) == defaults(mine), kind.name


def defaults(kind: GraphQLInputObjectType) -> list[str]:
    """The lines of the printed type that say a default other than null."""
    lines = print_type(kind).splitlines()
    return [line.strip() for line in lines if " = " in line and not line.endswith("= null")]


def test_nobody_is_shown_a_token_but_who_has_just_asked_for_it() -> None:
    """CASES 50 and 51: neither lists nor payloads return a mailed link, a token or a digest."""
    telling = re.compile(r"token|ticket|digest|hash|\b\w*link$|secret|\.visit$", re.IGNORECASE)
    shown = {part for part in parts(OURS) if telling.search(part) and "Input." not in part}
    assert shown == {
        "Query.invitation(token:)",
        "Query.tenantInvitation(token:)",
        "Query.accountLink",
        "Query.accountLink(token:)",
        "AccountLink",
        "AccountLinkResult = AccountLink",
        "Mutation.startProviderLink",
        "SignedIn.token",
        "EnrolSecondFactorPayload.secret",
        "LaunchAppPayload.ticket",
        "SetAppControlPayload.secret",
        "ApiKey.formerSecretUntil",
        "CreateApiKeyPayload.secret",
        "RotateApiKeyPayload.secret",
        "CreateWebhookEndpointPayload.secret",
        "Mutation.rotateWebhookSecret",
        "Mutation.rotateWebhookSecret(input:)",
        "RotateWebhookSecretPayload",
        "RotateWebhookSecretPayload.secret",
        "RotateWebhookSecretPayload.webhookEndpoint",
        "RotateWebhookSecretInput",
        "RotateWebhookSecretResult",
        "RotateWebhookSecretResult = RotateWebhookSecretPayload",
        "RotateWebhookSecretResult = PermissionDenied",
        "RotateWebhookSecretResult = NotFound",
        "WebhookEndpoint.formerSecretUntil",
        "StartProviderSignInPayload.visit",
        "StartProviderLinkPayload.visit",
    }


def test_every_part_of_the_schema_is_described_for_clients() -> None:
    """DESIGN 3."""
    assert [part for part, described in described_parts() if not described] == []


def described_parts() -> Iterator[tuple[str, str | None]]:
    for kind in ours_of(OURS):
        yield kind.name, kind.description
        for name, value in getattr(kind, "values", {}).items():
            yield f"{kind.name}.{name}", value.description
        for name, field in getattr(kind, "fields", {}).items():
            yield f"{kind.name}.{name}", field.description
            for arg, argument in getattr(field, "args", {}).items():
                yield f"{kind.name}.{name}({arg}:)", argument.description
