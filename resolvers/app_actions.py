"""What those who administer an app ask it to do, and what it answers (PRODUCT 6.2, ADR 0023).

Tenantry decides who may ask, and delegates: backups, error logs and the rest are the app's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import errors
import settings
from auth import limits, sealing
from auth.viewer import Viewer
from mail import outbox
from models import App, AppAction, AppActionState, clock, database, ids
from permissions import checks
from resolvers import app_access, app_controls, audit, identifiers, locks, pages, rows

_ARGUMENT_LENGTH = 1000
_KEPT = timedelta(days=90)
_SELECT = """
select k.id as order_key, k.id, k.tenant_id, k.app_id, k.member_id, u.full_name as member_name,
  k.action, k.argument, k.state, k.answer, k.requested_at, k.answered_at
from app_actions k
left join members p on p.id = k.member_id left join users u on u.id = p.user_id
"""
_OF_APP = "k.tenant_id = $1 and k.app_id = $2"
_ADMINISTERED = app_access.ADMINISTERS.format(row="k", members="$1")


@dataclass(frozen=True, slots=True)
class Request:
    """`member_name` is None where who asked has left; `answer` where none has come."""

    id: str
    tenant_id: str
    app_id: str
    member_id: str
    member_name: str | None
    action: str
    argument: str | None
    state: AppActionState
    answer: str | None
    requested_at: datetime
    answered_at: datetime | None


async def request(viewer: Viewer, app_id: str, *, action: str, argument: str | None) -> Request:
    """The app is about to be asked for `action`; its answer is found with the request.

    Raises:
        errors.Unauthenticated, errors.RateLimited, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: also where it listens nowhere, or has no such action.
    """
    user_id = checks.require_signed_in(viewer)
    rate = settings.load().limit_app_actions
    await limits.count(limits.counter("app action", rate, user_id))
    faults = identifiers.Faults()
    argument = faults.check(("argument",), identifiers.optional(_argument), argument)
    async with database.transaction(viewer.scope):
        actor, known = await locks.app(viewer, app_id)
        app = known.require_administered()
        app.control_secret = _sealed_anew(app.control_secret)
        _require_offered(faults, app, action)
        await app.save(update_fields=["control_secret"])
        asked = await _ask(app, actor.member.id, action=action, argument=argument)
        await audit.record(
            viewer,
            "app.request_action",
            subject_id=app.id,
            tenant_id=app.tenant_id,
            changes={"action": (None, action), "request": (None, asked.id)},
        )
        return await get(viewer, asked.id)


def _argument(value: str) -> str:
    """Verbatim: what it says is the app's affair."""
    if len(value) > _ARGUMENT_LENGTH:
        raise identifiers.Fault("TOO_LONG", _ARGUMENT_LENGTH)
    return value


def _sealed_anew(sealed: str | None) -> str | None:
    """Under the first of the server's secrets, so that older ones may go while the app is asked now
    and then; None where the one that it was sealed under has gone.
    """
    secret = None if sealed is None else sealing.unseal(sealed)
    return None if secret is None else sealing.seal(secret)


def _require_offered(faults: identifiers.Faults, app: App, action: str) -> None:
    if app.control_secret is None:
        faults.add(("appId",), "NO_CONTROL")
    elif action not in app_controls.offered(app):
        faults.add(("action",), "UNKNOWN_ACTION")
    faults.settle()


async def _ask(app: App, member_id: str, *, action: str, argument: str | None) -> AppAction:
    now = clock.now()
    asked = await AppAction.create(
        id=ids.new("act"),
        tenant_id=app.tenant_id,
        app_id=app.id,
        member_id=member_id,
        action=action,
        argument=argument,
        state=AppActionState.REQUESTED,
        requested_at=now,
    )
    await outbox.enqueue_call(asked, now=now)
    return asked


async def page(viewer: Viewer, app: rows.App, window: pages.Window) -> pages.Page[Request]:
    """What an app that the viewer administers was asked, newest first.

    Raises:
        errors.Unauthenticated
        errors.PermissionDenied: he sees the app, and does not administer it.
        errors.InvalidInput: of the window.
    """
    _require_sees(viewer, app)
    return await pages.read(
        f"{_SELECT} where {_OF_APP}",
        [app.tenant_id, app.id],
        order=pages.Order(f"app actions:{app.id}", "k.id", "k.id", descending=True),
        window=window,
        make=_row,
    )


async def count(viewer: Viewer, app: rows.App) -> int:
    """How many those are; raises as `page` does."""
    _require_sees(viewer, app)
    sql = f"select count(*) from app_actions k where {_OF_APP}"  # noqa: S608 SQL of ours
    return await pages.count(sql, [app.tenant_id, app.id])


def _require_sees(viewer: Viewer, app: rows.App) -> None:
    checks.require_signed_in(viewer)
    checks.require_administers(app.viewer_right)


async def get(viewer: Viewer, action_id: str) -> Request:
    """Raises:
    errors.NotFound: absent, or of an app that the viewer does not administer.
    """
    found = await database.rows(
        f"{_SELECT} where {_ADMINISTERED} and k.id = $2", viewer.member_ids, action_id
    )
    if not found:
        raise errors.NotFound
    return _row(found[0])


async def forget_old() -> int:
    """Delete what was asked 90 days ago or earlier, with its answer; how many there were."""
    async with database.transaction(database.SYSTEM):
        return await AppAction.filter(requested_at__lte=clock.now() - _KEPT).delete()


def _row(record: Mapping[str, Any]) -> Request:
    values = {key: value for key, value in record.items() if key != "order_key"}
    return Request(**values | {"state": AppActionState(record["state"])})
