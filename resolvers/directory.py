"""Finding people: the members of a tenant, as far as the viewer may see each.

Holders of `members:view` see name, e-mail, role and status; login, phone, permissions and limits
only the member himself and holders of `members:invite` or `members:edit` (PRODUCT 4). Somebody
who never joined shows only what his inviter typed.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any

import errors
from auth.viewer import Viewer
from models import MemberStatus, database
from permissions import checks
from permissions.catalog import Permission
from resolvers import pages, rows
from resolvers.member_filter import PRIVATE, Filter, are_few, counted, where_of

_JOINED = """
join tenants t on t.id = m.tenant_id
left join users u on u.id = m.user_id and m.joined_at is not null
"""
_COLUMNS = {
    "id": "m.id",
    "tenant_id": "m.tenant_id",
    "status": "m.status",
    "user_id": "u.id",
    "full_name": "coalesce(u.full_name, m.full_name)",
    "email": "coalesce(u.email, m.email)",
    "login": "coalesce(u.login, m.login)",
    "phone": "coalesce(u.phone, m.phone)",
    "role": "m.role",
    "catalog": "t.catalog",
    "servicing": "t.servicing",
    "grants": "m.grants",
    "denials": "m.denials",
    "max_sessions": "m.max_sessions",
    "is_first_user": "m.is_first_user",
    "is_managed": """
      case when m.status = 'PENDING' then m.user_id is null
        else coalesce(u.manager_id = m.tenant_id and u.email_verified_at is null, false)
      end""",
    "created_at": "m.created_at",
    "joined_at": "m.joined_at",
    "updated_at": "m.updated_at",
}
"""What a record of a member can have."""
EVERYTHING = frozenset(_COLUMNS)
_ALWAYS = {"id", "tenant_id", "status", "user_id"}
"""By which is decided what is shown of it."""
_RIGHTS = {"role", "catalog", "servicing", "grants", "denials"}
_WANTED = {
    "user": {"full_name"},
    "role": {"role", "catalog"},
    "permissions": _RIGHTS,
    "permission_details": _RIGHTS,
    "viewer": {"role", "is_first_user", "is_managed"},
}
"""Columns that an attribute is told from, where it is not the one of its name."""


def _columns(attributes: frozenset[str]) -> str:
    """What to select so that these can be told."""
    wanted = _ALWAYS.union(*(_WANTED.get(name, {name}) for name in attributes))
    return ", ".join(f"{sql} as {name}" for name, sql in _COLUMNS.items() if name in wanted)


_ALL = f"{_columns(EVERYTHING)} from members m {_JOINED}"
_SELECT = f"select {_ALL}"


@lru_cache(maxsize=256)
def around(attributes: frozenset[str] = EVERYTHING) -> str:
    """Around a page of rows of `members`: these as `seen` wants them, for attributes to be told."""
    return f"select m.order_key, {_columns(attributes)} from ({{}}) m {_JOINED}"  # noqa: S608 SQL of ours, values as arguments


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


async def page(
    viewer: Viewer,
    tenant_id: str,
    window: pages.Window,
    *,
    wanted: Filter,
    by: Field = Field.CREATED_AT,
    descending: bool = False,
    attributes: frozenset[str] = EVERYTHING,
) -> pages.Page[rows.Member]:
    """Members of a tenant, removed ones only where the filter names them, or asks what has changed
    and the viewer may see them. Nothing but `attributes` can be told of them.

    Raises:
        errors.NotFound, errors.PermissionDenied: also for a filter that asks for what is hidden.
        errors.InvalidInput: of the window.
    """
    where, column = where_of(viewer, tenant_id, wanted), _COLUMN[by]
    manages = checks.sees_any(viewer, tenant_id, PRIVATE)
    found = f"members m where {where.sql}"
    if await are_few(viewer, tenant_id, wanted):
        found = f"(select * from {found} offset 0) m where true"  # noqa: S608 SQL of ours, values as arguments
    if wanted.updated_since is not None:
        await database.rows("select await_feed($1)", tenant_id)
    return await pages.read(
        f"select {column} as order_key, m.* from {found}",  # noqa: S608 as above
        where.arguments,
        order=pages.Order(
            f"members:{by}:{tenant_id}", column, "m.id", descending, moment=by is not Field.NAME
        ),
        window=window,
        make=lambda each: rows.Member(each, shows_private=manages or _own(viewer, each)),
        around=around(attributes),
        by_values=wanted != Filter(),
    )


async def count(viewer: Viewer, tenant_id: str, wanted: Filter) -> int:
    """How many members that filter finds; raises as `page` does."""
    where = where_of(viewer, tenant_id, wanted)
    if wanted.is_counted:
        return await counted(viewer, tenant_id, wanted)
    sql = f"select count(*) from members m where {where.sql}"  # noqa: S608 SQL of ours, values as arguments
    return await pages.count(sql, where.arguments, by_values=True)


async def memberships(viewer: Viewer, window: pages.Window) -> pages.Page[rows.Member]:
    """The viewer's own places, those where he is disabled included, oldest first."""
    return await pages.read(
        f"select m.id as order_key, {_ALL} where t.deleted_at is null"
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


def visible(viewer: Viewer, record: Mapping[str, Any]) -> bool:
    """Removed members are in the audit's sight only (PRODUCT 4)."""
    if _own(viewer, record):
        return True
    needed = [Permission.MEMBERS_VIEW]
    if record["status"] == MemberStatus.REMOVED:
        needed.append(Permission.AUDIT_VIEW)
    return all(checks.sees(viewer, record["tenant_id"], permission) for permission in needed)


def seen(viewer: Viewer, record: Mapping[str, Any]) -> rows.Member:
    """The row as this viewer may see it."""
    manages = checks.sees_any(viewer, record["tenant_id"], PRIVATE)
    return rows.Member(record, shows_private=manages or _own(viewer, record))


def _own(viewer: Viewer, record: Mapping[str, Any]) -> bool:
    living = record["status"] in (MemberStatus.JOINED, MemberStatus.DISABLED)
    return living and viewer.user_id is not None and record["user_id"] == viewer.user_id
