"""Webhook endpoints: where a tenant's other software listens for what is done there (ADR 0031).

They are the tenant's, not whoever's who made them, and stay when he goes. What they hear is what
the audit holds, so it takes `audit:view` beside `keys:manage`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import errors
import settings
from auth import sealing, webhooks
from auth.tokens import Token
from auth.viewer import Viewer
from models import DisabledReason, WebhookEndpoint, clock, database, ids
from permissions import checks
from resolvers import actions, audit, identifiers, locks, webhook_directory, webhook_outcomes
from resolvers.identifiers import LEFT_OUT, LeftOut
from resolvers.webhook_directory import Endpoint

OVERLAP = timedelta(days=1)
_DESCRIPTION_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Made:
    """`secret` is in clear, for this once."""

    endpoint: Endpoint
    secret: Token


async def create(
    viewer: Viewer,
    tenant_id: str,
    *,
    url: str,
    events: Sequence[str],
    description: str | None = None,
) -> Made:
    """The tenant's changes of these names are told there from now on.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: also where there are as many endpoints as may be.
    """
    maker_id = checks.require_caller(viewer)
    faults = identifiers.Faults()
    url = faults.check(("url",), identifiers.call_address, url)
    description = faults.check(("description",), _description, description)
    _check(faults, events)
    secret, now = webhooks.new_secret(), clock.now()
    async with database.transaction(viewer.scope):
        require(await locks.acting(viewer, tenant_id))
        await _require_room(tenant_id, faults)
        faults.settle()
        endpoint = await WebhookEndpoint.create(
            id=ids.new("whe"),
            tenant_id=tenant_id,
            user_id=maker_id,
            url=url,
            description=description,
            events=list(events),
            secret=sealing.seal(secret),
            created_at=now,
            updated_at=now,
        )
        changes: audit.Changes = {"url": (), "events": (None, " ".join(events))}
        await _record(viewer, endpoint, "create", changes)
        return Made(await webhook_directory.changed(endpoint.id), secret)


def _description(value: str | None) -> str | None:
    text = identifiers.printable(value or "")
    if len(text) > _DESCRIPTION_LENGTH:
        raise identifiers.Fault("TOO_LONG", _DESCRIPTION_LENGTH)
    return text or None


def _check(faults: identifiers.Faults, events: Sequence[str]) -> None:
    """Not empty, each one known, none twice: of more than there are the first ones tell enough."""
    if not events:
        faults.add(("events",), "REQUIRED")
    known = set[str]()
    for number, name in enumerate(events[: len(actions.PATTERNS) + 1]):
        if name not in actions.PATTERNS:
            faults.add(("events", str(number)), "UNKNOWN_EVENT")
        elif name in known:
            faults.add(("events", str(number)), "TWICE")
        known.add(name)


async def _require_room(tenant_id: str, faults: identifiers.Faults) -> None:
    most = settings.load().webhook_endpoints
    if await WebhookEndpoint.filter(tenant_id=tenant_id).count() >= most:
        faults.add(("tenantId",), "TOO_MANY_ENDPOINTS", most)


async def update(
    viewer: Viewer,
    endpoint_id: str,
    *,
    url: str | LeftOut = LEFT_OUT,
    events: Sequence[str] | LeftOut = LEFT_OUT,
    description: str | LeftOut | None = LEFT_OUT,
) -> Endpoint:
    """The endpoint is at that address, hears these events; what is left out stays. What waits for
    it goes to the new address, which has failed at nothing yet.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput
    """
    checks.require_caller(viewer)
    faults = identifiers.Faults()
    url = faults.check(("url",), identifiers.given(identifiers.call_address), url)
    description = faults.check(("description",), identifiers.given(_description), description)
    if not isinstance(events, LeftOut):
        _check(faults, events)
    async with database.transaction(viewer.scope):
        endpoint = await lock(viewer, endpoint_id)
        faults.settle()
        values = {"url": url, "events": events, "description": description}
        changes = _edit(endpoint, {k: v for k, v in values.items() if v is not LEFT_OUT})
        if changes:
            endpoint.updated_at = clock.now()
            await endpoint.save()
            await _record(viewer, endpoint, "update", changes)
        return await webhook_directory.changed(endpoint_id)


def _edit(endpoint: WebhookEndpoint, values: dict[str, Any]) -> audit.Changes:
    changes: dict[str, tuple[str, str] | tuple[()]] = {}
    if "events" in values:
        values["events"] = list(values["events"])
    for name, value in values.items():
        before = getattr(endpoint, name)
        if value != before:
            setattr(endpoint, name, value)
            told = (" ".join(before), " ".join(value)) if name == "events" else ()
            changes[name] = told
    if "url" in changes:
        endpoint.failing_since = endpoint.rests_until = None
    return changes


async def set_enabled(viewer: Viewer, endpoint_id: str, *, enabled: bool) -> Endpoint:
    """The endpoint hears what happens from now on, or nothing any more, nor what waited for it.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        endpoint = await lock(viewer, endpoint_id)
        if enabled and endpoint.disabled_at is not None:
            await _enable(viewer, endpoint)
        elif not enabled and endpoint.disabled_at is None:
            await webhook_outcomes.stop(viewer, endpoint, DisabledReason.BY_HAND)
        return await webhook_directory.changed(endpoint_id)


