"""Passwords as they are asked for, when somebody signs in and again before what is dangerous, and
as they take the place of another.
"""

from collections.abc import Callable
from functools import partial

import errors
import settings
from auth import limits, passwords
from auth.viewer import Client, Viewer
from models import User, clock, database
from permissions import checks
from resolvers import account_links, audit, identifiers

_WORDS = """
select array[login, full_name, email] as own, array(
    select t.name from members m join tenants t on t.id = m.tenant_id
    where m.user_id = u.id and m.status <> 'REMOVED' limit 100
  ) as tenants
from users u where id = $1
"""
_KNOWN = "1/90 days"  # how long a client is remembered


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
    counted = (*_counters_of_client(viewer.client, user.login), _counter_of_session(viewer))
    await limits.count(*counted)
    if not await passwords.verify(password, user.password_hash):
        raise errors.InvalidInput.at(*path, code="WRONG")
    await limits.forgive(*counted)
    return user


async def replacement(user: User, old: str, new: str, *path: str) -> str:
    """The hash of a password that takes the place of `old`.

    Raises:
        errors.InvalidInput: at `path`; it cannot be used, or is the old one.
    """
    async with database.transaction(database.SYSTEM, read_only=True):
        rule = await password_rule(user.id)
    faults = identifiers.Faults()
    faults.check(path, rule, new)
    if new == old:
        faults.add(path, "UNCHANGED")
    faults.settle()
    return await passwords.make_hash(new)


async def password_rule(user_id: str) -> Callable[[str], str]:
    """What a new password of that account has to be, in a running transaction of the system scope:
    not made of its names, nor of those of its tenants.
    """
    found = await database.rows(_WORDS, user_id)
    own = [word for row in found for word in (*row["own"], *row["tenants"])]
    return partial(identifiers.new_password, own=own)


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


async def counters(client: Client, name: str, user: User | None) -> tuple[limits.Counter, ...]:
    """By name and client together: nobody can lock somebody else out of his account.

    Besides, all clients that the account has not signed in from count together: many of them guess
    no more than one, and its holder passes by those who keep that counter full (ADR 0041). Runs in
    the caller's transaction, and does the same where nobody has that name.
    """
    if await limits.is_remembered(_known(client, user.id if user else name)):
        return _counters_of_client(client, name)
    rate = settings.load().limit_failed_sign_ins_per_account
    return (*_counters_of_client(client, name), limits.counter("sign-ins from all", rate, name))


async def remember(client: Client, user_id: str) -> None:
    """The account's holder was there, in the running transaction; see `counters`."""
    await limits.remember(_known(client, user_id))


def _known(client: Client, subject: str) -> limits.Counter:
    return limits.counter("known client", _KNOWN, subject, client.address)


def _counter_of_session(viewer: Viewer) -> limits.Counter:
    """A session has been signed in to; whoever stole it guesses no more than others."""
    rate = settings.load().limit_failed_sign_ins_per_account
    return limits.counter("passwords of session", rate, str(viewer.session_id))


def _counters_of_client(client: Client, name: str) -> tuple[limits.Counter, ...]:
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
