"""A new password: by who knows the old one, or by a link mailed to his address (PRODUCT 5)."""

from datetime import datetime
from functools import partial

from auth import limits, passwords
from auth.viewer import Viewer
from mail import messages
from models import LinkPurpose, User, clock, database
from resolvers import account_links, audit, credentials, identifiers, notices, profiles, sessions


async def change(viewer: Viewer, *, password: str, new_password: str) -> int:
    """The viewer's password is the new one and his other sessions have ended; how many.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: also where the old one is wrong.
    """
    user = await credentials.require_password(viewer, password, "password")
    new_hash = await credentials.replacement(user, password, new_password, "newPassword")
    async with database.transaction(database.SYSTEM):
        user = await profiles.lock(user.id)
        return await replace(viewer, user, new_hash, but=viewer.session_id)


async def replace(viewer: Viewer, user: User, new_hash: str, *, but: str | None = None) -> int:
    """A locked account has that password; sessions other than `but` and its links are dead."""
    await credentials.change(viewer, user.id, new_hash)
    await notices.tell_user(user.id, messages.password_changed(login=user.login), now=clock.now())
    return await sessions.end_all(viewer, user.id, but=but)


async def request_reset(viewer: Viewer, *, login: str) -> datetime:
    """If somebody has that login or verified e-mail, and an address, a link is mailed to it.

    Until when it works, and the same answer in the same time where there is nobody.

    Raises:
        errors.RateLimited, errors.InvalidInput
    """
    name = identifiers.sign_in_name(login)
    await limits.count(*account_links.counters(viewer.client, name))
    async with database.transaction(database.SYSTEM):
        user = await credentials.named(name)
        reached = user if user and user.email_verified_at else None
        link = await account_links.make(
            account_links.Wanted(
                LinkPurpose.PASSWORD,
                reached.email if reached else None,
                reached.id if reached else None,
            ),
            partial(messages.password_link, login=reached.login if reached else ""),
            locale=notices.language(viewer, reached.locale if reached else None),
        )
        await audit.record(viewer, "user.request_password", subject_id=link.id)
        return link.expires_at


async def reset(viewer: Viewer, *, token: str, new_password: str) -> str:
    """The password is the new one and every session has ended; gives the login.

    Raises:
        errors.RateLimited, errors.LinkUnavailable, errors.InvalidInput
    """
    found = await account_links.find(viewer.client, LinkPurpose.PASSWORD, token)
    async with database.transaction(database.SYSTEM, read_only=True):
        rule = await credentials.password_rule(str(found.user_id))
    faults = identifiers.Faults()
    faults.check(("newPassword",), rule, new_password)
    faults.settle()
    new_hash = await passwords.make_hash(new_password)
    async with database.transaction(database.SYSTEM):
        link = await account_links.use(LinkPurpose.PASSWORD, token)
        user = await profiles.lock(str(link.user_id))
        await replace(viewer, user, new_hash)
        await credentials.remember(viewer.client, user.id)
        return user.login
