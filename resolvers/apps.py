"""Apps: made, and seen by those who may know of them (PRODUCT 6.1).

Holders of `apps:manage` or `apps:assign` see every app of their tenant. For everybody else an app
without a right on it does not exist: not in lists, not by id, not in counts, not in filters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import errors
from auth.viewer import Viewer
from models import App, AppAccess, AppRight, clock, database, ids
from permissions import checks
from permissions.catalog import Permission
from resolvers import (
    app_access,
    audit,
    identifiers,
    invitation_mails,
    locks,
    pages,
    rows,
    subscriptions,
)
from resolvers.identifiers import LEFT_OUT, LeftOut
from resolvers.subscriptions import ENDED_AT

_OWN = "own.tenant_id = a.tenant_id and own.app_id = a.id and own.member_id = any($2)"
_COLUMNS = f"""
a.id as order_key, a.id, a.tenant_id, a.name, a.url, own."right" as viewer_right,
{ENDED_AT} as ended_at
"""
_SELECT = f"select {_COLUMNS} from apps a left join app_access own on {_OWN}"  # noqa: S608 SQL of ours, values as arguments
_VISIBLE = "(own.id is not null or a.tenant_id = any($3))"
_MINE = f"""
select {_COLUMNS} from unnest($2::text[], $3::text[]) place (tenant_id, member_id)
  join app_access own on own.tenant_id = place.tenant_id and own.member_id = place.member_id
  join apps a on a.tenant_id = own.tenant_id and a.id = own.app_id
where true
"""  # noqa: S608 as above
_HELD = f"""
select held."right", held.member_ids, {_COLUMNS}
from (
    select x.tenant_id, x.app_id, x."right", array_agg(x.member_id) as member_ids
    from unnest($4::text[], $5::text[]) place (tenant_id, member_id)
      join app_access x on x.tenant_id = place.tenant_id and x.member_id = place.member_id
    group by x.tenant_id, x.app_id, x."right"
  ) held
  join apps a on a.tenant_id = held.tenant_id and a.id = held.app_id
  left join app_access own on {_OWN}
where {_VISIBLE} order by a.id
"""  # noqa: S608 as above


async def create(viewer: Viewer, tenant_id: str, *, name: str, url: str | None) -> rows.App:
    """The tenant has the app, and who made it may launch and administer it; an API key's maker, and
    not the key.

    Raises:
        errors.NotFound, errors.PermissionDenied, errors.InvalidInput
    """
    faults, optional = identifiers.Faults(), identifiers.optional
    name = faults.check(("name",), identifiers.name, name)
    url = faults.check(("url",), optional(identifiers.web_address), url)
    async with database.transaction(viewer.scope):
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.APPS_MANAGE)
        faults.settle()
        now = clock.now()
        app = await App.create(
            id=ids.new("app"),
            tenant_id=tenant_id,
            name=name,
            url=url,
            created_at=now,
            updated_at=now,
        )
        await audit.record(viewer, "app.create", subject_id=app.id, tenant_id=tenant_id)
        right = AppRight.LAUNCH_AND_ADMINISTER
        await app_access.give(viewer, actor.member, {app.id: right})
    own = None if actor.is_key else right
    return rows.App(app.id, tenant_id, app.name, app.url, own, ended_at=None)


async def update(
    viewer: Viewer,
    app_id: str,
    *,
    name: str | LeftOut = LEFT_OUT,
    url: str | LeftOut | None = LEFT_OUT,
) -> rows.App:
    """The app has that name and opens at that address; what is left out stays.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput
    """
    checks.require_caller(viewer)
    faults, optional, given = identifiers.Faults(), identifiers.optional, identifiers.given
    wanted = {
        "name": faults.check(("name",), given(identifiers.name), name),
        "url": faults.check(("url",), given(optional(identifiers.web_address)), url),
    }
    async with database.transaction(viewer.scope):
        actor, known = await locks.app(viewer, app_id)
        checks.require(actor, Permission.APPS_MANAGE)
        faults.settle()
        await _edit(viewer, known.app, wanted)
        ended_at = await subscriptions.app_ended_at(app_id)
    return rows.App(app_id, actor.tenant.id, known.app.name, known.app.url, known.right, ended_at)


async def _edit(viewer: Viewer, app: App, wanted: dict[str, str | LeftOut | None]) -> None:
    changed = {
        field: value
        for field, value in wanted.items()
        if not isinstance(value, LeftOut) and value != getattr(app, field)
    }
    if changed:
        app.update_from_dict(changed | {"updated_at": clock.now()})
        await app.save()
        await audit.record(
            viewer,
            "app.update",
            subject_id=app.id,
            tenant_id=app.tenant_id,
            changes=dict.fromkeys(changed, ()),
        )


async def remove(viewer: Viewer, app_id: str) -> None:
    """The app is gone, with everybody's rights and roles in it; the audit keeps its id.

    Sessions in it are over with the rights (see `app_sessions.LIVING`).

    Invitations that offered it do so no longer, those whose mail is still to leave included.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: a subscription that runs includes it.
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        actor, known = await locks.app(viewer, app_id)
        checks.require(actor, Permission.APPS_MANAGE)
        await _require_spare(known.app)
        held = await AppAccess.filter(tenant_id=actor.tenant.id, app_id=app_id)
        await AppAccess.filter(tenant_id=actor.tenant.id, app_id=app_id).delete()
        await known.app.delete()
        await invitation_mails.offer_anew([access.member_id for access in held])
        await audit.record(viewer, "app.remove", subject_id=app_id, tenant_id=actor.tenant.id)


