"""May he: the questions that guards ask before an operation and use cases again under the lock.

An *actor* is anybody's place in a tenant: a `Membership` of the viewer as the request found it,
or the row read under the lock. Both know their catalogue, role and single permissions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import errors
import settings
from auth.viewer import Viewer
from models import AppRight, Catalog, ProviderRole
from permissions import roles
from permissions.catalog import OWNER, Permission, Role, Source

_EVERY_APP = (Permission.APPS_MANAGE, Permission.APPS_ASSIGN)


class Actor(Protocol):
    @property
    def catalog(self) -> Catalog: ...
    @property
    def role(self) -> str: ...
    @property
    def grants(self) -> Sequence[str]: ...
    @property
    def denials(self) -> Sequence[str]: ...
    @property
    def servicing(self) -> Sequence[str] | None: ...
    @property
    def ceiling(self) -> frozenset[str] | None: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides what somebody may do, without saying who he is."""

    catalog: Catalog
    role: str
    grants: Sequence[str]
    denials: Sequence[str]
    servicing: Sequence[str] | None
    ceiling: frozenset[str] | None = None


def effective(actor: Actor) -> tuple[Permission, ...]:
    """What he may do: role + grants - denials (PRODUCT 2, rule 3), in the catalogue's order; of
    that an API key may do what it holds as well.
    """
    own = _of_role(actor)
    if not actor.grants and not actor.denials and actor.ceiling is None:
        return own
    held = {*own, *actor.grants}.difference(actor.denials)
    if actor.ceiling is not None:
        held &= actor.ceiling
    return tuple(p for p in roles.permissions(actor.catalog) if p in held)


def _of_role(actor: Actor) -> tuple[Permission, ...]:
    """With what the provider switched on, in a servicing organization."""
    role = roles.role(actor.catalog, actor.role)
    return role.permissions + tuple(p for p in role.servicing if p in (actor.servicing or ()))


def source(actor: Actor, permission: Permission) -> Source | None:
    """What gives it to him or keeps it from him; None where nothing does either."""
    if permission in actor.denials:
        return Source.DENIAL
    if permission in _of_role(actor):
        return Source.ROLE
    return Source.GRANT if permission in actor.grants else None


def holds(actor: Actor | None, permission: Permission) -> bool:
    return actor is not None and permission in effective(actor)


def require(actor: Actor | None, permission: Permission) -> None:
    """Raises:
    errors.NotFound: he has no place there; the tenant does not exist for him.
    errors.PermissionDenied: he has, without this permission.
    """
    if actor is None:
        raise errors.NotFound
    if not holds(actor, permission):
        raise errors.PermissionDenied(permission)


def sees(viewer: Viewer, tenant_id: str, permission: Permission) -> bool:
    """Whether he may read what that permission shows.

    A mutation's payload is read with the rights before or after it, whichever allow it (PRODUCT 4).
    """
    if holds(viewer.place(tenant_id), permission):
        return True
    return viewer.before is not None and sees(viewer.before, tenant_id, permission)


def sees_any(viewer: Viewer, tenant_id: str, permissions: Iterable[Permission]) -> bool:
    return any(sees(viewer, tenant_id, permission) for permission in permissions)


def sees_every_app(viewer: Viewer, tenant_id: str) -> bool:
    """Whether he knows of all its apps, and not only of those he has a right on (PRODUCT 6.1)."""
    return sees_any(viewer, tenant_id, _EVERY_APP)


def knows_every_app(actor: Actor) -> bool:
    """As `sees_every_app`, for a change: by the rights that hold now."""
    return any(holds(actor, permission) for permission in _EVERY_APP)


def require_administers(right: AppRight | None) -> None:
    """Raises:
    errors.PermissionDenied: he knows of the app without administering it (PRODUCT 6.2).
    """
    if right is not AppRight.LAUNCH_AND_ADMINISTER:
        raise errors.PermissionDenied


def require_sees(viewer: Viewer, tenant_id: str, permission: Permission) -> None:
    """Raises:
    errors.Unauthenticated: nobody is signed in.
    errors.NotFound: he has no place there; the tenant does not exist for him.
    errors.PermissionDenied: he has, without this permission.
    """
    require_caller(viewer)
    if not sees(viewer, tenant_id, permission):
        require(viewer.place(tenant_id), permission)


def require_caller(viewer: Viewer) -> str:
    """The id of the person who answers for it: the viewer's, or that of the key's maker.

    Raises:
        errors.Unauthenticated: nobody is known to ask.
    """
    if viewer.acting_id is None:
        raise errors.Unauthenticated
    return viewer.acting_id


def require_signed_in(viewer: Viewer) -> str:
    """The viewer's user id.

    Raises:
        errors.Unauthenticated: nobody is signed in.
        errors.PermissionDenied: an API key asks for what is a person's own affair.
    """
    refuse_key(viewer)
    if viewer.user_id is None:
        raise errors.Unauthenticated
    return viewer.user_id


