"""Which passwords are guessed first (CASES 89, ADR 0041)."""

import time

import pytest

from auth import guesses

COMMON = """
123456789012 777777777777 112233445566 010203040506 qwertyuiop12 asdfghjkl123 zxcvbnm12345
1q2w3e4r5t6y 1qaz2wsx3edc zaq12wsxcde3 q1w2e3r4t5y6 1qaz@WSX3edc 123qweasdzxc qwerty123456
qwertyqwerty abcdefghijkl abcabcabcabc aaaaaaaaaaaa password1234 passwordpassword password!123
Passw0rd1234 P@ssw0rd!2026 mypassword123 administrator administrator1 adminadmin12 welcome12345
changeme1234 letmein12345 iloveyou1234 iloveyou2020 iloveyouforever trustno1trustno1 testtesttest
sunshine1234 princess1234 butterfly123 bubblegum123 watermelon12 basketball12 football1234
manchesterunited chelsea12345 liverpool123 starwars1234 michaeljordan christopher1 alexander123
unbelievable thunderstorm skateboarding snowboarding motherfucker Summer2026!! Winter-2026-
пароль123456 привет123456 наташа123456 йцукенгшщзхъ gfhjkm123456 ghbdtn2026!! natasha12345
"""
GOOD = (
    "a loaf of rye bread",
    "correct horse battery",
    "told on the phone",
    "twelve letters",
    "dragon monkey pizza",
    "kJ3xQz7Lp2Wm",
    "лошадь ест зелёный клевер",
    "mein Rad steht im Keller",
)


def test_what_is_made_of_few_pieces_is_guessed_first() -> None:
    """CASES 89: words, numbers, walks over the keyboard, repetitions, letters as digits."""
    assert [password for password in COMMON.split() if not guesses.is_common(password, ())] == []


def test_what_takes_five_pieces_is_not() -> None:
    own = ("Olga Orlova", "olga", "olga@example.com", "Acme")
    assert [password for password in GOOD if guesses.is_common(password, own)] == []


@pytest.mark.parametrize(
    ("password", "own"),
    [
        ("olga12345678", "olga"),
        ("OlgaOrlova2026", "Olga Orlova"),
        ("0rlova-0rlova", "Olga Orlova"),
        ("AcmeCorp2026!", "Acme Corp"),
        ("orlova@example.com", "orlova@example.com"),
        ("Сейтқали2026!!", "Тимур Сейтқали"),
    ],
)
def test_names_of_ones_own_are_pieces_too(password: str, own: str) -> None:
    """CASES 89: of the organisation, the login, the name; and nobody else's."""
    assert guesses.is_common(password, (own,))
    assert not guesses.is_common(f"{own[:4]} likes rye bread", (own,))


def test_who_is_called_otherwise_may_use_the_word() -> None:
    assert guesses.is_common("quasimodo-2026", ("Quasimodo",))
    assert not guesses.is_common("quasimodo-2026", ("Esmeralda",))


def test_counting_takes_no_longer_than_a_hash_however_long_the_password_is() -> None:
    begun = time.perf_counter()
    for text in ("x1y" * 400, "abcdefghij" * 100, "dragon" * 170, "\0 🔑" * 300):
        guesses.is_common(text, ("Olga",) * 50)
    assert time.perf_counter() - begun < 1
