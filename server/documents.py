"""Registered documents: what a request names is what is run (GraphQL over HTTP, appendix A).

Where `TENANTRY_DOCUMENTS` is `registered` nothing else is, but for two: our own pages, whose
documents `scripts/build` lists, and whoever may explore the API. See ADR 0032.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError, OperationDefinitionNode, parse
from graphql.language import DocumentNode

import errors
import settings
from permissions import checks
from resolvers import documents
from resolvers.documents import Fault, Refused
from schema import guard
from schema.context import Context
from schema.root import Schema
from server.pages import built
from settings.documents import Accepted


class NoManifest(Exception):
    """The file is not what graphql-codegen writes; says why."""


async def text(context: Context, query: str | None, document_id: str | None) -> str | None:
    """The document that a request means; None where it means none.

    Raises:
        errors.DocumentNotFound, errors.DocumentRequired
    """
    if document_id is not None:
        context.document_id = documents.bare(document_id)
        return await documents.find(context.document_id)
    if query and settings.load().documents is Accepted.REGISTERED:
        await _require_free(context, query)
    return query


async def _require_free(context: Context, query: str) -> None:
    if query in built.documents():
        return
    await context.identify()
    if not checks.may_explore(context.viewer):
        raise errors.DocumentRequired


async def register(file: Path, schema: Schema) -> int:
    """The documents of a `persisted-documents.json`; how many are new.

    Raises:
        NoManifest
        Refused: one of them at least would not run, or cannot have its id; nothing is registered.
    """
    given = _manifest(file)
    faults = [
        Fault(id_, problem) for id_, body in given.items() for problem in _problems(body, schema)
    ]
    if faults:
        raise Refused(faults)
    return await documents.add(given)


def _manifest(file: Path) -> Mapping[str, str]:
    try:
        given = orjson.loads(file.read_bytes())
    except OSError as error:
        raise NoManifest(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise NoManifest(f"{file}: not JSON: {error}") from error
    if not isinstance(given, dict) or not all(isinstance(body, str) for body in given.values()):
        raise NoManifest(f"{file}: not a JSON object of ids and documents")
    return given


def _problems(body: str, schema: Schema) -> list[str]:
    try:
        document = guard.admitted(_core(schema), body)
    except errors.QueryTooComplex as refused:
        return [f"asks for too much: {refused.most} {refused.limit} at most"]
    except GraphQLError as error:
        return [str(error)]
    if not operations(document):
        return ["holds no operation"]
    return [error.message for error in guard.faults(_core(schema), document)]


def operations(document: DocumentNode | str) -> list[str]:
    """What it can be asked to do: `query Members`, in its order."""
    parsed = parse(document) if isinstance(document, str) else document
    found = [d for d in parsed.definitions if isinstance(d, OperationDefinitionNode)]
    return [f"{d.operation.value} {d.name.value if d.name else ''}".strip() for d in found]


def _core(schema: Any) -> Any:
    return schema._schema  # noqa: SLF001 Strawberry offers no other way
