"""Sessions in apps: what a living one is, who sees them and who ends them (PRODUCT 6.2).

Nothing is written when a member, a right, an app, its subscription or a tenant ends. The sessions
are over by `LIVING`, which everything asks that lists, counts, ends or keeps alive.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import errors
import settings
from auth.viewer import Viewer
from models import clock, database
from permissions import checks
from resolvers import app_access, audit, locks, pages, rows
from resolvers.subscriptions import ENDED_AT

LIVING = f"""
s.ended_at is null
and case when s.redeemed_at is null then s.expires_at > $1 else s.last_seen_at > $2 end
and exists (
  select from members m
  join app_access r on r.tenant_id = m.tenant_id and r.member_id = m.id and r.app_id = s.app_id
  join tenants t on t.id = m.tenant_id
  join apps a on a.tenant_id = m.tenant_id and a.id = s.app_id
  where m.tenant_id = s.tenant_id and m.id = s.member_id and m.status = 'JOINED'
    and t.deleted_at is null and ({ENDED_AT}) is null
)
"""
"""Holds of rows `s` of `app_sessions` that are not over; its `$1` and `$2` are `moments()`."""

_SELECT = """
select s.launched_at as order_key, s.id, s.tenant_id, s.app_id, s.member_id,
  u.full_name as member_name, s.launched_at as started_at, s.last_seen_at
from app_sessions s join members p on p.id = s.member_id join users u on u.id = p.user_id
"""
_OF_APP = f"s.tenant_id = $3 and s.app_id = $4 and {LIVING}"
_ADMINISTERED = app_access.ADMINISTERS.format(row="s", members="$3")
_THEIRS = f"(s.member_id = any($3) or {_ADMINISTERED})"
"""A session is its member's and those people's who administer the app; `$3` are member ids."""

_KEPT = timedelta(days=30)


def moments() -> list[datetime]:
    """Now, and when the last heartbeat of a session that has just lapsed came."""
    now = clock.now()
    return [now, now - settings.load().app_session_lapse]


async def held(member_id: str) -> list[str]:
    """The living sessions of a member across his tenant's apps, oldest first.

    Runs in the caller's transaction, which holds the member's lock.
    """
    found = await database.rows(
        f"select s.id from app_sessions s where s.member_id = $3 and {LIVING}"  # noqa: S608 SQL of ours
        " order by s.launched_at, s.id",
        *moments(),
        member_id,
    )
    return [str(record["id"]) for record in found]


async def page(viewer: Viewer, app: rows.App, window: pages.Window) -> pages.Page[rows.AppSession]:
    """The living sessions in an app that the viewer administers, newest first.

    Raises:
        errors.Unauthenticated
        errors.PermissionDenied: he sees the app, and does not administer it.
        errors.InvalidInput: of the window.
    """
    _require_sees(viewer, app)
    return await pages.read(
        f"{_SELECT} where {_OF_APP}",
        [*moments(), app.tenant_id, app.id],
        order=pages.Order(
            f"app sessions:{app.id}", "s.launched_at", "s.id", descending=True, moment=True
        ),
        window=window,
        make=_row,
    )


async def count(viewer: Viewer, app: rows.App) -> int:
    """How many those are; raises as `page` does."""
    _require_sees(viewer, app)
    sql = f"select count(*) from app_sessions s where {_OF_APP}"  # noqa: S608 SQL of ours
    return await pages.count(sql, [*moments(), app.tenant_id, app.id])


def _require_sees(viewer: Viewer, app: rows.App) -> None:
    checks.require_signed_in(viewer)
    checks.require_administers(app.viewer_right)


async def get(viewer: Viewer, session_id: str) -> rows.AppSession:
    """Raises:
    errors.NotFound: absent, over, or neither the viewer's own nor of an app he administers.
    """
    found = await many(viewer, [session_id])
    if session_id not in found:
        raise errors.NotFound
    return found[session_id]


async def many(viewer: Viewer, session_ids: Sequence[str]) -> dict[str, rows.AppSession]:
    """Those of the sessions that live and that the viewer may see, by id."""
    found = await database.rows(
        f"{_SELECT} where s.id = any($4) and {_THEIRS} and {LIVING}",
        *moments(),
        viewer.member_ids,
        list(session_ids),
    )
    return {record["id"]: _row(record) for record in found}


def _row(record: Mapping[str, Any]) -> rows.AppSession:
    return rows.AppSession(**{key: value for key, value in record.items() if key != "order_key"})


async def end(viewer: Viewer, session_id: str) -> None:
    """The session is over: its ticket cannot be redeemed, and the app hears so at its heartbeat.

    Also for the member himself, so that who has reached his limit can help himself.

    Raises:
        errors.Unauthenticated
        errors.NotFound: as `get`.
    """
    checks.require_signed_in(viewer)
    async with database.transaction(viewer.scope):
        session = await get(viewer, session_id)
        actor = await locks.acting(viewer, session.tenant_id)
        if not await _end(f"s.id = $4 and {_THEIRS}", [actor.member.id], session_id):
            raise errors.NotFound
        await audit.record(
            viewer,
            "app_session.end",
            subject_id=session_id,
            tenant_id=session.tenant_id,
            changes={"app": (session.app_id, None), "member": (session.member_id, None)},
        )


async def end_all(viewer: Viewer, app_id: str, *, member_id: str | None = None) -> int:
    """The sessions in an app, or those of one member there, are over; how many there were.

    A member who is unknown has none.

    One row of the audit for all of them, as for signing out everywhere.

    Raises:
        errors.Unauthenticated
        errors.NotFound: the app is absent, or not the viewer's to know of.
        errors.PermissionDenied: he does not administer it.
    """
    checks.require_signed_in(viewer)
    async with database.transaction(viewer.scope):
        _, known = await locks.app(viewer, app_id)
        app = known.require_administered()
        ended = await _end(
            "s.tenant_id = $3 and s.app_id = $4 and ($5::text is null or s.member_id = $5)",
            app.tenant_id,
            app.id,
            member_id,
        )
        if ended:
            await audit.record(
                viewer,
                "app_session.end_all",
                subject_id=app.id,
                tenant_id=app.tenant_id,
                changes={"ended": (None, str(ended)), "member": (member_id, None)},
            )
    return ended


async def _end(which: str, *arguments: object) -> int:
    """End the living ones of `which`, SQL of ours whose arguments begin at `$3`."""
    ended = await database.rows(
        f"update app_sessions s set ended_at = $1 where {which} and {LIVING} returning s.id",  # noqa: S608 SQL of ours
        *moments(),
        *arguments,
    )
    return len(ended)


async def forget_ended() -> int:
    """Delete what has been over for 30 days; how many there were."""
    _, lapsed = moments()
    async with database.transaction(database.SYSTEM):
        gone = await database.rows(
            "delete from app_sessions where launched_at <= $1"
            " and coalesce(ended_at, last_seen_at, expires_at) <= $1 returning id",
            lapsed - _KEPT,
        )
    return len(gone)
