"""Tenants: made, edited, deleted, and listed for those who belong to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import errors
import settings
from auth import limits
from auth.viewer import Viewer
from locales import Locale
from mail import outbox
from models import (
    Catalog,
    Invitation,
    InvitationState,
    Member,
    MemberStatus,
    User,
    clock,
    database,
    ids,
)
from models import Tenant as TenantRow
from permissions import checks
from permissions.catalog import OWNER, Permission
from resolvers import audit, identifiers, locks, pages, rows, servicings
from resolvers.conditions import Conditions

_COLUMNS = "t.id, t.name, t.catalog, t.locale, t.servicing, t.created_at"


@dataclass(frozen=True, slots=True)
class Filter:
    search: str | None = None
    catalogs: Sequence[Catalog] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tenant that is to be; its name is normalised."""

    name: str
    catalog: Catalog
    locale: Locale


async def create(
    viewer: Viewer, *, name: str, catalog: Catalog, locale: Locale | None = None
) -> rows.Tenant:
    """A tenant exists and the viewer owns it; an ACCOUNT remembers him as its first user.

    Raises:
        errors.Unauthenticated, errors.PermissionDenied: only staff may, by the settings.
        errors.InvalidInput, errors.RateLimited
    """
    user_id = checks.require_signed_in(viewer)
    _require_may_create(viewer)
    faults = identifiers.Faults()
    name = faults.check(("name",), identifiers.name, name)
    faults.settle()
    await limits.count(limits.counter("tenants", settings.load().limit_tenants, user_id))
    tenant_id = ids.new("ten")
    async with database.transaction(viewer.scope_with(tenant_id)):
        owner = await locks.account(user_id)
        wanted = Wanted(name, catalog, locale or _language(viewer))
        return await found(viewer, tenant_id, owner, wanted)


def _require_may_create(viewer: Viewer) -> None:
    staff = viewer.account is not None and viewer.account.provider_role is not None
    if not staff and not settings.load().everybody_creates_tenants:
        raise errors.PermissionDenied


async def found(viewer: Viewer, tenant_id: str, owner: User, wanted: Wanted) -> rows.Tenant:
    """The tenant and its first member, in the running transaction; its values are checked."""
    now = clock.now()
    tenant = await TenantRow.create(
        id=tenant_id,
        name=wanted.name,
        name_key=identifiers.fold(wanted.name),
        catalog=wanted.catalog,
        locale=wanted.locale,
        created_at=now,
        updated_at=now,
    )
    await _add_owner(owner, tenant)
    await audit.record(
        viewer, "tenant.create", subject_id=tenant_id, tenant_id=tenant_id, actor_id=owner.id
    )
    return of_model(tenant)


def _language(viewer: Viewer) -> Locale:
    return Locale(viewer.account.locale) if viewer.account and viewer.account.locale else Locale.EN


async def _add_owner(owner: User, tenant: TenantRow) -> None:
    await Member.create(
        id=ids.new("mem"),
        tenant_id=tenant.id,
        user_id=owner.id,
        status=MemberStatus.JOINED,
        role=OWNER,
        name_key=identifiers.fold(owner.full_name),
        login_key=owner.login,
        email_key=owner.email_key if owner.email_verified_at else None,
        is_first_user=tenant.catalog is Catalog.ACCOUNT,
        created_at=tenant.created_at,
        joined_at=tenant.created_at,
    )


async def update(
    viewer: Viewer, tenant_id: str, *, name: str | None = None, locale: Locale | None = None
) -> rows.Tenant:
    """The tenant has the given name and language; what is left out stays.

    Raises:
        errors.NotFound, errors.PermissionDenied, errors.InvalidInput
    """
    faults = identifiers.Faults()
    name = faults.check(("name",), identifiers.optional(identifiers.name), name)
    async with database.transaction(viewer.scope):
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.TENANT_EDIT)
        faults.settle()
        tenant = actor.tenant
        changes = _edit(tenant, name, locale)
        if changes:
            tenant.updated_at = clock.now()
            await tenant.save()
            await audit.record(
                viewer, "tenant.update", subject_id=tenant_id, tenant_id=tenant_id, changes=changes
            )
    return of_model(tenant)


