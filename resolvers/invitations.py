"""Inviting: the offer is made, made again, and withdrawn (PRODUCT 3).

What becomes of it is the invitee's: see `offers` and `acceptances`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import errors
import settings
from auth import limits, tokens
from auth.viewer import Viewer
from locales import Locale
from mail import outbox
from models import (
    AppRight,
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
from resolvers import (
    app_access,
    audit,
    directory,
    identifiers,
    invitation_mails,
    invitees,
    locks,
    offers,
    rows,
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is offered beside the tenant; it holds from acceptance on. `apps` are (id, right)."""

    role: str | None = None
    apps: Sequence[tuple[str, AppRight]] = ()
    max_sessions: int | None = None
    locale: Locale | None = None


async def invite(
    viewer: Viewer, tenant_id: str, invitee: invitees.Invitee, terms: Terms
) -> tuple[rows.Member, bool]:
    """A pending member with an invitation, and whether a mail is queued.

    For an address the same answer in the same time whether or not it is registered: only the
    worker, when it writes the mail, finds that out.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput,
        errors.AlreadyMember, errors.RoleNotGrantable, errors.EmailRequired, errors.RateLimited
    """
    user_id = checks.require_signed_in(viewer)
    checks.require(viewer.place(tenant_id), Permission.MEMBERS_INVITE)
    faults = identifiers.Faults()
    invitee = invitees.check(invitee, faults)
    role = check_role(viewer.places[tenant_id].catalog, terms.role, faults)
    check_sessions(terms.max_sessions, faults)
    faults.settle()
    await limits.count(*counters(user_id, tenant_id))
    known = await invitees.find(tenant_id, invitee)
    await limits.count(*invitation_mails.counters(tenant_id, known))
    async with database.transaction(viewer.scope):
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        member = await _add_pending(actor, known, role, terms.max_sessions)
        await _record(viewer, member)
        await give_apps(viewer, actor, member, terms.apps)
        invitation = await _add_invitation(
            member,
            user_id,
            terms.locale,
            suppressed=await invitees.blocks(tenant_id, known),
        )
        queued = await invitation_mails.queue(viewer, actor.tenant, member, invitation)
        return await directory.changed(viewer, member.id), queued


def check_sessions(limit: int | None, faults: identifiers.Faults) -> None:
    faults.check(("maxSessions",), identifiers.optional(identifiers.at_least_one), limit)


async def give_apps(
    viewer: Viewer, actor: locks.Actor, member: Member, apps: Sequence[tuple[str, AppRight]]
) -> None:
    """Rights that come with a new member.

    Raises:
        errors.PermissionDenied, errors.InvalidInput
    """
    app_access.require_may_assign(actor, apps)
    faults = identifiers.Faults()
    rights = await app_access.read(actor.tenant.id, apps, ("apps",), faults)
    faults.settle()
    await app_access.give(viewer, member, rights)


def counters(user_id: str, tenant_id: str) -> list[limits.Counter]:
    chosen = settings.load()
    found = [limits.counter("invitations", chosen.limit_invitations_per_inviter, user_id)]
    if clock.now() - ids.made_at(tenant_id) < timedelta(days=1):
        found.append(
            limits.counter("new tenant", chosen.limit_invitations_of_new_tenant, tenant_id)
        )
    return found


def check_role(catalog: Catalog, role: str | None, faults: identifiers.Faults) -> str:
    """The role asked for, or the catalogue's default."""
    return faults.check(("role",), partial(_known_role, catalog), role)


def _known_role(catalog: Catalog, role: str | None) -> str:
    chosen = role or roles.default(catalog)
    if chosen is None:
        raise identifiers.Fault("REQUIRED")
    if chosen not in roles.MATRIX[catalog]:
        raise identifiers.Fault("UNKNOWN")
    return chosen


async def _add_pending(
    actor: locks.Actor, known: invitees.Known, role: str, max_sessions: int | None
) -> Member:
    typed, now = known.typed, clock.now()
    checks.require_can_hand_out(actor, role)
    checks.require_email(actor, role, has_email=known.address is not None)
    await invitees.refuse_member(actor.tenant.id, known)
    by_login = known.user_id is not None
    email_key = None if by_login else known.email_key
    return await Member.create(
        id=ids.new("mem"),
        tenant_id=actor.tenant.id,
        user_id=known.user_id,
        status=MemberStatus.PENDING,
        role=role,
        email=None if by_login else known.address,
        email_key=email_key,
        full_name=typed.full_name,
        name_key=identifiers.fold(typed.full_name or email_key or typed.login or ""),
        login=typed.login,
        login_key=typed.login,
        phone=typed.phone,
        max_sessions=max_sessions,
        created_at=now,
        updated_at=now,
    )


async def _record(viewer: Viewer, member: Member) -> None:
    await audit.record(
        viewer,
        "member.invite",
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes={"role": (None, member.role), "status": (None, member.status)},
    )


async def _add_invitation(
    member: Member, inviter_id: str, locale: Locale | None, *, suppressed: bool
) -> Invitation:
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
        suppressed=suppressed,
        created_at=now,
        expires_at=now + settings.load().invitation_lifetime,
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
        await _renew(viewer, invitation, await invitees.of_member(member))
        await audit.record(
            viewer, "invitation.resend", subject_id=invitation.id, tenant_id=member.tenant_id
        )
        queued = await invitation_mails.queue(viewer, actor.tenant, member, invitation)
        return await offers.managed(viewer, invitation.id), queued


async def _resend_counters(viewer: Viewer, invitation_id: str) -> list[limits.Counter]:
    """Only who may resend is counted: nobody else can use up an invitation's limit."""
    async with database.transaction(viewer.scope, read_only=True):
        invitation = await Invitation.get_or_none(id=invitation_id).select_related("member")
        known = await invitees.of_member(invitation.member) if invitation else None
    if invitation is None or known is None:
        raise errors.NotFound
    checks.require(viewer.place(invitation.tenant_id), Permission.MEMBERS_INVITE)
    return [
        limits.counter("resends", settings.load().limit_resends, invitation_id),
        *invitation_mails.counters(invitation.tenant_id, known),
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


async def _renew(viewer: Viewer, invitation: Invitation, known: invitees.Known) -> None:
    invitation.generation += 1
    token = tokens.of_invitation(invitation.id, invitation.generation)
    invitation.token_digest = tokens.digest(token)
    invitation.expires_at = clock.now() + settings.load().invitation_lifetime
    invitation.inviter_id = str(viewer.user_id)
    invitation.suppressed = await invitees.blocks(invitation.tenant_id, known)
    await invitation.save(
        update_fields=["generation", "token_digest", "expires_at", "inviter_id", "suppressed"]
    )


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
        return await offers.managed(viewer, invitation.id)


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
        await invitation_mails.queue(viewer, tenant, member, invitation)
