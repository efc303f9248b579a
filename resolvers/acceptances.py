"""Accepting: only the invited person, once, and only while the offer stands (PRODUCT 3).

The offer is looked at first without a lock, so that a dead link costs no password hash, and again
under the tenant's lock, where exactly one of whatever happens at the same moment wins.
"""

from dataclasses import dataclass
from typing import Any

from tortoise.expressions import Q

import errors
from auth import passwords
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
from resolvers import (
    accounts,
    audit,
    identifiers,
    invitations,
    notices,
    references,
    sessions,
)
from resolvers.references import Reference


@dataclass(frozen=True, slots=True)
class Accepted:
    """`session` is there where accepting registered a new account."""

    member_id: str
    session: sessions.Opened | None = None


async def accept(
    viewer: Viewer,
    reference: Reference,
    registration: accounts.Registration | None = None,
) -> Accepted:
    """The pending member has joined: the same member, the same id.

    Raises:
        errors.InvitationUnavailable: every kind of dead offer.
        errors.AlreadyMember: the viewer accepted this very invitation before.
        errors.WrongAccount, errors.SignInRequired, errors.RegistrationRequired,
        errors.LoginTaken, errors.InvalidInput, errors.RateLimited
    """
    offer = await references.find(viewer, reference)
    references.require_invitee(viewer, offer)
    if viewer.user_id is not None:
        return await _join(viewer, reference, viewer.user_id)
    if registration is None:
        raise errors.RegistrationRequired
    own = (offer["tenant_name"], offer["email"])
    checked = accounts.check(registration, "registration", language=offer["locale"], own=own)
    password_hash = await passwords.make_hash(checked.password)
    return await _register_and_join(viewer, reference, checked, password_hash)


async def _join(viewer: Viewer, reference: Reference, user_id: str) -> Accepted:
    async with database.transaction(database.SYSTEM):
        tenant, offer = await references.lock(viewer, reference)
        references.require_invitee(viewer, offer)
        user = await _become_member(viewer, offer, user_id)
        await _tell_inviter(tenant, offer, user)
        return Accepted(offer["member_id"])


async def _register_and_join(
    viewer: Viewer,
    reference: Reference,
    given: accounts.Registration,
    password_hash: str,
) -> Accepted:
    async with database.transaction(database.SYSTEM):
        tenant, offer = await references.lock(viewer, reference)
        user_id = await accounts.register(
            viewer, given, email=offer["email"], password_hash=password_hash
        )
        if user_id is None:
            raise errors.SignInRequired
        user = await _become_member(viewer, offer, user_id)
        await _tell_inviter(tenant, offer, user)
        return Accepted(offer["member_id"], await sessions.open_for(viewer, user_id))


async def _become_member(viewer: Viewer, offer: dict[str, Any], user_id: str) -> User:
    await references.refuse_member(offer["tenant_id"], user_id)
    user, now = await User.get(id=user_id), clock.now()
    await _close_others(viewer, offer, user)
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


async def _close_others(viewer: Viewer, offer: dict[str, Any], user: User) -> None:
    """Somebody may have been invited by login and by address; he joins once."""
    same = Q(user_id=user.id)
    if user.email_key is not None and user.email_verified_at is not None:
        same |= Q(email_key=user.email_key)
    others = Member.filter(same, tenant_id=offer["tenant_id"], status=MemberStatus.PENDING)
    for member in await others.exclude(id=offer["member_id"]):
        invitation = await Invitation.get(tenant_id=member.tenant_id, member_id=member.id)
        await invitations.end(viewer, invitation, InvitationState.REVOKED, actor_id=user.id)


async def _tell_inviter(tenant: Tenant, offer: dict[str, Any], user: User) -> None:
    message = messages.joined(
        tenant_name=tenant.name,
        member_name=user.full_name,
        member_email=user.email,
        role=roles.role(tenant.catalog, offer["role"]).name,
    )
    await notices.tell_user(offer["inviter_id"], message, tenant=tenant, now=clock.now())
