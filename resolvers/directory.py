"""Finding people: the members of a tenant, as far as the viewer may see each.

Holders of `members:view` see name, e-mail, role and status; login, phone, permissions and limits
only the member himself and holders of `members:invite` or `members:edit` (PRODUCT 4). Somebody
who never joined shows only what his inviter typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

import errors
from auth.viewer import Viewer
from models import Catalog, InvitationState, MemberStatus, clock, database
from permissions import checks
from permissions.catalog import Permission
from resolvers import identifiers, pages, rows
from resolvers.conditions import Conditions, in_utc, prefix

MEMBERS = """
from members m join tenants t on t.id = m.tenant_id
left join users u on u.id = m.user_id and m.joined_at is not null
left join invitations i on i.tenant_id = m.tenant_id and i.member_id = m.id
"""
COLUMNS = """
m.id, m.tenant_id, t.catalog, t.servicing, m.status, m.role, u.id as user_id,
coalesce(u.full_name, m.full_name) as full_name, coalesce(u.email, m.email) as email,
coalesce(u.login, m.login) as login, coalesce(u.phone, m.phone) as phone,
m.grants, m.denials, m.max_sessions, m.is_first_user, m.created_at, m.joined_at, m.updated_at,
case when m.status = 'PENDING' then m.user_id is null
  else coalesce(u.manager_id = m.tenant_id and u.email_verified_at is null, false)
end as is_managed
"""
_SELECT = f"select {COLUMNS} {MEMBERS}"
_PRIVATE = (Permission.MEMBERS_INVITE, Permission.MEMBERS_EDIT)
_STATE = "case when i.state = 'PENDING' and i.expires_at <= {} then 'EXPIRED' else i.state end"


class Field(StrEnum):
    """What members can be ordered by."""

    CREATED_AT = "CREATED_AT"
    NAME = "NAME"
    UPDATED_AT = "UPDATED_AT"


_COLUMN = {
    Field.CREATED_AT: "m.created_at",
    Field.NAME: "m.name_key",
    Field.UPDATED_AT: "m.updated_at",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """`updated_since`: changed at that moment or later; without a zone it is UTC."""

    search: str | None = None
    roles: Sequence[str] | None = None
    statuses: Sequence[MemberStatus] | None = None
    invitation_states: Sequence[InvitationState] | None = None
    app_id: str | None = None
    updated_since: datetime | None = None


async def page(
    viewer: Viewer,
    tenant_id: str,
    window: pages.Window,
    *,
    wanted: Filter,
    by: Field = Field.CREATED_AT,
    descending: bool = False,
) -> pages.Page[rows.Member]:
    """Members of a tenant, removed ones only where the filter names them, or asks what has changed
    and the viewer may see them.

    Raises:
        errors.NotFound, errors.PermissionDenied: also for a filter that asks for what is hidden.
        errors.InvalidInput: of the window.
    """
    where, column = _where(viewer, tenant_id, wanted), _COLUMN[by]
    if wanted.updated_since is not None:
        await database.rows("select await_feed($1)", tenant_id)
    return await pages.read(
        f"select {column} as order_key, {COLUMNS} {MEMBERS} where {where.sql}",
        where.arguments,
        order=pages.Order(
            f"members:{by}:{tenant_id}", column, "m.id", descending, moment=by is not Field.NAME
        ),
        window=window,
        make=partial(seen, viewer),
    )


async def count(viewer: Viewer, tenant_id: str, wanted: Filter) -> int:
    """How many members that filter finds; raises as `page` does."""
    where = _where(viewer, tenant_id, wanted)
    found = await database.rows(f"select count(*) {MEMBERS} where {where.sql}", *where.arguments)
    return int(found[0]["count"])


def _where(viewer: Viewer, tenant_id: str, wanted: Filter) -> Conditions:
    _require_may_ask(viewer, tenant_id, wanted)
    where = Conditions()
    where.add("m.tenant_id = {}", tenant_id)
    statuses = _shown(viewer, tenant_id, wanted) if wanted.statuses is None else wanted.statuses
    where.add("m.status = any({})", [status.value for status in statuses])
    if wanted.updated_since is not None:
        where.add("m.updated_at >= {}", in_utc(wanted.updated_since))
    if wanted.roles is not None:
        where.add("m.role = any({})", list(wanted.roles))
    if wanted.invitation_states is not None:
        states = [state.value for state in wanted.invitation_states]
        where.add(f"{_STATE} = any({{}})", clock.now(), states)
    if wanted.search and (text := identifiers.fold(wanted.search.strip())):
        _add_search(where, viewer, tenant_id, text)
    if wanted.app_id is not None:
        _add_app(where, viewer, tenant_id, wanted.app_id)
    return where


def _shown(viewer: Viewer, tenant_id: str, wanted: Filter) -> list[MemberStatus]:
    """Of what has changed, removals are part, for those who may see them."""
    removals = wanted.updated_since is not None and checks.sees(
        viewer, tenant_id, Permission.AUDIT_VIEW
    )
    return [status for status in MemberStatus if removals or status is not MemberStatus.REMOVED]


def _add_search(where: Conditions, viewer: Viewer, tenant_id: str, text: str) -> None:
    keys = ["m.name_key", "m.email_key"]
    if checks.sees_any(viewer, tenant_id, _PRIVATE):
        keys.append("m.login_key")
    where.add(" or ".join(f"{key} like {{}}" for key in keys), *[prefix(text)] * len(keys))


def _add_app(where: Conditions, viewer: Viewer, tenant_id: str, app_id: str) -> None:
    """An app that the viewer may not know of finds nobody, as an unknown one (PRODUCT 6.1)."""
    holds = (
        "exists (select from app_access x"
        " where x.tenant_id = m.tenant_id and x.member_id = {} and x.app_id = {{}})"
    )
    where.add(holds.format("m.id"), app_id)
    if not checks.sees_every_app(viewer, tenant_id):
        place = viewer.place(tenant_id) if viewer.key is None else None
        where.add(holds.format("{}"), place.member_id if place else None, app_id)


def _require_may_ask(viewer: Viewer, tenant_id: str, wanted: Filter) -> None:
    checks.require_sees(viewer, tenant_id, Permission.MEMBERS_VIEW)
    if MemberStatus.REMOVED in (wanted.statuses or ()):
        checks.require_sees(viewer, tenant_id, Permission.AUDIT_VIEW)
    if wanted.invitation_states is not None and not checks.sees_any(viewer, tenant_id, _PRIVATE):
        raise errors.PermissionDenied(Permission.MEMBERS_INVITE)


async def memberships(viewer: Viewer, window: pages.Window) -> pages.Page[rows.Member]:
    """The viewer's own places, those where he is disabled included, oldest first."""
    return await pages.read(
        f"select m.id as order_key, {COLUMNS} {MEMBERS} where t.deleted_at is null"
        " and m.user_id = $1 and m.status in ('JOINED', 'DISABLED')",
        [viewer.user_id],
        order=pages.Order("memberships", "m.id", "m.id"),
        window=window,
        make=partial(seen, viewer),
    )


