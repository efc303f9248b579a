"""The languages people are spoken to in, and gettext's catalogues.

A catalogue is `<language>/LC_MESSAGES/tenantry.po`, read as it is: no compiled file is kept.
English is the language of the message ids and needs none.
"""

import io
from enum import StrEnum
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations


class Locale(StrEnum):
    EN = "EN"
    RU = "RU"
    KK = "KK"


@cache
def translations(locale: Locale) -> NullTranslations:
    """The catalogue of `locale`; message ids themselves where there is none yet."""
    source = Path(__file__).parent / locale.lower() / "LC_MESSAGES" / "tenantry.po"
    if not source.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale.lower()))
    return Translations(io.BytesIO(compiled.getvalue()))
