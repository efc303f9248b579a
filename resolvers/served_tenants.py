"""The tenants that a servicing organization serves, as its operators see them: from outside.

What is read here is all they see of a tenant, with its subscriptions (ADR 0020).
"""

from collections.abc import Mapping
from typing import Any

from auth.viewer import Viewer
from models import Catalog
from permissions import serving
from resolvers import identifiers, pages, rows
from resolvers.conditions import Conditions, span

# Only the tenants on the page are looked at, each behind its policy.
_SELECT = """
select s.id, s.created_at as order_key, s.tenant_id, s.organization_id, s.created_at,
  (select array[t.name, t.catalog] from tenants t where t.id = s.tenant_id) as tenant
from servicings s
"""
_NAMED = """
exists (select from tenants t where t.id = s.tenant_id and t.name_key >= {} and t.name_key < {})
"""


async def page(
    viewer: Viewer, organization_id: str, window: pages.Window, *, search: str | None = None
) -> pages.Page[rows.ServedTenant]:
    """The tenants served now whose name begins so, in the order in which serving them began.

    Raises:
        errors.Unauthenticated, errors.NotFound
        errors.PermissionDenied: he is none of those who serve.
        errors.InvalidInput: of the window.
    """
    serving.require_serves(viewer, organization_id)
    where = _where(organization_id, search)
    return await pages.read(
        f"{_SELECT} where {where.sql}",
        where.arguments,
        order=pages.Order(f"served:{organization_id}", "s.created_at", "s.id", moment=True),
        window=window,
        make=_served,
        by_values=bool(search),
    )


async def count(viewer: Viewer, organization_id: str, *, search: str | None = None) -> int:
    """How many `page` has in all."""
    serving.require_serves(viewer, organization_id)
    where = _where(organization_id, search)
    sql = f"select count(*) from servicings s where {where.sql}"  # noqa: S608 SQL of ours, values as arguments
    return await pages.count(sql, where.arguments, by_values=bool(search))


def _where(organization_id: str, search: str | None) -> Conditions:
    where = Conditions()
    where.add("s.organization_id = {} and s.ended_at is null", organization_id)
    if search:
        where.add(_NAMED, *span(identifiers.fold(search.strip())))
    return where


def _served(record: Mapping[str, Any]) -> rows.ServedTenant:
    name, catalog = record["tenant"]
    return rows.ServedTenant(
        record["tenant_id"],
        name,
        Catalog(catalog),
        record["created_at"],
        record["organization_id"],
    )
