"""People as provider staff look them up: every account, and the places it has.

This is all that staff see of tenants they do not belong to: their names, and who is in them as
what (PRODUCT 2, rule 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from auth.viewer import Viewer
from locales import Locale
from models import Catalog, MemberStatus, ProviderRole, database
from permissions import checks, roles
from permissions.catalog import Role
from resolvers import identifiers, pages, rows
from resolvers.conditions import Conditions

_KEYS = ("u.login", "u.email_key", "u.name_key")
_PLACEMENT = """
select m.id as member_id, t.id as tenant_id, t.name as tenant_name, t.catalog, m.role, m.status,
  m.is_first_user
from members m join tenants t on t.id = m.tenant_id
"""
_ACCOUNTS = f"""
select u.id, u.login, u.email, u.email_verified_at is not null as email_verified, u.phone,
  u.phone_confirmed_at is not null as phone_confirmed, u.locale, u.provider_role, u.created_at,
  u.ended_at, (
    select jsonb_agg(p) from (
      {_PLACEMENT} where m.user_id = u.id and m.status in ('JOINED', 'DISABLED')
        and t.deleted_at is null order by m.id
    ) p
  ) as memberships
from users u where u.id = any($1)
"""  # noqa: S608 SQL of ours, values as arguments


@dataclass(frozen=True, slots=True)
class Placement:
    """Somebody's place in a tenant that is not the reader's."""

    member_id: str
    tenant_id: str
    tenant_name: str
    catalog: Catalog
    role: Role
    status: MemberStatus
    is_first_user: bool


@dataclass(frozen=True, slots=True)
class Account:
    """`memberships` are the places that have not ended, oldest first."""

    login: str
    email: str | None
    email_verified: bool
    phone: str | None
    phone_confirmed: bool
    locale: Locale | None
    provider_role: ProviderRole | None
    created_at: datetime
    ended_at: datetime | None
    memberships: tuple[Placement, ...]


async def page(
    viewer: Viewer, window: pages.Window, *, search: str | None = None
) -> pages.Page[rows.User]:
    """Everybody whose login, e-mail or full name begins so, oldest accounts first.

    Raises:
        errors.Unauthenticated, errors.PermissionDenied: he is no staff.
        errors.InvalidInput: of the window.
    """
    where = _where(viewer, search)
    return await pages.read(
        f"select u.id as order_key, u.id, u.full_name from users u where {where.sql}",  # noqa: S608 as above
        where.arguments,
        order=pages.Order("users", "u.id", "u.id"),
        window=window,
        make=lambda record: rows.User(record["id"], record["full_name"]),
    )


async def count(viewer: Viewer, *, search: str | None = None) -> int:
    """How many that finds; raises as `page` does."""
    where = _where(viewer, search)
    return await pages.count(f"select count(*) from users u where {where.sql}", where.arguments)  # noqa: S608 as above


def _where(viewer: Viewer, search: str | None) -> Conditions:
    checks.require_staff(viewer)
    where = Conditions()
    where.add("true")
    if text := identifiers.fold((search or "").strip()):
        where.add_prefix(text, *_KEYS)
    return where


async def accounts(viewer: Viewer, user_ids: Sequence[str]) -> dict[str, Account]:
    """Those of the accounts that the viewer may see: all for staff, for others their own."""
    seen = [user_id for user_id in user_ids if viewer.is_staff or user_id == viewer.user_id]
    found = await database.rows(_ACCOUNTS, seen)
    return {record["id"]: _account(record) for record in found}


async def placements(member_ids: Sequence[str]) -> dict[str, Placement]:
    """Members, removed ones too, by id; for a use case of staff, in its transaction."""
    found = await database.rows(f"{_PLACEMENT} where m.id = any($1)", list(member_ids))
    return {record["member_id"]: _placement(record) for record in found}


def _account(record: dict[str, Any]) -> Account:
    locale, provider_role = record["locale"], record["provider_role"]
    return Account(
        login=record["login"],
        email=record["email"],
        email_verified=record["email_verified"],
        phone=record["phone"],
        phone_confirmed=record["phone_confirmed"],
        locale=Locale(locale) if locale else None,
        provider_role=ProviderRole(provider_role) if provider_role else None,
        created_at=record["created_at"],
        ended_at=record["ended_at"],
        memberships=tuple(map(_placement, orjson.loads(record["memberships"] or "[]"))),
    )


def _placement(record: dict[str, Any]) -> Placement:
    catalog = Catalog(record["catalog"])
    return Placement(
        member_id=record["member_id"],
        tenant_id=record["tenant_id"],
        tenant_name=record["tenant_name"],
        catalog=catalog,
        role=roles.role(catalog, record["role"]),
        status=MemberStatus(record["status"]),
        is_first_user=record["is_first_user"],
    )
