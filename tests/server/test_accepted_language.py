import pytest
from starlette.requests import HTTPConnection

from locales import Locale
from server import authentication


def asked_for(*accepted: str) -> Locale | None:
    """The language of a request with this `Accept-Language`."""
    headers = [(b"accept-language", value.encode("latin-1")) for value in accepted]
    scope = {"type": "http", "headers": headers, "client": None, "request_id": "test"}
    return authentication.client(HTTPConnection(scope)).locale


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("ru", Locale.RU),
        ("KK", Locale.KK),
        ("kk-KZ", Locale.KK),
        ("kk-Cyrl-KZ, ru;q=0.9", Locale.KK),
        ("en-GB,en;q=0.9,ru;q=0.8", Locale.EN),
        ("en;q=0.5, ru;q=0.8", Locale.RU),
        ("ru;q=0.7, kk;q=0.7", Locale.RU),
        ("de, fr;q=0.9, kk; q=0.1", Locale.KK),
        ("ru;q=0, en;q=0.001", Locale.EN),
    ],
)
def test_the_best_liked_of_our_languages_is_chosen(accepted: str, locale: Locale) -> None:
    """RFC 9110, 12.5.4."""
    assert asked_for(accepted) is locale


@pytest.mark.parametrize(
    "accepted", ["", "*", "de", "rus", "ru;q=0", "ru;q=high", "ru;q=1.0.0", "ru\xff", ";,;", ","]
)
def test_nothing_is_chosen_of_languages_we_do_not_speak_or_cannot_read(accepted: str) -> None:
    assert asked_for(accepted) is None


def test_a_request_may_say_nothing_of_languages() -> None:
    assert asked_for() is None
