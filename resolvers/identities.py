"""Identities with providers: linked from a session, signed in with, unlinked (PRODUCT 5, ADR 0012).

An identity is the provider and what it calls the person, nothing else. The address that the
provider gives finds no account and links to none, verified or not.
"""

from collections.abc import Callable
from typing import Any

import errors
import settings
from auth.viewer import Viewer
from mail import messages
from mail.messages import Message
from models import Identity, User, clock, database, ids
from permissions import checks
from resolvers import audit, notices, profiles, rows, second_factors, sessions, visits

_LINK = """
insert into identities (id, user_id, provider, subject, email, created_at)
values ($1, $2, $3, $4, $5, $6) on conflict (provider, subject) do nothing returning id
"""


def offered() -> list[rows.IdentityProvider]:
    """The providers of the settings, in their order."""
    return [rows.IdentityProvider(p.name, p.title) for p in settings.load().identity_providers]


async def mine(viewer: Viewer) -> list[rows.Identity]:
    """The viewer's own, the one linked first first: people link few."""
    found = await Identity.filter(user_id=viewer.user_id).order_by("created_at", "id")
    return [_shown(identity) for identity in found]


async def sign_in(
    viewer: Viewer, returned: visits.Returned, *, second_factor: str | None = None
) -> sessions.Opened:
    """A new session of the account that has linked the identity; the visit is over.

    Raises:
        errors.LinkUnavailable: every kind of dead visit, and a state that is not its own.
        errors.IdentityProviderFailed, errors.RateLimited
        errors.IdentityNotLinked: nobody has linked it, whatever its address.
        errors.SecondFactorRequired: call again with the same visit and a code.
        errors.InvalidInput: the code is wrong.
    """
    visit, subject = await visits.prove(viewer, returned)
    async with database.transaction(database.SYSTEM, read_only=True):
        identity = await _linked(provider=visit.provider, subject=subject)
    await second_factors.require(viewer, identity.user_id, second_factor)
    async with database.transaction(database.SYSTEM):
        user = await profiles.lock(identity.user_id)
        await visits.use(visit)
        await _note_use(await _linked(id=identity.id), visit.email)
        return await sessions.open_for(viewer, user.id)


async def _linked(**known: Any) -> Identity:
    identity = await Identity.get_or_none(**known)
    if identity is None:
        raise errors.IdentityNotLinked
    return identity


async def _note_use(identity: Identity, email: str | None) -> None:
    identity.last_used_at, identity.email = clock.now(), email
    await identity.save(update_fields=["last_used_at", "email"])


async def link(viewer: Viewer, returned: visits.Returned) -> rows.Identity:
    """The viewer may sign in with the identity from now on, and is told by mail; the visit is over.

    One that is his already is given as it is.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.LinkUnavailable: every kind of dead visit, somebody else's included, and a state that
            is not its own.
        errors.IdentityProviderFailed
        errors.IdentityTaken: another account has linked it.
    """
    user_id = checks.require_signed_in(viewer)
    visit, subject = await visits.prove(viewer, returned, user_id=user_id)
    async with database.transaction(database.SYSTEM):
        user = await profiles.lock(user_id)
        await visits.use(visit)
        made = await database.rows(
            _LINK, ids.new("idn"), user.id, visit.provider, subject, visit.email, clock.now()
        )
        identity = await Identity.get_or_none(provider=visit.provider, subject=subject)
        if identity is None or identity.user_id != user.id:
            raise errors.IdentityTaken
        if made:
            await _tell(viewer, identity, "link", messages.identity_linked)
    return _shown(identity)


async def unlink(viewer: Viewer, identity_id: str) -> None:
    """The viewer cannot sign in with it any more, and is told by mail.

    Raises:
        errors.Unauthenticated
        errors.NotFound: he has no such identity.
        errors.LastWayIn: he has neither a password nor another identity of a provider that is
            still listed.
    """
    user_id = checks.require_signed_in(viewer)
    async with database.transaction(database.SYSTEM):
        user = await profiles.lock(user_id)
        identity = await Identity.get_or_none(id=identity_id, user_id=user_id)
        if identity is None:
            raise errors.NotFound
        await _require_another_way(user, identity)
        await identity.delete()
        await _tell(viewer, identity, "unlink", messages.identity_unlinked)


async def _require_another_way(user: User, identity: Identity) -> None:
    listed = [provider.name for provider in offered()]
    others = Identity.filter(user_id=user.id, provider__in=listed).exclude(id=identity.id)
    if user.password_hash is None and not await others.exists():
        raise errors.LastWayIn


async def _tell(
    viewer: Viewer, identity: Identity, verb: str, message: Callable[[str], Message]
) -> None:
    await audit.record(
        viewer,
        f"identity.{verb}",
        subject_id=identity.id,
        changes={"provider": (None, identity.provider)},
    )
    title = _provider(identity).title
    await notices.tell_user(identity.user_id, message(title), now=clock.now())


def _shown(identity: Identity) -> rows.Identity:
    return rows.Identity(
        identity.id,
        _provider(identity),
        identity.email,
        identity.created_at,
        identity.last_used_at,
    )


def _provider(identity: Identity) -> rows.IdentityProvider:
    """One that is not listed any more has its name for a title."""
    name = identity.provider
    return next((p for p in offered() if p.name == name), rows.IdentityProvider(name, name))
