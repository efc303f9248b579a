from typing import Any

from graphql import GraphQLField, GraphQLObjectType
from strawberry.permission import PermissionExtension

from permissions.fields import Anyone, Caller, Can, Explorer, People, SignedIn, Staff
from schema.root import Schema
from server.graphql import SCHEMA, subgraph

OPEN = "Anyone"
PEOPLE = "People"
CALLER = "Caller"
SIGNED_IN = "SignedIn"
STAFF = "Staff"
EXPLORER = "Explorer"
WITH = "with its object"  # who was given the object sees this of it
OWN = "one's own"  # the object is the viewer himself or made for him
CONTROLLED = "null without LAUNCH_AND_ADMINISTER on the app"
PRIVATE = "null without members:invite or members:edit, unless oneself"
MANAGED = "null without members:invite or members:edit, for the invitee as well"
KNOWN = "only apps with a right on them, without apps:manage or apps:assign"
ALL_APPS = "refused without apps:manage or apps:assign"
OF_ACCOUNT = "null without being staff, unless oneself"
TALKING = "null without support:use or being staff, unless oneself"
ADMINISTERED = "refused without LAUNCH_AND_ADMINISTER on the app"
SERVING = "refused to whoever is none of the organization's who serve"
MANAGING_KEYS = "null without keys:manage, unless the key itself"
HEARING = "refused without keys:manage and audit:view"
SHOWN = "null where the object behind it is not the viewer's to see"

