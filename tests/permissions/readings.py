"""What is asked: each query, each kind of id, and each field that not everybody sees."""

import re
from typing import Any

from tests.permissions.actors import Cast
from tests.permissions.holdings import Holdings

ONE = "(first: 1) { edges { node { __typename } } }"
SOME = "{ __typename }"
LIST = "(tenantId: $tenant, first: 1) { edges { node { __typename } } }"
KINDS = {
    "Tenant": "$tenant",
    "Member": "$pending",
    "User": "$user",
    "Invitation": "$invitation",
    "App": "$app",
    "AppRole": "$appRole",
    "AppSession": "$appSession",
    "AppAction": "$appAction",
    "MemberImport": "$done",
    "ApiKey": "$key",
    "WebhookEndpoint": "$endpoint",
    "WebhookDelivery": "$delivery",
    "AuditEvent": "$event",
    "Subscription": "$subscription",
    "Tariff": "$tariff",
    "Role": '"rol_project_owner"',
}
ROOTS = {
    "me": f"me {SOME}",
    "viewer": f"viewer {SOME}",
    "roleMatrix": f"roleMatrix(catalog: PROJECT) {SOME}",
    "identityProviders": f"identityProviders {SOME}",
    "registrationIsOpen": "registrationIsOpen",
    "passwordMinLength": "passwordMinLength",
    **{
        link: f'{link}(token: "x") {{ __typename ... on Error {{ code }} }}'
        for link in ("invitation", "tenantInvitation", "accountLink")
    },
    "tariffs": f"tariffs{ONE}",
    "users": f"users{ONE}",
    "tenant": f"tenant(id: $tenant) {SOME}",
    "tenants": "tenants { ids: edges { node { id } } }",
    "apps": "apps(tenantId: $tenant) { edges { node { __typename } } }",
    **{
        name: name + LIST
        for name in ("members", "memberChanges", "apiKeys", "webhookEndpoints", "memberImports")
    },
    "memberImport": f"memberImport(id: $done) {SOME}",
    "subscriptions": f"subscriptions{LIST}",
    "node": f"node(id: $tenant) {SOME}",
}
LISTS = {
    *("members", "auditLog", "servicedTenants", "tenantInvitations", "apps", "subscriptions"),
    *("sessions", "actionRequests", "appAccess", "deliveries"),
}
INNER = {
    "MemberImportRow.member": f"node(id: $done) {{ ... on MemberImport {{ rows{ONE} }} }}",
    "MemberChange.member": f"memberChanges{LIST}",
}
SCALARS = {
    *("login", "phone", "permissions", "maxSessions", "avatarUrl", "controlUrl", "actions"),
    *("email", "delivery", "state", "effectivePermissions", "createdAt", "expiresAt"),
    "formerSecretUntil",
}


def of_node(kind: str) -> str:
    return f"node(id: {KINDS[kind]}) {SOME}"


def of_field(name: str) -> str:
    """From the object's id to the field."""
    kind, _, field = name.partition(".")
    if name in INNER:
        return INNER[name].replace("__typename", f"it: {field} {SOME}")
    select = ONE if field in LISTS else "" if field in SCALARS else SOME
    if (kind, field) == ("Tenant", "apps") or (kind, field) == ("Invitation", "apps"):
        select = ONE if kind == "Tenant" else SOME
    return f"node(id: {KINDS[kind]}) {{ ... on {kind} {{ it: {field}{select} }} }}"


def document(readings: dict[str, str]) -> str:
    """All of them in one, each by its name."""
    asked = " ".join(f"{name}: {text}" for name, text in readings.items())
    takes = sorted(set(re.findall(r"\$\w+", asked)))
    head = f"({', '.join(f'{name}: ID!' for name in takes)})" if takes else ""
    return f"query{head} {{ {asked} }}"


def variables(held: Holdings, cast: Cast) -> dict[str, str]:
    return {
        "tenant": held.tenant.id,
        "pending": held.invited.member_id,
        "user": held.member.id,
        "invitation": held.invited.invitation_id,
        "app": held.app,
        "appRole": held.app_role,
        "appSession": held.app_session,
        "appAction": held.app_action,
        "done": held.done,
        "key": held.key,
        "endpoint": held.endpoint,
        "delivery": held.delivery,
        "event": held.event,
        "subscription": held.subscription,
        "tariff": cast.tariff,
    }


def letter(answer: dict[str, Any], name: str, tenant_id: str) -> str:
    """What has become of the one of that name; of one's own tenants it shows this one, or not."""
    codes = [e["extensions"]["code"] for e in answer.get("errors", ()) if e["path"][0] == name]
    value = answer["data"][name] if answer.get("data") else None
    if codes:
        return LETTERS.get(codes[0], str(codes[0]))
    if isinstance(value, dict) and "ids" in value:
        return "+" if tenant_id in [edge["node"]["id"] for edge in value["ids"]] else "0"
    return _shown(value)


LETTERS = {"PERMISSION_DENIED": "-", "NOT_FOUND": "0", "UNAUTHENTICATED": "u"}


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "it" in value:
        return _shown(value["it"])
    if isinstance(value, dict) and value.get("code"):
        return "w"
    if isinstance(value, dict) and "edges" in value:
        nodes = [edge["node"] for edge in value["edges"]]
        return max((_shown(node) for node in nodes), default="e", key="e0+".find)
    if isinstance(value, dict) and set(value) == {"rows"}:
        return _shown(value["rows"])
    return "0" if value is None or value == {} else "+"