async def get(viewer: Viewer, member_id: str) -> rows.Member:
    """One member by id.

    Raises:
        errors.NotFound: absent, not the viewer's to see, or where he may not act (any more).
    """
    found = (await many(viewer, [member_id])).get(member_id)
    if found is None or viewer.place(found.tenant_id) is None:
        raise errors.NotFound
    return found


async def many(viewer: Viewer, member_ids: Sequence[str]) -> dict[str, rows.Member]:
    """Those of the members that the viewer may see, by id."""
    found = await database.rows(
        f"{_SELECT} where t.deleted_at is null and m.id = any($1)", list(member_ids)
    )
    return {r["id"]: seen(viewer, r) for r in found if visible(viewer, r)}


async def changed(viewer: Viewer, member_id: str) -> rows.Member:
    """A member the viewer has just acted on, removed ones too; in the change's transaction."""
    found = await database.rows(f"{_SELECT} where m.id = $1", member_id)
    return seen(viewer, found[0])


def visible(viewer: Viewer, record: dict[str, Any]) -> bool:
    """Removed members are in the audit's sight only (PRODUCT 4)."""
    if _own(viewer, record):
        return True
    needed = [Permission.MEMBERS_VIEW]
    if record["status"] == MemberStatus.REMOVED:
        needed.append(Permission.AUDIT_VIEW)
    return all(checks.sees(viewer, record["tenant_id"], permission) for permission in needed)


def seen(viewer: Viewer, record: dict[str, Any]) -> rows.Member:
    """The row as this viewer may see it."""
    private = _own(viewer, record) or checks.sees_any(viewer, record["tenant_id"], _PRIVATE)
    catalog, status = Catalog(record["catalog"]), MemberStatus(record["status"])
    return rows.Member(
        id=record["id"],
        tenant_id=record["tenant_id"],
        user_id=record["user_id"],
        catalog=catalog,
        status=status,
        role_code=record["role"],
        full_name=record["full_name"],
        email=record["email"],
        login=record["login"] if private else None,
        phone=record["phone"] if private else None,
        max_sessions=record["max_sessions"] if private else None,
        permissions=_effective(record, catalog) if private else None,
        grants=tuple(record["grants"]) if private else (),
        denials=tuple(record["denials"]) if private else (),
        servicing=None if record["servicing"] is None else tuple(record["servicing"]),
        is_first_user=record["is_first_user"],
        is_managed=record["is_managed"],
        created_at=record["created_at"],
        joined_at=record["joined_at"],
        updated_at=record["updated_at"],
    )


def _effective(record: dict[str, Any], catalog: Catalog) -> tuple[Permission, ...]:
    """Nobody but a joined member has any."""
    if record["status"] != MemberStatus.JOINED:
        return ()
    return checks.effective(
        checks.Standing(
            catalog, record["role"], record["grants"], record["denials"], record["servicing"]
        )
    )


def _own(viewer: Viewer, record: dict[str, Any]) -> bool:
    living = record["status"] in (MemberStatus.JOINED, MemberStatus.DISABLED)
    return living and viewer.user_id is not None and record["user_id"] == viewer.user_id
