"""How the operator's SMS gateway wants to be spoken to: where, as whom, in which words.

Gateways differ, so what they are told is a template. It is parsed first and filled then, so that
no text can break out of its place. A leaf beside `settings`, which checks it at the start.
"""

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import AfterValidator, SecretStr

_PLACEHOLDER = re.compile(r"\{(to|text)\}")
_WANTED = "must be JSON, or a form as in to={to}&text={text}, with {to} and {text} among its values"


@dataclass(frozen=True, slots=True)
class Body:
    """`parsed` is JSON as `json.loads` gives it, or the pairs of a form."""

    content_type: str
    parsed: Any

    @classmethod
    def of(cls, template: str) -> Self:
        """A template that begins like JSON is JSON.

        Raises:
            ValueError: it is neither JSON nor a form, or lacks a placeholder.
        """
        try:
            body = cls._parsed(template)
        except ValueError:
            raise ValueError(_WANTED) from None
        if _placeholders(body.parsed) != {"to", "text"}:
            raise ValueError(_WANTED)
        return body

    @classmethod
    def _parsed(cls, template: str) -> Self:
        if template.lstrip().startswith(("{", "[")):
            return cls("application/json", json.loads(template))
        pairs = parse_qsl(template, keep_blank_values=True, strict_parsing=True)
        return cls("application/x-www-form-urlencoded", pairs)

    def write(self, *, to: str, text: str) -> bytes:
        """The template, filled."""
        filled = _filled(self.parsed, {"to": to, "text": text})
        if self.content_type == "application/json":
            return json.dumps(filled).encode()
        return urlencode(filled).encode()


def _placeholders(part: Any) -> set[str]:
    if isinstance(part, str):
        return set(_PLACEHOLDER.findall(part))
    if isinstance(part, dict):
        return _placeholders(list(part.values()))
    return set().union(*map(_placeholders, part)) if isinstance(part, (list, tuple)) else set()


def _filled(part: Any, values: dict[str, str]) -> Any:
    """In one go, so that a text in which `{to}` stands stays as it is."""
    if isinstance(part, str):
        return _PLACEHOLDER.sub(lambda found: values[found[1]], part)
    if isinstance(part, dict):
        return {key: _filled(value, values) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return type(part)(_filled(value, values) for value in part)
    return part


def _address(value: SecretStr) -> SecretStr:
    """The words never quote it: many gateways want their key in it."""
    text = value.get_secret_value()
    try:
        parts, _ = urlsplit(text), urlsplit(text).port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or " " in text:
        raise ValueError("must be https://host/path")
    return _in_one_line(value)


def _in_one_line(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("must be of printable ASCII characters")
    return value


def _template(value: str) -> str:
    Body.of(value)
    return value


Address = Annotated[SecretStr, AfterValidator(_address)]
Authorization = Annotated[SecretStr, AfterValidator(_in_one_line)]
Template = Annotated[str, AfterValidator(_template)]
