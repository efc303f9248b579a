"""Telling the people affected: who is written to, at which address, in which language."""

from datetime import datetime

import settings
from auth.viewer import Viewer
from locales import Locale
from mail import outbox
from mail.messages import Message
from models import Channel, Member, MemberStatus, Tenant, User


async def tell_member(
    viewer: Viewer, member: Member, message: Message, *, tenant: Tenant, now: datetime
) -> None:
    """Write to somebody who has joined, unless he did it himself or has no proven address."""
    if member.status is MemberStatus.PENDING or member.user_id in (None, viewer.user_id):
        return
    await tell_user(str(member.user_id), message, tenant=tenant, now=now)


async def tell_user(
    user_id: str, message: Message, *, now: datetime, tenant: Tenant | None = None
) -> None:
    """Write to a person, in his language, else the tenant's: a mail to his verified address, and
    an SMS to his confirmed number if he wants them and the message has one (PRODUCT 5).
    """
    user = await User.get(id=user_id)
    await _mail(user, message, now=now, tenant=tenant)
    if message.has_sms and user.wants_sms and user.phone_confirmed_at is not None:
        await _sms(user, message, now=now, tenant=tenant)


async def _mail(user: User, message: Message, *, now: datetime, tenant: Tenant | None) -> None:
    if user.email is None or user.email_verified_at is None:
        return
    await outbox.enqueue(
        message,
        to=user.email,
        locale=_language(user, tenant),
        tenant_id=tenant.id if tenant else None,
        user_id=user.id,
        now=now,
    )


async def _sms(user: User, message: Message, *, now: datetime, tenant: Tenant | None) -> None:
    if user.phone is None or not settings.load().sends_sms:
        return
    await outbox.enqueue(
        message,
        to=user.phone,
        locale=_language(user, tenant),
        tenant_id=tenant.id if tenant else None,
        user_id=user.id,
        now=now,
        channel=Channel.SMS,
    )


def _language(user: User, tenant: Tenant | None) -> Locale:
    return Locale(user.locale or (tenant.locale if tenant else Locale.EN))


def name_of(viewer: Viewer) -> str:
    """How mails name who did it."""
    return viewer.account.full_name if viewer.account else ""
