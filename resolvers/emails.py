"""A new address for an account: proven by a mailed link, told to the old one (PRODUCT 5)."""

from datetime import datetime
from functools import partial

import errors
from auth import limits
from auth.viewer import Viewer
from mail import messages
from models import LinkPurpose, User, clock, database
from resolvers import account_links, accounts, audit, credentials, identifiers, notices, profiles


async def request_change(viewer: Viewer, *, email: str, password: str) -> datetime:
    """A link is on its way to the new address; until when it works.

    The answer is the same whether or not the address is somebody's: he alone is told, by mail.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: also a wrong password, or the address he has.
        errors.ProviderOnly: an ACCOUNT's first user, or the address he registered with.
    """
    user = await credentials.require_password(viewer, password, "password")
    faults = identifiers.Faults()
    email = faults.check(("email",), identifiers.email, email)
    faults.settle()
    key = identifiers.fold(email)
    if user.email_verified_at and key == user.email_key:
        raise errors.InvalidInput.at("email", code="UNCHANGED")
    await limits.count(*account_links.counters(viewer.client, user.id, key))
    async with database.transaction(database.SYSTEM):
        user = await profiles.lock(user.id)
        await _require_may_change(user)
        link = await account_links.make(
            account_links.Wanted(LinkPurpose.EMAIL, email, user.id),
            partial(messages.email_link, full_name=user.full_name),
            locale=notices.language(viewer, user.locale),
        )
        await audit.record(viewer, "user.request_email", subject_id=user.id)
        return link.expires_at


async def _require_may_change(user: User) -> None:
    await profiles.refuse_first_user(user.id)
    if user.email_is_registered:
        raise errors.ProviderOnly


async def confirm(viewer: Viewer, token: str) -> str:
    """The account has the address its link went to, verified; gives the address.

    Raises:
        errors.RateLimited
        errors.LinkUnavailable: every kind of dead link; also where the address has become somebody
            else's, or only provider support may change this account's by now.
    """
    found = await account_links.find(viewer.client, LinkPurpose.EMAIL, token)
    try:
        async with database.transaction(database.SYSTEM):
            user = await profiles.lock_with_places(str(found.user_id))
            return await _confirm(viewer, user, token)
    except (database.IntegrityError, errors.ProviderOnly):
        raise errors.LinkUnavailable from None


async def _confirm(viewer: Viewer, user: User, token: str) -> str:
    link = await account_links.use(LinkPurpose.EMAIL, token)
    email = str(link.email)
    await _require_may_change(user)
    await _tell_old_address(user, email)
    await give(viewer, user, email)
    await audit.record(
        viewer, "user.change_email", subject_id=user.id, changes={"email": ()}, actor_id=user.id
    )
    return email


async def _tell_old_address(user: User, email: str) -> None:
    if (old := notices.address_of(user)) is None:
        return
    masked = identifiers.mask(email)
    message = messages.email_changed(full_name=user.full_name, masked_email=masked)
    await notices.write(user, message, to=old, now=clock.now())


async def give(viewer: Viewer, user: User, email: str) -> None:
    """A locked account has that address, verified; its links are dead (CASES 92).

    Nobody manages it any more (PRODUCT 3.3).

    Raises:
        database.IntegrityError: another account has verified it.
    """
    key = identifiers.fold(email)
    await accounts.free(viewer, key)
    user.email, user.email_key, user.email_verified_at = email, key, clock.now()
    user.email_is_registered, user.manager_id = False, None
    await profiles.save(
        user, "email", "email_key", "email_verified_at", "email_is_registered", "manager_id"
    )
    await account_links.close_all(user.id)
