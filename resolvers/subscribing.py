"""Subscribing tenants to tariffs: by the provider, or for the organization that serves the tenant
(PRODUCT 6.3).

A tenant's apps follow: it has one of each that its tariffs include. They stay when a subscription
ends, since people's rights and roles hang on them, and nobody gets a right on them by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import errors
from auth.viewer import Viewer
from models import App, Subscription, Tariff, TariffApp, Tenant, clock, database, ids
from permissions import checks
from permissions.catalog import Permission
from resolvers import audit, locks, servicings, subscriptions
from resolvers.subscriptions import ACTIVE, COLUMNS

_FURTHEST = timedelta(days=3660)
_LATER = "({} at time zone 'UTC' + make_interval(months => {})) at time zone 'UTC'"
_BEGIN = f"""
insert into subscriptions as b
  (id, tenant_id, tariff_id, organization_id, begins_at, ends_at, created_at, updated_at)
values ($2, $3, $4, $5, $1, {_LATER.format("$1::timestamptz", "$6")}, $1, $1)
returning {COLUMNS}
"""  # noqa: S608 SQL of ours, values as arguments
_RENEW = f"""
update subscriptions b
set ends_at = {_LATER.format("b.ends_at", "f.months")}, reminded_days = null, updated_at = $1
from tariffs f where f.id = b.tariff_id and b.id = $2 and {ACTIVE}
returning {COLUMNS}
"""  # noqa: S608 SQL of ours, values as arguments
_CANCEL = f"""
update subscriptions b set cancelled_at = $1, ends_at = $1, updated_at = $1
where b.id = $2 and {ACTIVE}
returning {COLUMNS}
"""  # noqa: S608 SQL of ours, values as arguments


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who acts, for the organization or for the provider."""

    viewer: Viewer
    organization_id: str | None


async def subscribe(
    viewer: Viewer, tenant_id: str, *, tariff_code: str
) -> subscriptions.Subscription:
    """The tenant is subscribed from now on, and has the apps that the tariff includes.

    Raises:
        errors.Unauthenticated
        errors.NotFound: the tenant is none that he serves or belongs to.
        errors.PermissionDenied: he belongs to it, and does not serve it.
        errors.NotPermittedByProvider
        errors.InvalidInput: no tariff of that code is offered.
        errors.AlreadySubscribed: it has a subscription to that tariff, which runs.
    """
    checks.require_caller(viewer)
    async with database.transaction(database.SYSTEM):
        tenant = await locks.tenant(tenant_id)
        by = await _require_may(viewer, tenant_id, known=viewer.place(tenant_id) is not None)
        tariff = await Tariff.get_or_none(code=tariff_code, is_offered=True)
        if tariff is None:
            raise errors.InvalidInput.at("tariffCode", code="UNKNOWN_TARIFF")
        await _require_none(tenant, tariff)
        begun = await _begin(by, tenant, tariff)
        await _provide(by.viewer, tenant, tariff)
        await _record(by, begun, "create", {"tariff": (None, tariff.code)})
    return begun


async def _require_may(viewer: Viewer, tenant_id: str, *, known: bool) -> Subscriber:
    """Staff act for the provider, whatever places they have. `known`: what he wants to change is
    nothing new to him, though he does not serve the tenant.

    Raises:
        errors.NotFound, errors.PermissionDenied, errors.NotPermittedByProvider
    """
    if viewer.is_staff:
        return Subscriber(checks.require_staff(viewer), None)
    permission = Permission.SUBSCRIPTIONS_MANAGE
    try:
        relation = await servicings.require_served(viewer, tenant_id, permission)
    except errors.NotFound:
        if known:
            raise errors.PermissionDenied(permission) from None
        raise
    return Subscriber(viewer, relation.organization_id)


async def _require_none(tenant: Tenant, tariff: Tariff) -> None:
    found = await database.rows(
        "select b.id from subscriptions b"  # noqa: S608 SQL of ours
        f" where b.tenant_id = $2 and b.tariff_id = $3 and {ACTIVE}",
        clock.now(),
        tenant.id,
        tariff.id,
    )
    for running in found:
        raise errors.AlreadySubscribed(running["id"])


