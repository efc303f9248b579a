"""Inviting new tenants into the service: offered, offered again, and withdrawn (PRODUCT 6.3).

Nothing of the tenant exists until its owner accepts, see `tenant_acceptances` (ADR 0021).
"""

from dataclasses import dataclass, replace

import errors
import settings
from auth import limits, tokens
from auth.viewer import Viewer
from locales import Locale
from mail import messages, outbox
from models import Catalog, InvitationState, Tenant, TenantInvitation, clock, database, direct, ids
from permissions import checks, serving
from permissions.catalog import Permission
from resolvers import (
    audit,
    identifiers,
    invitation_mails,
    invitations,
    invitees,
    locks,
    newcomers,
    notices,
    tenant_offers,
)

_OPEN = InvitationState.PENDING


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tenant that is to be, and the address of who is to own it; as they were typed."""

    name: str
    owner_email: str
    catalog: Catalog = Catalog.SUBSCRIBER
    locale: Locale | None = None


async def invite(
    viewer: Viewer, organization_id: str, wanted: Wanted
) -> tuple[tenant_offers.Invitation, bool]:
    """An offer to own a new tenant, and whether a mail is queued.

    The same answer in the same time whether or not the address is registered, as with
    `invitations.invite`.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied,
        errors.NotPermittedByProvider, errors.InvalidInput, errors.RateLimited
    """
    user_id = checks.require_caller(viewer)
    serving.require_permission(viewer.place(organization_id), Permission.TENANTS_INVITE)
    wanted = _check(wanted)
    await limits.count(
        *newcomers.counters(user_id, organization_id),
        *invitation_mails.counters(organization_id, _invitee(wanted.owner_email)),
    )
    async with database.transaction(viewer.scope):
        actor = await locks.acting(viewer, organization_id)
        serving.require_permission(actor, Permission.TENANTS_INVITE)
        invitation = await _add(actor.tenant, user_id, wanted)
        await _record(viewer, invitation, "create")
        queued = await _queue(viewer, actor.tenant, invitation)
        return await tenant_offers.managed(invitation.id), queued


def _check(wanted: Wanted) -> Wanted:
    """Every value normalised."""
    faults = identifiers.Faults()
    name = faults.check(("name",), identifiers.name, wanted.name)
    email = faults.check(("ownerEmail",), identifiers.email, wanted.owner_email)
    faults.settle()
    return replace(wanted, name=name, owner_email=email)


def _invitee(email: str) -> invitees.Known:
    return invitees.Known(email, None, invitees.Newcomer())


async def _add(organization: Tenant, inviter_id: str, wanted: Wanted) -> TenantInvitation:
    invitation_id, now = ids.new("tin"), clock.now()
    return await TenantInvitation.create(
        id=invitation_id,
        organization_id=organization.id,
        inviter_id=inviter_id,
        name=wanted.name,
        catalog=wanted.catalog,
        locale=wanted.locale or organization.locale,
        email=wanted.owner_email,
        state=_OPEN,
        generation=1,
        token_digest=tokens.digest(tokens.of_tenant_invitation(invitation_id, 1)),
        created_at=now,
        expires_at=now + settings.load().invitation_lifetime,
    )


async def _record(viewer: Viewer, invitation: TenantInvitation, verb: str) -> None:
    await audit.record(
        viewer,
        f"tenant_invitation.{verb}",
        subject_id=invitation.id,
        tenant_id=invitation.organization_id,
    )


async def _queue(viewer: Viewer, organization: Tenant, invitation: TenantInvitation) -> bool:
    """Write the mail into the outbox; False where the invitee blocks the organization."""
    if await invitees.blocks(organization.id, _invitee(invitation.email)):
        return False
    message = messages.tenant_invitation(
        organization_name=organization.name,
        tenant_name=invitation.name,
        inviter_name=notices.name_of(viewer),
        expires_at=invitation.expires_at,
    )
    await direct.insert(
        outbox.entry(
            message,
            to=invitation.email,
            locale=Locale(invitation.locale),
            tenant_id=organization.id,
            now=clock.now(),
            carries=invitation,
        )
    )
    return True


async def resend(viewer: Viewer, invitation_id: str) -> tuple[tenant_offers.Invitation, bool]:
    """A new link that works for the whole time again, the old one dead; the viewer stands for it.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied,
        errors.NotPermittedByProvider, errors.RateLimited
        errors.InvitationClosed: accepted or revoked; an expired one can be resent.
    """
    checks.require_caller(viewer)
    await limits.count(*await _resend_counters(viewer, invitation_id))
    async with database.transaction(viewer.scope):
        organization, invitation = await _locked(viewer, invitation_id)
        await outbox.cancel_tenant_invitations(invitation.id, now=clock.now())
        await _renew(viewer, invitation)
        await _record(viewer, invitation, "resend")
        queued = await _queue(viewer, organization, invitation)
        return await tenant_offers.managed(invitation.id), queued


async def _resend_counters(viewer: Viewer, invitation_id: str) -> list[limits.Counter]:
    """Only who may resend is counted, as with `invitations.resend`."""
    async with database.transaction(viewer.scope, read_only=True):
        invitation = await _get(invitation_id)
    place = viewer.place(invitation.organization_id)
    serving.require_permission(place, Permission.TENANTS_INVITE)
    return [
        limits.counter("resends", settings.load().limit_resends, invitation_id),
        *invitation_mails.counters(invitation.organization_id, _invitee(invitation.email)),
    ]


async def _get(invitation_id: str) -> TenantInvitation:
    found = await TenantInvitation.get_or_none(id=invitation_id)
    if found is None:
        raise errors.NotFound
    return found


async def _locked(viewer: Viewer, invitation_id: str) -> tuple[Tenant, TenantInvitation]:
    """An open invitation and its organization, locked, where the viewer invites tenants."""
    actor = await locks.acting(viewer, (await _get(invitation_id)).organization_id)
    serving.require_permission(actor, Permission.TENANTS_INVITE)
    invitation = await _get(invitation_id)
    invitations.require_open(invitation)
    return actor.tenant, invitation


async def _renew(viewer: Viewer, invitation: TenantInvitation) -> None:
    invitation.generation += 1
    token = tokens.of_tenant_invitation(invitation.id, invitation.generation)
    invitation.token_digest = tokens.digest(token)
    invitation.expires_at = clock.now() + settings.load().invitation_lifetime
    invitation.inviter_id = str(viewer.acting_id)
    await invitation.save(update_fields=["generation", "token_digest", "expires_at", "inviter_id"])


async def revoke(viewer: Viewer, invitation_id: str) -> tenant_offers.Invitation:
    """What was not accepted is withdrawn: the link is dead.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied,
        errors.NotPermittedByProvider
        errors.InvitationClosed: accepted or revoked already.
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        _, invitation = await _locked(viewer, invitation_id)
        await _close(invitation.id)
        await _record(viewer, invitation, "revoke")
        return await tenant_offers.managed(invitation.id)


async def _close(*invitation_ids: str) -> None:
    """They are revoked, and their mails do not leave any more."""
    now = clock.now()
    await TenantInvitation.filter(id__in=invitation_ids).update(
        state=InvitationState.REVOKED, closed_at=now
    )
    await outbox.cancel_tenant_invitations(*invitation_ids, now=now)


async def close_all(viewer: Viewer, organization_id: str) -> int:
    """Nobody can accept an invitation of the organization's any more; how many were open.

    Runs in the caller's transaction, which has locked the organization.
    """
    waiting = TenantInvitation.filter(organization_id=organization_id, state=_OPEN)
    found = [invitation.id for invitation in await waiting]
    if found:
        await _close(*found)
        await audit.record(
            viewer,
            "tenant_invitation.revoke_all",
            subject_id=organization_id,
            tenant_id=organization_id,
            changes={"revoked": (None, str(len(found)))},
        )
    return len(found)
