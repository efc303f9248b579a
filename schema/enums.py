"""The enums of the API: those of the layers below, described for clients."""

from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from locales import Locale
from models import (
    AppActionState,
    AppRight,
    Catalog,
    DisabledReason,
    InvitationState,
    MemberStatus,
    ProviderRole,
    WebhookState,
)
from models import ImportRowState as MemberImportRowState
from models import ImportState as MemberImportState
from permissions.catalog import Source as PermissionSource
from resolvers.directory import Field as MemberOrderField
from resolvers.import_reasons import ImportReason as MemberImportReason
from resolvers.key_directory import State as ApiKeyState
from resolvers.options import Way as AddMemberWay
from resolvers.rows import DeliveryState
from resolvers.subscriptions import State as SubscriptionState

__all__ = [
    "AddMemberWay",
    "ApiKeyState",
    "AppActionState",
    "AppRight",
    "Catalog",
    "DeliveryState",
    "DisabledReason",
    "InvitationState",
    "Locale",
    "MemberImportReason",
    "MemberImportRowState",
    "MemberImportState",
    "MemberOrderField",
    "MemberStatus",
    "OrderDirection",
    "PermissionSource",
    "PhoneStatus",
    "ProviderRole",
    "SessionTransport",
    "SubscriptionState",
    "WebhookState",
]


def _describe(
    enum: type[Enum], about: str, values: dict[str, str], name: str | None = None
) -> None:
    """Every value gets its description; one without fails here, at import."""
    strawberry.enum(enum, name=name, description=about)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]


_describe(
    AddMemberWay,
    "How somebody becomes a member.",
    {
        "NEWCOMER_WITH_EMAIL": "Not registered: inviteMember with an address.",
        "NEWCOMER_WITHOUT_EMAIL": "Not registered and without an address: addMember.",
        "REGISTERED": "Registered: inviteMember with a login, or with his address.",
    },
    name="AddMemberWay",
)
_describe(
    ApiKeyState,
    "Whether an API key works.",
    {
        "ACTIVE": "It works.",
        "SUSPENDED": "Its maker is disabled in the tenant; it works again once he is not.",
        "EXPIRED": "Its time is over.",
        "REVOKED": "It was revoked.",
        "ENDED": "Its maker is no member any more. It does not come back with a new place of his.",
    },
    name="ApiKeyState",
)
_describe(
    AppActionState,
    "What became of what an app was asked to do.",
    {
        "REQUESTED": "It is about to be asked, or is asked again after some trouble.",
        "DONE": "It has answered with yes.",
        "REFUSED": "It has answered with no; it is not asked again.",
        "FAILED": "No answer came within an hour, or it is not to be asked any more.",
    },
    name="AppActionState",
)
_describe(
    Catalog,
    "Which roles a tenant knows and what each may do; chosen when it is created, for good.",
    {
        "PROJECT": "A team that shares resources: owner, manager, administrator, accountant.",
        "SUBSCRIBER": "A customer of a service and its applications: owner, administrator, user.",
        "ACCOUNT": "A customer's account: its owner and the users let into it.",
    },
)
_describe(
    MemberStatus,
    "How far somebody is in a tenant.",
    {
        "PENDING": "Invited and not yet accepted.",
        "JOINED": "Belongs to the tenant and may act in it.",
        "DISABLED": "Belongs to the tenant and may not act until enabled again.",
        "REMOVED": "Was removed, left, or never accepted; nothing of it comes back.",
    },
)
_describe(
    InvitationState,
    "What has become of an invitation.",
    {
        "PENDING": "Its link works.",
        "ACCEPTED": "The invitee has joined.",
        "DECLINED": "The invitee has refused.",
        "REVOKED": "It was withdrawn.",
        "EXPIRED": "Its time is over; resending makes a new link.",
    },
)
_describe(
    DeliveryState,
    "What has become of the mail of an invitation.",
    {
        "NONE": "Nothing to send.",
        "QUEUED": "It waits to be sent, perhaps again.",
        "SENT": "The mail server has taken it.",
        "BOUNCED": "The mail server has refused the address.",
        "FAILED": "It could not be sent in time.",
        "SUPPRESSED": "The recipient has blocked the tenant.",
    },
)
_describe(
    SubscriptionState,
    "Whether a subscription runs.",
    {
        "ACTIVE": "It runs.",
        "ENDED": "Its time is over; subscribe the tenant anew.",
        "CANCELLED": "It was ended before its time; subscribe the tenant anew.",
    },
    name="SubscriptionState",
)
_describe(
    AppRight,
    "What a member may do with an app.",
    {
        "LAUNCH": "Launch it.",
        "LAUNCH_AND_ADMINISTER": "Launch it, back it up, restore it, end people's sessions, read"
        " its errors.",
    },
)
_describe(
    ProviderRole,
    "What somebody is with who runs the service.",
    {
        "SUPPORT": "Looks people up and helps them with their accounts.",
        "ADMIN": "Does so too, and makes staff.",
    },
)
_describe(
    PermissionSource,
    "What decides whether a member holds a permission.",
    {
        "ROLE": "His role gives it.",
        "GRANT": "It was switched on for him.",
        "DENIAL": "It was switched off for him.",
    },
    name="PermissionSource",
)
_describe(
    Locale,
    "A language that mails and messages are written in.",
    {"EN": "English.", "RU": "Russian.", "KK": "Kazakh."},
)
_describe(
    MemberImportState,
    "How far an import of members is.",
    {
        "PLANNED": "Nobody is invited; applyMemberImport changes that.",
        "APPLYING": "Its rows are being invited, one after the other.",
        "APPLIED": "Every row is invited, or says why it is not.",
    },
    name="MemberImportState",
)
_describe(
    MemberImportRowState,
    "What has become of a row of an import.",
    {
        "READY": "It will be invited.",
        "REFUSED": "It was refused when it was planned.",
        "INVITED": "There is a pending member.",
        "FAILED": "It was ready, and could not be invited any more.",
    },
    name="MemberImportRowState",
)
_describe(
    MemberImportReason,
    "Why a row of an import is not invited.",
    {
        "DUPLICATE": "A row before names the same person.",
        "ALREADY_MEMBER": "He is pending, joined or disabled in the tenant.",
        "ROLE_NOT_GRANTABLE": "Who imports may not hand out that role.",
        "EMAIL_REQUIRED": "The role is only for people with a verified address.",
        "PERMISSION_DENIED": "Who imports may not give that along, or not invite any more.",
        "NOT_FOUND": "Nobody who can be invited has that login.",
        "RATE_LIMITED": "Too many at once; the same row can be imported later.",
        "INVALID": "A value breaks a rule; `field` says which.",
        "INTERNAL": "Something went wrong on our side.",
    },
    name="MemberImportReason",
)
_describe(
    MemberOrderField,
    "What a list of members is ordered by.",
    {
        "CREATED_AT": "When they were invited or added.",
        "NAME": "Their name, case-folded.",
        "UPDATED_AT": "When they were last changed.",
    },
    name="MemberOrderField",
)


