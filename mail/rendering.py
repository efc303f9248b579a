"""Facts become a subject, a text and an HTML part, in one language.

Names are typed by strangers. HTML escapes them; in every part they are also *defanged*, because
mail programs make a link of a bare `evil.com` that no escaping hides. A ZERO WIDTH NON-JOINER after
the dot ends that: it cannot be seen, no list of top-level domains holds what follows, and, unlike
the other invisible characters, browsers refuse it in a host instead of dropping it (UTS 46,
CheckJoiners).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from locales import Locale, translations

_TEMPLATES = Path(__file__).parent / "templates"
# Parsed; copied by who reads it; written by staff, who may link.
_VERBATIM = frozenset(
    {
        "at",
        "covered_from",
        "covered_until",
        "ends_at",
        "expires_at",
        "failing_since",
        "member_email",
        "masked_email",
        "news_subject",
        "news_body",
    }
)
_LINK_JOINTS = re.compile(r"(?<=[.:/@])(?=\S)")
_SMS_NAME = 40
_BREAK = "\N{ZERO WIDTH NON-JOINER}"


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(name: str, facts: Mapping[str, Any], *, locale: Locale, **ours: str) -> Rendered:
    """The mail `templates/<name>/` makes of `facts`, and of what is ours: a link, a code.

    Raises:
        jinja2.TemplateError: there is no such template, or it asks for a fact that is missing.
    """
    shown = _context(facts, locale, ours)
    parts = ("subject.txt", "body.txt", "body.html")
    subject, text, html = (_part(f"{name}/{part}", shown, locale) for part in parts)
    return Rendered(_on_one_line(subject), _tidied(text), html)


def render_sms(name: str, facts: Mapping[str, Any], *, locale: Locale, **ours: str) -> str:
    """The SMS `templates/<name>/sms.txt` makes, on one line; raises as `render`.

    Long names are cut, since an SMS is paid for by its length.
    """
    short = {key: _shortened(value) for key, value in facts.items()}
    return _on_one_line(_part(f"{name}/sms.txt", _context(short, locale, ours), locale))


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _SMS_NAME:
        return f"{value[: _SMS_NAME - 1].rstrip()}…"
    return value


def _context(facts: Mapping[str, Any], locale: Locale, ours: Mapping[str, str]) -> dict[str, Any]:
    shown = {key: _shown(key, value) for key, value in facts.items()}
    return {**shown, "lang": locale.lower(), **ours}


def _part(template: str, context: Mapping[str, Any], locale: Locale) -> str:
    return _environment(locale).get_template(template).render(context)


@cache
def _environment(locale: Locale) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    catalogue = translations(locale)
    install = environment.install_gettext_translations  # type: ignore[attr-defined]  # by i18n
    install(catalogue, newstyle=True)
    environment.filters["translated"] = catalogue.gettext
    environment.filters["moment"] = lambda value: _moment(value, locale)
    environment.filters["day"] = lambda value: _day(value, locale)
    return environment


def _shown(key: str, value: Any) -> Any:
    """A fact as templates get it: every text in it defanged, unless it is to be verbatim."""
    if isinstance(value, str):
        return value if key in _VERBATIM else _defanged(value)
    if isinstance(value, list):
        return [{k: _shown(k, v) for k, v in item.items()} for item in value]
    return value


def _defanged(text: str) -> str:
    return _LINK_JOINTS.sub(_BREAK, _on_one_line(text))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _tidied(text: str) -> str:
    """Templates may leave blank lines as they read best there."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _moment(value: str, locale: Locale) -> str:
    """`November 24, 2026, 6:52 PM UTC`: nobody knows the reader's time zone, so it says its own."""
    moment = datetime.fromisoformat(value)
    time = format_time(moment, "short", tzinfo=UTC, locale=locale.lower())
    return f"{_day(value, locale)}, {time} UTC"


def _day(value: str, locale: Locale) -> str:
    """`November 24, 2026`, where the hour says nothing; in UTC as well."""
    return format_date(datetime.fromisoformat(value).astimezone(UTC), "long", locale.lower())
