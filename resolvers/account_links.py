"""Links mailed to somebody about his account: made, found again, used once.

Whether an account is behind what was asked for shows neither in the answer nor in its time: a link
is made for whatever name was typed, and the worker decides what is mailed, if anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.queryset import QuerySet

import errors
import settings
from auth import limits, tokens
from auth.viewer import Client
from locales import Locale
from mail import outbox
from mail.letters import LINK_PREFIXES
from mail.messages import Message
from models import AccountLink, LinkPurpose, clock, database, direct, ids
from resolvers import offers, profiles


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the link is for, and the address and the account it goes to, where there are any.

    `facts` are what was asked for, to be found again when the link is followed.
    """

    purpose: LinkPurpose
    email: str | None
    user_id: str | None = None
    facts: Mapping[str, Any] | None = None


def counters(client: Client, *subjects: str) -> list[limits.Counter]:
    """How many one may ask for: about each of `subjects`, and from one client address."""
    chosen = settings.load()
    return [
        *(limits.counter("links", chosen.limit_account_links, subject) for subject in subjects),
        limits.counter("links of client", chosen.limit_account_links_per_client, client.address),
    ]


async def make(wanted: Wanted, message: Callable[..., Message], *, locale: Locale) -> AccountLink:
    """A new link and its mail, in the running transaction; the person's older ones are dead.

    `message` is called with `expires_at`.
    """
    await close_all(wanted.user_id, wanted.purpose)
    link_id, now = ids.new("lnk"), clock.now()
    token = tokens.derive(LINK_PREFIXES[wanted.purpose], link_id)
    link = await AccountLink.create(
        id=link_id,
        user_id=wanted.user_id,
        purpose=wanted.purpose,
        email=wanted.email,
        facts=dict(wanted.facts or {}),
        token_digest=tokens.digest(token),
        created_at=now,
        expires_at=now + _lifetime(wanted.purpose),
    )
    await direct.insert(
        outbox.entry(
            message(expires_at=link.expires_at),
            to=wanted.email or "",
            locale=locale,
            now=now,
            user_id=wanted.user_id,
            carries=link,
        )
    )
    return link


def _lifetime(purpose: LinkPurpose) -> Any:
    chosen = settings.load()
    if purpose is LinkPurpose.PASSWORD:
        return chosen.password_link_lifetime
    return chosen.account_link_lifetime


async def close_all(user_id: str | None, purpose: LinkPurpose | None = None) -> None:
    """Links of the account are dead, and leave no more: all of them, or those of one purpose."""
    living = AccountLink.filter(user_id=user_id or "", closed_at=None)
    await (living.filter(purpose=purpose) if purpose else living).update(closed_at=clock.now())


@dataclass(frozen=True, slots=True)
class Shown:
    """What a link tells whoever holds it; `locale` is the language of its mail."""

    email: str
    locale: Locale | None
    expires_at: datetime


async def look(token: str) -> Shown:
    """Whom the link is for, to whoever holds it; whoever calls this counts links before.

    Raises:
        errors.LinkUnavailable: every kind of dead link.
    """
    found = await database.rows(
        "select * from account_link($1, $2)", tokens.digest(token), clock.now()
    )
    for link in found:
        locale = Locale(link["locale"]) if link["locale"] else None
        return Shown(link["email"], locale, link["expires_at"])
    raise errors.LinkUnavailable


async def find(client: Client, purpose: LinkPurpose, token: str) -> AccountLink:
    """The living link behind a token, looked at without a lock.

    Raises:
        errors.RateLimited, errors.LinkUnavailable
    """
    await offers.count_links(client)
    async with database.transaction(database.SYSTEM, read_only=True):
        link = await _living(purpose, token).first()
    if link is None:
        raise errors.LinkUnavailable
    return link


async def use(purpose: LinkPurpose, token: str) -> AccountLink:
    """The link, dead from now on; of two who use it at once, one finds it dead.

    Its account is locked before it, as by all who make links or close them.

    Raises:
        errors.LinkUnavailable
    """
    found = await _living(purpose, token).first()
    if found is not None and found.user_id is not None:
        await profiles.lock(found.user_id)
    if not await _living(purpose, token).update(closed_at=clock.now()):
        raise errors.LinkUnavailable
    return await AccountLink.get(token_digest=tokens.digest(token))


def _living(purpose: LinkPurpose, token: str) -> QuerySet[AccountLink]:
    """A token of another purpose has another prefix, and so another digest."""
    return AccountLink.filter(
        token_digest=tokens.digest(token),
        purpose=purpose,
        closed_at=None,
        expires_at__gt=clock.now(),
    )


async def forget_expired() -> int:
    """Delete the links whose time is over; how many there were."""
    async with database.transaction(database.SYSTEM):
        return await AccountLink.filter(expires_at__lte=clock.now()).delete()