@strawberry.enum(description="How a new session travels back.")
class SessionTransport(Enum):
    COOKIE = strawberry.enum_value(
        "COOKIE", description="In a cookie that scripts cannot read; no token is returned."
    )
    BEARER = strawberry.enum_value(
        "BEARER", description="As a token, to be sent in `Authorization: Bearer ...`."
    )


@strawberry.enum(description="Which way a list is ordered.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="From the smallest.")
    DESC = strawberry.enum_value("DESC", description="From the largest.")


@strawberry.enum(description="Whether a number is proven to be somebody's.")
class PhoneStatus(Enum):
    UNCONFIRMED = strawberry.enum_value(
        "UNCONFIRMED", description="It gets codes alone; requestPhoneCode sends one to confirm it."
    )
    CONFIRMED = strawberry.enum_value(
        "CONFIRMED",
        description="It gets notices where they are wanted, and changes only with the code that"
        " requestPhoneRemoval sends to it.",
    )

    @classmethod
    def of(cls, phone: str | None, *, confirmed: bool) -> "PhoneStatus | None":
        """That of a number which may be missing."""
        if phone is None:
            return None
        return cls.CONFIRMED if confirmed else cls.UNCONFIRMED


_describe(
    DisabledReason,
    "Why a webhook endpoint hears nothing.",
    {
        "BY_HAND": "Somebody has disabled it.",
        "FAILING": "It had not taken a call for five days, where the operator has not set another"
        " time.",
        "GONE": "It has answered 410.",
    },
    name="WebhookDisabledReason",
)
_describe(
    WebhookState,
    "What has become of an event for an endpoint.",
    {
        "QUEUED": "It is about to be sent, perhaps again.",
        "DELIVERED": "The endpoint has taken it.",
        "FAILED": "It has not, and is not sent again unless by hand.",
    },
    name="WebhookDeliveryState",
)
