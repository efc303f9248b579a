"""Mails about subscriptions: to the owners of who is subscribed, and to operators who serve many.

As in `messages`, facts are what was true when the mail was queued.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from mail.messages import Message

_DAY = timedelta(days=1)


def subscription_ends(
    *,
    tenant_name: str,
    tariff_name: str,
    ends_at: datetime,
    now: datetime,
    organization: str | None,
) -> Message:
    """To an owner: it ends, or has ended; `organization` renews it, else the provider does."""
    facts = {
        "tenant_name": tenant_name,
        "tariff_name": tariff_name,
        "ends_at": ends_at.isoformat(),
        "organization": organization,
    }
    if ends_at <= now:
        return Message("subscription_ended", facts)
    return Message("subscription_ends", facts | {"days_left": -((now - ends_at) // _DAY)})


class Line(TypedDict):
    """A subscription in a report; `at` is when what its section tells of happens."""

    tenant_name: str
    tariff_name: str
    at: str


@dataclass(frozen=True, slots=True)
class Section:
    """The first of `total` subscriptions."""

    total: int
    lines: Sequence[Line]


def operator_report(
    *,
    tenant_name: str,
    covered: tuple[datetime, datetime],
    days_ahead: int,
    totals: Mapping[str, int],
    sections: Mapping[str, Section],
) -> Message:
    """To an operator of `tenant_name`; `totals` of `tenants` and `subscriptions` there are now,
    `sections` by `begun`, `ending` (within `days_ahead`) and `ended`.
    """
    since, until = covered
    counts = {f"{name}_total": section.total for name, section in sections.items()}
    lines = {name: list(section.lines) for name, section in sections.items()}
    return Message(
        "operator_report",
        {
            "tenant_name": tenant_name,
            "covered_from": since.isoformat(),
            "covered_until": until.isoformat(),
            "days_ahead": days_ahead,
            **totals,
            **counts,
            **lines,
        },
    )
