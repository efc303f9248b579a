"""Media types of GraphQL over HTTP: what a request may be, and what its answer is."""

import re
from functools import lru_cache

from starlette.datastructures import Headers

JSON, GRAPHQL = "application/json", "application/graphql-response+json"
"""`GRAPHQL` says that the status speaks of GraphQL; with `JSON` it speaks of HTTP alone."""

_QUALITY = re.compile(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE | re.ASCII)
_UTF8 = {"utf-8", "utf8"}
_NOT_AT_ALL = 0.0, 2


def chosen(headers: Headers) -> str | None:
    """Of the two what the sender likes best; None where he takes neither.

    Who names neither but takes anything gets plain JSON, which every client understands.
    """
    return _chosen(",".join(headers.getlist("accept")).lower())


@lru_cache(maxsize=64)
def _chosen(accepted: str) -> str | None:
    ranges = _ranges(accepted)
    liking = {each: _liking(ranges, each) for each in (GRAPHQL, JSON)}
    best = max(liking, key=lambda each: liking[each])
    return best if liking[best] > _NOT_AT_ALL else None


def _ranges(accepted: str) -> dict[str, float]:
    """Each with its quality."""
    found = {}
    for each in accepted.split(","):
        media_range, *parameters = each.split(";")
        found[media_range.strip()] = _quality(parameters)
    return {"*/*": 1.0} if list(found) == [""] else found


def _quality(parameters: list[str]) -> float:
    for each in parameters:
        if found := _QUALITY.fullmatch(each):
            return float(found[1])
    return 1.0


def _liking(ranges: dict[str, float], media_type: str) -> tuple[float, int]:
    """How well, and by how exact a name: the exactest one decides."""
    if media_type in ranges:
        return ranges[media_type], 2
    for pattern in ("application/*", "*/*"):
        if pattern in ranges:
            return ranges[pattern], 1 if media_type == JSON else 0
    return 0.0, 0


def is_json(headers: Headers) -> bool:
    """Whether the body says that it is JSON in UTF-8, once and plainly."""
    given = headers.getlist("content-type")
    if len(given) != 1:
        return False
    media_type, *parameters = given[0].lower().split(";")
    pairs = [each.partition("=") for each in parameters]
    charsets = {value.strip().strip('"') for name, _, value in pairs if name.strip() == "charset"}
    return media_type.strip() == JSON and charsets <= _UTF8


def is_encoded(headers: Headers) -> bool:
    """Whether the body is compressed, or otherwise not what it says."""
    given = ",".join(headers.getlist("content-encoding")).lower().split(",")
    return not {each.strip() for each in given} <= {"", "identity"}
