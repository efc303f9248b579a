"""API keys: made, given a new secret, and revoked (PRODUCT 7, ADR 0028).

A key never does what its maker could not do at that moment. So nobody may come by a key that is
wider than he is himself: neither by making one, nor by having a new secret made for somebody
else's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import errors
import settings
from auth import tokens
from auth.viewer import Viewer
from models import ApiKey, Catalog, Document, Member, MemberStatus, clock, database, ids
from permissions import checks, roles
from permissions.catalog import Permission
from resolvers import audit, documents, identifiers, key_directory, locks

NEVER_HELD = (Permission.MEMBERS_LEAVE, Permission.OWNERS_TRANSFER)
"""Who leaves, or passes a tenant on, gives up a place of his own; a key has none."""

MOST = 100
_NAME_LENGTH = 100
_OVERLAP, _LONGEST_OVERLAP = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key that is to be, as it was typed. `operations`: ids of registered documents, None: all.

    A moment without a zone is UTC; None: as far ahead as the settings say.
    """

    name: str
    permissions: Sequence[str]
    operations: Sequence[str] | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """`secret` is in clear, for this once."""

    key: key_directory.ApiKey
    secret: tokens.Token


async def create(viewer: Viewer, tenant_id: str, wanted: Wanted) -> Made:
    """The tenant has the key, which acts in the stead of who made it; of a key, of its maker.

    Raises:
        errors.Unauthenticated, errors.NotFound
        errors.PermissionDenied: also for what he, or the key that asks, does not hold himself.
        errors.InvalidInput
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.KEYS_MANAGE)
        asking, secret = await _asking(viewer), tokens.new(tokens.KEY)
        key = await _read(actor, asking, wanted)
        _require_as_wide(actor, asking, key)
        key.token_digest = tokens.digest(secret)
        await key.save()
        await _record(viewer, key, "create", {"permissions": (None, " ".join(key.permissions))})
        return Made(await key_directory.changed(key.id), secret)


async def _asking(viewer: Viewer) -> ApiKey | None:
    """The key that asks, if it is one."""
    return None if viewer.key is None else await ApiKey.get(id=viewer.key.id)


async def _read(actor: locks.Actor, asking: ApiKey | None, wanted: Wanted) -> ApiKey:
    """The key, not yet saved.

    Raises:
        errors.InvalidInput
    """
    faults, now = identifiers.Faults(), clock.now()
    name = faults.check(("name",), _name, wanted.name)
    expires_at = faults.check(("expiresAt",), partial(_end, asking, now), wanted.expires_at)
    permissions = _permissions(actor.catalog, wanted.permissions, faults)
    operations = await _operations(wanted.operations, faults)
    await _require_room(actor.tenant.id, faults)
    faults.settle()
    return ApiKey(
        id=ids.new("key"),
        tenant_id=actor.tenant.id,
        member_id=actor.member.id,
        name=name,
        permissions=permissions,
        operations=operations,
        created_at=now,
        expires_at=expires_at,
    )


def _name(value: str) -> str:
    text = identifiers.name(value)
    if len(text) > _NAME_LENGTH:
        raise identifiers.Fault("TOO_LONG", _NAME_LENGTH)
    return text


def _end(asking: ApiKey | None, now: datetime, wanted: datetime | None) -> datetime:
    """When it stops working; no key makes one that outlives it."""
    chosen = settings.load()
    latest = now + chosen.api_key_longest_lifetime
    if asking is not None:
        latest = min(latest, asking.expires_at)
    if wanted is None:
        return min(now + chosen.api_key_lifetime, latest)
    if wanted.tzinfo is None:
        wanted = wanted.replace(tzinfo=UTC)
    if wanted <= now:
        raise identifiers.Fault("PAST")
    if wanted > latest:
        raise identifiers.Fault("TOO_FAR_AHEAD")
    return wanted


def _permissions(catalog: Catalog, wanted: Sequence[str], faults: identifiers.Faults) -> list[str]:
    """In the catalogue's order."""
    known = [str(p) for p in roles.permissions(catalog) if p not in NEVER_HELD]
    _check_list("permissions", wanted, known, identifiers.Fault("NOT_FOR_KEYS"), faults)
    return [permission for permission in known if permission in wanted]


async def _operations(wanted: Sequence[str] | None, faults: identifiers.Faults) -> list[str] | None:
    """Ids as the documents have them."""
    if wanted is None:
        return None
    operations = [documents.bare(one) for one in wanted]
    named = Document.filter(id__in=operations)
    known = await named.values_list("id", flat=True) if operations else []
    unknown = identifiers.Fault("UNKNOWN_DOCUMENT")
    _check_list("operations", operations, list(map(str, known)), unknown, faults)
    return operations


