"""The keys that sign tickets, and how one follows another (ADR 0018).

A new key is shown before it signs, for longer than apps may keep what they were shown; an old one
is shown until the last ticket it signed has expired, and as long again as they may keep it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson

import settings
from auth import sealing, tickets
from models import SigningKey, clock, database, ids

SHOWN_FOR = timedelta(minutes=5)
SHOWN_BEFORE = timedelta(minutes=10)

_LOCK = "select pg_advisory_xact_lock(hashtext('tenantry.signing_keys'))"


@dataclass(frozen=True, slots=True)
class Signer:
    """`private_jwk` in clear, for as long as a ticket is made."""

    kid: str
    private_jwk: dict[str, Any] = field(repr=False)

    def sign(self, claims: dict[str, Any]) -> str:
        return tickets.sign(self.private_jwk, self.kid, claims)


async def current() -> Signer:
    """The key that signs now; where there is none, the first one is made.

    One whose secret was taken out of `TENANTRY_SECRET` cannot sign, and is followed at once.
    """
    async with database.transaction(database.SYSTEM, read_only=True):
        signer = await _signer()
    if signer is not None:
        return signer
    async with database.transaction(database.SYSTEM):
        await database.rows(_LOCK)
        return await _signer() or _opened(await _follow())


async def rotate(*, leaked: bool = False) -> SigningKey:
    """A new key is shown, and signs ten minutes later; at once where none does.

    Where the others have `leaked` they are gone at once, and what they signed is refused.
    """
    async with database.transaction(database.SYSTEM):
        await database.rows(_LOCK)
        if leaked:
            await SigningKey.filter().delete()
        return await _follow(after=SHOWN_BEFORE if await _signer() else timedelta())


async def published() -> list[dict[str, Any]]:
    """The public halves that tickets may be checked with; there is always one."""
    if not (shown := await listed()):
        await current()
        shown = await listed()
    return [{**key.public, "kid": key.id} for key in shown]


async def listed() -> Sequence[SigningKey]:
    """The keys that are shown, oldest first."""
    async with database.transaction(database.SYSTEM, read_only=True):
        now = clock.now()
        return [
            key
            for key in await SigningKey.all().order_by("created_at", "id")
            if key.retires_at is None or key.retires_at > now
        ]


async def forget_expired() -> int:
    """Delete the keys that are not shown any more; how many there were."""
    async with database.transaction(database.SYSTEM):
        return await SigningKey.filter(retires_at__lte=clock.now()).delete()


async def _signer() -> Signer | None:
    """The newest whose time has come, that can be opened, and outlives what it signs."""
    now = clock.now()
    outlived = now + settings.load().ticket_lifetime
    for key in await SigningKey.filter(signs_from__lte=now).order_by("-signs_from", "-id"):
        if key.retires_at is not None and key.retires_at < outlived:
            continue
        if sealing.unseal(key.private) is not None:
            return _opened(key)
    return None


def _opened(key: SigningKey) -> Signer:
    return Signer(key.id, orjson.loads(sealing.unseal(key.private) or ""))


async def _follow(*, after: timedelta = timedelta()) -> SigningKey:
    """A new key in the others' place, which signs `after` that; the caller holds the lock."""
    now = clock.now()
    gone = now + after + settings.load().ticket_lifetime + SHOWN_FOR
    await SigningKey.filter(retires_at=None).update(retires_at=gone)
    public, private = tickets.make_key()
    return await SigningKey.create(
        id=ids.new("sig"),
        public=public,
        private=sealing.seal(orjson.dumps(private).decode()),
        created_at=now,
        signs_from=now + after,
    )
