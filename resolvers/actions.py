"""The words of the audit log that others may hear: what is done in a tenant, by name.

`docs/portals.md` says what each means, and a test finds each of them where it is recorded.
"""

import re

HEARD = frozenset(
    f"{noun}.{verb}"
    for noun, verbs in {
        "api_key": "create revoke rotate",
        "app": "create launch remove request_action set_control update",
        "app_role": "create remove update",
        "app_session": "end end_all",
        "invitation": "accept decline resend revoke",
        "member": "add change_role disable edit enable end_account invite leave remove"
        " set_app_access set_app_roles set_limits set_password set_permissions",
        "member_import": "apply",
        "servicing": "end start",
        "subscription": "cancel create renew",
        "tenant": "set_servicing update",
        "tenant_invitation": "accept create resend revoke revoke_all",
        "user": "update",
        "webhook": "create disable enable remove rotate_secret update",
    }.items()
    for verb in verbs.split()
)
"""Not `tenant.create` and `tenant.delete`: nobody listens yet, or any more."""

EVERY = "*"
PATTERNS = HEARD | {f"{action.partition('.')[0]}.*" for action in HEARD} | {EVERY}
"""What one can ask to hear: one action, all of a noun, or every one."""

_WORD = re.compile(r"_([a-z])")


def patterns_of(action: str) -> list[str]:
    """Whoever asks for one of these hears of `action`."""
    return [action, f"{action.partition('.')[0]}.*", EVERY]


def field_name(name: str) -> str:
    """How a field that has changed is called outside: `max_sessions` is `maxSessions`; the id of an
    app stays one.
    """
    return _WORD.sub(lambda found: found[1].upper(), name)