FIELDS: dict[str, dict[str, str]] = {
    "Query": {
        OPEN: "me viewer node roleMatrix invitation identityProviders tenantInvitation"
        " accountLink registrationIsOpen passwordMinLength",
        CALLER: "memberImport tariffs tenant tenants apps",
        "Can keys:manage": "apiKeys webhookEndpoints",
        "Can members:invite": "memberImports",
        "Can members:view": "members memberChanges",
        STAFF: "users subscriptions",
    },
    "Mutation": {
        PEOPLE: "signIn signOut startProviderSignIn signInWithProvider acceptInvitation"
        " acceptTenantInvitation declineInvitation confirmEmail requestPasswordReset"
        " resetPassword registerTenant"
        " completeRegistration",
        SIGNED_IN: "createTenant leaveTenant unblockTenant updateProfile updateSettings"
        " setAppControl requestAppAction createAppRole updateAppRole removeAppRole"
        " deleteMyAccount changeEmail changePassword requestPhoneCode requestPhoneRemoval"
        " confirmPhone removePhone enrolSecondFactor confirmSecondFactor"
        " disableSecondFactor renewRecoveryCodes startProviderLink linkIdentity"
        " unlinkIdentity endSession endOtherSessions endAppSession endAppSessions"
        " removeAvatar launchApp endServicing",
        CALLER: "applyMemberImport"
        " changeRole removeMember setMemberEnabled resendInvitation revokeInvitation"
        " setAppAccess updateApp removeApp setAppRoles setMemberLimits updateMember"
        " setMemberPassword setMemberPermissions subscribeTenant renewSubscription"
        " cancelSubscription inviteTenant resendTenantInvitation revokeTenantInvitation"
        " rotateApiKey revokeApiKey updateWebhookEndpoint setWebhookEndpointEnabled"
        " rotateWebhookSecret removeWebhookEndpoint sendTestWebhook redeliverWebhook",
        "Can tenant:edit": "updateTenant",
        "Can tenant:delete": "deleteTenant",
        "Can members:invite": "planMemberImport inviteMember addMember",
        "Can owners:transfer": "transferOwnership",
        "Can apps:manage": "createApp",
        "Can keys:manage": "createApiKey createWebhookEndpoint",
        STAFF: "createUser updateUser removeFirstUser disableFirstUser sendNews"
        " createTariff updateTariff"
        " setServicingOrganization",
    },
    "Live": {
        CALLER: "memberImportProgress",
        SIGNED_IN: "myAccessChanged",
        "Can members:view": "memberChanged",
        "Can members:invite": "invitationDelivery",
    },
    "MemberChange": {WITH: "memberId removed", SHOWN: "member"},
    "MemberChangeConnection": {WITH: "edges pageInfo totalCount"},
    "MemberChangeEdge": {WITH: "cursor node"},
    "InvitationDelivery": {WITH: "invitationId", SHOWN: "invitation"},
    "AccessChange": {OWN: "tenantId member"},
    "MemberImportProgress": {WITH: "importId memberImport"},
    "MemberImport": {
        WITH: "id state total readyCount refusedCount invitedCount failedCount createdAt startedAt"
        " finishedAt rows"
    },
    "MemberImportRow": {WITH: "number state email login fullName role reasons", SHOWN: "member"},
    "MemberImportRefusal": {WITH: "reason message field duplicateOf"},
    "MemberImportConnection": {WITH: "edges pageInfo totalCount"},
    "MemberImportEdge": {WITH: "cursor node"},
    "MemberImportRowConnection": {WITH: "edges pageInfo totalCount"},
    "MemberImportRowEdge": {WITH: "cursor node"},
    "PlanMemberImportPayload": {WITH: "memberImport"},
    "ApplyMemberImportPayload": {WITH: "memberImport"},
    "Me": {
        OWN: "user login email emailVerified rowsPerPage wantsNews wantsSms canChangeFullName"
        " canChangeEmail canExplore phone phoneStatus locale memberships invitations blockedTenants"
        " identities secondFactor sessions avatarUrl"
    },
    "BlockedTenant": {OWN: "id name createdAt"},
    "SecondFactor": {OWN: "confirmedAt recoveryCodesLeft"},
    "Identity": {OWN: "id provider email createdAt lastUsedAt"},
    "IdentityProvider": {WITH: "name title"},
    "Session": {OWN: "id device createdAt lastUsedAt current"},
    "SessionConnection": {OWN: "edges pageInfo totalCount"},
    "SessionEdge": {OWN: "cursor node"},
    "User": {WITH: "id displayName fullName", TALKING: "avatarUrl", OF_ACCOUNT: "account"},
    "Tenant": {
        WITH: "id name catalog locale createdAt roles",
        OWN: "viewer grantableRoles",
        "Can members:view": "members",
        "Can members:invite": "addMemberOptions",
        "Can audit:view": "auditLog",
        "Can tenant:view": "servicingOrganization",
        "Can tenant:edit": "servicedBy",
        SERVING: "servicedTenants tenantInvitations",
        KNOWN: "apps",
        ALL_APPS: "subscriptions",
    },
    "Tariff": {WITH: "id code name names months isOffered apps"},
    "TariffNames": {WITH: "en ru kk"},
    "TariffApp": {WITH: "code name"},
    "TariffConnection": {WITH: "edges pageInfo totalCount"},
    "TariffEdge": {WITH: "cursor node"},
    "Subscription": {WITH: "id state beginsAt endsAt cancelledAt tariff"},
    "SubscriptionConnection": {WITH: "edges pageInfo totalCount"},
    "SubscriptionEdge": {WITH: "cursor node"},
    "CreateTariffPayload": {WITH: "tariff"},
    "UpdateTariffPayload": {WITH: "tariff"},
    "SubscribeTenantPayload": {WITH: "subscription"},
    "RenewSubscriptionPayload": {WITH: "subscription"},
    "CancelSubscriptionPayload": {WITH: "subscription"},
    "NotPermittedByProvider": {WITH: "code message permission"},
    "SubscriptionEnded": {WITH: "code message endedAt"},
    "AlreadySubscribed": {WITH: "code message subscriptionId"},
    "App": {
        WITH: "id name url tenant roles endedAt",
        OWN: "viewerRight",
        CONTROLLED: "controlUrl actions",
        ADMINISTERED: "sessions actionRequests",
    },
    "AppAction": {
        WITH: "id action argument state answer requestedAt answeredAt memberId memberName app",
        SHOWN: "member",
    },
    "AppActionConnection": {WITH: "edges pageInfo totalCount"},
    "AppActionEdge": {WITH: "cursor node"},
    "AppSession": {WITH: "id memberId memberName startedAt lastSeenAt app", SHOWN: "member"},
    "AppSessionConnection": {WITH: "edges pageInfo totalCount"},
    "AppSessionEdge": {WITH: "cursor node"},
    "AppAccess": {WITH: "app right roles"},
    "ServicingOrganization": {WITH: "id name canInviteTenants canSubscribeTenants"},
    "Servicing": {WITH: "organizationId organizationName since"},
    "ServedTenant": {WITH: "id name catalog servedSince subscriptions"},
    "ServedTenantConnection": {WITH: "edges pageInfo totalCount"},
    "ServedTenantEdge": {WITH: "cursor node"},
    "TenantViewer": {OWN: "role permissions can member"},
    "Member": {
        WITH: "id tenant status role fullName email user isFirstUser createdAt joinedAt updatedAt",
        PRIVATE: "login phone permissions permissionDetails maxSessions invitation",
        KNOWN: "appAccess",
        OWN: "viewer",
    },
    "MemberViewer": {
        OWN: "grantableRoles canChangeRole canRemove canEnable canDisable canEdit canResend"
        " canRevoke canAssignApps canLimit switchablePermissions"
    },
    "ApiKey": {
        WITH: "id name displayName",
        MANAGING_KEYS: "state permissions effectivePermissions operations createdBy createdAt"
        " expiresAt formerSecretUntil lastUsedAt revokedAt tenant",
    },
    "ApiKeyConnection": {WITH: "edges pageInfo totalCount"},
    "ApiKeyEdge": {WITH: "cursor node"},
    "CreateApiKeyPayload": {WITH: "apiKey secret"},
    "RotateApiKeyPayload": {WITH: "apiKey secret"},
    "RevokeApiKeyPayload": {WITH: "apiKey"},
    "AppRole": {WITH: "id code name"},
    "AddMemberOptions": {
        OWN: "mayChooseRole defaultRole roles mayAssignApps apps mayLimitSessions ways"
    },
    "RoleOption": {WITH: "role emailRequired"},
    "AppOption": {WITH: "app rights roles"},
    "AppOptionConnection": {WITH: "edges pageInfo totalCount"},
    "AppOptionEdge": {WITH: "cursor node"},
    "PermissionDetail": {WITH: "permission source holds"},
    "Invitation": {
        WITH: "id state createdAt expiresAt tenantName role invitedBy",
        KNOWN: "apps",
        MANAGED: "email sentAt delivery",
        SHOWN: "member",
    },
    "InvitationPreview": {
        WITH: "tenantName email role apps invitedBy expiresAt registrationRequired"
        " viewerIsInvited locale fullName login phone"
    },
    "InvitedApp": {WITH: "name right"},
    "TenantInvitation": {
        WITH: "id name ownerEmail catalog locale state createdAt expiresAt invitedBy"
    },
    "TenantInvitationConnection": {WITH: "edges pageInfo totalCount"},
    "TenantInvitationEdge": {WITH: "cursor node"},
    "TenantInvitationPreview": {
        WITH: "organizationName tenantName email invitedBy expiresAt registrationRequired"
        " viewerIsInvited locale"
    },
    "AccountLink": {WITH: "email locale expiresAt"},
    "InviteTenantPayload": {WITH: "invitation emailQueued"},
    "ResendTenantInvitationPayload": {WITH: "invitation emailQueued"},
    "RevokeTenantInvitationPayload": {WITH: "invitation"},
    "AcceptTenantInvitationPayload": {OWN: "tenant session"},
    "Role": {WITH: "id code name permissions handsOut"},
    "RoleMatrix": {WITH: "catalog roles permissions"},
    "PageInfo": {WITH: "hasNextPage endCursor hasPreviousPage startCursor"},
    "Account": {
        WITH: "login email emailVerified phone phoneStatus locale providerRole createdAt endedAt"
        " memberships"
    },
    "Placement": {WITH: "memberId tenantId tenantName catalog role status isFirstUser"},
    "AuditEvent": {WITH: "id createdAt action actor subjectId changes requestId"},
    "AuditChange": {WITH: "field before after"},
    "ProviderStaff": {WITH: "id displayName"},
    "System": {WITH: "displayName"},
    "UserConnection": {WITH: "edges pageInfo totalCount"},
    "UserEdge": {WITH: "cursor node"},
    "AuditEventConnection": {WITH: "edges pageInfo totalCount"},
    "AuditEventEdge": {WITH: "cursor node"},
    "TenantConnection": {WITH: "edges pageInfo totalCount"},
    "TenantEdge": {WITH: "cursor node"},
    "MemberConnection": {WITH: "edges pageInfo totalCount"},
    "MemberEdge": {WITH: "cursor node"},
    "InvitationConnection": {WITH: "edges pageInfo totalCount"},
    "InvitationEdge": {WITH: "cursor node"},
    "AppConnection": {WITH: "edges pageInfo totalCount"},
    "AppEdge": {WITH: "cursor node"},
    "AppAccessConnection": {WITH: "edges pageInfo"},
    "AppAccessEdge": {WITH: "cursor node"},
    "SignedIn": {OWN: "token expiresAt me"},
    "SignOutPayload": {OWN: "signedOut"},
    "CreateTenantPayload": {OWN: "tenant"},
    "UpdateTenantPayload": {WITH: "tenant"},
    "DeleteTenantPayload": {WITH: "tenantId"},
    "InviteMemberPayload": {WITH: "member emailQueued"},
    "AddMemberPayload": {WITH: "member"},
    "AcceptInvitationPayload": {OWN: "member session"},
    "DeclineInvitationPayload": {OWN: "tenantName"},
    "UpdateProfilePayload": {OWN: "me"},
    "UpdateSettingsPayload": {OWN: "me"},
    "DeleteMyAccountPayload": {OWN: "userId"},
    "ChangeEmailPayload": {OWN: "expiresAt"},
    "ConfirmEmailPayload": {OWN: "email"},
    "ChangePasswordPayload": {OWN: "endedSessions"},
    "RequestPasswordResetPayload": {OWN: "expiresAt"},
    "ResetPasswordPayload": {OWN: "login"},
    "RegisterTenantPayload": {OWN: "expiresAt"},
    "CompleteRegistrationPayload": {OWN: "tenant session"},
    "UpdateMemberPayload": {WITH: "member"},
    "SetMemberPasswordPayload": {WITH: "member"},
    "RequestPhoneCodePayload": {OWN: "expiresAt"},
    "RequestPhoneRemovalPayload": {OWN: "expiresAt"},
    "ConfirmPhonePayload": {OWN: "me"},
    "RemovePhonePayload": {OWN: "me"},
    "EnrolSecondFactorPayload": {OWN: "secret uri"},
    "ConfirmSecondFactorPayload": {OWN: "recoveryCodes me"},
    "DisableSecondFactorPayload": {OWN: "me"},
    "RenewRecoveryCodesPayload": {OWN: "recoveryCodes me"},
    "StartProviderSignInPayload": {OWN: "authorizationUrl visit expiresAt"},
    "StartProviderLinkPayload": {OWN: "authorizationUrl visit expiresAt"},
    "LinkIdentityPayload": {OWN: "identity"},
    "UnlinkIdentityPayload": {OWN: "identityId"},
    "EndSessionPayload": {OWN: "sessionId"},
    "EndOtherSessionsPayload": {OWN: "ended"},
    "EndAppSessionPayload": {WITH: "sessionId"},
    "EndAppSessionsPayload": {WITH: "ended"},
    "RemoveAvatarPayload": {OWN: "removed"},
    "SendNewsPayload": {WITH: "recipients"},
    "SetServicingOrganizationPayload": {WITH: "organization"},
    "EndServicingPayload": {WITH: "tenantId"},
    "UnblockTenantPayload": {OWN: "tenantId"},
    "CreateAppPayload": {WITH: "app"},
    "LaunchAppPayload": {OWN: "ticket expiresAt url session"},
    "UpdateAppPayload": {WITH: "app"},
    "RemoveAppPayload": {WITH: "appId"},
    "SetAppControlPayload": {WITH: "app secret"},
    "RequestAppActionPayload": {WITH: "appAction"},
    "SetAppAccessPayload": {WITH: "member"},
    "CreateAppRolePayload": {WITH: "appRole"},
    "UpdateAppRolePayload": {WITH: "appRole"},
    "RemoveAppRolePayload": {WITH: "appRoleId"},
    "SetAppRolesPayload": {WITH: "member"},
    "SetMemberLimitsPayload": {WITH: "member"},
    "SetMemberPermissionsPayload": {WITH: "member"},
    "ResendInvitationPayload": {WITH: "invitation emailQueued"},
    "RevokeInvitationPayload": {WITH: "invitation"},
    "ChangeRolePayload": {WITH: "member"},
    "TransferOwnershipPayload": {WITH: "newOwner formerOwner"},
    "RemoveMemberPayload": {WITH: "member"},
    "LeaveTenantPayload": {WITH: "tenantId"},
    "SetMemberEnabledPayload": {WITH: "member"},
    "CreateUserPayload": {WITH: "user"},
    "UpdateUserPayload": {WITH: "user"},
    "RemoveFirstUserPayload": {WITH: "firstUser newOwner"},
    "DisableFirstUserPayload": {WITH: "firstUser newOwner"},
    "WebhookEndpoint": {
        WITH: "id url description events formerSecretUntil failingSince disabledAt disabledReason"
        " createdBy createdAt updatedAt",
        SHOWN: "tenant",
        HEARING: "deliveries",
    },
    "WebhookEndpointConnection": {WITH: "edges pageInfo totalCount"},
    "WebhookEndpointEdge": {WITH: "cursor node"},
    "WebhookDelivery": {
        WITH: "id endpointId eventId event body state attempts status error createdAt finishedAt"
        " nextAttemptAt"
    },
    "WebhookDeliveryConnection": {WITH: "edges pageInfo totalCount"},
    "WebhookDeliveryEdge": {WITH: "cursor node"},
    "CreateWebhookEndpointPayload": {WITH: "webhookEndpoint secret"},
    "UpdateWebhookEndpointPayload": {WITH: "webhookEndpoint"},
    "SetWebhookEndpointEnabledPayload": {WITH: "webhookEndpoint"},
    "RotateWebhookSecretPayload": {WITH: "webhookEndpoint secret"},
    "RemoveWebhookEndpointPayload": {WITH: "webhookEndpointId"},
    "SendTestWebhookPayload": {WITH: "delivery"},
    "RedeliverWebhookPayload": {WITH: "delivery"},
    "PermissionDenied": {WITH: "code message permission"},
    "NotFound": {WITH: "code message"},
    "InvalidInput": {WITH: "code message fields"},
    "FieldError": {WITH: "path code message"},
    "InvalidCredentials": {WITH: "code message"},
    "PasswordChangeRequired": {WITH: "code message"},
    "SecondFactorRequired": {WITH: "code message"},
    "EmailRequired": {WITH: "code message"},
    "ProviderOnly": {WITH: "code message"},
    "RateLimited": {WITH: "code message retryAfter"},
    "AlreadyMember": {WITH: "code message", SHOWN: "member"},
    "RoleNotGrantable": {WITH: "code message grantable"},
    "SessionLimitReached": {WITH: "code message limit", OWN: "sessions"},
    "LastOwner": {WITH: "code message"},
    "LoginTaken": {WITH: "code message"},
    "WrongCode": {WITH: "code message attemptsLeft"},
    "CodeUnavailable": {WITH: "code message"},
    "InvitationUnavailable": {WITH: "code message"},
    "InvitationClosed": {WITH: "code message state"},
    "WrongAccount": {WITH: "code message invitedEmail"},
    "SignInRequired": {WITH: "code message"},
    "RegistrationRequired": {WITH: "code message"},
    "RegistrationClosed": {WITH: "code message"},
    "LinkUnavailable": {WITH: "code message"},
    "IdentityNotLinked": {WITH: "code message"},
    "IdentityTaken": {WITH: "code message"},
    "IdentityProviderFailed": {WITH: "code message"},
    "LastWayIn": {WITH: "code message"},
}


