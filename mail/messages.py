"""What can be mailed: a function a mail, each saying which facts its templates need.

Facts are what was true when the thing happened, so that a mail which waits tells of that moment;
a name changed since is not looked up again. Roles travel by their English name, gettext's message
id, and are translated when the mail is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from locales import mark


@dataclass(frozen=True, slots=True)
class Message:
    """`name` chooses the templates; `facts` fit into a JSON column.

    `has_sms`: there is an `sms.txt` among the templates as well.
    """

    name: str
    facts: Mapping[str, Any]
    has_sms: bool = False


class InvitedApp(TypedDict):
    """`right` is `LAUNCH` or `LAUNCH_AND_ADMINISTER`."""

    name: str
    right: str


def invitation(
    *,
    tenant_name: str,
    role: str,
    apps: Sequence[InvitedApp],
    inviter_name: str,
    expires_at: datetime,
) -> Message:
    """To the invited person, registered or not: `delivery` chooses the text when it leaves."""
    return Message(
        "invitation",
        {
            "tenant_name": tenant_name,
            "role": role,
            "apps": list(apps),
            "inviter_name": inviter_name,
            "expires_at": expires_at.isoformat(),
        },
    )


def tenant_invitation(
    *, organization_name: str, tenant_name: str, inviter_name: str, expires_at: datetime
) -> Message:
    """To who is to own a new tenant, registered or not: as `invitation`."""
    return Message(
        "tenant_invitation",
        {
            "organization_name": organization_name,
            "tenant_name": tenant_name,
            "inviter_name": inviter_name,
            "expires_at": expires_at.isoformat(),
        },
    )


def tenant_founded(*, organization_name: str, tenant_name: str, owner_name: str) -> Message:
    """To the inviter: the invitation was accepted, and the organization serves the tenant."""
    return Message(
        "tenant_founded",
        {
            "organization_name": organization_name,
            "tenant_name": tenant_name,
            "owner_name": owner_name,
        },
    )


def joined(*, tenant_name: str, member_name: str, member_email: str | None, role: str) -> Message:
    """To the inviter: the invitation was accepted."""
    return Message(
        "joined",
        {
            "tenant_name": tenant_name,
            "member_name": member_name,
            "member_email": member_email,
            "role": role,
        },
    )


def declined(
    *, tenant_name: str, member_name: str | None, member_email: str | None, reason: str | None
) -> Message:
    """To the inviter: the invitation was declined; `reason` in the invitee's own words."""
    return Message(
        "declined",
        {
            "tenant_name": tenant_name,
            "member_name": member_name,
            "member_email": member_email,
            "reason": reason,
        },
    )


def role_changed(*, tenant_name: str, role: str, changed_by: str) -> Message:
    """To the member; `role` is the new one."""
    return Message(
        "role_changed",
        {"tenant_name": tenant_name, "role": role, "changed_by": changed_by},
        has_sms=True,
    )


def removed(*, tenant_name: str, removed_by: str) -> Message:
    """To who was a member until now."""
    return Message("removed", {"tenant_name": tenant_name, "removed_by": removed_by}, has_sms=True)


def email_link(*, full_name: str, expires_at: datetime) -> Message:
    """To a new address: the link that proves it, or that it is another account's."""
    return Message("email_link", {"full_name": full_name, "expires_at": expires_at.isoformat()})


def email_changed(*, full_name: str, masked_email: str) -> Message:
    """To the old address; `masked_email` is the new one."""
    return Message("email_changed", {"full_name": full_name, "masked_email": masked_email})


def password_link(*, login: str, expires_at: datetime) -> Message:
    """To who asked for a new password."""
    return Message("password_link", {"login": login, "expires_at": expires_at.isoformat()})


def password_changed(*, login: str) -> Message:
    """To whose password has changed."""
    return Message("password_changed", {"login": login}, has_sms=True)


def registration_link(*, tenant_name: str, expires_at: datetime) -> Message:
    """To who wants to register a tenant, or is registered already."""
    return Message(
        "registration_link", {"tenant_name": tenant_name, "expires_at": expires_at.isoformat()}
    )


def account_ended(*, login: str) -> Message:
    """The last mail to somebody."""
    return Message("account_ended", {"login": login})


_FIELDS = {
    "full_name": mark("Full name"),
    "login": mark("Login"),
    "email": mark("E-mail address"),
    "phone": mark("Phone"),
    "second_factor": mark("Second factor"),
    "password": mark("Password"),
}


def changed_by_support(changed: Sequence[str]) -> Message:
    """To the account: its fields of these names were changed by staff of the provider."""
    return Message(
        "changed_by_support",
        {
            "changed": [{"name": _FIELDS[name]} for name in changed],
            "password_changed": "password" in changed,
        },
        has_sms="password" in changed,
    )


def ownership_passed(*, tenant_name: str, former_owner: str) -> Message:
    """To the new owner."""
    return Message("ownership_passed", {"tenant_name": tenant_name, "former_owner": former_owner})


def webhook_disabled(
    *, tenant_name: str, host: str, gone: bool, failing_since: datetime
) -> Message:
    """To an owner: the webhook at `host` hears nothing any more; it is `gone`, or has failed."""
    return Message(
        "webhook_disabled",
        {
            "tenant_name": tenant_name,
            "host": host,
            "gone": gone,
            "failing_since": failing_since.isoformat(),
        },
    )


def second_factor_enabled() -> Message:
    """To the account: its next sign-in asks for a code."""
    return Message("second_factor_enabled", {})


def second_factor_disabled() -> Message:
    """To the account: its password alone signs in again."""
    return Message("second_factor_disabled", {})


def recovery_code_used(*, codes_left: int) -> Message:
    """To the account: somebody has signed in with a recovery code."""
    return Message("recovery_code_used", {"codes_left": codes_left})


def phone_code(lifetime: timedelta) -> Message:
    """To a number, as SMS alone: the code that confirms it."""
    return Message("phone_code", {"minutes": _minutes(lifetime)}, has_sms=True)


def phone_removal_code(lifetime: timedelta) -> Message:
    """To a confirmed number, as SMS alone: the code that takes it out of the profile."""
    return Message("phone_removal_code", {"minutes": _minutes(lifetime)}, has_sms=True)


def _minutes(lifetime: timedelta) -> int:
    """Whole ones, so that nobody is promised more; 1 at least."""
    return max(1, lifetime // timedelta(minutes=1))


def identity_linked(provider: str) -> Message:
    """To the account: somebody can sign in to it through `provider`, its title."""
    return Message("identity_linked", {"provider": provider})


def identity_unlinked(provider: str) -> Message:
    """To the account: signing in to it through `provider` has ended."""
    return Message("identity_unlinked", {"provider": provider})


def news(*, subject: str, body: str) -> Message:
    """To who wants news: staff's own words, shown as they are."""
    return Message("news", {"news_subject": subject, "news_body": body})
