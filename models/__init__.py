"""What is remembered: one table a module, and `database`, the only way to it."""

from models.app import App, AppAccess, AppRight
from models.audit_event import AuditEvent
from models.invitation import Invitation, InvitationState
from models.member import Member, MemberStatus
from models.outbox_entry import OutboxEntry, OutboxState
from models.rate_limit import RateLimit
from models.session import Session
from models.tenant import Catalog, Tenant
from models.tenant_block import TenantBlock
from models.user import ProviderRole, User

__all__ = [
    "App",
    "AppAccess",
    "AppRight",
    "AuditEvent",
    "Catalog",
    "Invitation",
    "InvitationState",
    "Member",
    "MemberStatus",
    "OutboxEntry",
    "OutboxState",
    "ProviderRole",
    "RateLimit",
    "Session",
    "Tenant",
    "TenantBlock",
    "User",
]
