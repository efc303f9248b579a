"""What a viewer may do with one member: the checks of the use cases, asked beforehand."""

from dataclasses import dataclass

from auth.viewer import Viewer
from models import MemberStatus
from permissions import checks
from permissions.catalog import Permission, Role
from resolvers import rows

_ACCEPTED = (MemberStatus.JOINED, MemberStatus.DISABLED)


@dataclass(frozen=True, slots=True)
class Powers:
    grantable_roles: tuple[Role, ...]
    can_change_role: bool
    can_remove: bool
    can_enable: bool
    can_disable: bool
    can_edit: bool
    can_resend: bool
    can_revoke: bool
    can_assign_apps: bool
    can_limit: bool
    switchable_permissions: tuple[Permission, ...]


def over(viewer: Viewer, member: rows.Member) -> Powers:
    """By the rights as they are; whether an owner is the last one is known only when trying."""
    actor = viewer.place(member.tenant_id)
    status, role = member.status, member.role_code
    living = status is not MemberStatus.REMOVED
    reached = living and checks.reaches(actor, role)
    taken = living and checks.may_take(actor, role)
    stays = member.is_first_user

    def may(permission: Permission) -> bool:
        return checks.holds(actor, permission)

    pending = reached and status is MemberStatus.PENDING and may(Permission.MEMBERS_INVITE)
    changeable = taken and may(Permission.MEMBERS_CHANGE_ROLE)
    return Powers(
        grantable_roles=checks.grantable(actor) if changeable else (),
        can_change_role=changeable,
        can_remove=taken and not stays and may(Permission.MEMBERS_REMOVE),
        can_enable=reached and status is MemberStatus.DISABLED and may(Permission.MEMBERS_DISABLE),
        can_disable=reached
        and not stays
        and status is MemberStatus.JOINED
        and may(Permission.MEMBERS_DISABLE),
        can_edit=reached and member.is_managed and may(Permission.MEMBERS_EDIT),
        can_resend=pending,
        can_revoke=pending,
        can_assign_apps=living and may(Permission.APPS_ASSIGN),
        can_limit=reached and may(Permission.MEMBERS_LIMIT),
        switchable_permissions=checks.switchable(actor, role) if status in _ACCEPTED else (),
    )