def refuse_key(viewer: Viewer) -> None:
    """Raises:
    errors.PermissionDenied: an API key asks for what is a person's own affair.
    """
    if viewer.key is not None:
        raise errors.PermissionDenied


def require_operation(viewer: Viewer, document_id: str | None) -> None:
    """Raises:
    errors.PermissionDenied: an API key is limited to other registered documents.
    """
    key = viewer.key
    if key is not None and key.operations is not None and document_id not in key.operations:
        raise errors.PermissionDenied


def require_staff(viewer: Viewer) -> Viewer:
    """The viewer, acting for the provider from here on.

    Raises:
        errors.Unauthenticated: nobody is signed in.
        errors.PermissionDenied: he is no staff.
    """
    require_signed_in(viewer)
    if not viewer.is_staff:
        raise errors.PermissionDenied
    return replace(viewer, as_staff=True)


def require_admin(viewer: Viewer) -> Viewer:
    """As `require_staff`, for what is an `ADMIN`'s alone.

    Raises:
        errors.Unauthenticated: nobody is signed in.
        errors.PermissionDenied: he is no staff, or only `SUPPORT`.
    """
    staff = require_staff(viewer)
    if staff.account is None or staff.account.provider_role != ProviderRole.ADMIN:
        raise errors.PermissionDenied
    return staff


def may_explore(viewer: Viewer) -> bool:
    """Whether GraphiQL and introspection are open to him; in development to everybody."""
    if viewer.is_staff or not settings.load().production:
        return True
    return any(holds(viewer.place(each), Permission.TENANT_EDIT) for each in viewer.joined)


def require_may_explore(viewer: Viewer) -> None:
    """Raises:
    errors.Unauthenticated: nobody is signed in.
    errors.PermissionDenied: he administers nothing here.
    """
    if not may_explore(viewer):
        require_signed_in(viewer)
        raise errors.PermissionDenied(Permission.TENANT_EDIT)


def require_known(actor: Actor, role: str, *path: str) -> None:
    """Raises:
    errors.InvalidInput: at `path`; the actor's catalogue has no such role.
    """
    if role not in roles.MATRIX[actor.catalog]:
        raise errors.InvalidInput.at(*path, code="UNKNOWN")


def require_email(actor: Actor, role: str, *, has_email: bool) -> None:
    """Raises:
    errors.EmailRequired: that role is only for people with a verified address.
    """
    if roles.role(actor.catalog, role).needs_email and not has_email:
        raise errors.EmailRequired


def can_hand_out(actor: Actor | None, role: str) -> bool:
    """PRODUCT 2, rule 1."""
    return actor is not None and role in _codes(actor)


def require_can_hand_out(actor: Actor, role: str) -> None:
    """Raises:
    errors.RoleNotGrantable: with the codes he could hand out.
    """
    if not can_hand_out(actor, role):
        raise errors.RoleNotGrantable(_codes(actor))


def reaches(actor: Actor | None, role: str) -> bool:
    """Whether he may act on a member of that role: he could hand it out (PRODUCT 2, rule 2)."""
    return can_hand_out(actor, role)


def require_reach(actor: Actor, role: str) -> None:
    """Raises:
    errors.PermissionDenied: a member of that role is beyond his reach.
    """
    if not reaches(actor, role):
        raise errors.PermissionDenied(_missing_for_owners(actor) if role == OWNER else None)


def _missing_for_owners(actor: Actor) -> Permission:
    """An API key may lack either; of people owners have both and nobody else has one."""
    held = holds(actor, Permission.OWNERS_REMOVE)
    return Permission.OWNERS_CREATE if held else Permission.OWNERS_REMOVE


def may_take(actor: Actor | None, role: str) -> bool:
    """Whether he may take that role away from somebody, in whatever manner (rule 2)."""
    return reaches(actor, role) and (role != OWNER or holds(actor, Permission.OWNERS_REMOVE))


def require_may_take(actor: Actor, role: str) -> None:
    """Raises:
    errors.PermissionDenied: the role is not his to take.
    """
    require_reach(actor, role)
    if role == OWNER:
        require(actor, Permission.OWNERS_REMOVE)


def switchable(actor: Actor | None, role: str) -> tuple[Permission, ...]:
    """What he may switch on or off for a member of that role: nothing that he does not hold
    himself (PRODUCT 2, rule 1), in the catalogue's order.
    """
    if actor is None or not reaches(actor, role) or not holds(actor, Permission.MEMBERS_GRANT):
        return ()
    held = effective(actor)
    return tuple(p for p in roles.role(actor.catalog, role).switchable if p in held)


def grantable(actor: Actor | None) -> tuple[Role, ...]:
    """The roles he may hand out, OWNER only with `owners:create` (rule 2); nobody hands out any."""
    if actor is None:
        return ()
    servicing = actor.servicing is not None
    return roles.grantable(actor.catalog, actor.role, effective(actor), servicing=servicing)


def _codes(actor: Actor) -> tuple[str, ...]:
    return tuple(role.code for role in grantable(actor))
