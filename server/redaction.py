"""Secrets taken out of what is written down (CASES 34).

Exceptions quote what they stumbled over: an address with its password, a header, a row. So every
text that goes to the log goes through here first. It rather takes out too much.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from pydantic import BaseModel, SecretStr
from structlog.typing import EventDict, Processor

OUT = "***"
_SHORTEST = 8  # what is shorter would take words out of sentences

_LONGEST = 10_000  # what is longer loses its middle: this is done while requests wait
_WORDS = (
    *("password", "passwd", "secret", "token"),
    *("api_key", "apikey", "authorization", "cookie"),
)
_SECRET = f"(?:{'|'.join(_WORDS)})"
_NAMED = re.compile(_SECRET, re.IGNORECASE)

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # What stands between the scheme and the last @ of an address.
    (re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{0,20}://)[^\s\"'<>]{1,1000}@"), rf"\1{OUT}@"),
    # Our own tokens keep the prefix that says what they are for.
    (re.compile(r"\b(tnt_[a-z]{3}_)[A-Za-z0-9_-]+"), rf"\1{OUT}"),
    (re.compile(r"(?<![\w-])eyJ[\w-]{1,2000}\.[\w-]{1,4000}\.[\w-]*"), OUT),
    (re.compile(r"\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1\2{OUT}"),
    (
        re.compile(
            rf"""(?<![\w-])([a-z_-]{{0,40}}{_SECRET})"""
            r"""(["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s&,;"')\]}]+)""",
            re.IGNORECASE,
        ),
        rf"\1\2{OUT}",
    ),
    # PostgreSQL's second line: `Key (email_key)=(ann@example.com) already exists.`
    (re.compile(r"\b(DETAIL:)[^\n]*"), rf"\1 {OUT}"),
)
_HINTS = (*_WORDS, "://", "tnt_", "eyj", "bearer", "basic", "detail:")
"""One of these stands, in some case, in whatever they and `_NAMED` find."""


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without credentials in addresses, tokens, and these `secrets`."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
    for secret in secrets:
        text = text.replace(secret, OUT)
    if _is_hinted(text):
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
    return text


def _is_hinted(text: str) -> bool:
    lowered = text.lower()
    return any(hint in lowered for hint in _HINTS)


def line(settings: BaseModel) -> Processor:
    """structlog's last: the event as JSON, as `processor` leaves it. Most have nothing in them that
    looks like a secret, and one look at all of the line is enough.
    """
    clean, render = processor(settings), structlog.processors.JSONRenderer()
    secrets = [json.dumps(secret)[1:-1] for secret in _secrets(settings)]

    def rendered(logger: Any, method: str, event: EventDict) -> Any:
        text = str(render(logger, method, event))
        if len(text) > _LONGEST or _is_hinted(text) or any(each in text for each in secrets):
            return render(logger, method, clean(logger, method, event))  # type: ignore[arg-type]
        return text

    return rendered


def processor(settings: BaseModel) -> Processor:
    """structlog's: whatever is in an event, however deep; what the settings keep secret as well."""
    secrets = sorted(set(_secrets(settings)), key=len, reverse=True)

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return redacted(value, secrets)
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, (list, tuple, set, frozenset)):
            return [clean(each) for each in value]
        if isinstance(value, Mapping):
            return {k: OUT if _NAMED.search(str(k)) else clean(v) for k, v in value.items()}
        return redacted(repr(value), secrets)

    def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
        cleaned: EventDict = clean(event)
        return cleaned

    return redact


def _secrets(value: Any) -> Iterable[str]:
    """What the settings hold as secrets, and the passwords inside of secret addresses."""
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        found = [text, _password(text), unquote(_password(text))]
        yield from (each for each in found if len(each) >= _SHORTEST)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _secrets(each)


def _password(text: str) -> str:
    try:
        return urlsplit(text).password or ""
    except ValueError:
        return ""
