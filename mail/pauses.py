"""How long to wait after an attempt that has failed, by the way things leave."""

import random
from datetime import timedelta

from models import Channel

_ATTEMPTS = 12
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)
# As Standard Webhooks recommends: ten attempts within some three days.
_OF_WEBHOOKS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)


def after(attempts: int, channel: Channel) -> timedelta | None:
    """The pause after so many attempts, from 1 on; None: there is no other one.

    They grow, and differ a little so that what failed together is not tried together.
    """
    pause = _after(attempts, channel)
    return pause and pause * random.uniform(1, 1.25)  # noqa: S311 no secret


def _after(attempts: int, channel: Channel) -> timedelta | None:
    if channel is Channel.WEBHOOK:
        return _OF_WEBHOOKS[attempts - 1] if attempts <= len(_OF_WEBHOOKS) else None
    return min(_FIRST * 2 ** (attempts - 1), _LONGEST) if attempts < _ATTEMPTS else None
