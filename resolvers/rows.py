"""What resolvers hand back: rows as the viewer may see them.

What is not the viewer's to see is None already, so that the schema decides nothing. Attribute
names are those of the GraphQL fields in snake case.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from locales import Locale
from models import AppRight, Catalog, InvitationState, MemberStatus
from permissions import roles
from permissions.catalog import Permission, Role


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

    @property
    def display_name(self) -> str:
        return self.full_name


@dataclass(frozen=True, slots=True)
class Tenant:
    id: str
    name: str
    catalog: Catalog
    locale: Locale
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
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
    permissions: tuple[Permission, ...] | None
    grants: tuple[str, ...]
    denials: tuple[str, ...]
    is_first_user: bool
    created_at: datetime
    joined_at: datetime | None
    updated_at: datetime

    @property
    def role(self) -> Role:
        return roles.role(self.catalog, self.role_code)


@dataclass(frozen=True, slots=True)
class App:
    """`viewer_right` is None where the viewer only administers the tenant's list."""

    id: str
    tenant_id: str
    name: str
    url: str | None
    viewer_right: AppRight | None


@dataclass(frozen=True, slots=True)
class AppAccess:
    app: App
    right: AppRight

    @property
    def id(self) -> str:
        """For cursors: a member has one right on an app at most."""
        return self.app.id


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
    full_name: str | None
    login: str | None
    phone: str | None
    apps: tuple[InvitedApp, ...] = ()
