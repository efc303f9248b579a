"""How names, addresses, logins, phones and passwords are normalised and refused, once for all.

What is compared is compared by `fold`. A rule raises `Fault`; `Faults` collects them, so that all
wrong fields are reported at once (CASES 70 to 76).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import Enum
from typing import TypeVar, cast
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

import errors
import settings
from auth import guesses

T = TypeVar("T")
V = TypeVar("V")

NAME_LENGTH = 200
PASSWORD_LENGTH = 1024
_KEY_LENGTH = 400  # of a folded name in the database: folding can triple it
_LOGIN = re.compile(r"[a-z0-9._-]{2,64}")
_ADDRESS_LENGTH = 320
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_URL_LENGTH = 2000
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"
_UNSEEN = _JOINERS + "\u2800\u115f\u1160\u3164\uffa0"


class Fault(Exception):
    """A value breaks a rule: `REQUIRED TOO_SHORT TOO_LONG INVALID`; `limit` in characters."""

    def __init__(self, code: str, limit: int | None = None) -> None:
        super().__init__(code)
        self.code, self.limit = code, limit


class Faults:
    """Collects the faults of one input; `settle` before any of the values is used."""

    def __init__(self) -> None:
        self.found: list[errors.FieldFault] = []

    def check(self, path: tuple[str, ...], rule: Callable[[V], T], value: V) -> T:
        """What `rule` makes of the value at `path` (GraphQL names)."""
        try:
            return rule(value)
        except Fault as fault:
            self.found.append(errors.FieldFault(path, fault.code, fault.limit))
            return cast("T", None)

    def add(self, path: tuple[str, ...], code: str, limit: int | None = None) -> None:
        """A fault found elsewhere."""
        self.found.append(errors.FieldFault(path, code, limit))

    def settle(self) -> None:
        """Raises:
        errors.InvalidInput: with everything found.
        """
        if self.found:
            raise errors.InvalidInput(self.found)


def optional(rule: Callable[[V], T]) -> Callable[[V | None], T | None]:
    """`rule`, where leaving the value out is fine."""
    return lambda value: None if value is None else rule(value)


class LeftOut(Enum):
    """Says of an argument that it was left out, where None is a value of its own."""

    LEFT_OUT = 1


LEFT_OUT = LeftOut.LEFT_OUT


def given(rule: Callable[[V], T]) -> Callable[[V | LeftOut], T | LeftOut]:
    """`rule`, where the value was not left out."""
    return lambda value: value if isinstance(value, LeftOut) else rule(value)


def fold(text: str) -> str:
    """The form in which names, logins and addresses are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def name(value: str) -> str:
    """A person's or tenant's name: 1 to 200 visible characters on one line, no link in it."""
    text = unicodedata.normalize("NFC", value).strip()
    if not any(_seen(character) for character in text):
        raise Fault("REQUIRED")
    if len(text) > NAME_LENGTH or len(fold(text)) > _KEY_LENGTH:
        raise Fault("TOO_LONG", NAME_LENGTH)
    if _LINK.search(text) or any(_hidden(character) for character in text):
        raise Fault("INVALID")
    return text


def _seen(character: str) -> bool:
    """Marks and blanks show on something else only; what is hidden is refused for itself."""
    return character not in _UNSEEN and unicodedata.category(character)[0] not in "MZ"


def printable(value: str) -> str:
    """Free text in NFC without control and formatting characters but line breaks."""
    text = unicodedata.normalize("NFC", value).strip()
    return "".join(c for c in text if c == "\n" or not _hidden(c))


def _hidden(character: str) -> bool:
    return character not in _JOINERS and unicodedata.category(character) in _HIDDEN


def email(value: str) -> str:
    """One deliverable address, its domain in ASCII form; compare by `fold`."""
    try:
        found = validate_email(
            value.strip(),
            check_deliverability=False,
            allow_smtputf8=False,
            strict=True,
            test_environment=not settings.load().production,
        )
    except EmailNotValidError:
        raise Fault("INVALID") from None
    return cast("str", found.ascii_email)


def sign_in_name(value: str) -> str:
    """A login or an address in the form accounts keep it; what is neither is nobody's."""
    text = value.strip()
    if "@" in text and len(text) <= _ADDRESS_LENGTH:
        with suppress(Fault):
            return fold(email(text))
    return fold(text)


def login(value: str) -> str:
    """2 to 64 of `a-z 0-9 . _ -`, in lower case (PRODUCT 4)."""
    text = value.strip()
    if not text.isascii() or not _LOGIN.fullmatch(text.lower()):
        raise Fault("INVALID")
    return text.lower()


def code(value: str) -> str:
    """What the provider calls a tariff or an app in it: 1 to 64 of `a-z 0-9 -`, no hyphen first."""
    if not _CODE.fullmatch(value):
        raise Fault("INVALID")
    return value


def web_address(value: str) -> str:
    """An address that browsers open as a page, and nothing else."""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        raise Fault("INVALID") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or len(value) > _URL_LENGTH:
        raise Fault("INVALID")
    if not value.isprintable() or " " in value.strip():
        raise Fault("INVALID")
    return value.strip()


def call_address(value: str) -> str:
    """An address that is called from here; whom it leads to is looked at when a call leaves, since
    names change their addresses.
    """
    address = web_address(value)
    try:
        parts = urlsplit(address)
        unusable = not address.isascii() or parts.port == 0 or parts.username is not None
    except ValueError:
        raise Fault("INVALID") from None
    if unusable:
        raise Fault("INVALID")
    if settings.load().production and parts.scheme != "https":
        raise Fault("NOT_ENCRYPTED")
    return address


def phone(value: str) -> str:
    """An international number in E.164: `+77051250043`."""
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        raise Fault("INVALID") from None
    if not phonenumbers.is_valid_number(number):
        raise Fault("INVALID")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def new_password(value: str, own: Iterable[str | None] = ()) -> str:
    """Kept verbatim, blanks included; its length is a setting.

    `own` is what its holder is called, and what he belongs to (CASES 89).
    """
    minimum = settings.load().password_min_length
    if len(value) < minimum:
        raise Fault("TOO_SHORT", minimum)
    if len(value) > PASSWORD_LENGTH:
        raise Fault("TOO_LONG", PASSWORD_LENGTH)
    if any(unicodedata.category(character) == "Cs" for character in value):
        raise Fault("INVALID")
    if guesses.is_common(value, filter(None, own)):
        raise Fault("TOO_COMMON")
    return value


def at_least_one(value: int) -> int:
    """A limit that is set is a whole number from 1."""
    if value < 1:
        raise Fault("INVALID", 1)
    return value


def within(value: int, *, most: int) -> int:
    """A whole number from 1 to `most`."""
    if not 1 <= value <= most:
        raise Fault("OUT_OF_RANGE", most)
    return value


def mask(address: str) -> str:
    """`anna@example.com` as `an***@example.com`: enough for its owner, too little for others."""
    local, _, domain = address.partition("@")
    return f"{local[:2] if len(local) > 2 else local[:1]}***@{domain}"  # noqa: PLR2004
