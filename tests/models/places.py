"""Two tenants side by side: which tables there are, whose rows are in them, and one row in each."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from auth import tokens
from models import (
    AccountLink,
    ApiKey,
    AppAction,
    AppActionState,
    AppRole,
    AppRoleAssignment,
    AppSession,
    Avatar,
    CodePurpose,
    Document,
    IdempotencyKey,
    Identity,
    ImportRowState,
    ImportState,
    InvitationState,
    LinkPurpose,
    MemberImport,
    MemberImportRow,
    OperatorReport,
    PhoneCode,
    ProviderVisit,
    RecoveryCode,
    SecondFactor,
    Servicing,
    SigningKey,
    Subscription,
    Tariff,
    TariffApp,
    Tenant,
    TenantBlock,
    TenantInvitation,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
    clock,
    database,
    ids,
)
from models.database import SYSTEM, Scope
from tests.clients import Person
from tests.factories import World

TENANT_TABLES = {
    "tenants": "id",
    "members": "tenant_id",
    "member_counts": "tenant_id",
    "invitations": "tenant_id",
    "outbox_entries": "tenant_id",
    "audit_events": "tenant_id",
    "apps": "tenant_id",
    "app_access": "tenant_id",
    "tenant_blocks": "tenant_id",
    "app_roles": "tenant_id",
    "app_role_assignments": "tenant_id",
    "app_sessions": "tenant_id",
    "app_actions": "tenant_id",
    "api_keys": "tenant_id",
    "member_imports": "tenant_id",
    "member_import_rows": "tenant_id",
    "webhook_endpoints": "tenant_id",
    "webhook_deliveries": "tenant_id",
    "subscriptions": "tenant_id",
    "servicings": "tenant_id",
    "tenant_invitations": "organization_id",
}
PERSONAL_TABLES = {
    "users": "id",
    "sessions": "user_id",
    "phone_codes": "user_id",
    "identities": "user_id",
    "second_factors": "user_id",
    "recovery_codes": "user_id",
    "avatars": "user_id",
}
# What is found by a secret alone, before anybody is known.
CLOSED_TABLES = {"account_links": "user_id", "provider_visits": "user_id"}
# What belongs to nobody in particular; only the system sees it.
SYSTEM_TABLES = {
    "signing_keys": "id",
    "operator_reports": "organization_id",
    "idempotency_keys": "id",
}
# What everybody may read, and only the system writes.
PUBLIC_TABLES = {"tariffs", "tariff_apps", "documents"}
UNFENCED = {
    "rate_limits",  # digests and counts, which belong to no tenant
    "tortoise_migrations",  # read before anybody is known
}
_NAMES = {"EN": "x", "RU": "x", "KK": "x"}
OPEN_TABLES = TENANT_TABLES | PERSONAL_TABLES
COLUMNS = OPEN_TABLES | CLOSED_TABLES | SYSTEM_TABLES


@dataclass
class Place:
    """A tenant with an owner, and with a row of its own in every table."""

    tenant: Tenant
    owner: Person

    @property
    def scope(self) -> Scope:
        return Scope.viewer(self.owner.id, (self.tenant.id,))

    @property
    def alone(self) -> Scope:
        """The owner, as if he belonged to no tenant."""
        return Scope.viewer(self.owner.id, ())

    def key(self, table: str) -> str:
        return self.tenant.id if table in TENANT_TABLES else self.owner.id


async def settle(world: World) -> Place:
    tenant = await world.tenant()
    owner = await world.join(tenant)
    await owner.do(
        "inviteMember",
        {"tenantId": tenant.id, "invitee": {"email": "new@example.com"}, "role": "MANAGER"},
    )
    made = await owner.do("createApp", {"tenantId": tenant.id, "name": "Ledger"}, "app { id }")
    async with database.transaction(SYSTEM):
        await TenantBlock.create(
            id=ids.new("blk"),
            tenant_id=tenant.id,
            email_key="x@example.com",
            created_at=clock.now(),
        )
        await settle_in_app(owner, tenant, made["app"]["id"])
        await settle_in_cabinet(owner)
        await settle_as_served(owner, tenant)
        await settle_with_portal(owner, tenant)
    return Place(tenant, owner)


async def settle_in_app(owner: Person, tenant: Tenant, app_id: str) -> None:
    """A row in every table of an app, and a key of the system's."""
    now = clock.now()
    of_app: dict[str, Any] = {"tenant_id": tenant.id, "app_id": app_id}
    his: dict[str, Any] = {"tenant_id": tenant.id, "member_id": owner.member_id}
    role = await AppRole.create(id=ids.new("aro"), code="x", name="X", created_at=now, **of_app)
    await AppRoleAssignment.create(id=ids.new("aas"), app_role_id=role.id, **his)
    await AppSession.create(id=ids.new("aps"), launched_at=now, expires_at=now, **his | of_app)
    await AppAction.create(
        id=ids.new("act"),
        action="BACKUP",
        state=AppActionState.REQUESTED,
        requested_at=now,
        **his | of_app,
    )
    await SigningKey.create(id=owner.id, public={}, private="x", created_at=now, signs_from=now)


