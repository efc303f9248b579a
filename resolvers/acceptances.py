"""Accepting: only the invited person, once, and only while the offer stands (PRODUCT 3).

The offer is looked at first without a lock, so that a dead link costs no password hash, and again
under the tenant's lock, where exactly one of whatever happens at the same moment wins.
"""

from dataclasses import dataclass
from typing import Any

import errors
from auth import limits, passwords, tokens
from auth.viewer import Viewer
from mail import messages
from models import (
    Invitation,
    InvitationState,
    Member,
    MemberStatus,
    Tenant,
    User,
    clock,
    database,
)
from permissions import roles
from resolvers import accounts, audit, identifiers, locks, notices, offers, sessions


@dataclass(frozen=True, slots=True)
class Reference:
    """Which invitation: by the link's token, or by its id from one's own list."""

    token: str | None = None
    invitation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """`session` is there where accepting registered a new account."""

    member_id: str
    session: sessions.Opened | None = None


async def accept(
    viewer: Viewer, reference: Reference, registration: accounts.Registration | None = None
) -> Accepted:
    """The pending member has joined: the same member, the same id.

    Raises:
        errors.InvitationUnavailable: every kind of dead offer.
        errors.AlreadyMember: the viewer accepted this very invitation before.
        errors.WrongAccount, errors.SignInRequired, errors.RegistrationRequired,
        errors.LoginTaken, errors.InvalidInput, errors.RateLimited
    """
    if reference.token is not None:
        await limits.count(offers.link_counter(viewer.client))
    elif viewer.user_id is None:
        raise errors.SignInRequired
    async with database.transaction(database.SYSTEM, read_only=True):
        offer = await _find(viewer, reference)
    _require_invitee(viewer, offer)
    if viewer.user_id is not None:
        return await _join(viewer, reference, viewer.user_id)
    if registration is None:
        raise errors.RegistrationRequired
    checked = accounts.check(registration, "registration", language=offer["locale"])
    password_hash = await passwords.make_hash(checked.password)
    return await _register_and_join(viewer, reference, checked, password_hash)


async def _find(viewer: Viewer, reference: Reference) -> dict[str, Any]:
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
    accepted = Invitation.filter(state=InvitationState.ACCEPTED, member__user_id=viewer.user_id)
    invitation = await (
        accepted.filter(token_digest=tokens.digest(reference.token))
        if reference.token is not None
        else accepted.filter(id=reference.invitation_id)
    ).first()
    if viewer.user_id is not None and invitation is not None:
        await _refuse_member(invitation.tenant_id, viewer.user_id)


def _require_invitee(viewer: Viewer, offer: dict[str, Any]) -> None:
    if viewer.user_id is None and offer["invitee_id"] is not None:
        raise errors.SignInRequired
    if viewer.user_id is not None and offer["invitee_id"] != viewer.user_id:
        raise errors.WrongAccount(identifiers.mask(offer["email"]))


async def _join(viewer: Viewer, reference: Reference, user_id: str) -> Accepted:
    async with database.transaction(database.SYSTEM):
        tenant, offer = await _lock(viewer, reference)
        _require_invitee(viewer, offer)
        user = await _become_member(viewer, offer, user_id)
        await _tell_inviter(tenant, offer, user)
        return Accepted(offer["member_id"])


async def _register_and_join(
    viewer: Viewer, reference: Reference, given: accounts.Registration, password_hash: str
) -> Accepted:
    async with database.transaction(database.SYSTEM):
        tenant, offer = await _lock(viewer, reference)
        user_id = await accounts.register(
            viewer, given, email=offer["email"], password_hash=password_hash
        )
        if user_id is None:
            raise errors.SignInRequired
        user = await _become_member(viewer, offer, user_id)
        await _tell_inviter(tenant, offer, user)
        return Accepted(offer["member_id"], await sessions.open_for(viewer, user_id))


async def _lock(viewer: Viewer, reference: Reference) -> tuple[Tenant, dict[str, Any]]:
    """The tenant, locked, and the offer again, now that nobody else can change it."""
    offer = await _living(viewer, reference)
    try:
        tenant = await locks.tenant(offer["tenant_id"])
    except errors.NotFound:
        raise errors.InvitationUnavailable from None
    return tenant, await _living(viewer, reference)


async def _become_member(viewer: Viewer, offer: dict[str, Any], user_id: str) -> User:
    await _refuse_member(offer["tenant_id"], user_id)
    user, now = await User.get(id=user_id), clock.now()
    await Member.filter(id=offer["member_id"]).update(
        status=MemberStatus.JOINED,
        user_id=user_id,
        full_name=None,
        login=None,
        phone=None,
        name_key=identifiers.fold(user.full_name),
        login_key=user.login,
        email_key=user.email_key,
        joined_at=now,
        updated_at=now,
    )
    await Invitation.filter(id=offer["invitation_id"]).update(
        state=InvitationState.ACCEPTED, closed_at=now
    )
    await audit.record(
        viewer,
        "invitation.accept",
        subject_id=offer["member_id"],
        tenant_id=offer["tenant_id"],
        changes={"status": (MemberStatus.PENDING, MemberStatus.JOINED)},
        actor_id=user_id,
    )
    return user


async def _refuse_member(tenant_id: str, user_id: str) -> None:
    place = (
        await Member.filter(tenant_id=tenant_id, user_id=user_id)
        .exclude(status__in=[MemberStatus.PENDING, MemberStatus.REMOVED])
        .first()
    )
    if place is not None:
        raise errors.AlreadyMember(place.id)


async def _tell_inviter(tenant: Tenant, offer: dict[str, Any], user: User) -> None:
    message = messages.joined(
        tenant_name=tenant.name,
        member_name=user.full_name,
        member_email=user.email,
        role=roles.role(tenant.catalog, offer["role"]).name,
    )
    await notices.tell_user(offer["inviter_id"], message, tenant=tenant, now=clock.now())
