"""Reports to operators on the tenants they serve (PRODUCT 6.3).

The schedule is a row for each servicing organization. Whoever moves it on writes the report in the
same transaction, so that there is one however many workers run (ADR 0024).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson

import settings
from locales import Locale
from mail import subscription_messages
from mail.messages import Message
from models import OperatorReport, Tenant, clock, database
from permissions import roles
from resolvers import notices, turns
from resolvers.subscriptions import ACTIVE

HORIZON = timedelta(days=14)
ROWS = 50
# A subscription that is being written at this moment is not seen yet: the next report has it.
_SETTLED = timedelta(minutes=1)

# Also what was before a worker noticed the organization is told in its first report.
_SCHEDULE = """
insert into operator_reports (organization_id, covered_until, due_at)
select t.id, least($1::timestamptz, (
    select min(v.created_at) from servicings v where v.organization_id = t.id
  )), $2::timestamptz
from tenants t
where t.servicing is not null and t.deleted_at is null
  and not exists (select from operator_reports r where r.organization_id = t.id)
on conflict do nothing
"""

_DUE = """
select r.organization_id from operator_reports r join tenants t on t.id = r.organization_id
where r.due_at <= $1 and t.servicing is not null and t.deleted_at is null order by r.due_at
"""

_SECTION = """
select t.name as tenant_name, f.names, b.{moment} as at, count(*) over () as total
from servicings v
  join tenants t on t.id = v.tenant_id and t.deleted_at is null
  join subscriptions b on b.tenant_id = t.id
  join tariffs f on f.id = b.tariff_id
where v.organization_id = $1 and v.ended_at is null
  and b.{moment} >= $2 and b.{moment} < $3 and (b.cancelled_at is null or not $4)
order by b.{moment}, b.id limit $5
"""

_TOTALS = f"""
select count(distinct t.id) as tenants, count(b.id) as subscriptions
from servicings v
  join tenants t on t.id = v.tenant_id and t.deleted_at is null
  left join subscriptions b on b.tenant_id = t.id and {ACTIVE}
where v.organization_id = $2 and v.ended_at is null
"""  # noqa: S608 our own condition


@dataclass(frozen=True, slots=True)
class _Section:
    """`total` subscriptions, the first of them with their names in every language."""

    total: int
    rows: list[dict[str, Any]]

    def said(self, locale: Locale) -> subscription_messages.Section:
        lines = [
            subscription_messages.Line(
                tenant_name=row["tenant_name"],
                tariff_name=orjson.loads(row["names"])[locale],
                at=row["at"].isoformat(),
            )
            for row in self.rows
        ]
        return subscription_messages.Section(self.total, lines)


@dataclass(frozen=True, slots=True)
class _Report:
    """What happened from `since` to `until` to those whom `organization` serves."""

    organization: Tenant
    since: datetime
    until: datetime
    totals: dict[str, int]
    sections: dict[str, _Section]

    @property
    def is_empty(self) -> bool:
        return not any(section.total for section in self.sections.values())

    def said(self, locale: Locale) -> Message:
        return subscription_messages.operator_report(
            tenant_name=self.organization.name,
            covered=(self.since, self.until),
            days_ahead=HORIZON.days,
            totals=self.totals,
            sections={name: section.said(locale) for name, section in self.sections.items()},
        )


async def send_due() -> int:
    """Operators have a mail for each report that is due and not empty; how many mails.

    An organization's first one is due an interval after it was noticed.

    Raises:
        errors.ServiceUnavailable
        ExceptionGroup: some could not be written, and are due still.
    """
    now = clock.now()
    async with database.transaction(database.SYSTEM):
        await database.rows(_SCHEDULE, now, now + settings.load().report_interval)
        due = await database.rows(_DUE, now)
    return await turns.take([row["organization_id"] for row in due], _send)


async def _send(organization_id: str) -> int:
    now = clock.now()
    async with database.transaction(database.SYSTEM):
        mine = OperatorReport.filter(organization_id=organization_id, due_at__lte=now)
        schedule = await mine.select_for_update(skip_locked=True).first()
        if schedule is None:
            return 0
        report = await _read(schedule, now)
        await mine.update(covered_until=report.until, due_at=_next(schedule.due_at, now))
        if report.is_empty:
            return 0
        return await notices.tell_role(
            report.organization, roles.SERVICING_ONLY, report.said, now=now
        )


def _next(due_at: datetime, now: datetime) -> datetime:
    """Whole intervals on: a worker that was away for a month writes one report, not four."""
    interval = settings.load().report_interval
    return due_at + interval * ((now - due_at) // interval + 1)


async def _read(schedule: OperatorReport, now: datetime) -> _Report:
    since, until = schedule.covered_until, now - _SETTLED
    section = partial(_section, schedule.organization_id)
    [totals] = await database.rows(_TOTALS, now, schedule.organization_id)
    return _Report(
        organization=await Tenant.get(id=schedule.organization_id),
        since=since,
        until=until,
        totals=totals,
        sections={
            "begun": await section("begins_at", since, until),
            "ending": await section("ends_at", until, until + HORIZON, uncancelled=True),
            "ended": await section("ends_at", since, until),
        },
    )


async def _section(
    organization_id: str,
    moment: str,
    first: datetime,
    until: datetime,
    *,
    uncancelled: bool = False,
) -> _Section:
    """The subscriptions whose `moment` lies between the two."""
    sql = _SECTION.format(moment=moment)
    rows = await database.rows(sql, organization_id, first, until, uncancelled, ROWS)
    return _Section(rows[0]["total"] if rows else 0, rows)
