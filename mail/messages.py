"""What can be mailed: a function a mail, each saying which facts its templates need.

Facts are what was true when the thing happened, so that a mail which waits tells of that moment;
a name changed since is not looked up again. Roles travel by their English name, gettext's message
id, and are translated when the mail is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict


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


def ownership_passed(*, tenant_name: str, former_owner: str) -> Message:
    """To the new owner."""
    return Message("ownership_passed", {"tenant_name": tenant_name, "former_owner": former_owner})
