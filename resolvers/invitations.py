"""Inviting: the offer is made, made again, and withdrawn (PRODUCT 3).

What becomes of it is the invitee's: see `offers` and `acceptances`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import errors
import settings
from auth import limits, tokens
from auth.viewer import Viewer
from locales import Locale
from mail import messages, outbox
from models import (
    Catalog,
    Invitation,
    InvitationState,
    Member,
    MemberStatus,
    Tenant,
    clock,
    database,
    ids,
)
from permissions import checks, roles
from permissions.catalog import Permission
from resolvers import audit, directory, identifiers, locks, notices, offers, rows


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What the inviter fills in for somebody not registered; it only prefills (PRODUCT 3.1)."""

    full_name: str | None = None
    login: str | None = None
    phone: str | None = None


async def invite(
    viewer: Viewer,
    tenant_id: str,
    *,
    email: str,
    role: str | None = None,
    newcomer: Newcomer | None = None,
    max_sessions: int | None = None,
    locale: Locale | None = None,
) -> tuple[rows.Member, bool]:
    """A pending member with an invitation, and whether a mail is queued.

    The same answer in the same time whether or not the address is registered: only the worker,
    when it writes the mail, finds that out.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput,
        errors.AlreadyMember, errors.RoleNotGrantable, errors.RateLimited
    """
    user_id = checks.require_signed_in(viewer)
    checks.require(viewer.place(tenant_id), Permission.MEMBERS_INVITE)
    catalog = viewer.places[tenant_id].catalog
    address, role, typed = _check_input(catalog, email, role, newcomer, max_sessions)
    await limits.count(*_counters(user_id, tenant_id, address))
    async with database.transaction(viewer.scope):
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        checks.require_can_hand_out(actor, role)
        await _refuse_known(tenant_id, address)
        member = await _add_pending(
            tenant_id, address, role=role, typed=typed, max_sessions=max_sessions
        )
        invitation = await _add_invitation(member, user_id, locale)
        await audit.record(
            viewer,
            "member.invite",
            subject_id=member.id,
            tenant_id=tenant_id,
            changes={"role": (None, role), "status": (None, member.status)},
        )
        await _enqueue(viewer, actor.tenant, member, invitation)
        return await directory.changed(viewer, member.id), True


def _check_input(
    catalog: Catalog, email: str, role: str | None, given: Newcomer | None, max_sessions: int | None
) -> tuple[str, str, Newcomer]:
    faults, optional = identifiers.Faults(), identifiers.optional
    given = given or Newcomer()
    address = faults.check(("invitee", "email"), identifiers.email, email)
    chosen = faults.check(("role",), partial(_known_role, catalog), role)
    typed = Newcomer(
        faults.check(("newcomer", "fullName"), optional(identifiers.name), given.full_name),
        faults.check(("newcomer", "login"), optional(identifiers.login), given.login),
        faults.check(("newcomer", "phone"), optional(identifiers.phone), given.phone),
    )
    faults.check(("maxSessions",), optional(identifiers.at_least_one), max_sessions)
    faults.settle()
    return address, chosen, typed


def _known_role(catalog: Catalog, role: str | None) -> str:
    chosen = role or roles.default(catalog)
    if chosen is None:
        raise identifiers.Fault("REQUIRED")
    if chosen not in roles.MATRIX[catalog]:
        raise identifiers.Fault("UNKNOWN")
    return chosen


def _counters(user_id: str, tenant_id: str, address: str) -> list[limits.Counter]:
    chosen = settings.load()
    found = [limits.counter("invitations", chosen.limit_invitations_per_inviter, user_id)]
    if clock.now() - ids.made_at(tenant_id) < timedelta(days=1):
        found.append(
            limits.counter("new tenant", chosen.limit_invitations_of_new_tenant, tenant_id)
        )
    return found + _mail_counters(tenant_id, address)


def _mail_counters(tenant_id: str, address: str) -> list[limits.Counter]:
    chosen, key = settings.load(), identifiers.fold(address)
    return [
        limits.counter("mails", chosen.limit_mails_per_address_and_tenant, key, tenant_id),
        limits.counter("mails", chosen.limit_mails_per_address, key),
    ]


async def _refuse_known(tenant_id: str, address: str) -> None:
    """Under the tenant's lock, so two invitations of one address cannot both pass."""
    known = (
        await Member.filter(tenant_id=tenant_id, email_key=identifiers.fold(address))
        .exclude(status=MemberStatus.REMOVED)
        .first()
    )
    if known is not None:
        raise errors.AlreadyMember(known.id)


async def _add_pending(
    tenant_id: str, address: str, *, role: str, typed: Newcomer, max_sessions: int | None
) -> Member:
    now, email_key = clock.now(), identifiers.fold(address)
    return await Member.create(
        id=ids.new("mem"),
        tenant_id=tenant_id,
        status=MemberStatus.PENDING,
        role=role,
        email=address,
        email_key=email_key,
        full_name=typed.full_name,
        name_key=identifiers.fold(typed.full_name) if typed.full_name else email_key,
        login=typed.login,
        login_key=typed.login,
        phone=typed.phone,
        max_sessions=max_sessions,
        created_at=now,
        updated_at=now,
    )


