"""What waits to leave although it is due, and what was given up: for whoever watches the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from models import Channel, clock, database

REMEMBERED = timedelta(days=1)

_READ = """
select channel.name as channel, oldest.due_at,
  (select count(*) from outbox_entries e
   where e.state in ('BOUNCED', 'FAILED') and e.channel = channel.name and e.finished_at > $2
  ) as given_up
from unnest($1::text[]) as channel(name)
left join lateral (
  select due_at from outbox_entries e
  where e.state = 'QUEUED' and e.channel = channel.name and e.due_at <= $3
    and (e.channel <> 'WEBHOOK' or not exists (
      select from webhook_endpoints w where w.id = e.recipient and w.rests_until > $3
    ))
  order by due_at limit 1
) oldest on true
"""
"""Each side reads an index that holds little else (migrations/0009_portals.sql). What an endpoint
that rests has to wait for is no lag, as in `delivery`.
"""


@dataclass(frozen=True, slots=True)
class Backlog:
    """`lag`: how long the oldest due entry has been due, nothing where none is.

    `given_up`: entries that bounced or failed for good within `REMEMBERED`.
    """

    lag: timedelta
    given_up: int


async def read() -> Mapping[Channel, Backlog]:
    """By channel, of all tenants; opens its own transaction.

    Raises:
        errors.Failure: as `database.transaction`.
    """
    now = clock.now()
    async with database.transaction(database.SYSTEM, read_only=True):
        found = await database.rows(_READ, [each.value for each in Channel], now - REMEMBERED, now)
    return {
        Channel(row["channel"]): Backlog(now - (row["due_at"] or now), row["given_up"])
        for row in found
    }