def _edit(tenant: TenantRow, name: str | None, locale: Locale | None) -> audit.Changes:
    changes: dict[str, tuple[str, str] | tuple[()]] = {}
    if name is not None and name != tenant.name:
        tenant.name, tenant.name_key = name, identifiers.fold(name)
        changes["name"] = ()
    if locale is not None and locale != tenant.locale:
        changes["locale"] = (tenant.locale, locale)
        tenant.locale = locale
    return changes


async def delete(viewer: Viewer, tenant_id: str) -> None:
    """The tenant is out of everybody's sight, its invitations and queued mails end; it neither
    serves nor is served.

    Raises:
        errors.NotFound, errors.PermissionDenied
    """
    now = clock.now()
    async with database.transaction(database.SYSTEM):  # of its relations both sides hear
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.TENANT_DELETE)
        await TenantRow.filter(id=tenant_id).update(deleted_at=now, updated_at=now)
        await Invitation.filter(tenant_id=tenant_id, state=InvitationState.PENDING).update(
            state=InvitationState.REVOKED, closed_at=now
        )
        await servicings.end_all(viewer, tenant_id)
        await outbox.cancel_tenant(tenant_id, now=now)
        await audit.record(viewer, "tenant.delete", subject_id=tenant_id, tenant_id=tenant_id)


async def page(viewer: Viewer, window: pages.Window, wanted: Filter) -> pages.Page[rows.Tenant]:
    """The tenants the viewer has joined, oldest first.

    Raises:
        errors.InvalidInput: of the window.
    """
    where = _where(viewer, wanted)
    return await pages.read(
        f"select {_COLUMNS}, t.id as order_key from tenants t where {where.sql}",  # noqa: S608 SQL of ours, values as arguments
        where.arguments,
        order=pages.Order("tenants", "t.id", "t.id"),
        window=window,
        make=of_record,
    )


async def count(viewer: Viewer, wanted: Filter) -> int:
    where = _where(viewer, wanted)
    return await pages.count(f"select count(*) from tenants t where {where.sql}", where.arguments)  # noqa: S608 as in `page`


def _where(viewer: Viewer, wanted: Filter) -> Conditions:
    where = Conditions()
    where.add("t.deleted_at is null and t.id = any({})", viewer.joined)
    if wanted.search:
        where.add_prefix(identifiers.fold(wanted.search.strip()), "t.name_key")
    if wanted.catalogs is not None:
        where.add("t.catalog = any({})", [catalog.value for catalog in wanted.catalogs])
    return where


async def get(viewer: Viewer, tenant_id: str) -> rows.Tenant:
    """Raises:
    errors.NotFound: absent, deleted, or the viewer has no place in it.
    """
    found = await many(viewer, [tenant_id]) if viewer.place(tenant_id) else {}
    if tenant_id not in found:
        raise errors.NotFound
    return found[tenant_id]


async def many(viewer: Viewer, tenant_ids: Sequence[str]) -> dict[str, rows.Tenant]:
    """Those of the tenants in which the viewer has a place, or had one before, by id."""
    known = {*viewer.places, *(viewer.before.places if viewer.before else ())}
    found = await database.rows(
        f"select {_COLUMNS} from tenants t"  # noqa: S608 as in `page`
        " where t.deleted_at is null and t.id = any($1)",
        sorted(known.intersection(tenant_ids)),
    )
    return {record["id"]: of_record(record) for record in found}


def of_model(tenant: TenantRow) -> rows.Tenant:
    return rows.Tenant(
        tenant.id,
        tenant.name,
        tenant.catalog,
        Locale(tenant.locale),
        None if tenant.servicing is None else tuple(tenant.servicing),
        tenant.created_at,
    )


def of_record(record: Mapping[str, Any]) -> rows.Tenant:
    return rows.Tenant(
        record["id"],
        record["name"],
        Catalog(record["catalog"]),
        Locale(record["locale"]),
        None if record["servicing"] is None else tuple(record["servicing"]),
        record["created_at"],
    )
