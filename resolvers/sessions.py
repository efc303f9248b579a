"""Signing in and out: opaque sessions that end 30 days after their last use, or when somebody says
so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import errors
import settings
from auth import limits, passwords, tokens
from auth.viewer import Viewer
from models import Session, User, clock, database, ids
from permissions import checks
from resolvers import audit, credentials, identifiers, pages, rows, second_factors


@dataclass(frozen=True, slots=True)
class Opened:
    """`token` is in clear, for this once."""

    token: tokens.Token
    expires_at: datetime


async def sign_in(
    viewer: Viewer,
    *,
    login: str,
    password: str,
    new_password: str | None = None,
    second_factor: str | None = None,
) -> Opened:
    """A new session of the person with that login or verified e-mail.

    One answer in the same time whether the name, the password or both are wrong. `new_password`
    is looked at only where the password has expired.

    A right password that goes without its code counts as no failure: people come once without it
    to be asked. A code is only taken once everything else is right.

    Raises:
        errors.InvalidCredentials, errors.RateLimited
        errors.SecondFactorRequired: the pair is right; sign in again with a code.
        errors.PasswordChangeRequired: the pair is right; sign in again with a new password.
        errors.InvalidInput: the code is wrong; the new password cannot be used; or a login with a
            NUL in it.
    """
    name = identifiers.sign_in_name(login)
    async with database.transaction(database.SYSTEM, read_only=True):
        user = await credentials.named(name)
        counters = await credentials.counters(viewer.client, name, user)
    await limits.count(*counters)
    if not await passwords.verify(password, user.password_hash if user else None) or user is None:
        raise errors.InvalidCredentials
    await limits.forgive(*counters)
    takes_code = await second_factors.require_given(user.id, second_factor)
    new_hash = await _new_hash(user, password, new_password) if user.password_expired else None
    if takes_code:
        await second_factors.take(viewer, user.id, second_factor)
    async with database.transaction(database.SYSTEM):
        await _require_unchanged(user)
        if new_hash is not None:
            await credentials.change(viewer, user.id, new_hash)
        return await open_for(viewer, user.id)


async def _new_hash(user: User, password: str, new_password: str | None) -> str:
    """The hash of the password that takes the place of one somebody else knows."""
    if new_password is None:
        raise errors.PasswordChangeRequired
    return await credentials.replacement(user, password, new_password, "newPassword")


async def _require_unchanged(user: User) -> None:
    """The password that was right is so still: changing it ends the sessions there are, and one
    that is just being opened is not among them.

    Raises:
        errors.InvalidCredentials
    """
    same = User.filter(id=user.id, password_hash=user.password_hash)
    if await same.select_for_update(no_key=True).first() is None:
        raise errors.InvalidCredentials


async def open_for(viewer: Viewer, user_id: str) -> Opened:
    """A session in the running transaction."""
    token, now = tokens.new(tokens.SESSION), clock.now()
    session = await Session.create(
        id=ids.new("ses"),
        user_id=user_id,
        token_digest=tokens.digest(token),
        device=viewer.client.device,
        created_at=now,
        last_used_at=now,
    )
    await credentials.remember(viewer.client, user_id)
    await audit.record(viewer, "session.open", subject_id=session.id, actor_id=user_id)
    return Opened(token, now + settings.load().session_lifetime)


async def sign_out(viewer: Viewer) -> bool:
    """End the viewer's session; False where nobody was signed in."""
    if viewer.session_id is None:
        return False
    async with database.transaction(viewer.scope):
        await Session.filter(id=viewer.session_id).delete()
        await audit.record(viewer, "session.end", subject_id=viewer.session_id)
    return True


async def mine(viewer: Viewer, window: pages.Window) -> pages.Page[rows.Session]:
    """The viewer's living sessions, the one used last first.

    Raises:
        errors.InvalidInput: of the window.
    """
    return await pages.read(
        "select last_used_at as order_key, id, device, created_at, last_used_at,"
        " id = $2 as current from sessions where user_id = $1 and last_used_at > $3",
        [viewer.user_id, viewer.session_id, _oldest_use()],
        order=pages.Order("sessions", "last_used_at", "id", descending=True, moment=True),
        window=window,
        make=_shown,
    )


def _shown(record: Mapping[str, Any]) -> rows.Session:
    return rows.Session(**{key: value for key, value in record.items() if key != "order_key"})


def _oldest_use() -> datetime:
    """A session last used then, or earlier, is dead."""
    return clock.now() - settings.load().session_lifetime


async def end(viewer: Viewer, session_id: str) -> None:
    """That session of the viewer's is dead at its next request; his present one as well.

    Raises:
        errors.Unauthenticated
        errors.NotFound: somebody else's, or dead already.
    """
    user_id = checks.require_signed_in(viewer)
    async with database.transaction(viewer.scope):
        found = Session.filter(id=session_id, user_id=user_id, last_used_at__gt=_oldest_use())
        if not await found.delete():
            raise errors.NotFound
        await audit.record(viewer, "session.end", subject_id=session_id)


async def end_others(viewer: Viewer) -> int:
    """All of the viewer's sessions but his present one are dead; how many there were.

    Raises:
        errors.Unauthenticated
    """
    user_id = checks.require_signed_in(viewer)
    async with database.transaction(database.SYSTEM):
        return await end_all(viewer, user_id, but=viewer.session_id)


async def end_all(viewer: Viewer, user_id: str, *, but: str | None = None) -> int:
    """The account's sessions, except `but`, are dead at their next request; how many there were.

    Runs in the caller's transaction, of the system scope. One row of the audit for all of them:
    who signs in from a script has thousands.
    """
    gone = await database.rows(
        "delete from sessions where user_id = $1 and id <> $2"
        " returning last_used_at > $3 as living",
        user_id,
        but or "",
        _oldest_use(),
    )
    ended = len([session for session in gone if session["living"]])
    if ended:
        await audit.record(
            viewer,
            "session.end_all",
            subject_id=user_id,
            actor_id=viewer.actor_id or user_id,
            changes={"ended": (None, str(ended))},
        )
    return ended


async def forget_expired() -> int:
    """Delete the sessions that have died of age; how many there were."""
    async with database.transaction(database.SYSTEM):
        return await Session.filter(last_used_at__lte=_oldest_use()).delete()
