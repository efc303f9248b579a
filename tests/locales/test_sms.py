"""Every SMS in every language."""

import re

import pytest

from locales import Locale
from mail import rendering

CODE, PERSON, LONG = "042017", "Әсел Қайратқызы", "Ромашка " * 25
SMS = sorted(path.parent.name for path in rendering._TEMPLATES.glob("*/sms.txt"))  # noqa: SLF001
CODES = [name for name in SMS if name.endswith("_code")]
LATIN = re.compile(r"[A-Za-z]+")


def written(sms: str, locale: Locale, name: str = PERSON) -> str:
    """With every fact that some SMS asks for."""
    typed = dict.fromkeys(["tenant_name", "removed_by", "changed_by", "login"], name)
    facts = {**typed, "role": "Administrator", "minutes": 10}
    return rendering.render_sms(sms, facts, locale=locale, code=CODE)


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("sms", SMS)
def test_an_sms_stays_short_in_every_language(sms: str, locale: Locale) -> None:
    """Issue 4.2: an SMS holds 160 letters, in Cyrillic 70, and longer ones are sent in parts."""
    assert len(written(sms, locale)) <= 160
    assert len(written(sms, locale, LONG)) <= 210


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("sms", CODES)
def test_a_code_stands_first_in_every_language(sms: str, locale: Locale) -> None:
    """Issue 4.2: that is what a locked screen shows."""
    text = written(sms, locale)
    assert text.startswith(f"{CODE} ")
    assert " 10 " in text


@pytest.mark.parametrize("locale", [Locale.RU, Locale.KK])
@pytest.mark.parametrize("sms", SMS)
def test_no_english_is_left_in_a_translated_sms(sms: str, locale: Locale) -> None:
    assert set(LATIN.findall(written(sms, locale))) <= {"Tenantry"}
