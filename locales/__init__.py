"""The languages people are spoken to in, and gettext's catalogues.

A catalogue is `<language>/LC_MESSAGES/tenantry.po`, read as it is: no compiled file is kept.
English is the language of the message ids and needs none. `scripts/messages` finds the messages:
those of templates, and in code whatever is marked.
"""

import io
import math
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from babel.dates import format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

_UNITS = (1, 60, 60 * 60, 24 * 60 * 60)


class Locale(StrEnum):
    EN = "EN"
    RU = "RU"
    KK = "KK"


def mark(message: str) -> str:
    """A message that is translated elsewhere, when its reader is known."""
    return message


def mark_plural(one: str, many: str) -> tuple[str, str]:
    """As `mark`, of a message that counts."""
    return one, many


@cache
def translations(locale: Locale) -> NullTranslations:
    """The catalogue of `locale`; message ids themselves where there is none."""
    source = Path(__file__).parent / locale.lower() / "LC_MESSAGES" / "tenantry.po"
    if not source.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale.lower()))
    return Translations(io.BytesIO(compiled.getvalue()))


def later(seconds: int, locale: Locale) -> str:
    """`in 5 minutes`: one number, rounded up so that nobody comes too early."""
    unit = max((unit for unit in _UNITS if unit < seconds), default=1)
    wait = timedelta(seconds=math.ceil(seconds / unit) * unit)
    return format_timedelta(wait, threshold=1, add_direction=True, locale=locale.lower())
