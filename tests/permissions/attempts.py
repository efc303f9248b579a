"""What is tried: each mutation with arguments that are right for one tenant's holdings.

So whoever may do it succeeds. Where the right code, link or answer of a provider would be needed,
there is a wrong one: these mutations are tried to the end by tests of their own.
"""

from collections.abc import Callable
from typing import Any

from server.graphql import SCHEMA
from tests.factories import PASSWORD
from tests.permissions.actors import Cast
from tests.permissions.belongings import Belongings
from tests.permissions.holdings import Holdings
from tests.resolvers import tariff_steps, webhook_steps

TYPES: Any = SCHEMA._schema.type_map  # noqa: SLF001 Strawberry offers no other way to the whole schema
Input = dict[str, Any] | None
ANN = "ann@example.org"
NEW_PASSWORD = "another password of a test"
REGISTRATION = {"fullName": "Ann", "login": "ann", "password": NEW_PASSWORD}
VISIT = {"visit": "visit", "code": "code", "state": "state"}
NEWS = [{"locale": code, "subject": "New", "body": "Text"} for code in ("EN", "RU", "KK")]

ON_HOLDINGS: dict[str, Callable[[Holdings], dict[str, Any]]] = {
    "updateTenant": lambda h: {"tenantId": h.tenant.id, "name": "Other"},
    "deleteTenant": lambda h: {"tenantId": h.tenant.id},
    "leaveTenant": lambda h: {"tenantId": h.tenant.id},
    "transferOwnership": lambda h: {"tenantId": h.tenant.id, "toMemberId": h.member.member_id},
    "inviteMember": lambda h: {
        "tenantId": h.tenant.id,
        "invitee": {"email": ANN},
        "role": h.lowest,
    },
    "resendInvitation": lambda h: {"invitationId": h.invited.invitation_id},
    "revokeInvitation": lambda h: {"invitationId": h.invited.invitation_id},
    "planMemberImport": lambda h: {"tenantId": h.tenant.id, "source": {"csv": f"email\n{ANN}"}},
    "applyMemberImport": lambda h: {"importId": h.plan},
    "addMember": lambda h: {"tenantId": h.tenant.id, "role": h.lowest, **REGISTRATION},
    "updateMember": lambda h: {"memberId": h.managed, "fullName": "Other"},
    "setMemberPassword": lambda h: {"memberId": h.managed, "password": NEW_PASSWORD},
    "changeRole": lambda h: {"memberId": h.member.member_id, "role": h.lowest},
    "removeMember": lambda h: {"memberId": h.member.member_id},
    "setMemberEnabled": lambda h: {"memberId": h.member.member_id, "enabled": False},
    "setMemberLimits": lambda h: {"memberId": h.member.member_id, "maxSessions": 3},
    "setMemberPermissions": lambda h: {"memberId": h.member.member_id, "on": ["members:view"]},
    "createApp": lambda h: {"tenantId": h.tenant.id, "name": "Stock"},
    "updateApp": lambda h: {"appId": h.app, "name": "Stock"},
    "removeApp": lambda h: {"appId": h.app},
    "setAppAccess": lambda h: {"memberId": h.member.member_id, "unset": [h.app]},
    "setAppRoles": lambda h: {
        "memberId": h.member.member_id,
        "appId": h.app,
        "roles": [h.app_role],
    },
    "setAppControl": lambda h: {"appId": h.app, "actions": ["REINDEX"]},
    "requestAppAction": lambda h: {"appId": h.app, "action": "BACKUP"},
    "createAppRole": lambda h: {"appId": h.app, "code": "boss", "name": "Boss"},
    "updateAppRole": lambda h: {"appRoleId": h.app_role, "name": "Boss"},
    "removeAppRole": lambda h: {"appRoleId": h.app_role},
    "launchApp": lambda h: {"appId": h.app},
    "endAppSession": lambda h: {"sessionId": h.app_session},
    "endAppSessions": lambda h: {"appId": h.app},
    "createApiKey": lambda h: {
        "tenantId": h.tenant.id,
        "name": "x",
        "permissions": ["tenant:view"],
    },
    "rotateApiKey": lambda h: {"id": h.key},
    "revokeApiKey": lambda h: {"id": h.key},
    "createWebhookEndpoint": lambda h: {
        "tenantId": h.tenant.id,
        "url": webhook_steps.URL,
        "events": ["*"],
    },
    "updateWebhookEndpoint": lambda h: {"id": h.endpoint, "description": "x"},
    "setWebhookEndpointEnabled": lambda h: {"id": h.endpoint, "enabled": False},
    "rotateWebhookSecret": lambda h: {"id": h.endpoint},
    "removeWebhookEndpoint": lambda h: {"id": h.endpoint},
    "sendTestWebhook": lambda h: {"id": h.endpoint},
    "redeliverWebhook": lambda h: {"id": h.delivery},
    "inviteTenant": lambda h: {"organizationId": h.tenant.id, "name": "Lotus", "ownerEmail": ANN},
    "resendTenantInvitation": lambda h: {"invitationId": h.tenant_invitation},
    "revokeTenantInvitation": lambda h: {"invitationId": h.tenant_invitation},
    "endServicing": lambda h: {"tenantId": h.client},
    "subscribeTenant": lambda h: {"tenantId": h.client, "tariffCode": "another"},
    "renewSubscription": lambda h: {"subscriptionId": h.subscription},
    "cancelSubscription": lambda h: {"subscriptionId": h.subscription},
}