async def _enable(viewer: Viewer, endpoint: WebhookEndpoint) -> None:
    nothing = dict.fromkeys(("disabled_at", "disabled_reason", "failing_since", "rests_until"))
    await WebhookEndpoint.filter(id=endpoint.id).update(**nothing, updated_at=clock.now())
    reason = endpoint.disabled_reason
    await _record(viewer, endpoint, "enable", {"disabled_reason": (reason, None)})


async def rotate_secret(viewer: Viewer, endpoint_id: str) -> Made:
    """Calls are signed with a new secret, and for a day with the former one as well.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
    """
    checks.require_caller(viewer)
    secret, now = webhooks.new_secret(), clock.now()
    async with database.transaction(viewer.scope):
        endpoint = await lock(viewer, endpoint_id)
        endpoint.former_secret, endpoint.former_until = endpoint.secret, now + OVERLAP
        endpoint.secret, endpoint.updated_at = sealing.seal(secret), now
        await endpoint.save()
        await _record(viewer, endpoint, "rotate_secret", {"secret": ()})
        return Made(await webhook_directory.changed(endpoint_id), secret)


async def remove(viewer: Viewer, endpoint_id: str) -> None:
    """The endpoint hears nothing any more, and its log is gone.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        endpoint = await lock(viewer, endpoint_id)
        await endpoint.delete()
        await _record(viewer, endpoint, "remove", {})


async def lock(viewer: Viewer, endpoint_id: str) -> WebhookEndpoint:
    """The endpoint as it is under its tenant's lock and its own, for who may manage it.

    Raises:
        errors.NotFound, errors.PermissionDenied
    """
    found = await WebhookEndpoint.get_or_none(id=endpoint_id)
    if found is None:
        raise errors.NotFound
    require(await locks.acting(viewer, found.tenant_id))
    mine = WebhookEndpoint.filter(id=endpoint_id)
    locked = await mine.select_for_update(no_key=True).first()
    if locked is None:
        raise errors.NotFound
    return locked


def require(actor: checks.Actor) -> None:
    """Raises:
    errors.PermissionDenied: he may not say who hears of the tenant.
    """
    for permission in webhook_directory.NEEDED:
        checks.require(actor, permission)


async def _record(
    viewer: Viewer, endpoint: WebhookEndpoint, verb: str, changes: audit.Changes
) -> None:
    await audit.record(
        viewer,
        f"webhook.{verb}",
        subject_id=endpoint.id,
        tenant_id=endpoint.tenant_id,
        changes=changes,
    )
