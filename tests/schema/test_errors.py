import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from graphql import GraphQLObjectType, GraphQLUnionType
from structlog.testing import capture_logs

import errors
from models import Tenant, database
from resolvers import (
    acceptances,
    account_endings,
    api_keys,
    app_access,
    app_actions,
    app_controls,
    app_role_assignments,
    app_roles,
    app_sessions,
    apps,
    avatars,
    declining,
    edits,
    emails,
    first_users,
    identities,
    import_plans,
    invitations,
    launches,
    managed,
    member_imports,
    member_limits,
    members,
    news,
    ownership,
    password_changes,
    phones,
    preferences,
    profiles,
    registrations,
    second_factors,
    servicing_organizations,
    servicings,
    sessions,
    single_permissions,
    subscribing,
    support,
    tariffs,
    tenant_acceptances,
    tenant_invitations,
    tenants,
    visits,
    webhook_deliveries,
    webhooks,
)
from schema import errors as shown
from schema import sentences
from server.graphql import SCHEMA
from tests.clients import Client, Person

TYPES = SCHEMA._schema.type_map  # noqa: SLF001 Strawberry offers no other way to the whole schema
USE_CASES: dict[str, Callable[..., object]] = {
    "LaunchAppResult": launches.launch,
    "CreateTariffResult": tariffs.create,
    "UpdateTariffResult": tariffs.update,
    "SubscribeTenantResult": subscribing.subscribe,
    "RenewSubscriptionResult": subscribing.renew,
    "CancelSubscriptionResult": subscribing.cancel,
    "SignInResult": sessions.sign_in,
    "CreateTenantResult": tenants.create,
    "UpdateTenantResult": tenants.update,
    "DeleteTenantResult": tenants.delete,
    "InviteMemberResult": invitations.invite,
    "PlanMemberImportResult": import_plans.plan,
    "ApplyMemberImportResult": member_imports.apply,
    "AddMemberResult": managed.add,
    "AcceptInvitationResult": acceptances.accept,
    "DeclineInvitationResult": declining.decline,
    "UnblockTenantResult": declining.lift,
    "ResendInvitationResult": invitations.resend,
    "RevokeInvitationResult": invitations.revoke,
    "ChangeRoleResult": members.change_role,
    "TransferOwnershipResult": ownership.transfer,
    "RemoveMemberResult": members.remove,
    "LeaveTenantResult": members.leave,
    "SetMemberEnabledResult": members.set_enabled,
    "SetMemberPermissionsResult": single_permissions.switch,
    "SetAppAccessResult": app_access.change,
    "CreateApiKeyResult": api_keys.create,
    "RotateApiKeyResult": api_keys.rotate,
    "RevokeApiKeyResult": api_keys.revoke,
    "CreateWebhookEndpointResult": webhooks.create,
    "UpdateWebhookEndpointResult": webhooks.update,
    "SetWebhookEndpointEnabledResult": webhooks.set_enabled,
    "RotateWebhookSecretResult": webhooks.rotate_secret,
    "RemoveWebhookEndpointResult": webhooks.remove,
    "SendTestWebhookResult": webhook_deliveries.send_test,
    "RedeliverWebhookResult": webhook_deliveries.redeliver,
    "CreateAppResult": apps.create,
    "UpdateAppResult": apps.update,
    "RemoveAppResult": apps.remove,
    "SetAppControlResult": app_controls.change,
    "RequestAppActionResult": app_actions.request,
    "CreateAppRoleResult": app_roles.create,
    "UpdateAppRoleResult": app_roles.rename,
    "RemoveAppRoleResult": app_roles.remove,
    "SetAppRolesResult": app_role_assignments.replace,
    "SetMemberLimitsResult": member_limits.change,
    "EndAppSessionResult": app_sessions.end,
    "EndAppSessionsResult": app_sessions.end_all,
    "CreateUserResult": support.create,
    "UpdateUserResult": support.update,
    "RemoveFirstUserResult": first_users.remove,
    "DisableFirstUserResult": first_users.disable,
    "UpdateProfileResult": profiles.update,
    "RequestPhoneCodeResult": phones.request_code,
    "RequestPhoneRemovalResult": phones.request_removal,
    "ConfirmPhoneResult": phones.confirm,
    "RemovePhoneResult": phones.remove,
    "EnrolSecondFactorResult": second_factors.enrol,
    "ConfirmSecondFactorResult": second_factors.confirm,
    "DisableSecondFactorResult": second_factors.disable,
    "RenewRecoveryCodesResult": second_factors.renew_recovery_codes,
    "StartProviderSignInResult": visits.begin_sign_in,
    "StartProviderLinkResult": visits.begin_link,
    "SignInWithProviderResult": identities.sign_in,
    "LinkIdentityResult": identities.link,
    "UnlinkIdentityResult": identities.unlink,
    "EndSessionResult": sessions.end,
    "EndOtherSessionsResult": sessions.end_others,
    "RemoveAvatarResult": avatars.remove,
    "SendNewsResult": news.send,
    "UpdateSettingsResult": preferences.update,
    "DeleteMyAccountResult": account_endings.end,
    "ChangeEmailResult": emails.request_change,
    "ConfirmEmailResult": emails.confirm,
    "ChangePasswordResult": password_changes.change,
    "RequestPasswordResetResult": password_changes.request_reset,
    "ResetPasswordResult": password_changes.reset,
    "RegisterTenantResult": registrations.request,
    "CompleteRegistrationResult": registrations.complete,
    "UpdateMemberResult": edits.edit,
    "SetMemberPasswordResult": edits.set_password,
    "InviteTenantResult": tenant_invitations.invite,
    "ResendTenantInvitationResult": tenant_invitations.resend,
    "RevokeTenantInvitationResult": tenant_invitations.revoke,
    "AcceptTenantInvitationResult": tenant_acceptances.accept,
    "SetServicingOrganizationResult": servicing_organizations.declare,
    "EndServicingResult": servicings.end,
}
OUTSIDE_UNIONS = {
    errors.Conflict: "any change may meet another one",
    errors.AppSessionOver: "said to apps over HTTP alone",
    errors.Timeout: "any statement may take too long",
    errors.ServiceUnavailable: "the database may be away at any time",
    errors.DocumentNotFound: "said of whole requests, before anything is run",
    errors.DocumentRequired: "as DocumentNotFound",
    errors.IdempotencyKeyReused: "said of whole requests, whatever they would have come to",
    errors.QueryTooComplex: "said of whole documents, before anything is run",
    errors.TooCostly: "said of whole operations, before anything is run",
    errors.Interrupted: "said to subscribers, whose messages are in no union",
}


