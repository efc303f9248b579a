"""The mail of an invitation: whether there is one, to which address, and how many may leave."""

from collections.abc import Mapping, Sequence

import settings
from auth import limits
from auth.viewer import Viewer
from locales import Locale
from mail import messages, outbox
from models import (
    App,
    AppAccess,
    AppRight,
    Invitation,
    InvitationState,
    Member,
    OutboxEntry,
    OutboxState,
    Tenant,
    clock,
    direct,
)
from permissions import roles
from resolvers import invitees, notices


def counters(tenant_id: str, known: invitees.Known) -> list[limits.Counter]:
    """Per address, of the tenant, of the server; none where nothing can be mailed.

    What is refused by one is not counted by those behind it, so a tenant that is over its own
    limits takes nothing from the server's.
    """
    rates = settings.load().limit_mails_per_tenant
    if not (own := counters_of_address(tenant_id, known)):
        return []
    return [*own, limits.counter("mails of tenant", rates, tenant_id), counter_of_server()]


def counters_of_address(tenant_id: str, known: invitees.Known) -> list[limits.Counter]:
    """From one tenant and from all."""
    chosen, key = settings.load(), known.email_key
    if key is None:
        return []
    return [
        limits.counter("mails", chosen.limit_mails_per_address_and_tenant, key, tenant_id),
        limits.counter("mails", chosen.limit_mails_per_address, key),
    ]


def counter_of_server() -> limits.Counter:
    """Of all tenants together (CASES 86)."""
    return limits.counter("mails of server", settings.load().limit_mails_of_server)


async def queue(viewer: Viewer, tenant: Tenant, member: Member, invitation: Invitation) -> bool:
    """Write the mail into the outbox; whether there is one, see `of`."""
    known = await invitees.of_member(member)
    entry = of(viewer, tenant, member, invitation, known, await _apps(member))
    await direct.insert(*entry)
    return bool(entry)


def of(
    viewer: Viewer,
    tenant: Tenant,
    member: Member,
    invitation: Invitation,
    known: invitees.Known,
    apps: Sequence[messages.InvitedApp],
) -> list[OutboxEntry]:
    """The mail, worth sending while its link works; none where the invitee has no address or blocks
    the tenant.
    """
    if known.address is None or invitation.suppressed:
        return []
    message = messages.invitation(
        tenant_name=tenant.name,
        role=roles.role(tenant.catalog, member.role).name,
        apps=apps,
        inviter_name=notices.name_of(viewer),
        expires_at=invitation.expires_at,
    )
    entry = outbox.entry(
        message,
        to=known.address,
        locale=Locale(invitation.locale or tenant.locale),
        tenant_id=tenant.id,
        now=clock.now(),
        carries=invitation,
    )
    return [entry]


async def offered(rights: Mapping[str, AppRight]) -> list[messages.InvitedApp]:
    """As the mail names the apps that come along."""
    if not rights:
        return []
    named = await App.filter(id__in=list(rights)).order_by("name")
    return [{"name": app.name, "right": rights[app.id]} for app in named]


async def offer_anew(member_ids: Sequence[str]) -> None:
    """Mails to these members that have not left name the role and the apps that are offered now."""
    open_ones = Invitation.filter(member_id__in=list(member_ids), state=InvitationState.PENDING)
    offered = await open_ones.select_related("member", "tenant")
    offers = {invitation.id: invitation for invitation in offered}
    waiting = OutboxEntry.filter(
        tenant_id__in={offer.tenant_id for offer in offered},
        invitation_id__in=list(offers),
        state=OutboxState.QUEUED,
    )
    for entry in await waiting:
        offer = offers[str(entry.invitation_id)]
        role = roles.role(offer.tenant.catalog, offer.member.role).name
        entry.facts = {**entry.facts, "role": role, "apps": await _apps(offer.member)}
        await entry.save(update_fields=["facts"])


async def _apps(member: Member) -> list[messages.InvitedApp]:
    his = AppAccess.filter(tenant_id=member.tenant_id, member_id=member.id)
    held = await his.select_related("app").order_by("app__name")
    return [{"name": access.app.name, "right": access.right} for access in held]
