"""Every mail in every language."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from locales import Locale, translations
from mail import messages, rendering
from tests.mail.letters import LINK, MAILS, OURS, Page, every

TENANT, PERSON, WORDS = "Ромашка", "Әсел Қайратқызы", "Касса"
MOMENTS = {
    Locale.EN: "November 24, 2026, 6:52\N{NARROW NO-BREAK SPACE}PM UTC",
    Locale.RU: "24 ноября 2026\N{NARROW NO-BREAK SPACE}г., 18:52 UTC",
    Locale.KK: "2026\N{NARROW NO-BREAK SPACE}ж. 24 қараша, 18:52 UTC",
}
RIGHTS = {
    Locale.EN: ("launch", "launch and administer"),
    Locale.RU: ("запуск", "запуск и администрирование"),
    Locale.KK: ("іске қосу", "іске қосу және әкімшілендіру"),
}
LATIN = re.compile(r"[A-Za-z]+")


def rendered(mail: str, locale: Locale) -> rendering.Rendered:
    facts = every(TENANT, PERSON, WORDS)[mail].facts
    return rendering.render(mail, facts, locale=locale, **OURS)


def facts(mail: str, locale: Locale) -> Iterator[str]:
    """What the reader has to be told, in his language."""
    told = shown(locale)
    for key, value in every(TENANT, PERSON, WORDS)[mail].facts.items():
        if key in told:
            yield from told[key](value)
        elif value is not None:
            yield str(value)


def shown(locale: Locale) -> dict[str, Callable[[Any], list[str]]]:
    """The facts that are not said as they are."""
    moment, say = MOMENTS[locale], translations(locale).gettext
    day = moment.rpartition(", ")[0]
    return {
        "role": lambda role: [say(role)],
        "changed": lambda fields: [say(field["name"]) for field in fields],
        **dict.fromkeys(("password_changed", "gone"), lambda _: []),
        "apps": lambda _: [f"{WORDS} ({right})" for right in RIGHTS[locale]],
        **dict.fromkeys(("expires_at", "ends_at", "failing_since"), lambda _: [moment]),
        "covered_from": lambda _: [day.replace("24", "17")],
        "covered_until": lambda _: [day],
        **dict.fromkeys(("begun", "ending", "ended"), lambda _: [WORDS, day]),
    }


def test_there_are_no_other_mails() -> None:
    assert sorted(path.parent.name for path in rendering._TEMPLATES.glob("*/subject.txt")) == MAILS  # noqa: SLF001


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("mail", MAILS)
def test_a_mail_tells_every_fact_in_every_language(mail: str, locale: Locale) -> None:
    found = rendered(mail, locale)
    for fact in facts(mail, locale):
        assert fact in found.text
        assert fact in Page(found.html).said
    assert (TENANT in found.subject) is (TENANT in facts(mail, locale))


@pytest.mark.parametrize("locale", [Locale.RU, Locale.KK])
@pytest.mark.parametrize("mail", MAILS)
def test_no_english_is_left_in_a_translated_mail(mail: str, locale: Locale) -> None:
    found = rendered(mail, locale)
    said = f"{found.subject} {found.text} {Page(found.html).said}"
    for typed in (LINK, "ann@example.org", "an***@example.org", "ann"):
        said = said.replace(typed, "")
    assert set(LATIN.findall(said)) <= {"UTC", "Tenantry"}


@pytest.mark.parametrize("locale", [Locale.RU, Locale.KK])
def test_somebody_who_declines_without_a_name_is_named_in_the_readers_language(
    locale: Locale,
) -> None:
    message = messages.declined(
        tenant_name=TENANT, member_name=None, member_email=None, reason=None
    )
    found = rendering.render(message.name, message.facts, locale=locale)
    who = translations(locale).gettext("Somebody you invited")
    assert found.text.startswith(who)
    assert who in Page(found.html).said