RESOLVERS = Path(errors.__file__).parent / "resolvers"
FAULTS = re.compile(r"(Fault|FieldFault|InvalidInput\.at|faults\.add)$")


def failures(root: type[errors.Failure] = errors.Failure) -> Iterator[type[errors.Failure]]:
    for failure in root.__subclasses__():
        yield failure
        yield from failures(failure)


def unions() -> dict[str, GraphQLUnionType]:
    return {name: t for name, t in TYPES.items() if isinstance(t, GraphQLUnionType)}


def is_error(kind: GraphQLObjectType) -> bool:
    return "Error" in [interface.name for interface in kind.interfaces]


@pytest.mark.parametrize("failure", list(failures()))
def test_every_failure_has_a_code_of_its_own_and_a_sentence_for_people(
    failure: type[errors.Failure],
) -> None:
    """ADR 0004."""
    assert sentences.MESSAGES.get(failure.code) or sentences.COUNTED_MESSAGES[failure.code]
    assert [other for other in failures() if other.code == failure.code] == [failure]


@pytest.mark.parametrize("failure", list(failures()))
def test_every_failure_has_a_type_unless_it_may_happen_to_any_operation(
    failure: type[errors.Failure],
) -> None:
    """ADR 0004: a subclass is shown as what it is a kind of."""
    assert issubclass(failure, tuple(shown.TABLE)) is (failure not in OUTSIDE_UNIONS)


def test_the_code_of_a_type_is_its_name() -> None:
    """Contract: one per error type, in the same spelling; InvalidInput is BAD_USER_INPUT."""
    spelled = {
        kind.__name__: re.sub(r"(?<!^)([A-Z])", r"_\1", kind.__name__).upper()
        for kind, _ in shown.TABLE.values()
    } | {"InvalidInput": "BAD_USER_INPUT"}
    assert {kind.__name__: e.code for e, (kind, _) in shown.TABLE.items()} == spelled


def test_every_error_of_the_schema_can_happen() -> None:
    """Contract: what implements Error is made from a failure."""
    kinds = [kind for kind in TYPES.values() if isinstance(kind, GraphQLObjectType)]
    made = {kind.__name__ for kind, _ in shown.TABLE.values()}
    assert {kind.name for kind in kinds if is_error(kind)} == made


def test_every_fault_of_a_field_has_a_sentence_for_people() -> None:
    """ADR 0004: a code without one would be a defect in the middle of an answer."""
    used = {code for module in sorted(RESOLVERS.glob("*.py")) for code in fault_codes(module)}
    assert used == set(sentences.FAULTS) | set(sentences.LENGTH_FAULTS)


