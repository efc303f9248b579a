"""Which invitation somebody answers: the link he holds, or one from his own list.

Accepting and declining find it in the same way: looked at first without a lock, so that a dead
link costs nothing, and again under the tenant's lock, where exactly one of whatever happens at
the same moment wins.
"""

from dataclasses import dataclass, field
from typing import Any

import errors
from auth import tokens
from auth.viewer import Viewer
from models import Invitation, InvitationState, Member, MemberStatus, Tenant, User, database
from resolvers import identifiers, locks, offers


@dataclass(frozen=True, slots=True)
class Reference:
    """Which invitation: by the link's token, or by its id from one's own list."""

    token: str | None = field(default=None, repr=False)
    invitation_id: str | None = None


async def count(viewer: Viewer, reference: Reference) -> None:
    """A look at an invitation by its link.

    Raises:
        errors.RateLimited
        errors.SignInRequired: asked for by id, which only its invitee may.
    """
    if reference.token is not None:
        await offers.count_links(viewer.client)
    elif viewer.user_id is None:
        raise errors.SignInRequired


async def find(viewer: Viewer, reference: Reference) -> dict[str, Any]:
    """The living offer, as `offers()` in the migrations returns it.

    Raises:
        as `count` and `behind`.
    """
    await count(viewer, reference)
    async with database.transaction(database.SYSTEM, read_only=True):
        return await behind(viewer, reference)


async def behind(viewer: Viewer, reference: Reference) -> dict[str, Any]:
    """The living offer, in the running transaction; whoever calls this counts links before.

    Raises:
        errors.InvitationUnavailable
        errors.AlreadyMember: the viewer accepted this very invitation before.
    """
    try:
        return await _living(viewer, reference)
    except errors.InvitationUnavailable:
        await _refuse_second_time(viewer, reference)
        raise


async def _living(viewer: Viewer, reference: Reference) -> dict[str, Any]:
    if reference.token is not None:
        return await offers.behind(reference.token)
    for offer in await offers.to(viewer):
        if offer["invitation_id"] == reference.invitation_id:
            return offer
    raise errors.InvitationUnavailable


async def _refuse_second_time(viewer: Viewer, reference: Reference) -> None:
    """Who accepted it and is signed in hears that he is a member; nobody else does."""
    if viewer.user_id is None:
        return
    accepted = Invitation.filter(
        state=InvitationState.ACCEPTED, member__user_id=viewer.user_id, tenant__deleted_at=None
    )
    invitation = await (
        accepted.filter(token_digest=tokens.digest(reference.token))
        if reference.token is not None
        else accepted.filter(id=reference.invitation_id)
    ).first()
    if invitation is not None:
        await refuse_member(invitation.tenant_id, viewer.user_id)


def require_invitee(viewer: Viewer, offer: dict[str, Any]) -> None:
    """Raises:
    errors.SignInRequired: nobody is signed in, and the invitee is registered.
    errors.WrongAccount: somebody else is signed in.
    """
    if viewer.user_id is None and offer["invitee_id"] is not None:
        raise errors.SignInRequired
    if viewer.user_id is not None and not is_invitee(viewer, offer):
        raise errors.WrongAccount(identifiers.mask(offer["email"]))


def is_invitee(viewer: Viewer, offer: dict[str, Any]) -> bool:
    """Whether the account that is signed in is the invited one."""
    return viewer.user_id is not None and viewer.user_id == offer["invitee_id"]


@dataclass(frozen=True, slots=True)
class Held:
    """An offer whose tenant, pending member and invitee are locked; `account` is the viewer's."""

    tenant: Tenant
    offer: dict[str, Any]
    account: User | None


async def lock(viewer: Viewer, reference: Reference) -> Held:
    """The offer again, now that nobody else can change it, and what holds it.

    Raises:
        errors.InvitationUnavailable, errors.AlreadyMember
        errors.Conflict: the viewer's account has ended by now.
    """
    offer = await behind(viewer, reference)
    try:
        tenant = await locks.tenant(offer["tenant_id"])
    except errors.NotFound:
        raise errors.InvitationUnavailable from None
    await locks.members(tenant.id, {offer["member_id"]})
    account = await locks.account(viewer.user_id) if viewer.user_id is not None else None
    return Held(tenant, await behind(viewer, reference), account)


async def refuse_member(tenant_id: str, user_id: str) -> None:
    """Raises:
    errors.AlreadyMember: he has joined, be he disabled or not.
    """
    place = (
        await Member.filter(tenant_id=tenant_id, user_id=user_id)
        .exclude(status__in=[MemberStatus.PENDING, MemberStatus.REMOVED])
        .first()
    )
    if place is not None:
        raise errors.AlreadyMember(place.id)