# What a subgraph has beside; the rest is the same by other names (ADR 0036).
SUBGRAPH: dict[str, dict[str, str]] = {
    "Query": {OPEN: "_entities", EXPLORER: "_service"},
    "_Service": {WITH: "sdl"},
}


def listed(table: dict[str, dict[str, str]] = FIELDS) -> dict[str, str]:
    """The table, a line a field: `Member.login` and its rule."""
    return {
        f"{kind}.{field}": rule
        for kind, rules in table.items()
        for rule, fields in rules.items()
        for field in fields.split()
    }


def guards(schema: Schema = SCHEMA) -> dict[str, str | None]:
    """Every field of the schema's object types, and its guard as the table spells it."""
    types = schema._schema.type_map.values()  # noqa: SLF001 as below
    return {
        f"{kind.name}.{name}": _guard(field)
        for kind in types
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
    }


TYPES = SCHEMA._schema.type_map  # noqa: SLF001 Strawberry offers no other way to the whole schema


def _guard(field: GraphQLField) -> str | None:
    definition = field.extensions["strawberry-definition"]
    found = [e for e in definition.extensions if isinstance(e, PermissionExtension)]
    if not found:
        return None
    [[guard]] = [extension.permissions for extension in found]
    assert isinstance(guard, (Anyone, People, Caller, SignedIn, Can, Staff, Explorer))
    return f"Can {guard.permission}" if isinstance(guard, Can) else type(guard).__name__


