"""Signing in and out: opaque sessions that end 30 days after their last use."""

from dataclasses import dataclass
from datetime import datetime

import errors
import settings
from auth import limits, passwords, tokens
from auth.viewer import Viewer
from models import Session, User, clock, database, ids
from resolvers import audit, credentials, identifiers


@dataclass(frozen=True, slots=True)
class Opened:
    """`token` is in clear, for this once."""

    token: tokens.Token
    expires_at: datetime


async def sign_in(
    viewer: Viewer, *, login: str, password: str, new_password: str | None = None
) -> Opened:
    """A new session of the person with that login or verified e-mail.

    One answer in the same time whether the name, the password or both are wrong. `new_password`
    is looked at only where the password has expired.

    Raises:
        errors.InvalidCredentials, errors.RateLimited
        errors.PasswordChangeRequired: the pair is right; sign in again with a new password.
        errors.InvalidInput: the new password cannot be used; or a login with a NUL in it.
    """
    name = identifiers.fold(login.strip())
    counters = credentials.counters(viewer.client, name)
    await limits.count(*counters)
    user = await _named(name)
    if not await passwords.verify(password, user.password_hash if user else None) or user is None:
        raise errors.InvalidCredentials
    await limits.forgive(*counters)
    new_hash = await _new_hash(password, new_password) if user.password_expired else None
    async with database.transaction(database.SYSTEM):
        if new_hash is not None:
            await _replace_password(viewer, user, new_hash)
        return await open_for(viewer, user.id)


async def _new_hash(password: str, new_password: str | None) -> str:
    """The hash of the password that takes the place of one somebody else knows."""
    if new_password is None:
        raise errors.PasswordChangeRequired
    return await credentials.replacement(password, new_password, "newPassword")


async def _replace_password(viewer: Viewer, user: User, new_hash: str) -> None:
    now = clock.now()
    await User.filter(id=user.id).update(
        password_hash=new_hash, password_expired=False, updated_at=now
    )
    await audit.record(
        viewer,
        "user.change_password",
        subject_id=user.id,
        actor_id=user.id,
        changes={"password": ()},
    )


async def _named(name: str) -> User | None:
    """An e-mail is never a login, so the `@` tells which it is."""
    async with database.transaction(database.SYSTEM, read_only=True):
        if "@" in name:
            return await User.get_or_none(email_key=name, email_verified_at__isnull=False)
        return await User.get_or_none(login=name)


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
