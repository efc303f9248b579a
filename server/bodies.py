"""What a request says, out of its JSON: each thing that can be wrong has a sentence of its own,
which says what to send instead.

Read strictly, because whatever stands before us may read loosely: a key given twice has two values.
"""

import json
from collections.abc import Mapping
from typing import Any

import orjson

import settings

_MARKS = b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"
_ENCODING = "The body is not UTF-8 without a byte order mark: encode it so."
_EMPTY = "The body is empty: send a JSON object with `query`."
_TWICE = "The JSON has an object with the same key twice: leave one of the two out."
_TOO_LARGE = "The JSON holds a number or a list that cannot be read: send it as a string, or less."
_TOO_DEEP = "The JSON is nested more than {limit} deep: send it flatter."
_TOO_MANY = "The JSON holds more than {limit} values: send fewer at once."
_BATCH = "Batching is not enabled: send one operation in each request."
_NO_OBJECT = "The body is no JSON object: send `query`, and `variables` where it has some."
_NOTHING = "Nothing to run: send a document in `query`, or the id of a registered one in"
_NOTHING += " `documentId`."
_HASH = "Persisted queries are not known by their hashes: send `query`, or register the document"
_HASH += " and send its `documentId`."
_BOTH = "Either `query` or `documentId`, not both: leave one of the two out."
_MANY_VARIABLES = "More than {limit} variables: send fewer at once."
_TEXT = "`{name}` must be a string or null."
_OBJECT = "`{name}` must be an object or null."


class Malformed(ValueError):
    """Says what is wrong with a request, and what to do."""


def decode(data: str | bytes) -> object:
    """What the JSON says.

    orjson refuses what no text column could hold: lone surrogates, invalid UTF-8.

    Raises:
        Malformed
    """
    if not data.strip():
        raise Malformed(_EMPTY)
    if isinstance(data, bytes):
        _require_utf8(data)
    try:
        orjson.loads(data)
        value = json.loads(data, object_pairs_hook=_without_duplicates)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"This is not JSON: {error}.") from error
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed(_TOO_LARGE) from error
    _require_limits(value)
    return value


def _require_utf8(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise Malformed(_ENCODING) from error
    if data.startswith(_MARKS):
        raise Malformed(_ENCODING)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed(_TWICE)
    return found


def _require_limits(value: object) -> None:
    """Level by level, and no further than the limits: a flat list is as large as the body."""
    limits, count, level = settings.load(), 0, [value]
    for _ in range(limits.request_depth):
        level = [inner for each in level for inner in _inside(each)]
        count += len(level)
        if count > limits.request_values:
            raise Malformed(_TOO_MANY.format(limit=limits.request_values))
        if not level:
            return
    raise Malformed(_TOO_DEEP.format(limit=limits.request_depth))


def _inside(value: object) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def require_request(fields: object) -> Mapping[str, Any]:
    """The fields of a GraphQL request.

    Raises:
        Malformed
    """
    if isinstance(fields, list):
        raise Malformed(_BATCH)
    if not isinstance(fields, dict):
        raise Malformed(_NO_OBJECT)
    for name in ("query", "operationName", "documentId"):
        if not isinstance(fields.get(name), str | None):
            raise Malformed(_TEXT.format(name=name))
    for name in ("variables", "extensions"):
        if not isinstance(fields.get(name), dict | None):
            raise Malformed(_OBJECT.format(name=name))
    _require_one_document(fields)
    limit = settings.load().request_variables
    if len(fields.get("variables") or ()) > limit:
        raise Malformed(_MANY_VARIABLES.format(limit=limit))
    return fields


def _require_one_document(fields: Mapping[str, Any]) -> None:
    if fields.get("documentId") is not None:
        if fields.get("query") is not None:
            raise Malformed(_BOTH)
    elif not fields.get("query"):
        is_hash = "persistedQuery" in (fields.get("extensions") or ())
        raise Malformed(_HASH if is_hash else _NOTHING)