async def _require_spare(app: App) -> None:
    if app.code is not None and await subscriptions.app_ended_at(app.id) is None:
        raise errors.InvalidInput.at("appId", code="INCLUDED")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Which apps to list: those of one tenant that the viewer may know of, or `own` ones only."""

    tenant_id: str | None
    own: bool = False


async def page(viewer: Viewer, shelf: Shelf, window: pages.Window) -> pages.Page[rows.App]:
    """The shelf's apps, oldest first.

    Raises:
        errors.NotFound: the viewer has no place in that tenant.
        errors.InvalidInput: of the window.
    """
    if shelf.tenant_id is not None and viewer.place(shelf.tenant_id) is None:
        raise errors.NotFound
    return await pages.read(
        *_on(viewer, shelf),
        order=pages.Order("apps", "a.id", "a.id"),
        window=window,
        make=_row,
    )


async def count(viewer: Viewer, shelf: Shelf) -> int:
    sql, arguments = _on(viewer, shelf)
    return await pages.count(f"select count(*) from ({sql}) seen", arguments)  # noqa: S608 SQL of ours


def _on(viewer: Viewer, shelf: Shelf) -> tuple[str, list[object]]:
    """What selects the shelf's apps; by the tenant where he sees all of them, else by his own
    rights, of which there are few beside the apps of a large tenant.
    """
    wanted, now = shelf.tenant_id, clock.now()
    if wanted and not shelf.own and checks.sees_every_app(viewer, wanted):
        return f"{_SELECT} where a.tenant_id = $3", [now, viewer.member_ids, wanted]
    mine = [] if viewer.key else [t for t in viewer.joined if wanted in (None, t)]
    return _MINE, [now, mine, [viewer.places[t].member_id for t in mine]]


def _sight(viewer: Viewer) -> list[object]:
    """Now, the viewer's own places, and the tenants all of whose apps he sees."""
    every = [t for t in viewer.joined if checks.sees_every_app(viewer, t)]
    return [clock.now(), viewer.member_ids, every]


async def get(viewer: Viewer, app_id: str) -> rows.App:
    """Raises:
    errors.NotFound: absent, or not the viewer's to know of.
    """
    found = await many(viewer, [app_id])
    if app_id not in found:
        raise errors.NotFound
    return found[app_id]


async def many(viewer: Viewer, app_ids: Sequence[str]) -> dict[str, rows.App]:
    """Those of the apps that the viewer may know of, by id."""
    found = await database.rows(
        f"{_SELECT} where {_VISIBLE} and a.id = any($4)",
        *_sight(viewer),
        list(app_ids),
    )
    return {record["id"]: _row(record) for record in found}


async def held_by(
    viewer: Viewer, members: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[rows.AppAccess]]:
    """The rights on apps that the viewer may know of, by tenant id and member id."""
    found: dict[tuple[str, str], list[rows.AppAccess]] = {member: [] for member in members}
    tenant_ids, member_ids = [tenant for tenant, _ in members], [member for _, member in members]
    for record in await database.records(_HELD, *_sight(viewer), tenant_ids, member_ids):
        app, right = _row(record), AppRight[record["right"]]
        for member_id in record["member_ids"]:
            found[app.tenant_id, member_id].append(rows.AppAccess(app, right, member_id))
    return found


def _row(record: Mapping[str, Any]) -> rows.App:
    right = record["viewer_right"]
    return rows.App(
        record["id"],
        record["tenant_id"],
        record["name"],
        record["url"],
        AppRight[right] if right else None,
        record["ended_at"],
    )
