"""Changes that are made once, however often they are asked for under one key (ADR 0033).

A key belongs to who sends it and to one mutation. What he sends under it, and what he was answered,
are kept in the change's own transaction for a day: neither is ever there without the other.
"""

from datetime import timedelta

import errors
from auth import sealing, tokens
from auth import viewer as viewers
from auth.viewer import Viewer
from models import IdempotencyKey, clock, database

LIFETIME = timedelta(hours=24)

_KEEP = """
insert into idempotency_keys (id, payload_digest, answer, created_at) values ($1, $2, $3, $4)
on conflict (id) do update set
  payload_digest = excluded.payload_digest, answer = excluded.answer,
  created_at = excluded.created_at
"""


class Attempt:
    """`viewer`, by that token, asks for `mutation` with `payload`, for the first time or not.

    `answer` is what was said the first time, once it is known that there was one.
    """

    def __init__(
        self, viewer: Viewer, token: str | None, *, key: str, mutation: str, payload: str
    ) -> None:
        self.answer: str | None = None
        self._client, self._token = viewer.client, token
        self._subject = f"{mutation}\n{key}"
        self._payload = f"payload:{payload}"
        self._id = self._id_of(viewer)

    async def recall(self) -> None:
        """Was it made already?

        Raises:
            errors.IdempotencyKeyReused: another payload was sent under that key.
        """
        async with database.transaction(database.SYSTEM, read_only=True):
            await self._look()

    async def claim(self) -> None:
        """Nobody else makes it until the running transaction ends.

        Raises:
            errors.Conflict: somebody else is just making it, or has made it since `recall`.
            errors.IdempotencyKeyReused
        """
        [lock] = await database.rows(
            "select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as is_ours",
            f"idempotency:{self._id}",
        )
        if not lock["is_ours"]:
            raise errors.Conflict
        await self._look()
        if self.answer is not None:
            raise errors.Conflict

    async def keep(self, answer: str) -> None:
        """It is made, and that was the answer.

        Also for him whom it has signed out: his token is known again, though it is dead.
        """
        async with database.transaction(database.SYSTEM):
            viewer = await viewers.identify(self._client, self._token)
            await database.set_scope(database.SYSTEM)
            payload, sealed = str(tokens.derive("", self._payload)), sealing.seal(answer)
            for each in sorted({self._id, self._id_of(viewer)}):
                await database.rows(_KEEP, each, payload, sealed, clock.now())

    def _id_of(self, viewer: Viewer) -> str:
        dead = f"token:{tokens.digest(self._token)}" if self._token else "anonymous"
        return tokens.digest(f"{viewer.actor_id or dead}\n{self._subject}")

    async def _look(self) -> None:
        """A payload or an answer under a secret that is gone is nobody's any more."""
        since = clock.now() - LIFETIME
        found = await IdempotencyKey.get_or_none(id=self._id, created_at__gt=since)
        if found is None:
            return
        self.answer = sealing.unseal(found.answer)
        if self.answer is None or not tokens.is_derived(found.payload_digest, "", self._payload):
            self.answer = None
            raise errors.IdempotencyKeyReused


async def forget_old() -> int:
    """Delete what was kept for a day; how much that was."""
    async with database.transaction(database.SYSTEM):
        old = IdempotencyKey.filter(created_at__lte=clock.now() - LIFETIME)
        return await old.delete()
