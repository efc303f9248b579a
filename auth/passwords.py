"""Password hashes: argon2id at OWASP's floor, in a bounded thread pool.

One hash takes 19 MiB and some 30 ms of a core; four at a time keep memory flat and the event loop
free however many people sign in at once.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="argon2")
_NOBODYS = _hasher.hash("nobody's password")


async def make_hash(password: str) -> str:
    """The string to store for `password`."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def verify(password: str, stored: str | None) -> bool:
    """Whether `password` is the one behind `stored`; takes as long where nothing is stored."""
    matches = await asyncio.get_running_loop().run_in_executor(
        _threads, _verify, stored or _NOBODYS, password
    )
    return matches and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, UnicodeEncodeError):
        return False
