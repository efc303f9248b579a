"""The order in which rows are locked: the tenant, its members by id, accounts, links (ADR 0042).

Every change of a tenant's people holds the tenant's row, so that counting owners or pending
people and then writing is safe. Rights are read again under it.
"""

from collections.abc import Collection
from dataclasses import dataclass

import errors
from auth.viewer import Viewer
from models import (
    ApiKey,
    App,
    AppAccess,
    AppRight,
    Catalog,
    Member,
    MemberStatus,
    Tenant,
    User,
    clock,
    database,
    direct,
)
from permissions import checks
from resolvers import profiles

_TENANT = "select * from tenants where id = $1 and deleted_at is null for no key update"
_MEMBERS = """
select * from members where tenant_id = $1 and id = any($2) order by id for no key update
"""
_PLACE = "select * from members where tenant_id = $1 and user_id = $2 and status = any($3) limit 1"


@dataclass(frozen=True, slots=True)
class Actor:
    """The viewer's place in a locked tenant, as it is now; of an API key its maker's, under the
    key's ceiling.
    """

    tenant: Tenant
    member: Member
    ceiling: frozenset[str] | None

    @property
    def is_key(self) -> bool:
        """Whether an API key acts in his stead."""
        return self.ceiling is not None

    @property
    def catalog(self) -> Catalog:
        return self.tenant.catalog

    @property
    def role(self) -> str:
        return self.member.role

    @property
    def grants(self) -> list[str]:
        return self.member.grants

    @property
    def denials(self) -> list[str]:
        return self.member.denials

    @property
    def servicing(self) -> list[str] | None:
        return self.tenant.servicing


async def tenant(tenant_id: str) -> Tenant:
    """Lock a tenant that is not deleted.

    Raises:
        errors.NotFound: absent, deleted or out of scope.
    """
    found = await direct.first(Tenant, _TENANT, tenant_id)
    if found is None:
        raise errors.NotFound
    return found


async def acting(viewer: Viewer, tenant_id: str, *, disabled_too: bool = False) -> Actor:
    """Lock the tenant for a change by the viewer.

    Raises:
        errors.NotFound: he has no place there (now); a disabled one counts only for leaving. An API
            key has none outside its tenant, wherever its maker has.
        errors.Unauthenticated: the API key has ended since the request came in.
    """
    if viewer.key is not None:
        return await _acting_by_key(viewer, tenant_id)
    locked = await tenant(tenant_id)
    statuses = [MemberStatus.JOINED, *([MemberStatus.DISABLED] if disabled_too else [])]
    place = await direct.first(Member, _PLACE, tenant_id, viewer.user_id, statuses)
    if place is None:
        raise errors.NotFound
    return Actor(locked, place, None)


async def _acting_by_key(viewer: Viewer, tenant_id: str) -> Actor:
    if tenant_id not in viewer.places:
        raise errors.NotFound
    locked = await tenant(tenant_id)
    return await by_key(viewer, locked)


async def by_key(viewer: Viewer, of: Tenant) -> Actor:
    """The place that the viewer, an API key of that tenant, acts by: its maker's, as it is now.

    Raises:
        errors.Unauthenticated: the key, or the place, has ended since the request came in.
    """
    place = viewer.places[of.id]
    living = ApiKey.filter(id=viewer.actor_id, revoked_at=None, expires_at__gt=clock.now())
    maker = await Member.get_or_none(id=place.member_id, status=MemberStatus.JOINED)
    if maker is None or not await living.exists():
        raise errors.Unauthenticated
    return Actor(of, maker, place.ceiling)


async def member(viewer: Viewer, member_id: str) -> tuple[Actor, Member]:
    """Lock the tenant of a member that has not been removed, then the member.

    Raises:
        errors.NotFound: the member is absent or in a tenant that is not the viewer's.
    """
    found = await Member.get_or_none(id=member_id)
    if found is None:
        raise errors.NotFound
    actor = await acting(viewer, found.tenant_id)
    locked = await Member.filter(id=member_id).select_for_update(no_key=True).first()
    if locked is None or locked.status is MemberStatus.REMOVED:
        raise errors.NotFound
    return actor, locked


async def members(tenant_id: str, member_ids: Collection[str]) -> dict[str, Member]:
    """Lock members of a locked tenant; what has been removed, or was never there, is left out."""
    found = await direct.every(Member, _MEMBERS, tenant_id, sorted(member_ids))
    return {one.id: one for one in found if one.status is not MemberStatus.REMOVED}


async def account(user_id: str) -> User:
    """Lock a living account: one that is about to get a place, or to end.

    Who ends it looks for new places under this lock, so that none is left behind.

    Raises:
        errors.Conflict: it has ended since the request came in; who asks anew is nobody.
    """
    found = await profiles.lock(user_id)
    if found.ended_at is not None:
        raise errors.Conflict(is_passing=True)
    return found


async def invitee(user_id: str) -> None:
    """As `account`, for somebody else's, in the system's scope: many may invite him at once."""
    [found] = await database.rows(
        "select ended_at is null as living from users where id = $1 for share", user_id
    )
    if not found["living"]:
        raise errors.Conflict(is_passing=True)


async def app(viewer: Viewer, app_id: str) -> "tuple[Actor, KnownApp]":
    """Lock the tenant of an app that the viewer may know of.

    Raises:
        errors.NotFound: the app is absent, or hidden from him.
    """
    found = await App.get_or_none(id=app_id)
    if found is None:
        raise errors.NotFound
    actor = await acting(viewer, found.tenant_id)
    return actor, await known_app(actor, app_id)


@dataclass(frozen=True, slots=True)
class KnownApp:
    """An app of a locked tenant, and what the actor may do with it; None: he only knows of it."""

    app: App
    right: AppRight | None

    def require_administered(self) -> App:
        """Raises:
        errors.PermissionDenied: he knows of it without administering it (PRODUCT 6.2).
        """
        checks.require_administers(self.right)
        return self.app


async def known_app(actor: Actor, app_id: str) -> KnownApp:
    """An app of the actor's tenant, as far as it exists for him (PRODUCT 6.1).

    Raises:
        errors.NotFound: the app is absent, another tenant's, or hidden from him.
    """
    found = await App.get_or_none(id=app_id, tenant_id=actor.tenant.id)
    access = await _own_access(actor, app_id)
    if found is None or (access is None and not checks.knows_every_app(actor)):
        raise errors.NotFound
    return KnownApp(found, access.right if access else None)


async def _own_access(actor: Actor, app_id: str) -> AppAccess | None:
    """His right on it; what a key's maker has is the maker's own."""
    if actor.is_key:
        return None
    return await AppAccess.get_or_none(member_id=actor.member.id, app_id=app_id)
