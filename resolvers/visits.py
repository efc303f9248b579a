"""Visits to identity providers: somebody is sent there, and comes back with a code (ADR 0012).

A visit belongs to whoever holds its token and to the account it was begun from, so that nobody can
be made to finish one of somebody else's, and sign in to, or link, what is not his. It lasts until
it has been used: the provider gives an answer for a code once only, but a second factor may be
asked for after that.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import errors
import settings
from auth import limits, providers, sealing, tokens
from auth.providers import Challenge
from auth.viewer import Viewer
from models import ProviderVisit, clock, database, ids
from permissions import checks
from resolvers import credentials
from settings.identity_providers import IdentityProvider

LIFETIME = timedelta(minutes=10)
_RANDOM = ""  # as long as a token, but said to nobody who might leak it


@dataclass(frozen=True, slots=True)
class Begun:
    """`visit` is its token in clear, for this once."""

    authorization_url: str = field(repr=False)
    visit: tokens.Token
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """What somebody brings back: `visit` is the token, the rest stood in the address.

    `issuer` is there where the provider sends it (RFC 9207).
    """

    visit: str = field(repr=False)
    code: str = field(repr=False)
    state: str = field(repr=False)
    issuer: str | None = None


async def begin_sign_in(viewer: Viewer, provider_name: str) -> Begun:
    """Where to send somebody who wants to sign in.

    Raises:
        errors.NotFound: there is no such provider.
        errors.IdentityProviderFailed, errors.RateLimited
    """
    return await _begin(viewer, provider_name, user_id=None)


async def begin_link(viewer: Viewer, provider_name: str) -> Begun:
    """Where to send the viewer, who wants to link an identity.

    Raises:
        errors.Unauthenticated
        errors.NotFound: there is no such provider.
        errors.IdentityProviderFailed, errors.RateLimited
    """
    user_id = checks.require_signed_in(viewer)
    return await _begin(viewer, provider_name, user_id=user_id)


async def _begin(viewer: Viewer, provider_name: str, *, user_id: str | None) -> Begun:
    rate = settings.load().limit_provider_visits
    await limits.count(limits.counter("provider visits", rate, viewer.client.address))
    provider = providers.named(provider_name)
    if provider is None:
        raise errors.NotFound
    challenge = Challenge(nonce=tokens.new(_RANDOM), verifier=tokens.new(_RANDOM))
    state, token = tokens.new(_RANDOM), tokens.new(tokens.VISIT)
    url = await providers.authorization_url(provider, challenge, state=state)
    async with database.transaction(database.SYSTEM):
        visit = await ProviderVisit.create(
            id=ids.new("vis"),
            user_id=user_id,
            provider=provider.name,
            token_digest=tokens.digest(token),
            state_digest=tokens.digest(state),
            nonce=challenge.nonce,
            verifier=sealing.seal(challenge.verifier),
            created_at=clock.now(),
            expires_at=clock.now() + LIFETIME,
        )
    return Begun(url, token, visit.expires_at)


async def prove(
    viewer: Viewer, returned: Returned, *, user_id: str | None = None
) -> tuple[ProviderVisit, str]:
    """The visit that was begun by `user_id`, or by nobody, and what the provider calls him.

    Failures count together with failed sign-ins of that client.

    Raises:
        errors.LinkUnavailable: every kind of dead visit, and a state that is not its own.
        errors.IdentityProviderFailed, errors.RateLimited
    """
    counter = credentials.client_counter(viewer.client)
    await limits.count(counter)
    visit, provider = await _living(returned, user_id)
    if visit.subject is None:
        await _exchange(visit, provider, returned)
    await limits.forgive(counter)
    return visit, str(visit.subject)


async def _living(
    returned: Returned, user_id: str | None
) -> tuple[ProviderVisit, IdentityProvider]:
    async with database.transaction(database.SYSTEM, read_only=True):
        visit = await ProviderVisit.get_or_none(
            token_digest=tokens.digest(returned.visit), user_id=user_id, expires_at__gt=clock.now()
        )
    provider = providers.named(visit.provider) if visit else None
    if visit is None or provider is None or not _has_state(visit, returned.state):
        raise errors.LinkUnavailable
    return visit, provider


def _has_state(visit: ProviderVisit, state: str) -> bool:
    return hmac.compare_digest(visit.state_digest, tokens.digest(state))


async def _exchange(visit: ProviderVisit, provider: IdentityProvider, returned: Returned) -> None:
    """Ask the provider, outside any transaction, and keep what it says."""
    verifier = sealing.unseal(visit.verifier)
    if verifier is None:
        raise errors.LinkUnavailable
    found = await providers.identify(
        provider, returned.code, Challenge(visit.nonce, verifier), issuer=returned.issuer
    )
    visit.subject, visit.email = found.subject, found.email
    async with database.transaction(database.SYSTEM):
        its_row = ProviderVisit.filter(id=visit.id)
        await its_row.update(subject=found.subject, email=found.email)


async def use(visit: ProviderVisit) -> None:
    """The visit is over, in the running transaction; of two at once, one finds it over.

    Raises:
        errors.LinkUnavailable
    """
    if not await ProviderVisit.filter(id=visit.id).delete():
        raise errors.LinkUnavailable


async def forget_expired() -> int:
    """Delete the visits whose time is over; how many there were."""
    async with database.transaction(database.SYSTEM):
        return await ProviderVisit.filter(expires_at__lte=clock.now()).delete()
