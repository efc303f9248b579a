"""TypeIDs: `prefix_` and a UUIDv7 in 26 characters of Crockford's base32, lower case.

The same string stands in the database, the API and the logs. Written here because Python 3.11
has no UUIDv7 and the encoding is three lines.
"""

import functools
import secrets
from datetime import UTC, datetime

from models import clock

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 74
_latest: dict[int, int] = {}
_TIME_BITS, _VERSION, _VARIANT, _DIGITS = 48, 0x7, 0x2, 26


def new(prefix: str) -> str:
    """A new id, e.g. `mem_01k...`; those one process makes later sort later."""
    milliseconds = int(clock.now().timestamp() * 1000) & ((1 << _TIME_BITS) - 1)
    random = _next_random(milliseconds)
    number = (
        milliseconds << 80
        | _VERSION << 76
        | (random >> 62) << 64
        | _VARIANT << 62
        | random & ((1 << 62) - 1)
    )
    digits = (ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
    return f"{prefix}_{''.join(digits)}"


def _next_random(milliseconds: int) -> int:
    """What follows the time: counted on within a millisecond, so that ids keep their order."""
    before, random = _latest.get(milliseconds), secrets.randbits(_RANDOM_BITS - 1)
    _latest.clear()
    _latest[milliseconds] = random if before is None else before + 1
    return _latest[milliseconds]


def prefix(value: str) -> str:
    """The part before the underscore; the whole string where there is none."""
    return value.partition("_")[0]


def made_at(value: str) -> datetime:
    """When that id was made, to the millisecond; the epoch for what is no id of ours.

    Spares a query where a rule asks how young something is.
    """
    digits = value.rpartition("_")[2]
    if len(digits) != _DIGITS or not set(digits) <= set(ALPHABET):
        return datetime.fromtimestamp(0, UTC)
    number = functools.reduce(lambda n, digit: n << 5 | ALPHABET.index(digit), digits, 0)
    return datetime.fromtimestamp((number >> 80 & ((1 << _TIME_BITS) - 1)) / 1000, UTC)
