"""What resolvers hand back: rows as the viewer may see them.

What is not the viewer's to see is None already, so that the schema decides nothing. Attribute
names are those of the GraphQL fields in snake case. What there are hundreds of on a page is a named
tuple, which is made three times as fast as a frozen dataclass, or tells from its record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

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


class User(NamedTuple):
    id: str
    full_name: str


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


def _column(name: str) -> Any:
    return property(lambda member: member.record[name])


def _private(name: str) -> Any:
    return property(lambda member: member.record[name] if member.shows_private else None)


class Member:
    """A place in a tenant, told from a record of those columns that were wanted, and no others
    (`resolvers/directory`).

    `is_managed`: his data are edited in the tenant, and not by himself. `shows_private`: the viewer
    may know what otherwise only he himself knows and who manages him.
    """

    __slots__ = ("record", "shows_private")

    def __init__(self, record: Mapping[str, Any], *, shows_private: bool) -> None:
        self.record, self.shows_private = record, shows_private

    id: str = _column("id")
    tenant_id: str = _column("tenant_id")
    user_id: str | None = _column("user_id")
    role_code: str = _column("role")
    full_name: str | None = _column("full_name")
    email: str | None = _column("email")
    login: str | None = _private("login")
    phone: str | None = _private("phone")
    max_sessions: int | None = _private("max_sessions")
    grants: Sequence[str] | None = _private("grants")
    denials: Sequence[str] | None = _private("denials")
    is_first_user: bool = _column("is_first_user")
    is_managed: bool = _column("is_managed")
    created_at: datetime = _column("created_at")
    joined_at: datetime | None = _column("joined_at")
    updated_at: datetime = _column("updated_at")

    @property
    def catalog(self) -> Catalog:
        return Catalog[self.record["catalog"]]

    @property
    def status(self) -> MemberStatus:
        return MemberStatus[self.record["status"]]

    @property
    def role(self) -> Role:
        return roles.role(self.catalog, self.role_code)

    @property
    def standing(self) -> checks.Standing:
        grants, denials = tuple(self.grants or ()), tuple(self.denials or ())
        servicing = self.record["servicing"]
        serves = None if servicing is None else tuple(servicing)
        return checks.Standing(self.catalog, self.role_code, grants, denials, serves)

    @property
    def permissions(self) -> tuple[Permission, ...] | None:
        """Nobody but a joined member has any; None where the viewer may not see them."""
        if not self.shows_private:
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
