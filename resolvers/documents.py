"""GraphQL documents that operators have registered, so that requests may name them (ADR 0032).

An id is never given to another document, so that what a client was reviewed with is what it runs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import errors
from auth import tokens
from models import Document, clock, database

_SHA256 = "sha256:"
_HEX = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"(?:x-[A-Za-z0-9._~-]+:)?[A-Za-z0-9._~-]+")
_LONGEST_ID = 128


@dataclass(frozen=True, slots=True)
class Fault:
    """One document that cannot be registered, and why, for an operator."""

    id: str
    reason: str


class Refused(Exception):
    """Nothing was registered; `faults` names every document that stands in the way."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def bare(document_id: str) -> str:
    """`sha256:<hex>` and the hex alone are the same id; the hex is what is stored and compared."""
    rest = document_id.removeprefix(_SHA256)
    return rest if _HEX.fullmatch(rest) else document_id


async def find(document_id: str) -> str:
    """The document of that id, in either form.

    Raises:
        errors.DocumentNotFound
    """
    wanted = _require_id(document_id)
    async with database.transaction(database.NOBODY, read_only=True):
        found = await Document.get_or_none(id=wanted)
    if found is None:
        raise errors.DocumentNotFound
    return found.body


async def add(given: Mapping[str, str]) -> int:
    """Every one of them is registered; how many were not before.

    Raises:
        Refused: an id is none, is the SHA-256 of something else, or stands for another document.
    """
    wanted = [(document_id, bare(document_id), body) for document_id, body in given.items()]
    async with database.transaction(database.SYSTEM):
        await database.rows("select pg_advisory_xact_lock(hashtextextended('documents', 0))")
        known = await _bodies([id_ for _, id_, _ in wanted])
        _require_addable(wanted, dict(known))
        new = {id_: body for _, id_, body in wanted if id_ not in known}
        now = clock.now()
        await Document.bulk_create(
            [Document(id=id_, body=body, created_at=now) for id_, body in new.items()]
        )
    return len(new)


async def _bodies(wanted: list[str]) -> dict[str, str]:
    fitting = [id_ for id_ in wanted if _is_id(id_)]
    return dict(await Document.filter(id__in=fitting).values_list("id", "body"))


def _require_addable(wanted: list[tuple[str, str, str]], known: dict[str, str]) -> None:
    faults = []
    for given, id_, body in wanted:
        reason = _fault(id_, body, known.setdefault(id_, body))
        if reason:
            faults.append(Fault(given, reason))
    if faults:
        raise Refused(faults)


def _fault(id_: str, body: str, known: str) -> str | None:
    if not _is_id(id_):
        return f"an id is 1 to {_LONGEST_ID} of A-Z a-z 0-9 . _ ~ -"
    if _HEX.fullmatch(id_) and tokens.digest(body) != id_:
        return "the id is not the SHA-256 of the document"
    if body != known:
        return "the id stands for another document"
    return None


def _require_id(document_id: str) -> str:
    if not _is_id(wanted := bare(document_id)):
        raise errors.DocumentNotFound
    return wanted


def _is_id(text: str) -> bool:
    return len(text) <= _LONGEST_ID and _ID.fullmatch(text) is not None


async def listed() -> list[Document]:
    """All of them, by id."""
    async with database.transaction(database.SYSTEM, read_only=True):
        return await Document.all().order_by("id")


async def remove(document_id: str) -> None:
    """Who names it is refused from now on.

    Raises:
        errors.DocumentNotFound
    """
    wanted = _require_id(document_id)
    async with database.transaction(database.SYSTEM):
        deleted = await Document.filter(id=wanted).delete()
    if not deleted:
        raise errors.DocumentNotFound
