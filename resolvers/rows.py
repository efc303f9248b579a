"""What resolvers hand back: rows as the viewer may see them.

What is not the viewer's to see is None already, so that the schema decides nothing. Attribute
names are those of the GraphQL fields in snake case. What there are hundreds of on a page is a named
tuple, which is made three times as fast as a frozen dataclass.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from locales import Locale
from models import AppRight, Catalog, InvitationState, MemberStatus
from permissions import checks, roles
from permissions.catalog import Permission, Role, Source


class DeliveryState(StrEnum):
    """What became of the mail; `CANCELLED` entries of the outbox show as `NONE`."""

    NONE = "NONE"
    QUEUED = "QUEUED"
    SENT = "SENT"
    BOUNCED = "BOUNCED"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"


@dataclass(frozen=True, slots=True)
class User:
    id: str
    full_name: str


@dataclass(frozen=True, slots=True)
class ProviderStaff:
    """Somebody who acted for the provider, not by a place of his own."""

    id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class System:
    """What was done by no person."""

    display_name: str = "Tenantry"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    confirmed_at: datetime
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class Session:
    """`current`: the one that asks."""

    id: str
    device: str | None
    created_at: datetime
    last_used_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class Tenant:
    id: str
    name: str
    catalog: Catalog
    locale: Locale
    servicing: tuple[str, ...] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ServedTenant:
    """A tenant as those know it who serve it for the organization: not from within."""

    id: str
    name: str
    catalog: Catalog
    served_since: datetime
    organization_id: str


@dataclass(frozen=True, slots=True)
class ServicingOrganization:
    """A tenant that serves others, and what the provider lets it do for them."""

    id: str
    name: str
    can_invite_tenants: bool
    can_subscribe_tenants: bool


@dataclass(frozen=True, slots=True)
class Servicing:
    """By whom a tenant is served."""

    organization_id: str
    organization_name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class PermissionDetail:
    """`holds`: whether he may do it now; nobody but a joined member may do anything."""

    permission: Permission
    source: Source
    holds: bool


class Member(NamedTuple):
    """`is_managed`: his data are edited in the tenant, and not by himself. `servicing` is the
    tenant's. `shows_rights`: what he may do is the viewer's to see.
    """

    id: str
    tenant_id: str
    user_id: str | None
    catalog: Catalog
    status: MemberStatus
    role_code: str
    full_name: str | None
    email: str | None
    login: str | None
    phone: str | None
    max_sessions: int | None
    shows_rights: bool
    grants: tuple[str, ...]
    denials: tuple[str, ...]
    servicing: tuple[str, ...] | None
    is_first_user: bool
    is_managed: bool
    created_at: datetime
    joined_at: datetime | None
    updated_at: datetime

    @property
    def role(self) -> Role:
        return roles.role(self.catalog, self.role_code)

    @property
    def standing(self) -> checks.Standing:
        return checks.Standing(
            self.catalog, self.role_code, self.grants, self.denials, self.servicing
        )

    @property
    def permissions(self) -> tuple[Permission, ...] | None:
        """Nobody but a joined member has any; None where the viewer may not see them."""
        if not self.shows_rights:
            return None
        return checks.effective(self.standing) if self.status is MemberStatus.JOINED else ()

    @property
    def permission_details(self) -> tuple[PermissionDetail, ...] | None:
        """What he holds and what is denied to him; of who has not joined, what waits for him.

        None where the viewer may not see it.
        """
        held, standing = self.permissions, self.standing
        if held is None:
            return None
        removed = self.status is MemberStatus.REMOVED
        return tuple(
            PermissionDetail(permission, source, permission in held)
            for permission in (() if removed else roles.permissions(self.catalog))
            if (source := checks.source(standing, permission))
        )


class App(NamedTuple):
    """`viewer_right` is None where the viewer only administers the tenant's list; `ended_at` while
    it can be launched.
    """

    id: str
    tenant_id: str
    name: str
    url: str | None
    viewer_right: AppRight | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppRole:
    """What an app calls some of its users; `code` is what the app is told."""

    id: str
    code: str
    name: str


class AppAccess(NamedTuple):
    app: App
    right: AppRight
    member_id: str

    @property
    def id(self) -> str:
        """For cursors: a member has one right on an app at most."""
        return self.app.id


@dataclass(frozen=True, slots=True)
class AppSession:
    """`last_seen_at` is None until the app has redeemed the ticket."""

    id: str
    tenant_id: str
    app_id: str
    member_id: str
    member_name: str
    started_at: datetime
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvitedApp:
    name: str
    right: AppRight


@dataclass(frozen=True, slots=True)
class BlockedTenant:
    """A tenant whose invitations somebody does not want."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Who else may say who somebody is."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody's account with a provider, which he signs in with."""

    id: str
    provider: IdentityProvider
    email: str | None
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """`email sent_at delivery member_id` only for who manages members."""

    id: str
    state: InvitationState
    created_at: datetime
    expires_at: datetime
    tenant_name: str
    role: Role
    invited_by: User
    email: str | None = None
    sent_at: datetime | None = None
    delivery: DeliveryState | None = None
    member_id: str | None = None
    apps: tuple[InvitedApp, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link offers; name, login and phone only to a newcomer."""

    tenant_name: str
    email: str
    role: Role
    invited_by: User
    expires_at: datetime
    registration_required: bool
    viewer_is_invited: bool
    locale: Locale | None
    full_name: str | None
    login: str | None
    phone: str | None
    apps: tuple[InvitedApp, ...] = ()