async def settle_as_served(owner: Person, tenant: Tenant) -> None:
    """A row in every table of servicing organizations and their tariffs; it serves itself."""
    now = clock.now()
    day = now + timedelta(days=1)
    tariff = await Tariff.create(
        id=ids.new("trf"),
        code=ids.new("trf"),
        names=_NAMES,
        months=1,
        created_at=now,
        updated_at=now,
    )
    await TariffApp.create(id=ids.new("tap"), tariff_id=tariff.id, code="x", name="X")
    await Subscription.create(
        id=ids.new("sub"),
        tenant_id=tenant.id,
        tariff_id=tariff.id,
        begins_at=now,
        ends_at=day,
        created_at=now,
        updated_at=now,
    )
    await serve(tenant, by=tenant)
    await TenantInvitation.create(
        id=ids.new("tin"),
        organization_id=tenant.id,
        inviter_id=owner.id,
        name="x",
        catalog=tenant.catalog,
        locale="EN",
        email="x@example.com",
        state=InvitationState.PENDING,
        generation=1,
        token_digest=tokens.digest(tenant.id),
        created_at=now,
        expires_at=day,
    )
    await OperatorReport.create(organization_id=owner.id, covered_until=now, due_at=day)


async def settle_with_portal(owner: Person, tenant: Tenant) -> None:
    """A row in every table of what portals use."""
    now = clock.now()
    day = now + timedelta(days=1)
    its: dict[str, Any] = {"tenant_id": tenant.id}
    await ApiKey.create(
        id=ids.new("key"),
        member_id=owner.member_id,
        name="x",
        permissions=["members:view"],
        token_digest=tokens.digest(tenant.id),
        created_at=now,
        expires_at=day,
        **its,
    )
    planned = await MemberImport.create(
        id=ids.new("imp"),
        user_id=owner.id,
        state=ImportState.PLANNED,
        total=1,
        request_id="x",
        created_at=now,
        **its,
    )
    await MemberImportRow.create(
        id=ids.new("imr"),
        member_import_id=planned.id,
        number=1,
        given={},
        state=ImportRowState.READY,
        reasons=[],
        **its,
    )
    endpoint = await WebhookEndpoint.create(
        id=ids.new("whe"),
        user_id=owner.id,
        url="x",
        events=["x"],
        secret="x",
        created_at=now,
        updated_at=now,
        **its,
    )
    await WebhookDelivery.create(
        id=ids.new("whd"),
        endpoint_id=endpoint.id,
        event_id="x",
        event="x",
        body="x",
        state=WebhookState.QUEUED,
        created_at=now,
        **its,
    )
    await Document.create(id=tokens.digest(tenant.id), body="x", created_at=now)
    await IdempotencyKey.create(
        id=owner.id, payload_digest=tokens.digest("x"), answer="x", created_at=now
    )


async def serve(tenant: Tenant, *, by: Tenant) -> None:
    await Servicing.create(
        id=ids.new("srv"), tenant_id=tenant.id, organization_id=by.id, created_at=clock.now()
    )


async def settle_in_cabinet(owner: Person) -> None:
    """A row of his in every table of the cabinet."""
    now = clock.now()
    his: dict[str, Any] = {"user_id": owner.id}
    of_time = his | {"created_at": now, "expires_at": now + timedelta(hours=1)}
    digest = tokens.digest(owner.id)
    await PhoneCode.create(id=ids.new("pho"), phone="x", purpose=CodePurpose.CONFIRM, **of_time)
    await Identity.create(
        id=ids.new("idn"), provider="acme", subject=owner.id, created_at=now, **his
    )
    await SecondFactor.create(secret="x", created_at=now, **his)
    await RecoveryCode.create(id=ids.new("rec"), digest=digest, **his)
    await Avatar.create(digest=digest, image=b"x", created_at=now, **his)
    await AccountLink.create(
        id=ids.new("lnk"), purpose=LinkPurpose.EMAIL, facts={}, token_digest=digest, **of_time
    )
    await ProviderVisit.create(
        id=ids.new("vis"),
        provider="acme",
        token_digest=digest,
        state_digest=digest,
        nonce="x",
        verifier="x",
        **of_time,
    )
