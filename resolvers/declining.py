"""Saying no to an invitation, and to all that a tenant will ever send (PRODUCT 3.8)."""

from typing import Any

import errors
from auth.viewer import Viewer
from mail import messages
from models import (
    Invitation,
    InvitationState,
    Tenant,
    TenantBlock,
    User,
    clock,
    database,
    ids,
)
from permissions import checks
from resolvers import audit, identifiers, invitations, notices, references, rows

REASON_LENGTH = 500


async def decline(
    viewer: Viewer, reference: references.Reference, *, reason: str | None, block: bool
) -> str:
    """The invitation is declined and its inviter told; with `block` later ones are suppressed.

    Somebody not registered declines by link without signing in. Gives the tenant's name.

    Raises:
        errors.InvitationUnavailable, errors.WrongAccount, errors.SignInRequired,
        errors.InvalidInput, errors.RateLimited
    """
    faults = identifiers.Faults()
    reason = faults.check(("reason",), identifiers.optional(_reason), reason)
    faults.settle()
    try:
        offer = await references.find(viewer, reference)
        references.require_invitee(viewer, offer)
        return await _decline(viewer, reference, reason=reason, block=block)
    except errors.AlreadyMember:
        raise errors.InvitationUnavailable from None


async def _decline(
    viewer: Viewer, reference: references.Reference, *, reason: str | None, block: bool
) -> str:
    async with database.transaction(database.SYSTEM):
        held = await references.lock(viewer, reference)
        tenant, offer = held.tenant, held.offer
        references.require_invitee(viewer, offer)
        invitation = await Invitation.get(id=offer["invitation_id"])
        await invitations.end(viewer, invitation, InvitationState.DECLINED)
        if block:
            await _block(viewer, offer)
        await _tell_inviter(tenant, offer, reason)
        return tenant.name


def _reason(value: str) -> str | None:
    """Free text of a few lines; what cannot be seen is taken out of it."""
    text = identifiers.printable(value)
    if len(text) > REASON_LENGTH:
        raise identifiers.Fault("TOO_LONG", REASON_LENGTH)
    return text or None


async def _block(viewer: Viewer, offer: dict[str, Any]) -> None:
    """By account, or by address for somebody who has none."""
    tenant_id, invitee_id = offer["tenant_id"], offer["invitee_id"]
    await TenantBlock.create(
        id=ids.new("blk"),
        tenant_id=tenant_id,
        user_id=invitee_id,
        email_key=None if invitee_id else identifiers.fold(offer["email"]),
        created_at=clock.now(),
    )
    await audit.record(viewer, "tenant.block", subject_id=tenant_id)


async def _tell_inviter(tenant: Tenant, offer: dict[str, Any], reason: str | None) -> None:
    user = await User.get(id=offer["invitee_id"]) if offer["invitee_id"] else None
    message = messages.declined(
        tenant_name=tenant.name,
        member_name=user.full_name if user else offer["full_name"],
        member_email=offer["email"],
        reason=reason,
    )
    await notices.tell_user(offer["inviter_id"], message, tenant=tenant, now=clock.now())


async def lift(viewer: Viewer, tenant_id: str) -> None:
    """Invitations of that tenant reach the viewer again.

    Raises:
        errors.Unauthenticated
        errors.NotFound: he does not block it.
    """
    user_id = checks.require_signed_in(viewer)
    async with database.transaction(database.SYSTEM):
        gone = await TenantBlock.filter(tenant_id=tenant_id, user_id=user_id).delete()
        account = viewer.account
        if account and account.email and account.email_verified:
            key = identifiers.fold(account.email)
            gone += await TenantBlock.filter(tenant_id=tenant_id, email_key=key).delete()
        if not gone:
            raise errors.NotFound
        await audit.record(viewer, "tenant.unblock", subject_id=tenant_id)


async def blocked(viewer: Viewer) -> list[rows.BlockedTenant]:
    """The tenants the viewer blocks, in no particular number: people block few."""
    found = await database.rows(
        "select * from blocks_of($1) order by created_at, tenant_id", viewer.user_id
    )
    return [
        rows.BlockedTenant(record["tenant_id"], record["tenant_name"], record["created_at"])
        for record in found
    ]
