"""What is remembered: one table a module, and `database`, the only way to it."""

from models.account_link import AccountLink, LinkPurpose
from models.api_key import ApiKey
from models.app import App, AppAccess, AppRight
from models.app_action import AppAction, AppActionState
from models.app_role import AppRole, AppRoleAssignment
from models.app_session import AppSession
from models.audit_event import AuditEvent
from models.avatar import Avatar
from models.document import Document
from models.idempotency_key import IdempotencyKey
from models.identity import Identity, ProviderVisit
from models.invitation import Invitation, InvitationState
from models.member import Member, MemberStatus
from models.member_count import MemberCount
from models.member_import import ImportRowState, ImportState, MemberImport, MemberImportRow
from models.outbox_entry import Channel, OutboxEntry, OutboxState
from models.phone_code import CodePurpose, PhoneCode
from models.rate_limit import RateLimit
from models.second_factor import RecoveryCode, SecondFactor
from models.servicing import OperatorReport, Servicing
from models.session import Session
from models.signing_key import SigningKey
from models.tariff import Subscription, Tariff, TariffApp
from models.tenant import Catalog, Tenant
from models.tenant_block import TenantBlock
from models.tenant_invitation import TenantInvitation
from models.user import ProviderRole, User
from models.webhook import DisabledReason, WebhookDelivery, WebhookEndpoint, WebhookState

__all__ = [
    "AccountLink",
    "ApiKey",
    "App",
    "AppAccess",
    "AppAction",
    "AppActionState",
    "AppRight",
    "AppRole",
    "AppRoleAssignment",
    "AppSession",
    "AuditEvent",
    "Avatar",
    "Catalog",
    "Channel",
    "CodePurpose",
    "DisabledReason",
    "Document",
    "IdempotencyKey",
    "Identity",
    "ImportRowState",
    "ImportState",
    "Invitation",
    "InvitationState",
    "LinkPurpose",
    "Member",
    "MemberCount",
    "MemberImport",
    "MemberImportRow",
    "MemberStatus",
    "OperatorReport",
    "OutboxEntry",
    "OutboxState",
    "PhoneCode",
    "ProviderRole",
    "ProviderVisit",
    "RateLimit",
    "RecoveryCode",
    "SecondFactor",
    "Servicing",
    "Session",
    "SigningKey",
    "Subscription",
    "Tariff",
    "TariffApp",
    "Tenant",
    "TenantBlock",
    "TenantInvitation",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookState",
]