def test_every_field_that_can_be_asked_first_has_a_guard() -> None:
    """CASES 43: on purpose even where it is open to everybody."""
    first = {f: g for f, g in guards().items() if f.startswith(("Query.", "Mutation.", "Live."))}
    assert [field for field, guard in first.items() if guard is None] == []


def test_every_field_has_an_entry_and_every_entry_a_field() -> None:
    """CASES 43: who adds a field says here what protects it."""
    assert sorted(listed()) == sorted(guards())


def test_the_guards_are_those_of_the_table() -> None:
    """Where the table names no guard, there is none, and the use case decides."""
    named = {
        field: rule if rule.startswith(("Can ", OPEN, PEOPLE, CALLER, SIGNED_IN, STAFF)) else None
        for field, rule in listed().items()
    }
    assert guards() == named


def test_a_subgraph_has_two_fields_more_each_with_its_guard() -> None:
    """ADR 0036."""
    more = {field: guard for field, guard in guards(subgraph()).items() if field not in guards()}
    renamed = {field: guard for field, guard in more.items() if field.startswith("TariffSubsc")}
    assert set(renamed.values()) == {None}
    assert {f: g or WITH for f, g in more.items() if f not in renamed} == listed(SUBGRAPH)


TARIFF = {"names": {"en": "Start", "ru": "Старт", "kk": "Бастау"}, "code": "start", "months": 1}
INPUTS: dict[str, dict[str, Any] | None] = {
    "createTariff": TARIFF | {"apps": [{"code": "books", "name": "Books"}]},
    "updateTariff": {"tariffId": "trf_x"},
    "subscribeTenant": {"tenantId": "ten_x", "tariffCode": "start"},
    "renewSubscription": {"subscriptionId": "sub_x"},
    "cancelSubscription": {"subscriptionId": "sub_x"},
    "createTenant": {"name": "Acme", "catalog": "PROJECT"},
    "updateTenant": {"tenantId": "ten_x"},
    "deleteTenant": {"tenantId": "ten_x"},
    "inviteMember": {"tenantId": "ten_x", "invitee": {"email": "ann@example.com"}},
    "planMemberImport": {"tenantId": "ten_x", "source": {"csv": "email\nann@example.com"}},
    "applyMemberImport": {"importId": "imp_x"},
    "addMember": {"tenantId": "ten_x"}
    | {"fullName": "Ann", "login": "ann", "password": "twelve letters"},
    "createApp": {"tenantId": "ten_x", "name": "Books"},
    "createApiKey": {"tenantId": "ten_x", "name": "Portal", "permissions": ["members:view"]},
    "rotateApiKey": {"id": "key_x"},
    "revokeApiKey": {"id": "key_x"},
    "createWebhookEndpoint": {"tenantId": "ten_x", "url": "https://a.example/", "events": ["*"]},
    "updateWebhookEndpoint": {"id": "whe_x"},
    "setWebhookEndpointEnabled": {"id": "whe_x", "enabled": True},
    "rotateWebhookSecret": {"id": "whe_x"},
    "removeWebhookEndpoint": {"id": "whe_x"},
    "sendTestWebhook": {"id": "whe_x"},
    "redeliverWebhook": {"id": "whd_x"},
    "setAppAccess": {"memberId": "mem_x"},
    "updateApp": {"appId": "app_x"},
    "removeApp": {"appId": "app_x"},
    "setAppControl": {"appId": "app_x", "actions": []},
    "requestAppAction": {"appId": "app_x", "action": "BACKUP"},
    "createAppRole": {"appId": "app_x", "code": "clerk", "name": "Clerk"},
    "updateAppRole": {"appRoleId": "aro_x", "name": "Clerk"},
    "removeAppRole": {"appRoleId": "aro_x"},
    "setAppRoles": {"memberId": "mem_x", "appId": "app_x", "roles": []},
    "setMemberLimits": {"memberId": "mem_x"},
    "launchApp": {"appId": "app_x"},
    "setMemberPermissions": {"memberId": "mem_x"},
    "unblockTenant": {"tenantId": "ten_x"},
    "resendInvitation": {"invitationId": "inv_x"},
    "revokeInvitation": {"invitationId": "inv_x"},
    "changeRole": {"memberId": "mem_x", "role": "OWNER"},
    "transferOwnership": {"tenantId": "ten_x", "toMemberId": "mem_x"},
    "removeMember": {"memberId": "mem_x"},
    "leaveTenant": {"tenantId": "ten_x"},
    "setMemberEnabled": {"memberId": "mem_x", "enabled": True},
    "createUser": {"login": "nina", "email": "nina@example.com"}
    | {"fullName": "Nina", "password": "twelve letters"},
    "updateUser": {"userId": "usr_x"},
    "removeFirstUser": {"memberId": "mem_x"},
    "disableFirstUser": {"memberId": "mem_x"},
    "updateProfile": {},
    "updateSettings": {},
    "deleteMyAccount": {"password": "wrong"},
    "changeEmail": {"email": "ann@example.com", "password": "wrong"},
    "changePassword": {"password": "wrong", "newPassword": "twelve letters"},
    "updateMember": {"memberId": "mem_x"},
    "setMemberPassword": {"memberId": "mem_x", "password": "twelve letters"},
    "requestPhoneCode": None,
    "requestPhoneRemoval": None,
    "confirmPhone": {"code": "000000"},
    "removePhone": {"code": "000000"},
    "enrolSecondFactor": {"password": "wrong"},
    "confirmSecondFactor": {"code": "000000"},
    "disableSecondFactor": {"password": "wrong", "code": "000000"},
    "renewRecoveryCodes": {"password": "wrong", "code": "wrong"},
    "startProviderLink": {"provider": "provider_x"},
    "linkIdentity": {"visit": "visit", "code": "code", "state": "state"},
    "unlinkIdentity": {"identityId": "idn_x"},
    "endAppSession": {"sessionId": "aps_x"},
    "endAppSessions": {"appId": "app_x"},
    "endSession": {"sessionId": "ses_x"},
    "endOtherSessions": None,
    "removeAvatar": None,
    "sendNews": {"texts": []},
    "setServicingOrganization": {"tenantId": "ten_x", "isServicing": True},
    "endServicing": {"tenantId": "ten_x"},
    "inviteTenant": {"organizationId": "ten_x", "name": "Lotus", "ownerEmail": "ann@example.com"},
    "resendTenantInvitation": {"invitationId": "tin_x"},
    "revokeTenantInvitation": {"invitationId": "tin_x"},
}
