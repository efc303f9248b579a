"""Why a row of an import is refused, or has failed: codes that stay the same in every language."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import errors


class ImportReason(StrEnum):
    """Where a failure of `errors` says the same, by its code; `INVALID` stands for one field."""

    DUPLICATE = "DUPLICATE"
    ALREADY_MEMBER = "ALREADY_MEMBER"
    ROLE_NOT_GRANTABLE = "ROLE_NOT_GRANTABLE"
    EMAIL_REQUIRED = "EMAIL_REQUIRED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    NOT_FOUND = "NOT_FOUND"
    RATE_LIMITED = "RATE_LIMITED"
    INVALID = "INVALID"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Reason:
    """`path fault limit` are an `errors.FieldFault`, of `INVALID`; `row` is the number of the row
    before that names the same person, of `DUPLICATE`.
    """

    code: ImportReason
    path: tuple[str, ...] = ()
    fault: str | None = None
    limit: int | None = None
    row: int | None = None

    @property
    def field(self) -> errors.FieldFault | None:
        return errors.FieldFault(self.path, self.fault, self.limit) if self.fault else None


def of(failure: errors.Failure) -> list[Reason]:
    """Of a failure that refuses a row."""
    if isinstance(failure, errors.InvalidInput):
        return of_faults(failure.faults)
    return [Reason(ImportReason(failure.code))]


def of_faults(faults: Iterable[errors.FieldFault]) -> list[Reason]:
    return [Reason(ImportReason.INVALID, f.path, f.code, f.limit) for f in faults]


def stored(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """For a JSON column, without what is empty."""
    return [{k: v for k, v in asdict(one).items() if v} for one in reasons]


def read(values: Iterable[dict[str, Any]]) -> list[Reason]:
    """What `stored` has written."""
    return [
        Reason(
            ImportReason(value["code"]),
            tuple(value.get("path", ())),
            value.get("fault"),
            value.get("limit"),
            value.get("row"),
        )
        for value in values
    ]