def _check_list(
    name: str,
    values: Sequence[str],
    known: Sequence[str],
    unknown: identifiers.Fault,
    faults: identifiers.Faults,
) -> None:
    """Not empty, each of the known, none twice."""
    if not values:
        faults.add((name,), "REQUIRED")
    named = set[str]()
    for index, value in enumerate(values):
        if value not in known:
            faults.add((name, str(index)), unknown.code)
        elif value in named:
            faults.add((name, str(index)), "TWICE")
        named.add(value)


async def _require_room(tenant_id: str, faults: identifiers.Faults) -> None:
    """A fault where as many live as may; those that have ended do not count."""
    living = ApiKey.filter(tenant_id=tenant_id, revoked_at=None, expires_at__gt=clock.now())
    if await living.exclude(member__status=MemberStatus.REMOVED).count() >= MOST:
        faults.add(("tenantId",), "TOO_MANY_KEYS", MOST)


def _require_as_wide(actor: locks.Actor, asking: ApiKey | None, key: ApiKey) -> None:
    """Raises:
    errors.PermissionDenied: the key may do what the actor, or the key that asks, may not.
    """
    for permission in key.permissions:
        checks.require(actor, Permission(permission))
    if asking is None or asking.operations is None:
        return
    if key.operations is None or not set(key.operations) <= set(asking.operations):
        raise errors.PermissionDenied


async def rotate(viewer: Viewer, key_id: str, *, overlap_seconds: int | None = None) -> Made:
    """The key has a new secret; the one before works on for so long, a day where nothing is said.

    Of secrets from before that none works any more.

    Raises:
        errors.Unauthenticated, errors.NotFound
        errors.PermissionDenied: also where the key is wider than who asks.
        errors.InvalidInput: also where it does not work (now).
    """
    checks.require_caller(viewer)
    faults = identifiers.Faults()
    overlap = faults.check(("overlapSeconds",), identifiers.optional(_overlap), overlap_seconds)
    async with database.transaction(viewer.scope):
        actor, key = await _lock(viewer, key_id)
        await _require_may_have(actor, await _asking(viewer), key)
        faults.settle()
        if (await key_directory.changed(key_id)).state is not key_directory.State.ACTIVE:
            raise errors.InvalidInput.at("id", code="KEY_NOT_ACTIVE")
        secret = tokens.new(tokens.KEY)
        await _replace(key, secret, until=clock.now() + (_OVERLAP if overlap is None else overlap))
        await _record(viewer, key, "rotate", {})
        return Made(await key_directory.changed(key_id), secret)


def _overlap(seconds: int) -> timedelta:
    longest = int(_LONGEST_OVERLAP.total_seconds())
    if not 0 <= seconds <= longest:
        raise identifiers.Fault("OUT_OF_BOUNDS", longest)
    return timedelta(seconds=seconds)


async def _lock(viewer: Viewer, key_id: str) -> tuple[locks.Actor, ApiKey]:
    """The key as it is under its tenant's lock."""
    found = await ApiKey.get_or_none(id=key_id)
    if found is None:
        raise errors.NotFound
    actor = await locks.acting(viewer, found.tenant_id)
    checks.require(actor, Permission.KEYS_MANAGE)
    return actor, await ApiKey.get(id=key_id)


async def _require_may_have(actor: locks.Actor, asking: ApiKey | None, key: ApiKey) -> None:
    """Who has the new secret does what the key does: its maker may, or who could have made it and
    could put somebody in its maker's place.

    Raises:
        errors.PermissionDenied
    """
    is_maker = key.member_id == actor.member.id
    if asking.id == key.id if asking is not None else is_maker:
        return
    if not is_maker:
        maker = await Member.get(id=key.member_id)
        checks.require_reach(actor, maker.role)
    if asking is not None and key.expires_at > asking.expires_at:
        raise errors.PermissionDenied
    _require_as_wide(actor, asking, key)


async def _replace(key: ApiKey, secret: tokens.Token, *, until: datetime) -> None:
    former = key.token_digest if until > clock.now() else None
    await ApiKey.filter(id=key.id).update(
        token_digest=tokens.digest(secret),
        former_digest=former,
        former_until=until if former else None,
    )


async def revoke(viewer: Viewer, key_id: str) -> key_directory.ApiKey:
    """The key does nothing from the next request on, for good; revoking it again changes nothing.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        _, key = await _lock(viewer, key_id)
        if key.revoked_at is None:
            await ApiKey.filter(id=key_id).update(revoked_at=clock.now())
            await _record(viewer, key, "revoke", {})
        return await key_directory.changed(key_id)


async def _record(viewer: Viewer, key: ApiKey, verb: str, changes: audit.Changes) -> None:
    await audit.record(
        viewer,
        f"api_key.{verb}",
        subject_id=key.id,
        tenant_id=key.tenant_id,
        changes=changes,
    )
