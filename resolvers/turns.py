"""Work that nobody waits for, a piece at a time and each in a transaction of its own: one that
fails holds up no other.
"""

from collections.abc import Awaitable, Callable, Iterable

import errors


async def take(pieces: Iterable[str], work: Callable[[str], Awaitable[int]]) -> int:
    """Do `work` for each; the sum of what it returns.

    Raises:
        errors.ServiceUnavailable: at once, since it would be the same for all that are left.
        ExceptionGroup: whatever else has failed, once all have had their turn.
    """
    done, failed = 0, list[Exception]()
    for piece in pieces:
        try:
            done += await work(piece)
        except errors.ServiceUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 the others go on
            failed.append(error)
    if failed:
        raise ExceptionGroup("some have failed, and have another turn", failed)
    return done
