"""The schema: every noun's queries and mutations together, and how errors reach the client."""

from collections.abc import Mapping
from types import MappingProxyType

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.name_converter import NameConverter
from strawberry.types import ExecutionContext
from strawberry.types.execution import PreExecutionError
from strawberry.types.scalar import ScalarDefinition
from strawberry.utils.str_converters import to_camel_case

import errors
from locales import Locale
from permissions.fields import Anyone, guard
from resolvers import nodes
from schema import admission
from schema.account_links import AccountLinkQueries
from schema.accounts import AccountQueries, User
from schema.answers import AnswerMutations
from schema.api_keys import ApiKey, ApiKeyMutations, ApiKeyQueries
from schema.app_actions import AppActionMutations
from schema.app_roles import AppRoleMutations
from schema.app_sessions import AppSessionMutations
from schema.apps import AppMutations, AppQueries
from schema.arguments import Id
from schema.audit import ProviderStaff, System
from schema.avatars import AvatarMutations
from schema.blocks import BlockMutations
from schema.context import Context, Info
from schema.emails import EmailMutations
from schema.errors import HANDLERS, wrapped
from schema.identities import IdentityMutations, IdentityQueries
from schema.import_plans import MemberImportMutations
from schema.interfaces import Node, Rows
from schema.invitations import InvitationMutations, InvitationQueries
from schema.launches import LaunchMutations
from schema.live import Live
from schema.managed import ManagedMutations
from schema.member_changes import MemberChangeQueries
from schema.member_imports import MemberImportQueries
from schema.member_limits import MemberLimitMutations
from schema.members import MemberMutations, MemberQueries
from schema.news import NewsMutations
from schema.open_sessions import OpenSessionMutations
from schema.passwords import PasswordMutations, PasswordQueries
from schema.phones import PhoneMutations
from schema.profiles import ProfileMutations
from schema.registrations import RegistrationMutations, RegistrationQueries
from schema.roles import Role, RoleQueries
from schema.scalars import SCALARS
from schema.second_factors import SecondFactorMutations
from schema.sentences import message
from schema.servicing import ServicingMutations
from schema.sessions import SessionMutations
from schema.single_permissions import SinglePermissionMutations
from schema.subscriptions import SubscriptionMutations, SubscriptionQueries
from schema.support import SupportMutations
from schema.tariffs import TariffMutations, TariffQueries
from schema.tenant_invitations import TenantInvitationMutations
from schema.tenant_offers import TenantOfferQueries
from schema.tenants import TenantMutations, TenantQueries
from schema.users import UserQueries
from schema.webhook_changes import WebhookMutations
from schema.webhooks import WebhookQueries

log = structlog.get_logger()


@strawberry.type(description="What can be asked.")
class Query(
    AccountQueries,
    UserQueries,
    TenantQueries,
    MemberQueries,
    MemberChangeQueries,
    AppQueries,
    ApiKeyQueries,
    InvitationQueries,
    MemberImportQueries,
    RoleQueries,
    IdentityQueries,
    TenantOfferQueries,
    TariffQueries,
    SubscriptionQueries,
    AccountLinkQueries,
    RegistrationQueries,
    PasswordQueries,
    WebhookQueries,
):
    @strawberry.field(
        graphql_type=Node | None,
        extensions=guard(Anyone()),
        description="Whatever has that id, where it is the viewer's to see.",
    )
    async def node(self, info: Info, id: Id) -> Rows:
        return await nodes.get(info.context.viewer, id)


@strawberry.type(description="What can be done.")
class Mutation(
    SessionMutations,
    OpenSessionMutations,
    SecondFactorMutations,
    IdentityMutations,
    TenantMutations,
    TenantInvitationMutations,
    InvitationMutations,
    AnswerMutations,
    AvatarMutations,
    BlockMutations,
    ManagedMutations,
    MemberMutations,
    NewsMutations,
    ProfileMutations,
    EmailMutations,
    PasswordMutations,
    RegistrationMutations,
    SinglePermissionMutations,
    ApiKeyMutations,
    AppMutations,
    AppActionMutations,
    AppRoleMutations,
    MemberImportMutations,
    MemberLimitMutations,
    AppSessionMutations,
    LaunchMutations,
    PhoneMutations,
    SupportMutations,
    ServicingMutations,
    TariffMutations,
    SubscriptionMutations,
    WebhookMutations,
):
    pass


class Schema(strawberry.Schema):
    """Gives every error its code, and hides what is not meant for the client."""

    async def _prepare_operation_async(
        self,
        context: ExecutionContext,
        extensions_runner: SchemaExtensionsRunner,  # noqa: ARG002 there are none
    ) -> PreExecutionError | None:
        """In place of the library's, which reads each document anew."""
        try:
            faults = await admission.admit(context)
        except (GraphQLError, errors.Failure) as refused:
            faults = [refused if isinstance(refused, GraphQLError) else wrapped(refused)]
        if not faults:
            return None
        context.pre_execution_errors = faults
        return PreExecutionError(data=None, errors=faults)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        context = execution_context.context if execution_context else None
        for error in errors:
            _tell(error, context)
            if context is not None and error.extensions:
                context.noted(str(error.extensions["code"]))


_CLIENTS_OWN = (
    GraphQLError,
    MissingQueryError,
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)


def _tell(error: GraphQLError, context: Context | None) -> None:
    cause = error.original_error
    if isinstance(cause, InvalidOperationTypeError):
        error.message = "Only subscriptions are streamed. Send this as POST, accepting JSON."
    if cause is None or isinstance(cause, _CLIENTS_OWN):
        error.extensions = {"code": errors.InvalidInput.code, **(error.extensions or {})}
        return
    failure = cause if isinstance(cause, errors.Failure) else errors.Failure()
    code, request_id = failure.code, context.client.request_id if context else None
    if isinstance(cause, errors.ServiceUnavailable) or code == errors.Failure.code:
        log.error("operation failed", code=code, request_id=request_id, exc_info=cause)
    error.extensions = {"code": code, "requestId": request_id, **_facts(failure)}
    error.message = message(context.locale if context else Locale.EN, failure)


def _facts(failure: errors.Failure) -> dict[str, object]:
    """What a developer can do something about."""
    if not isinstance(failure, errors.QueryTooComplex):
        return {}
    facts = {"limit": to_camel_case(failure.limit), "most": failure.most, "cost": failure.cost}
    return {name: fact for name, fact in facts.items() if fact is not None}


def build(
    executor: type,
    *,
    query: type = Query,
    scalars: Mapping[object, ScalarDefinition] = MappingProxyType({}),
    names: NameConverter | None = None,
) -> Schema:
    """The schema, run by `executor` (see `server/execution`); `federation` says the rest."""
    return Schema(
        query=query,
        mutation=Mutation,
        subscription=Live,
        types=[User, ApiKey, Role, ProviderStaff, System],
        config=StrawberryConfig(
            scalar_map={**SCALARS, **scalars}, name_converter=names or NameConverter()
        ),
        exception_handlers=HANDLERS,
        execution_context_class=executor,
    )
