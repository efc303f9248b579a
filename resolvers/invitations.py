"""Inviting: the offer is made, made again, and withdrawn (PRODUCT 3).

What becomes of it is the invitee's: see `offers` and `acceptances`.
"""

from datetime import datetime

import errors
import settings
from auth import limits, tokens
from auth.viewer import Viewer
from locales import Locale
from mail import outbox
from models import (
    Invitation,
    InvitationState,
    Member,
    MemberStatus,
    Tenant,
    TenantInvitation,
    clock,
    database,
    ids,
)
from permissions import checks
from permissions.catalog import Permission
from resolvers import (
    audit,
    directory,
    identifiers,
    invitation_mails,
    invitees,
    locks,
    newcomers,
    offers,
    rows,
)

_ENDINGS = {
    InvitationState.REVOKED: "invitation.revoke",
    InvitationState.DECLINED: "invitation.decline",
}


async def invite(
    viewer: Viewer, tenant_id: str, invitee: invitees.Invitee, terms: newcomers.Terms
) -> tuple[rows.Member, bool]:
    """A pending member with an invitation, and whether a mail is queued.

    For an address the same answer in the same time whether or not it is registered: only the
    worker, when it writes the mail, finds that out.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput,
        errors.AlreadyMember, errors.RoleNotGrantable, errors.EmailRequired, errors.RateLimited
    """
    user_id = checks.require_caller(viewer)
    checks.require(viewer.place(tenant_id), Permission.MEMBERS_INVITE)
    faults = identifiers.Faults()
    invitee = invitees.check(invitee, faults)
    terms = terms.check(viewer.places[tenant_id].catalog, faults)
    faults.settle()
    known = await _counted(user_id, tenant_id, invitee)
    async with database.transaction(viewer.scope):
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        member, queued = await offer(viewer, actor, known, terms)
        return await directory.changed(viewer, member.id), queued


async def _counted(user_id: str, tenant_id: str, invitee: invitees.Invitee) -> invitees.Known:
    """The invitee, once the attempt is counted: logins are looked up after it, and its mail is
    counted when it is known whose that would be; of an address all is known at once.
    """
    tried = newcomers.counters(user_id, tenant_id)
    if invitee.login is not None:
        await limits.count(*tried)
        tried = []
    known = await invitees.find(tenant_id, invitee)
    await limits.count(*tried, *invitation_mails.counters(tenant_id, known))
    return known


async def offer(
    viewer: Viewer, actor: locks.Actor, known: invitees.Known, terms: newcomers.Terms
) -> tuple[Member, bool]:
    """The pending member with invitation, record and mail, in the running transaction, by somebody
    who may invite; where it is refused, nothing has been written.

    Raises:
        errors.RoleNotGrantable, errors.EmailRequired, errors.PermissionDenied,
        errors.AlreadyMember, errors.InvalidInput
    """
    newcomers.require_may_be(actor, terms, has_email=known.address is not None)
    suppressed = await invitees.admit(actor.tenant.id, known)
    if known.user_id is not None:
        await _hold(viewer, known.user_id)
    apps = await newcomers.apps(actor, terms)
    named = await invitation_mails.offered(apps.rights)
    member = _pending(actor, known, terms)
    inviter_id = checks.require_caller(viewer)
    invitation = _invitation(member, inviter_id, terms.locale, suppressed=suppressed)
    mail = invitation_mails.of(viewer, actor.tenant, member, invitation, known, named)
    along = [member, invitation, *mail]
    await newcomers.settle(viewer, member, apps, action="member.invite", along=along)
    return member, bool(mail)


async def _hold(viewer: Viewer, user_id: str) -> None:
    """The invitee's account, which lies beyond the viewer's scope."""
    await database.set_scope(database.SYSTEM)
    await locks.invitee(user_id)
    await database.set_scope(viewer.scope)


def _pending(actor: locks.Actor, known: invitees.Known, terms: newcomers.Terms) -> Member:
    typed, now = known.typed, clock.now()
    by_login = known.user_id is not None
    email_key = None if by_login else known.email_key
    return Member(
        id=ids.new("mem"),
        tenant_id=actor.tenant.id,
        user_id=known.user_id,
        status=MemberStatus.PENDING,
        role=str(terms.role),
        email=None if by_login else known.address,
        email_key=email_key,
        full_name=typed.full_name,
        name_key=identifiers.fold(typed.full_name or email_key or typed.login or ""),
        login=typed.login,
        login_key=typed.login,
        phone=typed.phone,
        max_sessions=terms.max_sessions,
        created_at=now,
    )


def _invitation(
    member: Member, inviter_id: str, locale: Locale | None, *, suppressed: bool
) -> Invitation:
    invitation_id, now = ids.new("inv"), member.created_at
    return Invitation(
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
    checks.require_caller(viewer)
    await limits.count(*await _resend_counters(viewer, invitation_id))
    async with database.transaction(viewer.scope):
        actor, member, invitation = await _locked(viewer, invitation_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        require_open(invitation)
        checks.require_can_hand_out(actor, member.role)
        await outbox.cancel(invitation, now=clock.now())
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


def require_open(invitation: Invitation | TenantInvitation) -> None:
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
    invitation.inviter_id = str(viewer.acting_id)
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
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        actor, member, invitation = await _locked(viewer, invitation_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        checks.require_reach(actor, member.role)
        require_open(invitation)
        await end(viewer, invitation, InvitationState.REVOKED)
        return await offers.managed(viewer, invitation.id)


async def end(
    viewer: Viewer, invitation: Invitation, state: InvitationState, *, actor_id: str | None = None
) -> None:
    """The invitation is `REVOKED` or `DECLINED`, and its pending member `REMOVED`.

    `actor_id` where the request made its own actor (registering).
    """
    now = clock.now()
    await close(invitation, state, now=now)
    await Member.filter(id=invitation.member_id).update(status=MemberStatus.REMOVED)
    await audit.record(
        viewer,
        _ENDINGS[state],
        subject_id=invitation.id,
        tenant_id=invitation.tenant_id,
        changes={"status": (MemberStatus.PENDING, MemberStatus.REMOVED)},
        actor_id=actor_id,
    )


async def close(invitation: Invitation, state: InvitationState, *, now: datetime) -> None:
    """The invitation has ended that way, and its mail does not leave any more."""
    invitation.state, invitation.closed_at = state, now
    await invitation.save(update_fields=["state", "closed_at"])
    await outbox.cancel(invitation, now=now)


async def stand_for(viewer: Viewer, tenant: Tenant, member: Member, *, now: datetime) -> None:
    """The viewer becomes the inviter; a mail not yet sent is written anew with what holds now."""
    invitation = await Invitation.get(tenant_id=tenant.id, member_id=member.id)
    invitation.inviter_id = str(viewer.acting_id)
    await invitation.save(update_fields=["inviter_id"])
    if await outbox.cancel(invitation, now=now):
        await invitation_mails.queue(viewer, tenant, member, invitation)
