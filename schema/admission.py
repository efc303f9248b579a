"""What a request asks for, from its text to an operation that may be run, or why it may not.

The operation's kind is looked at before its fields, and how much it asks for before the rules of
GraphQL are (`guard`). What was admitted before is not read again (`prepared`).
"""

from contextlib import suppress

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
from strawberry.types import ExecutionContext

import errors
import settings
from permissions import checks
from schema import guard
from schema.context import Context
from schema.prepared import Prepared, prepared


async def admit(asked: ExecutionContext) -> list[GraphQLError]:
    """What is wrong with the document; where nothing is, the operation may be run.

    Raises:
        errors.QueryTooComplex
        GraphQLError: it is no document, or does not say which of its operations is meant.
        MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError
    """
    if not asked.query:
        raise MissingQueryError
    context, schema = asked.context, asked.schema._schema  # noqa: SLF001 Strawberry offers no other way
    found = prepared(schema, asked.query, guard.limits(context))
    asked.graphql_document = found.document
    _require_allowed(asked)
    points = await _affordable(asked, found)
    _require_one(asked)
    if context is not None:
        context.document, context.points = found, points
    faults = found.faults()
    return found.faults(hints=True) if faults and await _explores(context) else faults


def _require_allowed(asked: ExecutionContext) -> None:
    try:
        kind = asked.operation_type
    except RuntimeError as error:
        raise CannotGetOperationTypeError(asked.operation_name) from error
    if kind not in asked.allowed_operations:
        raise InvalidOperationTypeError(kind)


async def _affordable(asked: ExecutionContext, found: Prepared) -> int:
    """Its points; how many they are is told to who may explore."""
    points = found.points(asked.variables or {}, asked.operation_name)
    most = found.most.cost
    if points > most:
        shown = points if await _explores(asked.context) else None
        raise errors.QueryTooComplex("cost", most if shown else None, shown)
    return points


def _require_one(asked: ExecutionContext) -> None:
    """Strawberry would take the first of several."""
    given = asked._provided_operation_name  # noqa: SLF001 no public way
    if given is None and asked.graphql_document is not None:
        definitions = asked.graphql_document.definitions
        if sum(isinstance(each, OperationDefinitionNode) for each in definitions) > 1:
            raise GraphQLError("Several operations: name one in `operationName`.")


async def _explores(context: Context | None) -> bool:
    """Asked only where there is something to hide; looks up nobody whom it need not."""
    if not settings.load().production:
        return True
    if context is None or context.token is None:
        return False
    with suppress(errors.Failure):
        await context.identify()
    return checks.may_explore(context.viewer)