ON_ONESELF: dict[str, Callable[[Belongings], Input]] = {
    "signIn": lambda b: {"login": b.login, "password": PASSWORD, "transport": "BEARER"},
    "signOut": lambda _: None,
    "startProviderSignIn": lambda _: {"provider": "provider"},
    "signInWithProvider": lambda _: VISIT,
    "acceptInvitation": lambda b: {"invitation": {"id": b.invitation}, "transport": "BEARER"},
    "declineInvitation": lambda b: {"invitation": {"id": b.invitation}},
    "acceptTenantInvitation": lambda _: {"token": "x"},
    "confirmEmail": lambda _: {"token": "x"},
    "requestPasswordReset": lambda _: {"login": "nobody"},
    "resetPassword": lambda _: {"token": "x", "newPassword": NEW_PASSWORD},
    "registerTenant": lambda _: {"email": ANN, "tenantName": "Lotus"},
    "completeRegistration": lambda _: {"token": "x", "registration": REGISTRATION},
    "createTenant": lambda _: {"name": "Lotus", "catalog": "PROJECT"},
    "unblockTenant": lambda b: {"tenantId": b.blocked},
    "updateProfile": lambda _: {"fullName": "Other"},
    "updateSettings": lambda _: {"rowsPerPage": 20},
    "deleteMyAccount": lambda _: {"password": PASSWORD},
    "changeEmail": lambda _: {"email": ANN, "password": PASSWORD},
    "changePassword": lambda _: {"password": PASSWORD, "newPassword": NEW_PASSWORD},
    "requestPhoneCode": lambda _: None,
    "requestPhoneRemoval": lambda _: None,
    "confirmPhone": lambda _: {"code": "000000"},
    "removePhone": lambda _: {"code": "000000"},
    "enrolSecondFactor": lambda _: {"password": PASSWORD},
    "confirmSecondFactor": lambda _: {"code": "000000"},
    "disableSecondFactor": lambda _: {"password": PASSWORD, "code": "000000"},
    "renewRecoveryCodes": lambda _: {"password": PASSWORD, "code": "000000"},
    "startProviderLink": lambda _: {"provider": "provider"},
    "linkIdentity": lambda _: VISIT,
    "unlinkIdentity": lambda b: {"identityId": b.identity},
    "endSession": lambda b: {"sessionId": b.session},
    "endOtherSessions": lambda _: None,
    "removeAvatar": lambda _: None,
}

BY_STAFF: dict[str, Callable[[Cast], dict[str, Any]]] = {
    "createUser": lambda _: {"email": ANN, **REGISTRATION},
    "updateUser": lambda c: {"userId": c.account.member.id, "fullName": "Other"},
    "removeFirstUser": lambda c: {"memberId": c.account.keeper.member_id},
    "disableFirstUser": lambda c: {"memberId": c.account.keeper.member_id},
    "sendNews": lambda _: {"texts": NEWS},
    "createTariff": lambda _: tariff_steps.tariff("third"),
    "updateTariff": lambda c: {"tariffId": c.tariff, "isOffered": False},
    "setServicingOrganization": lambda c: {
        "tenantId": c.subscriber.tenant.id,
        "isServicing": False,
    },
}


def given(mutation: str, cast: Cast, held: Holdings, own: Belongings) -> Input:
    """What is named: of a tenant's, of a person's, or by staff."""
    if mutation in ON_HOLDINGS:
        return ON_HOLDINGS[mutation](held)
    return ON_ONESELF[mutation](own) if mutation in ON_ONESELF else BY_STAFF[mutation](cast)


def document(mutation: str) -> str:
    """It, and what code it answers with."""
    field = TYPES["Mutation"].fields[mutation]
    takes, gives = "", ""
    if field.args:
        takes, gives = f"($input: {field.args['input'].type})", "(input: $input)"
    code = "" if mutation == "signOut" else " ... on Error { code }"
    return f"mutation{takes} {{ it: {mutation}{gives} {{ __typename{code} }} }}"
