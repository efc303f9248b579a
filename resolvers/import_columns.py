"""What a row of an import says: the arguments of `invitations.invite`, a column each.

A row is kept as it was typed and understood anew when it is applied, by the rules that one
invitation goes by.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import errors
from locales import Locale
from models import AppRight, Catalog
from resolvers import identifiers, invitees, newcomers
from resolvers.app_access import Given as GivenApp
from resolvers.identifiers import Fault, optional

Given = Mapping[str, Any]
"""By column what was typed, empty ones left out; of `apps` a list of `appId` and `right`."""

COLUMNS = (
    *("email", "login", "fullName", "newcomerLogin", "phone"),
    *("role", "locale", "maxSessions", "apps"),
)
_OF_NEWCOMER = ("fullName", "newcomerLogin", "phone")
_COLUMN_OF: Mapping[tuple[str, ...], str] = {
    ("invitee", "email"): "email",
    ("invitee", "login"): "login",
    ("newcomer", "fullName"): "fullName",
    ("newcomer", "login"): "newcomerLogin",
    ("newcomer", "phone"): "phone",
}
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Understood:
    """Every value normalised; with faults, what they are about is None."""

    invitee: invitees.Invitee
    terms: newcomers.Terms
    faults: tuple[errors.FieldFault, ...]

    @property
    def person(self) -> tuple[str, str] | None:
        """By which rows name the same person: his login or his address."""
        if self.invitee.login is not None:
            return "login", self.invitee.login
        return ("email", identifiers.fold(self.invitee.email)) if self.invitee.email else None


def understand(given: Given, catalog: Catalog) -> Understood:
    """What inviting is told, with faults by column."""
    faults = identifiers.Faults()
    invitee = invitees.check(_invitee(given), faults)
    if "email" not in given and "login" not in given:
        faults.add(("email",), "REQUIRED")
    if "email" in given and "login" in given:
        faults.add(("login",), "NOT_ALLOWED")
    terms = _terms(given, faults).check(catalog, faults)
    return Understood(invitee, terms, tuple(_by_column(given, faults.found)))


def _invitee(given: Given) -> invitees.Invitee:
    typed = invitees.Newcomer(*(given.get(column) for column in _OF_NEWCOMER))
    newcomer = None if typed == invitees.Newcomer() else typed
    return invitees.Invitee(given.get("email"), given.get("login"), newcomer)


def _terms(given: Given, faults: identifiers.Faults) -> newcomers.Terms:
    role = given.get("role")
    return newcomers.Terms(
        role=_code(role) if role else None,
        apps=[
            GivenApp(
                one["appId"], faults.check(("apps", str(index), "right"), _right, one["right"])
            )
            for index, one in enumerate(given.get("apps", ()))
        ],
        max_sessions=faults.check(("maxSessions",), optional(_whole), given.get("maxSessions")),
        locale=faults.check(("locale",), optional(_locale), given.get("locale")),
    )


def _code(text: str) -> str:
    """Codes may be typed in small letters."""
    return text.strip().upper() if text.isascii() else text


def _right(text: str) -> AppRight:
    if _code(text) not in AppRight.__members__:
        raise Fault("INVALID")
    return AppRight(_code(text))


def _locale(text: str) -> Locale:
    if _code(text) not in Locale.__members__:
        raise Fault("INVALID")
    return Locale(_code(text))


def _whole(value: str | int) -> int:
    if isinstance(value, int):
        return value
    if not _WHOLE.fullmatch(value.strip()):
        raise Fault("INVALID")
    return int(value)


def _by_column(given: Given, found: list[errors.FieldFault]) -> Iterator[errors.FieldFault]:
    for fault in found:
        if fault.path == ("newcomer",):
            yield from (errors.FieldFault((c,), fault.code) for c in _OF_NEWCOMER if c in given)
        else:
            column = _COLUMN_OF.get(fault.path)
            path = fault.path if column is None else (column,)
            yield errors.FieldFault(path, fault.code, fault.limit)
