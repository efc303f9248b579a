"""Accepting: only the invited person, once, and only while the offer stands (PRODUCT 3).

Who registers has his offer looked at first without a lock, so that a dead link costs no password
hash; everybody has it looked at under the tenant's lock, where exactly one of whatever happens at
the same moment wins.
"""

from dataclasses import dataclass
from typing import Any

import errors
from auth.viewer import Viewer
from mail import messages
from models import (
    Invitation,
    InvitationState,
    MemberStatus,
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

_JOIN = """
with joined as (
  update members set status = 'JOINED', user_id = $3, full_name = null, login = null, phone = null,
    name_key = $4, login_key = $5, email_key = $6, joined_at = $7
  where id = $2
)
update invitations set state = 'ACCEPTED', closed_at = $7 where id = $1
"""
# A place that he has by his account, or an offer that is made to it or to his address.
_OTHERS = """
select id, status from members
where tenant_id = $1 and id <> $4 and status <> 'REMOVED'
  and (user_id = $2 or status = 'PENDING' and email_key = $3)
"""


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
    if viewer.user_id is not None:
        await references.count(viewer, reference)
        return await _join(viewer, reference)
    offer = await references.find(viewer, reference)
    references.require_invitee(viewer, offer)
    if registration is None:
        raise errors.RegistrationRequired
    own = (offer["tenant_name"], offer["email"])
    checked, password_hash = await accounts.prepare(registration, language=offer["locale"], own=own)
    return await _register_and_join(viewer, reference, checked, password_hash)


async def _join(viewer: Viewer, reference: Reference) -> Accepted:
    async with database.transaction(database.SYSTEM):
        held = await references.lock(viewer, reference)
        references.require_invitee(viewer, held.offer)
        assert held.account is not None  # noqa: S101 the viewer is signed in
        await _become_member(viewer, held, held.account)
        return Accepted(held.offer["member_id"])


async def _register_and_join(
    viewer: Viewer,
    reference: Reference,
    given: accounts.Registration,
    password_hash: str,
) -> Accepted:
    async with database.transaction(database.SYSTEM):
        held = await references.lock(viewer, reference)
        user_id = await accounts.register(
            viewer, given, email=held.offer["email"], password_hash=password_hash
        )
        if user_id is None:
            raise errors.SignInRequired
        await _become_member(viewer, held, await User.get(id=user_id))
        return Accepted(held.offer["member_id"], await sessions.open_for(viewer, user_id))


async def _become_member(viewer: Viewer, held: references.Held, user: User) -> None:
    tenant, offer, now = held.tenant, held.offer, clock.now()
    await _close_others(viewer, offer, user)
    await database.rows(
        _JOIN,
        offer["invitation_id"],
        offer["member_id"],
        user.id,
        identifiers.fold(user.full_name),
        user.login,
        user.email_key,
        now,
    )
    message = messages.joined(
        tenant_name=tenant.name,
        member_name=user.full_name,
        member_email=user.email,
        role=roles.role(tenant.catalog, offer["role"]).name,
    )
    await audit.record(
        viewer,
        "invitation.accept",
        subject_id=offer["member_id"],
        tenant_id=tenant.id,
        changes={"status": (MemberStatus.PENDING, MemberStatus.JOINED)},
        actor_id=user.id,
        along=await notices.to_user(offer["inviter_id"], message, tenant=tenant, now=now),
    )


async def _close_others(viewer: Viewer, offer: dict[str, Any], user: User) -> None:
    """Somebody may have been invited by login and by address; he joins once.

    Raises:
        errors.AlreadyMember: he has joined, be he disabled or not.
    """
    proven = user.email_key if user.email_verified_at is not None else None
    others = await database.rows(_OTHERS, offer["tenant_id"], user.id, proven, offer["member_id"])
    for other in others:
        if other["status"] != MemberStatus.PENDING:
            raise errors.AlreadyMember(other["id"])
    for other in others:
        invitation = await Invitation.get(tenant_id=offer["tenant_id"], member_id=other["id"])
        await invitations.end(viewer, invitation, InvitationState.REVOKED, actor_id=user.id)
