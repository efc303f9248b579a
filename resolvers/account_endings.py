"""Ending one's account: places end, personal data goes everywhere, ids stay in the audit."""

from collections.abc import Collection
from contextlib import suppress

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

import errors
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
from resolvers import audit, credentials, invitations, locks, members, notices

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
        user = await locks.account(user.id)
        await _refuse_new(user.id, places)
        for place in places:
            await _leave(viewer, place)
        await audit.record(viewer, "user.end", subject_id=user.id)
        await _erase(user)
    return user.id


async def _lock_places(user_id: str) -> list[Member]:
    """Every place that has not ended, its tenant locked, in the order of `locks`."""
    living = _living(user_id)
    for tenant_id in sorted({place.tenant_id for place in await living}):
        with suppress(errors.NotFound):  # it is being deleted, and then no place of his
            await locks.tenant(tenant_id)
    return await living.order_by("id").select_for_update(no_key=True, of=("members",))


def _living(user_id: str) -> QuerySet[Member]:
    places = Member.filter(user_id=user_id, tenant__deleted_at=None)
    return places.exclude(status=MemberStatus.REMOVED)


async def _refuse_new(user_id: str, locked: Collection[Member]) -> None:
    """Whoever gives a place holds the account, which is ours now; its tenant comes before that.

    Raises:
        errors.Conflict: he has got one since the others were locked.
    """
    if {place.id for place in await _living(user_id)} - {place.id for place in locked}:
        raise errors.Conflict(is_passing=True)


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
