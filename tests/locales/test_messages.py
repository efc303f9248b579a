"""What the API says to people, in three languages."""

import re
from collections.abc import Iterator

import pytest

import errors
from errors import FieldFault
from locales import Locale, later, translations
from schema.sentences import (
    COUNTED_MESSAGES,
    FAULTS,
    LENGTH_FAULTS,
    MESSAGES,
    fault_message,
    message,
)

KINDS = re.compile("PNG|JPEG|WebP|https|SUBSCRIBER|API|Idempotency-Key")
LATIN = re.compile(r"(?<!%\()\b[A-Za-z]{2,}")


def codes(kind: type[errors.Failure] = errors.Failure) -> Iterator[str]:
    """Those of a class of failures and of all below it."""
    yield kind.code
    for narrower in kind.__subclasses__():
        yield from codes(narrower)


def test_every_failure_has_a_sentence() -> None:
    assert {*MESSAGES, *COUNTED_MESSAGES} == set(codes())


@pytest.mark.parametrize("locale", [Locale.RU, Locale.KK])
@pytest.mark.parametrize("left", [1, 4])
def test_a_wrong_code_says_how_often_it_can_be_tried_still(left: int, locale: Locale) -> None:
    said = message(locale, errors.WrongCode(left))
    assert str(left) in said
    assert not LATIN.search(said)


@pytest.mark.parametrize("locale", [Locale.RU, Locale.KK])
@pytest.mark.parametrize("code", MESSAGES)
def test_every_sentence_is_said_in_every_language(code: str, locale: Locale) -> None:
    assert not LATIN.search(KINDS.sub("", translations(locale).gettext(MESSAGES[code])))


@pytest.mark.parametrize("locale", [Locale.RU, Locale.KK])
@pytest.mark.parametrize("code", [*FAULTS, *LENGTH_FAULTS])
def test_every_fault_of_a_field_has_a_sentence(code: str, locale: Locale) -> None:
    said = fault_message(locale, FieldFault(("name",), code, 12))
    assert not LATIN.search(KINDS.sub("", said))


@pytest.mark.parametrize(
    ("limit", "english", "russian", "kazakh"),
    [
        (1, "At least 1 character.", "Не менее 1 символа.", "Кемінде 1 таңба."),
        (2, "At least 2 characters.", "Не менее 2 символов.", "Кемінде 2 таңба."),
        (12, "At least 12 characters.", "Не менее 12 символов.", "Кемінде 12 таңба."),
        (21, "At least 21 characters.", "Не менее 21 символа.", "Кемінде 21 таңба."),
    ],
)
def test_lengths_are_counted_as_the_language_counts(
    limit: int, english: str, russian: str, kazakh: str
) -> None:
    fault = FieldFault(("password",), "TOO_SHORT", limit)
    assert fault_message(Locale.EN, fault) == english
    assert fault_message(Locale.RU, fault) == russian
    assert fault_message(Locale.KK, fault) == kazakh


@pytest.mark.parametrize(
    ("seconds", "english", "russian", "kazakh"),
    [
        (1, "in 1 second", "через 1 секунду", "1 секундтан кейін"),
        (60, "in 1 minute", "через 1 минуту", "1 минуттан кейін"),
        (61, "in 2 minutes", "через 2 минуты", "2 минуттан кейін"),
        (300, "in 5 minutes", "через 5 минут", "5 минуттан кейін"),
        (3540, "in 59 minutes", "через 59 минут", "59 минуттан кейін"),
        (3601, "in 2 hours", "через 2 часа", "2 сағаттан кейін"),
        (75601, "in 22 hours", "через 22 часа", "22 сағаттан кейін"),
        (86400, "in 1 day", "через 1 день", "1 күннен кейін"),
    ],
)
def test_how_long_to_wait_is_one_number_and_never_too_short(
    seconds: int, english: str, russian: str, kazakh: str
) -> None:
    assert later(seconds, Locale.EN) == english
    assert later(seconds, Locale.RU) == russian
    assert later(seconds, Locale.KK) == kazakh


def test_who_tries_too_often_hears_how_long_to_wait() -> None:
    """PRODUCT 3.11."""
    limited = errors.RateLimited(300)
    assert message(Locale.EN, limited) == "Too many attempts. Try again in 5 minutes."
    assert message(Locale.RU, limited) == "Слишком много попыток. Попробуйте снова через 5 минут."
    assert message(Locale.KK, limited) == "Әрекет саны тым көп. 5 минуттан кейін қайталап көріңіз."


def test_where_there_is_no_catalogue_messages_speak_for_themselves() -> None:
    assert translations(Locale.EN).gettext("Owner") == "Owner"
