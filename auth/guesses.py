"""What is guessed first: passwords built of few pieces (CASES 89, ADR 0041).

A common word, a word of one's own (name, login, address, tenant), a number, and a walk over the
keyboard or the alphabet are one piece each, as is every other character; what stands there again is
none. `Summer2026!!` has three; three words with blanks between have five. A rule instead of a list,
since lists hold few passwords of twelve characters, and nothing of who chooses them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

FEWEST = 5
_LOOKED_AT = 64  # characters: whoever begins so with an easy one goes on with one
_LONGEST = 24
_SHORTEST = 3
_OWN = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+")
_LEET = str.maketrans("@430!1$57", "aaeoiisst")
_ROWS = (
    "1234567890",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "abcdefghijklmnopqrstuvwxyz",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1a2b3c4d5e6f7g8h9i",
    "a1b2c3d4e5f6g7h8i9",
    "!@#$%^&*()",
    "qweasdzxc",
)
_LINES = Path(__file__).with_name("common_words.txt").read_text("utf-8").splitlines()
_WORDS = frozenset(word for line in _LINES if not line.startswith("#") for word in line.split())
_WALKS = "\n".join([*_ROWS, *(row[::-1] for row in _ROWS)])


def is_common(password: str, own: Iterable[str]) -> bool:
    """Whether a password is guessed before any real search begins; `own` is what its holder is
    called, and what he belongs to.
    """
    plain = _folded(password)[:_LOOKED_AT]
    return (
        _pieces(plain, {word for text in own for word in _words(_folded(text))} | _WORDS) < FEWEST
    )


def _words(text: str) -> Iterator[str]:
    """The whole and its parts."""
    yield text
    yield from (word for word in _OWN.findall(text) if len(word) >= _SHORTEST)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _pieces(text: str, words: AbstractSet[str]) -> int:
    """The fewest that the text can be put together of."""
    fewest = list(range(len(text) + 1))
    for begin in range(len(text)):
        for end, cost in _steps(text, begin, words):
            fewest[end] = min(fewest[end], fewest[begin] + cost)
    return fewest[-1]


def _steps(text: str, begin: int, words: AbstractSet[str]) -> Iterator[tuple[int, int]]:
    """Where the pieces that begin here may end, and what each counts."""
    yield begin + 1, 1
    for end in range(begin + 1, min(begin + _LONGEST, len(text)) + 1):
        piece = text[begin:end]
        if piece == text[max(0, 2 * begin - end) : begin]:
            yield end, 0
        elif len(piece) >= _SHORTEST and _is_one(piece, words):
            yield end, 1
    if number := _NUMBER.match(text, begin):
        yield number.end(), 1


def _is_one(piece: str, words: AbstractSet[str]) -> bool:
    return piece in words or piece.translate(_LEET) in words or piece in _WALKS
