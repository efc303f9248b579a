"""What stands before every document: whether it is too much, and whether it is valid (ADR 0038).

The parser stops at a number of tokens, and one pass weighs what was parsed (`cost`); only what is
within the limits of its sender reaches the rules of GraphQL, some of which compare everything with
everything. Who sends is told from the credential: nobody has been looked up yet.

Names that the schema has are suggested, in place of misspelt ones, only to who may explore it.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldsOnCorrectTypeRule,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    KnownTypeNamesRule,
    NamedTypeNode,
    OperationType,
    ValuesOfCorrectTypeRule,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

import errors
import settings
from auth import tokens
from schema import coercion, cost
from schema.context import Context
from settings.guard import QueryLimits

_MOST_ERRORS = 3
_MUTATION = OperationType.MUTATION
_NEAR, _CANDIDATES = 2, 5


class FieldsOnCorrectType(FieldsOnCorrectTypeRule):
    """Suggests for one field of a document: with a hundred to choose from, that takes long."""

    def report_error(self, error: GraphQLError) -> None:
        super().report_error(error)
        self.context = copy.copy(self.context)
        self.context._hide_suggestions = True  # noqa: SLF001 it has no other way


class KnownTypeNames(KnownTypeNamesRule):
    """Suggests a few types that begin alike; to measure the distance to each takes long."""

    def enter_named_type(self, node: NamedTypeNode, *rest: Any) -> None:
        name = node.name.value
        if name not in self.existing_types_map:
            near = name[:_NEAR].lower()
            alike = [each for each in self.existing_types_map if each.lower().startswith(near)]
            alike.sort(key=lambda each: abs(len(each) - len(name)))
            self.type_names = alike[:_CANDIDATES]
        super().enter_named_type(node, *rest)


_OURS = {
    FieldsOnCorrectTypeRule: FieldsOnCorrectType,
    KnownTypeNamesRule: KnownTypeNames,
    ValuesOfCorrectTypeRule: coercion.ValuesOfCorrectType,
}
_RULES = (
    *(_OURS.get(rule, rule) for rule in specified_rules),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)


def limits(context: Context | None) -> QueryLimits:
    """Of who presents that credential, whatever it is worth."""
    found = settings.load()
    token = context.token if context else None
    if token is None and found.production:
        return found.query_limits_anonymous
    is_key = token is not None and token.startswith(tokens.KEY)
    return found.query_limits_api_key if is_key else found.query_limits_person


def parsed(text: str, most: QueryLimits) -> DocumentNode:
    """Raises:
    errors.QueryTooComplex
    GraphQLError: it is no document.
    """
    _require("characters", len(text), most)
    _require("lines", text.count("\n") + text.count("\r"), most)
    try:
        return parse(text, max_tokens=most.tokens)
    except GraphQLSyntaxError as error:
        if f" more than {most.tokens} tokens." in error.message:
            raise errors.QueryTooComplex("tokens", most.tokens) from None
        raise coercion.of_syntax(error) from None


def admitted(schema: GraphQLSchema, text: str) -> DocumentNode:
    """A document that somebody at least may send, with variables that ask for little.

    Raises:
        errors.QueryTooComplex
        GraphQLError: it is no document.
    """
    found = settings.load()
    kinds = (found.query_limits_person, found.query_limits_api_key, found.query_limits_anonymous)
    refusal = errors.QueryTooComplex("tokens")
    for most in kinds:
        try:
            document = parsed(text, most)
            weigh(cost.Scales(schema, document), most)
        except errors.QueryTooComplex as refused:
            refusal = refused
        else:
            return document
    raise refusal


def weigh(scales: cost.Scales, most: QueryLimits) -> int:
    """The points of the operation that is meant.

    Raises:
        errors.QueryTooComplex
    """
    definitions = [each.variable_definitions or () for each in scales.operations]
    others = len(scales.document.definitions) - len(scales.definitions)
    _require("operations", others, most)
    _require("fragments", len(scales.definitions), most)
    _require("variables", sum(map(len, definitions)), most)
    try:
        found = scales.every()
    except RecursionError:
        raise errors.QueryTooComplex("depth", most.depth) from None
    for limit, amount in _amounts(scales, found):
        _require(limit, amount, most)
    return cost.points(found[0].rows, fields=found[0].paid) if found else 1


def require_few(schema: GraphQLSchema, variables: Mapping[str, Any], most: QueryLimits) -> None:
    """Raises:
    errors.QueryTooComplex: too many items in the lists of what was sent.
    """
    _require("items", cost.items(schema, variables), most)


def _amounts(scales: cost.Scales, found: Sequence[cost.Weight]) -> Iterator[tuple[str, int]]:
    """All of it is validated, and of its operations one is run, be it the worst."""
    run = list(zip(scales.operations, found, strict=False))
    yield "fragment_depth", max((each.chain for each in found), default=0)
    yield "depth", max((each.depth for each in found), default=0)
    yield "selections", scales.selections
    yield "repeats", scales.repeats
    yield "fields", sum(each.fields for each in found)
    yield "aliases", sum(each.aliases for each in found)
    yield "directives", sum(each.directives for each in found)
    yield "root_fields", max((weight.roots for _, weight in run), default=0)
    changes = [weight for operation, weight in run if operation.operation is _MUTATION]
    yield "mutations", max((each.roots for each in changes), default=0)
    yield "credentials", max((each.secrets for each in changes), default=0)


def _require(limit: str, amount: int, most: QueryLimits) -> None:
    allowed = getattr(most, limit)
    if amount > allowed:
        raise errors.QueryTooComplex(limit, allowed)


def faults(
    schema: GraphQLSchema, document: DocumentNode, *, hints: bool = False
) -> list[GraphQLError]:
    """What the rules of GraphQL find; of many faults a few."""
    return validate(schema, document, _RULES, max_errors=_MOST_ERRORS, hide_suggestions=not hints)