async def _begin(by: Subscriber, tenant: Tenant, tariff: Tariff) -> subscriptions.Subscription:
    [record] = await database.rows(
        _BEGIN,
        clock.now(),
        ids.new("sub"),
        tenant.id,
        tariff.id,
        by.organization_id,
        tariff.months,
    )
    return subscriptions.of_record(record)


async def _provide(viewer: Viewer, tenant: Tenant, tariff: Tariff) -> None:
    """The tenant has an app of each that the tariff includes."""
    codes = await App.filter(tenant_id=tenant.id, code__not_isnull=True).values_list(
        "code", flat=True
    )
    for included in await _missing(tariff, list(map(str, codes))):
        now = clock.now()
        app = await App.create(
            id=ids.new("app"),
            tenant_id=tenant.id,
            name=included.name,
            url=included.url,
            code=included.code,
            created_at=now,
            updated_at=now,
        )
        await audit.record(
            viewer,
            "app.create",
            subject_id=app.id,
            tenant_id=tenant.id,
            changes={"code": (None, included.code)},
        )


async def _missing(tariff: Tariff, codes: Sequence[str]) -> list[TariffApp]:
    included = TariffApp.filter(tariff_id=tariff.id).order_by("code")
    return [app for app in await included if app.code not in codes]


async def renew(viewer: Viewer, subscription_id: str) -> subscriptions.Subscription:
    """It ends one period of its tariff later, and its end is announced anew.

    Raises:
        errors.Unauthenticated
        errors.NotFound: it is none of a tenant that he serves, nor his to see.
        errors.PermissionDenied: he sees it, and does not serve its tenant.
        errors.NotPermittedByProvider
        errors.InvalidInput: it runs for more than ten years already.
        errors.SubscriptionEnded: it is over.
    """
    checks.require_caller(viewer)
    async with database.transaction(database.SYSTEM):
        by, found = await _lock(viewer, subscription_id)
        if found.ends_at > clock.now() + _FURTHEST:
            raise errors.InvalidInput.at("subscriptionId", code="RUNS_LONG")
        renewed = await _change(_RENEW, found)
        await _record(by, renewed, "renew", {"ends_at": _moved(found.ends_at, renewed.ends_at)})
    return renewed


async def cancel(viewer: Viewer, subscription_id: str) -> subscriptions.Subscription:
    """It is over at once, and so are sessions in apps that no other subscription includes.

    Raises:
        errors.Unauthenticated
        errors.NotFound: it is none of a tenant that he serves, nor his to see.
        errors.PermissionDenied: he sees it, and does not serve its tenant.
        errors.NotPermittedByProvider
        errors.SubscriptionEnded: it is over already.
    """
    checks.require_caller(viewer)
    async with database.transaction(database.SYSTEM):
        by, found = await _lock(viewer, subscription_id)
        ended = await _change(_CANCEL, found)
        await _record(by, ended, "cancel", {"ends_at": _moved(found.ends_at, ended.ends_at)})
    return ended


async def _lock(viewer: Viewer, subscription_id: str) -> tuple[Subscriber, Subscription]:
    """The subscription as it is under its tenant's lock, and who changes it."""
    unlocked = await Subscription.get_or_none(id=subscription_id)
    if unlocked is None:
        raise errors.NotFound
    tenant = await locks.tenant(unlocked.tenant_id)
    known = checks.sees_every_app(viewer, tenant.id)
    by = await _require_may(viewer, tenant.id, known=known)
    return by, await Subscription.get(id=subscription_id)


async def _change(sql: str, found: Subscription) -> subscriptions.Subscription:
    for record in await database.rows(sql, clock.now(), found.id):
        return subscriptions.of_record(record)
    raise errors.SubscriptionEnded(found.ends_at)


def _moved(before: datetime, after: datetime) -> tuple[str, str]:
    return before.isoformat(), after.isoformat()


async def _record(
    by: Subscriber, subject: subscriptions.Subscription, verb: str, changes: audit.Changes
) -> None:
    await audit.record(
        by.viewer,
        f"subscription.{verb}",
        subject_id=subject.id,
        tenant_id=subject.tenant_id,
        changes=changes,
    )