def fault_codes(module: Path) -> Iterator[str]:
    """The codes that a module hands to `Fault`, `FieldFault`, `InvalidInput.at`, `Faults.add`."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and FAULTS.search(ast.unparse(node.func)):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            codes = [value.value for value in given if isinstance(value, ast.Constant)]
            yield from (code for code in codes if isinstance(code, str) and code.isupper())


@pytest.mark.parametrize("union", list(unions().values()), ids=str)
def test_a_union_holds_one_success_and_errors(union: GraphQLUnionType) -> None:
    """Contract: clients handle `... on Error`."""
    assert len([kind for kind in union.types if not is_error(kind)]) == 1


def test_every_mutation_that_can_be_refused_answers_with_a_union() -> None:
    """Signing out cannot."""
    kinds = {name: f.type for name, f in TYPES["Mutation"].fields.items()}  # type: ignore[attr-defined]
    assert [n for n, kind in kinds.items() if str(kind) not in USE_CASES] == ["signOut"]


@pytest.mark.parametrize("union", USE_CASES)
def test_a_union_holds_whatever_its_use_case_raises_and_nothing_else(union: str) -> None:
    """ADR 0004: `Raises:` of the use case is the list."""
    documented = inspect.getdoc(USE_CASES[union]) or ""
    names = re.findall(r"errors\.(\w+)", documented.partition("Raises:")[2])
    raised = [getattr(errors, name) for name in names]
    assert {kind.name for kind in unions()[union].types if is_error(kind)} == {
        kind.__name__
        for failure, (kind, _) in shown.TABLE.items()
        if any(issubclass(one, failure) for one in raised)
    }


async def test_a_refused_query_is_null_with_a_code(accountant: Person, project: Tenant) -> None:
    """Contract, and CASES 35: a known failure is not hidden; the field beside it is answered."""
    answer = await accountant.client.execute(
        "query($id: ID!) { me { login } members(tenantId: $id, filter: { statuses: [REMOVED] })"
        " { totalCount } }",
        id=project.id,
    )
    assert answer["data"] == {"me": {"login": "carl"}, "members": None}
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["members"], "PERMISSION_DENIED")
    assert error["message"] == sentences.MESSAGES["PERMISSION_DENIED"]


async def test_a_refused_mutation_is_an_answer_with_a_code_and_a_sentence(
    stranger: Person, project: Tenant
) -> None:
    """Contract."""
    answer = await stranger.do("deleteTenant", {"tenantId": project.id})
    message = sentences.MESSAGES["NOT_FOUND"]
    assert answer == {"__typename": "NotFound", "code": "NOT_FOUND", "message": message}


async def test_a_name_with_a_nul_is_invalid_input_and_not_a_wrong_one(anonymous: Client) -> None:
    """CASES 26: no column can hold it, and `SignInResult` says so."""
    answer = await anonymous.do("signIn", {"login": "olga\0", "password": "x"})
    assert (answer["__typename"], answer["code"]) == ("InvalidInput", "BAD_USER_INPUT")


async def test_what_the_viewer_may_not_know_of_is_null_without_an_error(
    stranger: Person, project: Tenant, owner: Person
) -> None:
    """Contract."""
    answer = await stranger.client.execute(
        "query($t: ID!, $m: ID!) { tenant(id: $t) { name } members(tenantId: $t) { totalCount }"
        " node(id: $m) { id } }",
        t=project.id,
        m=owner.member_id,
    )
    assert answer == {"data": {"tenant": None, "members": None, "node": None}}


@pytest.fixture
async def broken(database_urls: tuple[str, str], project: Tenant) -> Tenant:
    """A project whose table of mails is gone: nobody foresees that."""
    owner = await asyncpg.connect(**database.parse(database_urls[1]))
    await owner.execute("drop table outbox_entries")
    await owner.close()
    return project


INVITE = """mutation($id: ID!) { inviteMember(input: { tenantId: $id, role: "MANAGER",
    invitee: { email: "ann@example.com" } }) { __typename } }"""
DELIVERY = "query($id: ID!) { members(tenantId: $id) { edges { node { invitation { id } } } } }"


@pytest.mark.parametrize("operation", [INVITE, DELIVERY], ids=["mutation", "query"])
async def test_what_nobody_foresaw_is_told_by_its_request_id_and_logged_once(
    owner: Person, broken: Tenant, operation: str
) -> None:
    """CASES 34: the text stays here."""
    with capture_logs() as logged:
        answer = await owner.client.post(operation, id=broken.id)
    assert "outbox" not in answer.text
    [error] = answer.json()["errors"]
    request_id = answer.headers["x-request-id"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    assert error["message"] == sentences.MESSAGES["INTERNAL"]
    [event] = [each for each in logged if each["event"] != "request"]
    assert (event["log_level"], event["request_id"]) == ("error", request_id)
    assert "outbox_entries" in str(event["exc_info"])


async def test_what_is_refused_on_purpose_is_no_line_of_the_log(
    accountant: Person, project: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    """ADR 0004, TRAPS 22a."""
    with capture_logs() as logged:
        await accountant.do("deleteTenant", {"tenantId": project.id})
        await accountant.client.execute("query { members(tenantId: 1, first: 0) { totalCount } }")
    assert {each["event"] for each in logged} == {"request"}
    assert caplog.records == []
