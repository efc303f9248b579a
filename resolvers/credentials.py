"""Passwords as they are asked for, when somebody signs in and again before what is dangerous, and
as they take the place of another.
"""

import errors
import settings
from auth import limits, passwords
from auth.viewer import Client, Viewer
from models import User, clock, database
from permissions import checks
from resolvers import account_links, audit, identifiers


async def require_password(viewer: Viewer, password: str, *path: str) -> User:
    """The viewer's account, once he has shown that he knows its password.

    A session alone is not enough for what would keep its owner out of his account. Failures count
    together with failed sign-ins.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: at `path`; it is another one.
    """
    user_id = checks.require_signed_in(viewer)
    async with database.transaction(viewer.scope, read_only=True):
        user = await User.get(id=user_id)
    counted = counters(viewer.client, user.login)
    await limits.count(*counted)
    if not await passwords.verify(password, user.password_hash):
        raise errors.InvalidInput.at(*path, code="WRONG")
    await limits.forgive(*counted)
    return user


async def replacement(old: str, new: str, *path: str) -> str:
    """The hash of a password that takes the place of `old`.

    Raises:
        errors.InvalidInput: at `path`; it cannot be used, or is the old one.
    """
    faults = identifiers.Faults()
    faults.check(path, identifiers.new_password, new)
    if new == old:
        faults.add(path, "UNCHANGED")
    faults.settle()
    return await passwords.make_hash(new)


async def change(viewer: Viewer, user_id: str, password_hash: str) -> None:
    """The account has a password that its holder chose, and no links."""
    await _write(user_id, password_hash, expired=False)
    await audit.record(
        viewer,
        "user.change_password",
        subject_id=user_id,
        actor_id=user_id,
        changes={"password": ()},
    )


async def hand_over(user_id: str, password_hash: str) -> None:
    """The account has a password that somebody else knows, to be replaced, and no links."""
    await _write(user_id, password_hash, expired=True)


async def _write(user_id: str, password_hash: str, *, expired: bool) -> None:
    """Links mailed before would undo it (CASES 92)."""
    await User.filter(id=user_id).update(
        password_hash=password_hash, password_expired=expired, updated_at=clock.now()
    )
    await account_links.close_all(user_id)


async def named(name: str) -> User | None:
    """Who signs in by that folded name, in the running transaction: a login or a verified address.

    An address is never a login, so the `@` tells which it is.
    """
    if "@" in name:
        return await User.get_or_none(email_key=name, email_verified_at__isnull=False)
    return await User.get_or_none(login=name, ended_at=None)


def counters(client: Client, name: str) -> tuple[limits.Counter, ...]:
    """By account and client together: nobody can lock somebody else out of his account."""
    chosen = settings.load()
    return (
        limits.counter("sign-in", chosen.limit_failed_sign_ins, name, client.address),
        client_counter(client),
    )


def client_counter(client: Client) -> limits.Counter:
    """Whatever one client fails to prove, for whichever accounts."""
    return limits.counter(
        "sign-in", settings.load().limit_failed_sign_ins_per_client, client.address
    )
