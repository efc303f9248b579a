"""Accepting an invitation to own a new tenant: only then does it exist (PRODUCT 6.3, ADR 0021).

As in `acceptances`, the offer is looked at first without a lock and again under that of the
organization, where exactly one of whatever happens at the same moment wins.
"""

from dataclasses import dataclass
from typing import Any

import errors
from auth.viewer import Viewer
from locales import Locale
from mail import messages
from models import (
    Catalog,
    InvitationState,
    Servicing,
    Tenant,
    TenantInvitation,
    User,
    clock,
    database,
    ids,
)
from resolvers import (
    accounts,
    audit,
    locks,
    notices,
    offers,
    references,
    rows,
    servicings,
    sessions,
    tenant_offers,
    tenants,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """`session` is there where accepting registered a new account."""

    tenant: rows.Tenant
    session: sessions.Opened | None = None


async def accept(
    viewer: Viewer, token: str, registration: accounts.Registration | None = None
) -> Accepted:
    """The tenant exists, the invitee owns it, and the organization serves it.

    Raises:
        errors.InvitationUnavailable: every kind of dead offer, also one accepted before.
        errors.WrongAccount, errors.SignInRequired, errors.RegistrationRequired,
        errors.LoginTaken, errors.InvalidInput, errors.RateLimited
    """
    await offers.count_links(viewer.client)
    async with database.transaction(database.SYSTEM, read_only=True):
        offer = await tenant_offers.behind(token)
    references.require_invitee(viewer, offer)
    if viewer.user_id is not None:
        return await _take_over(viewer, token, viewer.user_id)
    if registration is None:
        raise errors.RegistrationRequired
    own = (offer["tenant_name"], offer["email"])
    checked, password_hash = await accounts.prepare(registration, language=offer["locale"], own=own)
    return await _register_and_take_over(viewer, token, checked, password_hash)


async def _take_over(viewer: Viewer, token: str, user_id: str) -> Accepted:
    async with database.transaction(database.SYSTEM):
        organization, offer = await _lock(token)
        references.require_invitee(viewer, offer)
        return Accepted(await _found(viewer, organization, offer, user_id))


async def _register_and_take_over(
    viewer: Viewer, token: str, given: accounts.Registration, password_hash: str
) -> Accepted:
    async with database.transaction(database.SYSTEM):
        organization, offer = await _lock(token)
        user_id = await accounts.register(
            viewer, given, email=offer["email"], password_hash=password_hash
        )
        if user_id is None:
            raise errors.SignInRequired
        tenant = await _found(viewer, organization, offer, user_id)
        return Accepted(tenant, await sessions.open_for(viewer, user_id))


async def _lock(token: str) -> tuple[Tenant, dict[str, Any]]:
    """The organization, locked, and the offer again, now that nobody else can change it."""
    offer = await tenant_offers.behind(token)
    try:
        organization = await locks.tenant(offer["organization_id"])
    except errors.NotFound:
        raise errors.InvitationUnavailable from None
    return organization, await tenant_offers.behind(token)


async def _found(
    viewer: Viewer, organization: Tenant, offer: dict[str, Any], user_id: str
) -> rows.Tenant:
    owner, tenant_id, now = await locks.account(user_id), ids.new("ten"), clock.now()
    wanted = tenants.Wanted(
        offer["tenant_name"], Catalog(offer["catalog"]), Locale(offer["locale"])
    )
    tenant = await tenants.found(viewer, tenant_id, owner, wanted)
    servicing = await servicings.start(tenant_id, organization.id)
    await TenantInvitation.filter(id=offer["invitation_id"]).update(
        state=InvitationState.ACCEPTED, closed_at=now, tenant_id=tenant_id
    )
    await _record(viewer, servicing, offer["invitation_id"], owner)
    message = messages.tenant_founded(
        organization_name=organization.name, tenant_name=tenant.name, owner_name=owner.full_name
    )
    await notices.tell_user(offer["inviter_id"], message, tenant=organization, now=now)
    return tenant


async def _record(viewer: Viewer, servicing: Servicing, invitation_id: str, owner: User) -> None:
    """What the organization's log holds of it, and the new tenant's."""
    for action, subject_id, tenant_id in (
        ("tenant_invitation.accept", invitation_id, servicing.organization_id),
        ("servicing.start", servicing.organization_id, servicing.tenant_id),
    ):
        await audit.record(
            viewer, action, subject_id=subject_id, tenant_id=tenant_id, actor_id=owner.id
        )
