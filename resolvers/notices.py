"""Telling the people affected: who is written to, at which address, in which language."""

from datetime import datetime

from auth.viewer import Viewer
from locales import Locale
from mail import outbox
from mail.messages import Message
from models import Member, MemberStatus, Tenant, User


async def tell_member(
    viewer: Viewer, member: Member, message: Message, *, tenant: Tenant, now: datetime
) -> None:
    """Write to somebody who has joined, unless he did it himself or has no proven address."""
    if member.status is MemberStatus.PENDING or member.user_id in (None, viewer.user_id):
        return
    await tell_user(str(member.user_id), message, tenant=tenant, now=now)


async def tell_user(user_id: str, message: Message, *, tenant: Tenant, now: datetime) -> None:
    """Write to a person at his verified address, in his language, else the tenant's."""
    user = await User.get_or_none(id=user_id).only("email", "email_verified_at", "locale")
    if user is None or user.email is None or user.email_verified_at is None:
        return
    await outbox.enqueue(
        message,
        to=user.email,
        locale=Locale(user.locale or tenant.locale),
        tenant_id=tenant.id,
        now=now,
    )


def name_of(viewer: Viewer) -> str:
    """How mails name who did it."""
    return viewer.account.full_name if viewer.account else ""