async def _add_invitation(member: Member, inviter_id: str, locale: Locale | None) -> Invitation:
    invitation_id, now = ids.new("inv"), member.created_at
    return await Invitation.create(
        id=invitation_id,
        tenant_id=member.tenant_id,
        member_id=member.id,
        inviter_id=inviter_id,
        state=InvitationState.PENDING,
        generation=1,
        token_digest=tokens.digest(tokens.of_invitation(invitation_id, 1)),
        locale=locale,
        created_at=now,
        expires_at=now + settings.load().invitation_lifetime,
    )


async def _enqueue(viewer: Viewer, tenant: Tenant, member: Member, invitation: Invitation) -> None:
    """The mail is worth sending while its link works."""
    message = messages.invitation(
        tenant_name=tenant.name,
        role=roles.role(tenant.catalog, member.role).name,
        apps=[],
        inviter_name=notices.name_of(viewer),
        expires_at=invitation.expires_at,
    )
    await outbox.enqueue(
        message,
        to=str(member.email),
        locale=Locale(invitation.locale or tenant.locale),
        tenant_id=tenant.id,
        now=clock.now(),
        invitation=invitation,
        not_after=invitation.expires_at,
    )


async def resend(viewer: Viewer, invitation_id: str) -> tuple[rows.Invitation, bool]:
    """A new link that works for the whole time again, the old one dead; the viewer stands for it.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.RoleNotGrantable,
        errors.RateLimited
        errors.InvitationClosed: accepted, declined or revoked; an expired one can be resent.
    """
    checks.require_signed_in(viewer)
    await limits.count(*await _resend_counters(viewer, invitation_id))
    async with database.transaction(viewer.scope):
        actor, member, invitation = await _locked(viewer, invitation_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        require_open(invitation)
        checks.require_can_hand_out(actor, member.role)
        await outbox.cancel(invitation.id, now=clock.now())
        await _renew(viewer, invitation)
        await audit.record(
            viewer, "invitation.resend", subject_id=invitation.id, tenant_id=member.tenant_id
        )
        await _enqueue(viewer, actor.tenant, member, invitation)
        return await offers.managed(invitation.id), True


async def _resend_counters(viewer: Viewer, invitation_id: str) -> list[limits.Counter]:
    """Only who may resend is counted: nobody else can use up an invitation's limit."""
    async with database.transaction(viewer.scope, read_only=True):
        invitation = await Invitation.get_or_none(id=invitation_id).select_related("member")
    if invitation is None:
        raise errors.NotFound
    checks.require(viewer.place(invitation.tenant_id), Permission.MEMBERS_INVITE)
    return [
        limits.counter("resends", settings.load().limit_resends, invitation_id),
        *_mail_counters(invitation.tenant_id, str(invitation.member.email)),
    ]


async def _locked(viewer: Viewer, invitation_id: str) -> tuple[locks.Actor, Member, Invitation]:
    found = await Invitation.get_or_none(id=invitation_id)
    if found is None:
        raise errors.NotFound
    actor = await locks.acting(viewer, found.tenant_id)
    member = await Member.filter(id=found.member_id).select_for_update(no_key=True).get()
    return actor, member, await Invitation.get(id=invitation_id)


def require_open(invitation: Invitation) -> None:
    """Raises:
    errors.InvitationClosed: accepted, declined or revoked.
    """
    if invitation.state is not InvitationState.PENDING:
        raise errors.InvitationClosed(invitation.state)


async def _renew(viewer: Viewer, invitation: Invitation) -> None:
    invitation.generation += 1
    token = tokens.of_invitation(invitation.id, invitation.generation)
    invitation.token_digest = tokens.digest(token)
    invitation.expires_at = clock.now() + settings.load().invitation_lifetime
    invitation.inviter_id = str(viewer.user_id)
    await invitation.save(update_fields=["generation", "token_digest", "expires_at", "inviter_id"])


async def revoke(viewer: Viewer, invitation_id: str) -> rows.Invitation:
    """What was not accepted is withdrawn: the link is dead, the member `REMOVED`.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvitationClosed: accepted, declined or revoked already.
    """
    checks.require_signed_in(viewer)
    async with database.transaction(viewer.scope):
        actor, member, invitation = await _locked(viewer, invitation_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        checks.require_reach(actor, member.role)
        require_open(invitation)
        now = clock.now()
        await close(invitation, InvitationState.REVOKED, now=now)
        await Member.filter(id=member.id).update(status=MemberStatus.REMOVED, updated_at=now)
        await audit.record(
            viewer,
            "invitation.revoke",
            subject_id=invitation.id,
            tenant_id=member.tenant_id,
            changes={"status": (member.status, MemberStatus.REMOVED)},
        )
        return await offers.managed(invitation.id)


async def close(invitation: Invitation, state: InvitationState, *, now: datetime) -> None:
    """The invitation has ended that way, and its mail does not leave any more."""
    invitation.state, invitation.closed_at = state, now
    await invitation.save(update_fields=["state", "closed_at"])
    await outbox.cancel(invitation.id, now=now)


async def stand_for(viewer: Viewer, tenant: Tenant, member: Member, *, now: datetime) -> None:
    """The viewer becomes the inviter; a mail not yet sent is written anew with what holds now."""
    invitation = await Invitation.get(tenant_id=tenant.id, member_id=member.id)
    invitation.inviter_id = str(viewer.user_id)
    await invitation.save(update_fields=["inviter_id"])
    if await outbox.cancel(invitation.id, now=now):
        await _enqueue(viewer, tenant, member, invitation)
