"""Owners hear that their tenant's subscriptions are about to end, and that they have (issue 5.8).

`Subscription.reminded_days` is the last step that was taken, and renewing empties it. It is written
with the mail under the row's lock, so that each is sent once however many workers run.
"""

from datetime import datetime, timedelta

from locales import Locale
from mail import subscription_messages
from mail.messages import Message
from models import Subscription, Tariff, Tenant, clock, database
from permissions.catalog import OWNER, Permission
from resolvers import notices, turns

STEPS = (0, 3, 14)
"""Days before the end; 0: it has ended."""
_DAY = timedelta(days=1)
# What ended longer ago is no news; it also keeps old rows from being read again and again.
_NEWS = 30 * _DAY

_NEAR = """
select b.id, b.ends_at, b.reminded_days
from subscriptions b join tenants t on t.id = b.tenant_id and t.deleted_at is null
where b.cancelled_at is null and b.reminded_days is distinct from $1
  and b.ends_at > $2 and b.ends_at <= $3
order by b.ends_at
"""

_IS_FOLLOWED = """
select from subscriptions
where tenant_id = $1 and tariff_id = $2 and cancelled_at is null and ends_at > $3
"""

_WHO_RENEWS = """
select o.name from servicings v join tenants o on o.id = v.organization_id and o.deleted_at is null
where v.tenant_id = $1 and v.ended_at is null and $2 = any (o.servicing)
"""


async def send_due() -> int:
    """Owners have a mail for each step that has come; how many mails.

    Only the last step, where several have come since somebody looked.

    Raises:
        errors.ServiceUnavailable
        ExceptionGroup: some could not be written, and are due still.
    """
    now = clock.now()
    async with database.transaction(database.SYSTEM, read_only=True):
        near = await database.rows(_NEAR, min(STEPS), now - _NEWS, now + max(STEPS) * _DAY)
    due = [
        row["id"] for row in near if _step(row["ends_at"], row["reminded_days"], now) is not None
    ]
    return await turns.take(due, _send)


async def _send(subscription_id: str) -> int:
    now = clock.now()
    async with database.transaction(database.SYSTEM):
        row = Subscription.filter(id=subscription_id, cancelled_at=None)
        subscription = await row.select_for_update(skip_locked=True).first()
        if subscription is None:
            return 0
        step = _step(subscription.ends_at, subscription.reminded_days, now)
        if step is None:
            return 0
        await row.update(reminded_days=step)
        return await _tell(subscription, now)


def _step(ends_at: datetime, reminded_days: int | None, now: datetime) -> int | None:
    """The tightest that has come, unless it or a tighter one was taken."""
    step = next((days for days in STEPS if ends_at <= now + days * _DAY), None)
    if step is None or (reminded_days is not None and reminded_days <= step):
        return None
    return step


async def _tell(subscription: Subscription, now: datetime) -> int:
    """Nobody is told of an end that another subscription to the same tariff makes up for."""
    same = subscription.tenant_id, subscription.tariff_id, subscription.ends_at
    if await database.rows(_IS_FOLLOWED, *same):
        return 0
    tenant = await Tenant.get(id=subscription.tenant_id)
    tariff = await Tariff.get(id=subscription.tariff_id)
    renewing = await database.rows(_WHO_RENEWS, tenant.id, Permission.SUBSCRIPTIONS_MANAGE.value)

    def said(locale: Locale) -> Message:
        return subscription_messages.subscription_ends(
            tenant_name=tenant.name,
            tariff_name=tariff.names[locale],
            ends_at=subscription.ends_at,
            now=now,
            organization=renewing[0]["name"] if renewing else None,
        )

    return await notices.tell_role(tenant, OWNER, said, now=now)
