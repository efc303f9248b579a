"""Ending one's account: places end, personal data goes everywhere, ids stay in the audit."""

from tortoise.expressions import Q

from auth.viewer import Viewer
from mail import messages, outbox
from models import (
    AccountLink,
    Avatar,
    Identity,
    Invitation,
    InvitationState,
    Member,
    MemberStatus,
    PhoneCode,
    ProviderVisit,
    RecoveryCode,
    SecondFactor,
    Session,
    TenantBlock,
    TenantInvitation,
    User,
    clock,
    database,
)
from permissions.catalog import OWNER
from resolvers import audit, credentials, invitations, locks, members, notices, profiles

_OWNED = (
    AccountLink,
    Avatar,
    Identity,
    PhoneCode,
    ProviderVisit,
    RecoveryCode,
    SecondFactor,
    Session,
    TenantBlock,
)


async def end(viewer: Viewer, *, password: str) -> str:
    """The viewer's account is no more; gives its id, under which the audit goes on knowing it.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: the password is wrong.
        errors.LastOwner: of some tenant.
        errors.ProviderOnly: the first user of some ACCOUNT.
    """
    user = await credentials.require_password(viewer, password, "password")
    async with database.transaction(database.SYSTEM):
        places = await _lock_places(user.id)
        user = await profiles.lock(user.id)
        for place in places:
            await _leave(viewer, place)
        await audit.record(viewer, "user.end", subject_id=user.id)
        await _erase(user)
    return user.id


async def _lock_places(user_id: str) -> list[Member]:
    """Every place that has not ended, its tenant locked, in the order of `locks`."""
    living = Member.filter(user_id=user_id, tenant__deleted_at=None)
    living = living.exclude(status=MemberStatus.REMOVED)
    for tenant_id in sorted({place.tenant_id for place in await living}):
        await locks.tenant(tenant_id)
    return await living.order_by("id").select_for_update(no_key=True, of=("members",))


async def _leave(viewer: Viewer, place: Member) -> None:
    if place.status is MemberStatus.PENDING:
        invitation = await Invitation.get(tenant_id=place.tenant_id, member_id=place.id)
        await invitations.end(viewer, invitation, InvitationState.DECLINED)
        return
    members.refuse_first_user(place)
    if place.role == OWNER:
        await members.require_another_owner(place)
    await members.write_status(viewer, place, MemberStatus.REMOVED, "end_account")


async def _erase(user: User) -> None:
    """The last mail is written in between: it is the only one that still leaves."""
    now = clock.now()
    await outbox.erase_user(user.id, now=now)
    await notices.tell_user(user.id, messages.account_ended(login=user.login), now=now)
    for owned in _OWNED:
        await owned.filter(user_id=user.id).delete()
    await _erase_places(user)
    await _erase_account(user)


async def _erase_places(user: User) -> None:
    """Also what was typed of him by who invited him, where that has ended."""
    his = Q(user_id=user.id)
    if user.email_key is not None and user.email_verified_at is not None:
        his |= Q(email_key=user.email_key, status=MemberStatus.REMOVED)
        await TenantBlock.filter(email_key=user.email_key).delete()
        closed = TenantInvitation.filter(email__iexact=user.email_key, closed_at__isnull=False)
        await closed.update(email="")
    await Member.filter(his).update(
        email=None,
        email_key=None,
        full_name=None,
        name_key="",
        login=None,
        login_key=None,
        phone=None,
        grants=[],
        denials=[],
    )


async def _erase_account(user: User) -> None:
    """The login becomes the id, so that what was his is free and nobody's name is kept."""
    now = clock.now()
    await User.filter(id=user.id).update(
        login=user.id,
        email=None,
        email_key=None,
        email_verified_at=None,
        email_is_registered=False,
        full_name="",
        name_key="",
        phone=None,
        phone_confirmed_at=None,
        locale=None,
        rows_per_page=None,
        wants_news=False,
        wants_sms=False,
        password_hash=None,
        manager_id=None,
        provider_role=None,
        ended_at=now,
        updated_at=now,
    )
