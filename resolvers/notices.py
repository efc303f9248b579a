"""Telling the people affected: who is written to, at which address, in which language."""

from collections.abc import Callable
from datetime import datetime

import settings
from auth.viewer import Viewer
from locales import Locale
from mail import outbox
from mail.messages import Message
from mail.outbox import Addressee
from models import Channel, Member, MemberStatus, OutboxEntry, Tenant, User, database, direct

_HOLDERS = """
select u.id, u.email, coalesce(u.locale, $3) as locale
from members m join users u on u.id = m.user_id
where m.tenant_id = $1 and m.role = $2 and m.status = 'JOINED'
  and u.email_verified_at is not null and u.ended_at is null
order by m.id
"""


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
    await direct.insert(*await to_user(user_id, message, now=now, tenant=tenant))


async def to_user(
    user_id: str, message: Message, *, now: datetime, tenant: Tenant | None = None
) -> list[OutboxEntry]:
    """What `tell_user` writes."""
    user = await direct.first(User, "select * from users where id = $1", user_id)
    assert user is not None  # noqa: S101 accounts keep their rows
    written = []
    if (email := address_of(user)) is not None:
        written.append(_entry(user, message, to=email, now=now, tenant=tenant))
    if message.has_sms and (number := _number_of(user)) is not None:
        sms = Channel.SMS
        written.append(_entry(user, message, to=number, now=now, tenant=tenant, channel=sms))
    return written


async def write(
    user: User, message: Message, *, to: str, now: datetime, tenant: Tenant | None = None
) -> None:
    """Write to an address that is the person's, or was until now."""
    await direct.insert(_entry(user, message, to=to, now=now, tenant=tenant))


def _entry(
    user: User,
    message: Message,
    *,
    to: str,
    now: datetime,
    tenant: Tenant | None,
    channel: Channel = Channel.MAIL,
) -> OutboxEntry:
    return outbox.entry(
        message,
        to=to,
        locale=Locale(user.locale or (tenant.locale if tenant else Locale.EN)),
        tenant_id=tenant.id if tenant else None,
        user_id=user.id,
        now=now,
        channel=channel,
    )


async def tell_role(
    tenant: Tenant, role: str, message: Callable[[Locale], Message], *, now: datetime
) -> int:
    """Mail everybody who holds that role, in his language, else the tenant's; how many they are."""
    holders = await database.rows(_HOLDERS, tenant.id, role, tenant.locale)
    to = [Addressee(row["id"], row["email"], Locale(row["locale"]), now) for row in holders]
    if to:
        texts = {locale: message(locale) for locale in {one.locale for one in to}}
        await outbox.enqueue_all(to, texts, tenant_id=tenant.id, now=now)
    return len(to)


def address_of(user: User) -> str | None:
    """Where a person is written to: none that is not proven to be his."""
    return user.email if user.email_verified_at is not None else None


def _number_of(user: User) -> str | None:
    """As `address_of`, where he wants SMS and they are sent here."""
    wanted = user.wants_sms and user.phone_confirmed_at is not None
    return user.phone if wanted and settings.load().sends_sms else None


def language(viewer: Viewer, kept: str | None) -> Locale:
    """Of what the viewer asks for to be sent: the one `kept` for it, else his browser's."""
    return Locale(kept or viewer.client.locale or Locale.EN)


def name_of(viewer: Viewer) -> str:
    """How mails name who did it; behind an API key stands its maker."""
    if viewer.key is not None:
        return viewer.key.maker_name
    return viewer.account.full_name if viewer.account else ""
